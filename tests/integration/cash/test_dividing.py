"""A large run is divided among processes, and comes to what one process comes to."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest

from quittance.cash import services
from quittance.cash.models import BankTransaction, MatchInputs
from quittance.cash.services import dividing
from quittance.foundation import clock
from quittance.foundation.events import verify_chain
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import Allocation
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db(transaction=True)
TODAY, MOMENT = date(2026, 1, 10), datetime(2026, 1, 10, 9, tzinfo=UTC)
CARLA = Actor(label="Carla")


def take_in() -> Cast:
    """Six receipts name an item each; two payers name a seventh; one names nothing."""
    cast = make_cast()
    for number in range(7):
        make_item(cast.account, "100.00", due=date(2026, 1, 5), number=f"FA-2026-{number:03d}")
    named = [(f"Payer {number}", f"FA-2026-{number:03d}") for number in range(6)]
    rivals = [("Aaa", "FA-2026-006"), ("Zzz", "FA-2026-006")]
    lines = [
        entry("100.00", reference=f"R{place}", details=detail(name=name, text=text))
        for place, (name, text) in enumerate([*named, *rivals, ("Nobody", "VIREMENT")])
    ]
    content = document(statement(*lines))
    services.import_statement(stream=io.BytesIO(content), filename="s.xml", actor=CARLA)
    return cast


def test_processes_come_to_what_one_comes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dividing, "RECEIPTS_FOR_PROCESSES", 1)
    cast = take_in()
    with clock.frozen(MOMENT):
        run = services.match_transactions(company_id=cast.company.id, as_of=TODAY, actor=CARLA)

    assert (run.considered, run.applied, run.proposed, run.unexplained) == (9, 6, 2, 1)
    lines = {line.counterparty_name: line for line in BankTransaction.objects.all()}
    assert {lines[f"Payer {number}"].state for number in range(6)} == {"MATCHED"}
    # Which of the two pays it is not ours to guess, though each was looked at by another process.
    assert {lines[name].waiting_reason for name in ("Aaa", "Zzz")} == {"ITEM_WANTED_TWICE"}
    assert lines["Nobody"].state == "WAITING"
    assert set(Allocation.objects.values_list("posted_at", flat=True)) == {MOMENT}
    assert set(Event.objects.filter(kind="allocation.posted").values_list("actor_label", flat=True)) == {"Carla"}
    assert MatchInputs.objects.count() == 9
    assert verify_chain().is_intact


def test_a_process_that_ends_early_is_told_and_its_lines_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dividing, "RECEIPTS_FOR_PROCESSES", 1)
    monkeypatch.setattr(dividing, "_MODULE", "quittance.no_such_module")
    cast = take_in()
    with pytest.raises(dividing.PartFailed):
        services.match_transactions(company_id=cast.company.id, as_of=TODAY, actor=CARLA)
    assert set(BankTransaction.objects.values_list("state", flat=True)) == {"WAITING"}
