"""A decision is kept with all that it was taken from, and comes out the same when it is taken again."""

from __future__ import annotations

import io
import json
from datetime import date

import pytest
from click.testing import CliRunner

from quittance.cash import services
from quittance.cash.models import BankTransaction, MatchInputs
from quittance.cash.replaying import find_replay
from quittance.cli import replay_match
from quittance.core.matching import MatchOutcome, MatchReason
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import OpenItem
from tests.adapters.statements.samples import detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 1, 10)
DUE = date(2026, 1, 5)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def receive(cast: Cast, amount: str, text: str, *, reference: str = "R1") -> BankTransaction:
    content = document(statement(entry(amount, reference=reference, details=detail(name="Durand", text=text))))
    services.import_statement(stream=io.BytesIO(content), filename=f"{reference}.xml", actor=SYSTEM)
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    return BankTransaction.objects.latest("id")


def test_what_was_applied_comes_out_again_although_it_is_paid_now(cast: Cast) -> None:
    make_item(cast.account, "1200.00", due=DUE, number="FA-2026-001")
    line = receive(cast, "1200.00", "FA-2026-001")
    assert not OpenItem.objects.exclude(amount_open=0).exists()
    found = find_replay(transaction_id=line.id)
    assert found is not None and found.is_same
    assert (found.again.outcome, found.again.reason) == (MatchOutcome.APPLY, MatchReason.CONFIDENT)
    assert [item.references for item in found.inputs.items] == [("FA-2026-001",)]


def test_what_waits_is_kept_as_it_was_decided_last(cast: Cast) -> None:
    for number in ("FA-1001", "FA-1002"):
        make_item(cast.account, "500.00", due=DUE, number=number)
    line = receive(cast, "500.00", "loyer")
    kept = MatchInputs.objects.get()
    first = find_replay(transaction_id=line.id)
    assert first is not None and first.is_same and first.decision.outcome is not MatchOutcome.APPLY
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    assert MatchInputs.objects.get().decided_at == kept.decided_at, "nothing has changed"
    make_item(cast.account, "500.00", due=DUE, number="FA-1003")
    services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    again = find_replay(transaction_id=line.id)
    assert again is not None and again.is_same and len(again.inputs.items) == 3
    assert MatchInputs.objects.get().decided_at > kept.decided_at


def test_the_command_prints_it_and_says_when_the_rules_have_changed(cast: Cast) -> None:
    make_item(cast.account, "1200.00", due=DUE, number="FA-2026-001")
    line = receive(cast, "1200.00", "FA-2026-001")
    runner = CliRunner()
    plain = runner.invoke(replay_match.command, [str(line.id)])
    assert plain.exit_code == 0 and "Taken again: the same." in plain.stdout
    facts = json.loads(runner.invoke(replay_match.command, [str(line.id), "--json"]).stdout)
    assert facts["is_same"] and facts["inputs"]["line"]["text"] == "FA-2026-001"
    kept = MatchInputs.objects.get()
    kept.decision["reason"] = "AMBIGUOUS"
    kept.save()
    changed = runner.invoke(replay_match.command, [str(line.id)])
    assert changed.exit_code == 3 and "Taken again: APPLY, CONFIDENT." in changed.stdout
    assert runner.invoke(replay_match.command, ["999999"]).exit_code == 1
