"""Work grows with accounts, statements do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quittance.dunning import queries, services
from quittance.dunning.models import DunningRun
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
    assert per_message <= 34
