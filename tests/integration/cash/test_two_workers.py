"""Two workers at once: one item is never spent twice, one file never written twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier, current_thread
from typing import Any

import pytest
from django.db import connection

from quittance.cash import services
from quittance.cash.models import BankTransaction
from quittance.cash.services import batches, matching
from quittance.foundation import clock
from quittance.foundation.events import verify_chain
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import Allocation, OpenItem
from tests.adapters.statements.samples import balanced_statement, detail, document, entry, statement
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = date(2026, 1, 10)


def both(work: Callable[[], Any]) -> list[Any]:
    """Run the same work on two connections at once."""

    def one() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        return [future.result(timeout=60) for future in [pool.submit(one), pool.submit(one)]]


def test_two_runs_never_spend_one_item_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    for number in range(8):
        make_item(cast.account, "100.00", due=date(2026, 1, 5), number=f"FA-2026-{number:03d}")
    lines = [entry("100.00", reference=f"R{n}", details=detail(text=f"FA-2026-{n:03d}")) for n in range(8)]
    services.import_statement(stream=io.BytesIO(document(statement(*lines))), filename="s.xml", actor=SYSTEM)
    barrier = Barrier(2)
    load = matching.load_workload

    def load_together(**arguments: Any) -> Any:
        workload = load(**arguments)
        barrier.wait(timeout=30)
        return workload

    monkeypatch.setattr(matching, "load_workload", load_together)
    runs = both(lambda: services.match_transactions(company_id=cast.company.id, as_of=TODAY))
    assert sum(run.applied for run in runs) == 8
    assert Allocation.objects.count() == 8
    assert set(BankTransaction.objects.values_list("state", flat=True)) == {"MATCHED"}


def test_many_batches_are_applied_by_two_threads_under_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    for number in range(24):
        make_item(cast.account, "100.00", due=date(2026, 1, 5), number=f"FA-2026-{number:03d}")
    lines = [entry("100.00", reference=f"R{n}", details=detail(text=f"FA-2026-{n:03d}")) for n in range(24)]
    services.import_statement(stream=io.BytesIO(document(statement(*lines))), filename="s.xml", actor=SYSTEM)
    monkeypatch.setattr(matching, "BATCH", 3)
    seen: set[str] = set()
    apply_batch = batches.apply_batch

    def watched(**arguments: Any) -> Any:
        seen.add(current_thread().name.rpartition("_")[0])
        return apply_batch(**arguments)

    monkeypatch.setattr(batches, "apply_batch", watched)
    moment = datetime(2026, 1, 10, 9, tzinfo=UTC)
    with clock.frozen(moment):
        run = services.match_transactions(company_id=cast.company.id, as_of=TODAY)
    assert seen == {"cash-apply"}
    assert (run.applied, Allocation.objects.count()) == (24, 24)
    assert not OpenItem.objects.exclude(amount_open=0).exists()
    assert set(Allocation.objects.values_list("posted_at", flat=True)) == {moment}
    assert verify_chain().is_intact


def test_two_lines_for_one_item_in_two_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    make_item(cast.account, "100.00", due=date(2026, 1, 5), number="FA-2026-001")
    lines = [entry("100.00", reference=f"R{n}", details=detail(text="FA-2026-001")) for n in range(2)]
    services.import_statement(stream=io.BytesIO(document(statement(*lines))), filename="s.xml", actor=SYSTEM)
    ids = list(BankTransaction.objects.order_by("id").values_list("id", flat=True))
    barrier = Barrier(2)
    load = matching.load_workload

    def load_together(**arguments: Any) -> Any:
        workload = load(**arguments)
        barrier.wait(timeout=30)
        return workload

    monkeypatch.setattr(matching, "load_workload", load_together)
    runs = both(
        lambda: services.match_transactions(company_id=cast.company.id, as_of=TODAY, transaction_ids=[ids.pop()])
    )
    assert sum(run.applied for run in runs) == 1
    assert sorted(BankTransaction.objects.values_list("state", "waiting_reason")) == [
        ("MATCHED", ""),
        ("WAITING", "ITEM_TAKEN"),
    ]


def test_two_imports_of_one_file_write_it_once() -> None:
    make_cast()
    results = both(
        lambda: services.import_statement(stream=io.BytesIO(balanced_statement()), filename="s.xml", actor=SYSTEM)
    )
    assert sorted(result.transactions_new for result in results) == [0, 3]
    assert BankTransaction.objects.count() == 3
