"""Work grows with accounts, statements do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quittance.dunning import queries, services
from quittance.dunning.models import DunningDecision, DunningDecisionItem, DunningRun
from quittance.dunning.policies import read_policies
from quittance.dunning.services import recording
from quittance.dunning.services.policies import ensure_default_policy
from quittance.foundation import clock
from quittance.parties.models import Contact, Customer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_waiting

pytestmark = pytest.mark.django_db


def grow(cast: Cast, count: int) -> None:
    """Add customers that are seven days late on day 7, two items each."""
    first = Customer.objects.count()
    for number in range(first, first + count):
        customer = Customer.objects.create(number=f"S{number}", name=f"Customer {number}")
        account = make_account(customer, cast.company, cast.department, number=f"411S{number}")
        Contact.objects.create(customer=customer, name="A. P.", email=f"ap{number}@s.example")
        for _ in range(2):
            make_item(account, "100", due=DUE)


def statements(work: Callable[[], object]) -> int:
    """Count the statements of a piece of work."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def prepare() -> object:
    return services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)


READS: dict[str, Callable[[int], object]] = {
    "list": lambda run_id: list(queries.list_runs()),
    "summary": lambda run_id: queries.summarise_run(run_id=run_id),
    "decisions": lambda run_id: list(queries.list_decisions(run_id=run_id)),
    "dry run": lambda run_id: list(queries.simulate_run(company_id=None, as_of=late(7))),
    "dry run of a past day": lambda run_id: list(queries.simulate_run(company_id=None, as_of=late(6))),
}


def test_preparing_takes_as_many_statements_for_five_as_for_sixty() -> None:
    cast = make_cast()
    with on(late(7)):
        grow(cast, 5)
        few = statements(prepare)
        grow(cast, 55)
        many = statements(prepare)
    assert few == many <= 30
    assert DunningRun.objects.latest("id").send_count == 60


@pytest.mark.parametrize(("name", "limit"), [("list", 1), ("summary", 1), ("decisions", 1), ("dry run", 7),
                                             ("dry run of a past day", 7)])  # fmt: skip
def test_reading_takes_a_fixed_number_of_statements(name: str, limit: int) -> None:
    cast = make_cast()
    counts = []
    with on(late(7)):
        for more in (3, 30):
            grow(cast, more)
            run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
            counts.append(statements(partial(READS[name], run_id)))
    assert counts[0] == counts[1] <= limit


def test_sending_takes_as_many_statements_for_each_message() -> None:
    cast = make_cast()
    with on(late(7)):
        counts = []
        for more in (2, 6):
            grow(cast, more)
            run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
            services.release_run(run_id=run_id, actor=ALICE)
            counts.append(statements(lambda: send_waiting(KeepingChannel())))
    per_message = (counts[1] - counts[0]) / 4
    assert per_message <= 32


def new_run() -> int:
    """Write a run of day 7 that nobody has filled yet."""
    ensure_default_policy()
    return DunningRun.objects.create(as_of=late(7), created_at=clock.now()).pk


def written(run_id: int) -> list[Any]:
    """Return what a run has decided, account by account and item by item."""
    accounts = DunningDecision.objects.filter(run_id=run_id).order_by("account_id")
    items = DunningDecisionItem.objects.filter(decision__run_id=run_id).order_by("item_id")
    return [
        *accounts.values_list("account_id", "outcome", "reason_code", "amounts", "recipient_email", "level_id"),
        *items.values_list("item_id", "decision__account_id", "reason_code", "amount", "amount_held"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_large_run_is_filled_in_threads_and_decides_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    with on(late(7)):
        grow(cast, 23)
        alone, together = new_run(), new_run()
        services.fill_run(run_id=alone)
        monkeypatch.setattr(recording, "ACCOUNTS_FOR_THREADS", 1)
        monkeypatch.setattr(recording, "ACCOUNTS_PER_CHUNK", 3)
        services.fill_run(run_id=together)
    assert written(together) == written(alone) != []
    run = DunningRun.objects.get(pk=together)
    assert (run.state, run.send_count, run.progress_done) == ("READY", 23, run.progress_total)


@pytest.mark.django_db(transaction=True)
def test_a_run_cancelled_while_threads_fill_it_gets_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    with on(late(7)):
        grow(cast, 12)
        run_id = new_run()
        monkeypatch.setattr(recording, "ACCOUNTS_FOR_THREADS", 1)
        monkeypatch.setattr(recording, "ACCOUNTS_PER_CHUNK", 1)
        decide_all = recording._decide_all

        def cancel_first(run: DunningRun, *rest: Any) -> Any:
            DunningRun.objects.filter(pk=run_id).update(state="CANCELLED")
            return decide_all(run, *rest)

        monkeypatch.setattr(recording, "_decide_all", cancel_first)
        services.fill_run(run_id=run_id)
    assert written(run_id) == []
    assert DunningRun.objects.get(pk=run_id).state == "CANCELLED"


def test_a_run_goes_on_where_later_accounts_were_written_before_earlier_ones() -> None:
    cast = make_cast()
    with on(late(7)):
        grow(cast, 8)
        whole, stopped = new_run(), new_run()
        services.fill_run(run_id=whole)
        run = DunningRun.objects.get(pk=stopped)
        last = list(
            DunningDecision.objects.filter(run_id=whole).order_by("account_id").values_list("account_id", flat=True)
        )[5:]
        recording._fill_chunk(run, last, read_policies(as_of=run.as_of))
        services.fill_run(run_id=stopped)
    assert written(stopped) == written(whole)
    run.refresh_from_db()
    assert (run.state, run.progress_done, run.progress_total) == ("READY", 8, 8)
