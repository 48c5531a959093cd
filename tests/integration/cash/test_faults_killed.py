"""Workers of the cash desk killed with SIGKILL at every step, and several at once: nothing double, nothing lost.

Real processes and a real database. What comes out is compared with what a run that nobody disturbed makes of it.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.models import Sum

from quittance.cash import services
from quittance.cash.models import BankStatement, BankTransaction, MatchProposal, PayerIdentity
from quittance.cash.tasks import import_statement, match_company
from quittance.foundation.models import Event, ImportBatch
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import Allocation, OpenItem
from tests.adapters.statements.samples import balance, detail, document, entry, statement
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.fault_worker import IMPORT_STEPS, MATCH_STEPS
from tests.integration.delivery.workers import KILLED, hand_over_jobs_of_the_dead, worker_environment

pytestmark = pytest.mark.django_db(transaction=True)
LINES, STRANGERS = 36, 3
DAY = date(2026, 1, 5)


@dataclass
class Workers:
    """Starts workers and waits for their end."""

    factory: subprocess.Popen[str]
    ended: dict[int, int] = field(default_factory=dict)

    def start(self, die: str = "", at: int = 1, slow: str = "") -> int:
        assert self.factory.stdin is not None
        print(json.dumps({"die": die, "at": at, "slow": slow}), file=self.factory.stdin, flush=True)
        while True:
            words = self._read()
            if words[0] == "started":
                return int(words[1])

    def wait(self, pid: int) -> int:
        while pid not in self.ended:
            self._read()
        return self.ended[pid]

    def run(self, die: str = "", at: int = 1) -> int:
        return self.wait(self.start(die, at))

    def _read(self) -> list[str]:
        assert self.factory.stdout is not None
        line = self.factory.stdout.readline()
        assert line, "the worker factory is gone"
        words = line.split()
        if words[0] == "ended":
            self.ended[int(words[1])] = int(words[2])
        return words


@pytest.fixture(scope="module")
def workers(django_db_setup: None) -> Iterator[Workers]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integration.cash.fault_worker"],
        cwd=Path(__file__).resolve().parents[3], env=worker_environment(0, str(settings.QUITTANCE_DATA_DIR)),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as factory:  # fmt: skip
        yield Workers(factory)
        assert factory.stdin is not None
        factory.stdin.close()


@pytest.fixture
def cast() -> Cast:
    return owing()


def movement(
    amount: str, text: str, *, reference: str, e2e: str, name: str = "Durand", direction: str = "CRDT", more: str = ""
) -> str:
    iban = "FR7630001007941234567890185" if name == "Durand" else "ES9121000418450200051332"
    told = detail(text=text, name=name, iban=iban, more=more).replace("NOTPROVIDED", e2e)
    return entry(amount, direction=direction, reference=reference, details=told)


def bank_file() -> bytes:
    """Two statements: receipts that name what they pay, some that name nothing, and one that the bank took back."""
    receipts = [movement(f"{100 + n}.00", f"FA-2026-{n:03d}", reference=f"R{n}", e2e=f"E{n}") for n in range(LINES)]
    odd = [
        movement(f"{9000 + n}.00", "thank you", reference=f"S{n}", e2e=f"X{n}", name="Nobody") for n in range(STRANGERS)
    ]
    back = movement(
        "100.00", "returned", reference="B0", e2e="E0", direction="DBIT",
        more="<RtrInf><Rsn><Cd>AM04</Cd></Rsn></RtrInf>",
    )  # fmt: skip
    first = sum(100 + n for n in range(LINES))
    second = first + sum(9000 + n for n in range(STRANGERS)) - 100
    return document(
        statement(balance("OPBD", "0.00"), balance("CLBD", f"{first}.00"), *receipts, identifier="S1"),
        statement(balance("OPBD", f"{first}.00"), balance("CLBD", f"{second}.00"), *odd, back, identifier="S2"),
    )


def take_in() -> None:
    services.import_statement(stream=io.BytesIO(bank_file()), filename="s.xml", actor=SYSTEM)


def outcome() -> dict[str, Any]:
    """Return everything that a run leaves behind, as counts and sums."""
    return {
        "lines": Counter(BankTransaction.objects.values_list("state", "waiting_reason")),
        "amounts": BankTransaction.objects.aggregate(total=Sum("amount"))["total"],
        "statements": sorted(BankStatement.objects.values_list("identifier", "transaction_count", "duplicate_count")),
        "allocations": (Allocation.objects.count(), Allocation.objects.aggregate(total=Sum("amount"))["total"]),
        "items": Counter(OpenItem.objects.values_list("kind", flat=True)),
        "open": sorted(OpenItem.objects.exclude(amount_open=0).values_list("kind", "amount_open")),
        "applied": Counter(MatchProposal.objects.values_list("state", "strategy")),
        "learnt": sorted(PayerIdentity.objects.values_list("kind", "seen_count")),
        "told": Counter(Event.objects.values_list("kind", flat=True)),
        "imports": sorted(ImportBatch.objects.values_list("status", "lines_new")),
    }


def let_the_dead_go() -> None:
    """Wait until the database has noticed that a worker is gone, and pass its job on."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND xact_start IS NOT NULL"
            )
            if cursor.fetchone() == (0,):
                break
            time.sleep(0.02)
    hand_over_jobs_of_the_dead()


def run_alone(cast: Cast, workers: Workers) -> dict[str, Any]:
    """Take the file in and match it, and nobody interferes."""
    batch_id = services.register_statement_file(file=io.BytesIO(bank_file()), filename="s.xml", actor=SYSTEM)
    import_statement.defer(batch_id=batch_id)
    assert workers.run() == 0
    return outcome()


def start_anew() -> Cast:
    """Empty the database and make the company again."""
    call_command("flush", interactive=False, verbosity=0)
    return owing()


def owing() -> Cast:
    """Make a company whose one account owes what the statement pays."""
    made = make_cast()
    for number in range(LINES):
        make_item(made.account, f"{100 + number}.00", due=DAY, number=f"FA-2026-{number:03d}")
    return made


def test_killed_at_every_step_the_outcome_is_that_of_a_run_without_it(cast: Cast, workers: Workers) -> None:
    wanted = run_alone(cast, workers)
    assert wanted["lines"]["RETURNED", ""] == 1
    assert (wanted["lines"]["MATCHED", ""], wanted["allocations"][0]) == (LINES, LINES + 1)  # one undone by the return
    assert wanted["imports"] == [("DONE", LINES + STRANGERS + 1)]
    start_anew()
    batch_id = services.register_statement_file(file=io.BytesIO(bank_file()), filename="s.xml", actor=SYSTEM)
    import_statement.defer(batch_id=batch_id)
    for step in (*IMPORT_STEPS, *MATCH_STEPS):
        assert workers.run(step) == KILLED, step
        let_the_dead_go()
    assert workers.run() == 0
    assert outcome() == wanted


def test_two_workers_on_one_company_and_one_account_spend_nothing_twice(cast: Cast, workers: Workers) -> None:
    wanted = run_alone(cast, workers)
    made = start_anew()
    take_in()
    match_company.defer(company_id=made.company.id)
    match_company.defer(company_id=made.company.id)
    pids = [workers.start(slow="loaded"), workers.start(slow="loaded")]
    assert [workers.wait(pid) for pid in pids] == [0, 0]
    found = outcome()
    for name in ("lines", "amounts", "allocations", "items", "open", "learnt"):
        assert found[name] == wanted[name], name


def test_two_workers_on_one_file_write_it_once(cast: Cast, workers: Workers) -> None:
    for name in ("one.xml", "two.xml"):
        batch_id = services.register_statement_file(file=io.BytesIO(bank_file()), filename=name, actor=SYSTEM)
        import_statement.defer(batch_id=batch_id)
    pids = [workers.start(slow="file read"), workers.start(slow="file read")]
    assert [workers.wait(pid) for pid in pids] == [0, 0]
    assert sorted(ImportBatch.objects.values_list("status", "lines_new")) == [
        ("DONE", LINES + STRANGERS + 1),
        ("UNCHANGED", 0),
    ]
    assert BankTransaction.objects.count() == LINES + STRANGERS + 1
    assert Allocation.objects.count() == LINES + 1  # one undone by the return
