"""Two at once, and one cut off: nothing is applied twice, nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from quittance.foundation.models import ImportBatch, RejectedLine
from quittance.foundation.permissions import Actor
from quittance.ledger import services
from quittance.ledger.models import Allocation, OpenItem
from quittance.ledger.services.imports import BATCH_LOCK
from quittance.parties.models import Company, CustomerAccount
from tests.cast import make_cast, make_item
from tests.integration.ledger.fec_files import line, write

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")


def race(*works: Callable[[], object]) -> list[object]:
    """Run each on a connection of its own, started together; return results or what was raised."""
    barrier = threading.Barrier(len(works))
    results: list[object] = [None] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            results[index] = work()
        except Exception as error:
            results[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_people_apply_to_one_invoice_and_one_wins() -> None:
    cast = make_cast()
    invoice = make_item(cast.account, "100", due=DAY)
    payments = [make_item(cast.account, "-100", due=DAY) for _ in range(2)]

    def allocate(credit_id: int) -> Callable[[], object]:
        return lambda: services.allocate(
            debit_item_id=invoice.id, credit_item_id=credit_id, amount=Decimal(80), effective_date=DAY, actor=ALICE
        )

    results = race(*[allocate(payment.id) for payment in payments])
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, services.AllocationExceedsOpenAmount) for result in results) == 1
    invoice.refresh_from_db()
    assert invoice.amount_open == 20


def test_two_reversals_of_one_allocation_and_one_wins() -> None:
    cast = make_cast()
    invoice = make_item(cast.account, "100", due=DAY)
    payment = make_item(cast.account, "-100", due=DAY)
    allocation = services.allocate(
        debit_item_id=invoice.id, credit_item_id=payment.id, amount=Decimal(80), effective_date=DAY, actor=ALICE
    )

    def reverse() -> object:
        return services.reverse_allocation(allocation_id=allocation, effective_date=DAY, reason="x", actor=ALICE)

    results = race(reverse, reverse)
    assert sum(isinstance(result, int) for result in results) == 1
    assert sum(isinstance(result, services.AlreadyReversed) for result in results) == 1


def test_two_imports_of_one_company_queue(tmp_path: Path) -> None:
    company = Company.objects.create(code="ARV", name="Arvor", receivable_prefixes=["411"])
    lines = [line(str(n), "20250110", f"C{n % 7}", debit="10,00") for n in range(300)]
    paths = [write(tmp_path / f"{name}.txt", *lines, *extra) for name, extra in (("a", []), ("b", [""]))]
    results = race(
        *[lambda path=path: services.import_file(path=path, actor=ALICE, company_id=company.id) for path in paths]
    )
    statuses = sorted(ImportBatch.objects.filter(id__in=results).values_list("status", flat=True))
    assert statuses == ["DONE", "UNCHANGED"]
    assert OpenItem.objects.count() == 300
    assert CustomerAccount.objects.count() == 7


_CHILD = """
import django, sys
django.setup()
from pathlib import Path
from quittance.foundation.permissions import Actor
from quittance.ledger.services import import_file
def on_progress(stage, done, total):
    print(stage, flush=True)
    if stage == "LETTERING":
        import time; time.sleep(60)
import_file(path=Path(sys.argv[1]), actor=Actor(label="child"), company_id=int(sys.argv[2]), on_progress=on_progress)
"""


def test_a_killed_import_leaves_nothing_and_can_be_started_again(tmp_path: Path) -> None:
    company = Company.objects.create(code="ARV", name="Arvor", receivable_prefixes=["411"])
    lines = [line(str(n), "20250110", f"C{n % 7}", debit="10,00", letter="A") for n in range(300)]
    path = write(tmp_path / "a.txt", *lines, "broken line")
    database = settings.DATABASES["default"]
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), str(company.id)],
        env={**os.environ, "QUITTANCE_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for stage in child.stdout:
        if stage.strip() == "LETTERING":
            break
    batch = ImportBatch.objects.get()
    assert (batch.status, services.fail_dead_imports()) == ("RUNNING", 0)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    _wait_for_the_lock(batch.id)

    assert services.fail_dead_imports() == 1
    batch.refresh_from_db()
    assert batch.status == "FAILED"
    assert not OpenItem.objects.exists()
    assert not Allocation.objects.exists()
    assert not CustomerAccount.objects.exists()
    assert not RejectedLine.objects.exists()
    again = services.import_file(path=path, actor=ALICE, company_id=company.id)
    assert ImportBatch.objects.get(id=again).lines_accepted == 300


def _wait_for_the_lock(batch_id: int) -> None:
    """Wait until the server has noticed that the client is gone."""
    for _ in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                [BATCH_LOCK, batch_id],
            )
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    pytest.fail(f"import {batch_id} is still alive")
