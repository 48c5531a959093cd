"""The SQL that accrues interest says what the core says, on any ledger."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.core.interest import LateRate, NoRateInForce, PartPayment, late_interest
from quittance.core.interest_rules import LateInstalment, indemnity_bearer
from quittance.foundation.permissions import Actor
from quittance.interest.models import AgreedRate
from quittance.interest.queries import (
    Owner,
    find_item_interest,
    list_accrued_items,
    list_owed_beside,
    sum_accrued,
)
from quittance.interest.rates import get_account_law, set_late_rate
from quittance.ledger.models import OpenItem
from quittance.ledger.queries import list_settlements
from quittance.ledger.services import allocate, reverse_allocation
from quittance.parties.models import Customer, CustomerAccount
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db

ALICE = Actor(label="Alice")
AS_OF = date(2026, 8, 31)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def pay(item: OpenItem, amount: Decimal | str, on: date) -> int:
    credit = make_item(item.account, -Decimal(amount), due=on, issued=on)
    return allocate(
        debit_item_id=item.id, credit_item_id=credit.id, amount=Decimal(amount), effective_date=on, actor=ALICE
    )


def test_a_worked_check(cast: Cast) -> None:
    """10,000 from 31 May to 30 July 2026: 30 days at 12.15 and 30 at 12.40."""
    item = make_item(cast.account, "10000", due=date(2026, 5, 31))
    [found] = list_accrued_items(item_ids=[item.id], as_of=date(2026, 7, 30))
    assert (found.late_days, found.interest, found.indemnity) == (60, Decimal("201.78"), Decimal(40))
    story = find_item_interest(item_id=item.id, as_of=date(2026, 7, 30))
    assert story is not None
    assert story.story is not None
    assert [(one.days, str(one.interest)) for one in story.story.periods] == [(30, "99.86"), (30, "101.92")]


def test_nothing_on_the_due_date_and_one_day_the_day_after(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=date(2026, 3, 31))
    assert list_accrued_items(item_ids=[item.id], as_of=date(2026, 3, 31)) == []
    [found] = list_accrued_items(item_ids=[item.id], as_of=date(2026, 4, 1))
    assert (found.late_days, found.interest) == (1, Decimal("0.33"))


def test_paid_in_time_owes_nothing_and_paid_late_still_owes(cast: Cast) -> None:
    in_time = make_item(cast.account, "1000", due=date(2026, 3, 31))
    late = make_item(cast.account, "1000", due=date(2026, 3, 31))
    pay(in_time, "1000", date(2026, 3, 31))
    pay(late, "1000", date(2026, 4, 10))
    [found] = list_accrued_items(account_ids=[cast.account.id], as_of=AS_OF)
    assert (found.item_id, found.late_days, found.amount_open) == (late.id, 10, Decimal(0))


def test_money_sent_back_never_paid(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=date(2026, 3, 31))
    allocation = pay(item, "1000", date(2026, 3, 20))
    reverse_allocation(allocation_id=allocation, effective_date=date(2026, 4, 20), reason="returned", actor=ALICE)
    assert list_accrued_items(item_ids=[item.id], as_of=date(2026, 4, 19)) == []
    [found] = list_accrued_items(item_ids=[item.id], as_of=date(2026, 4, 20))
    assert found.late_days == 20


@pytest.mark.parametrize("kind", ["LATE_INTEREST", "INDEMNITY", "DEDUCTION", "ADJUSTMENT"])
def test_interest_bears_no_interest(cast: Cast, kind: str) -> None:
    make_item(cast.account, "1000", due=date(2026, 3, 31), kind=kind)
    assert list_accrued_items(account_ids=[cast.account.id], as_of=AS_OF) == []


def test_the_indemnity_comes_once_an_invoice(cast: Cast) -> None:
    first, second = (
        make_item(cast.account, "500", due=due, number="F9") for due in (date(2026, 3, 31), date(2026, 4, 30))
    )
    assert {row.item_id: row.indemnity for row in list_accrued_items(item_ids=[second.id], as_of=AS_OF)} == {
        second.id: 0
    }
    assert {row.item_id: row.indemnity for row in list_accrued_items(account_ids=[cast.account.id], as_of=AS_OF)} == {
        first.id: 40,
        second.id: 0,
    }
    pay(first, "500", date(2026, 3, 31))
    assert [row.indemnity for row in list_accrued_items(item_ids=[second.id], as_of=AS_OF)] == [40]


def test_public_bodies_have_their_own_rate(cast: Cast) -> None:
    town = Customer.objects.create(number="C9", name="Ville", kind="PUBLIC", country="FR")
    account = make_account(town, cast.company, cast.department, number="411VILLE")
    item = make_item(account, "36500", due=date(2026, 1, 31))
    [found] = list_accrued_items(item_ids=[item.id], as_of=date(2026, 2, 1))
    assert found.interest == Decimal("10.15")


def test_a_country_of_the_directive_has_the_common_minimum_until_its_own_rate(cast: Cast) -> None:
    cast.company.country = "DE"
    cast.company.save()
    item = make_item(cast.account, "36500", due=date(2026, 1, 31))
    assert [row.interest for row in list_accrued_items(item_ids=[item.id], as_of=date(2026, 2, 1))] == [
        Decimal("10.15")
    ]
    set_late_rate(
        country="DE", regime="BUSINESS", from_date=date(2026, 2, 2), rate_pct=Decimal("11.27"), source="BGB 288",
        indemnity=Decimal(40), actor=ALICE,
    )  # fmt: skip
    assert [row.interest for row in list_accrued_items(item_ids=[item.id], as_of=date(2026, 2, 2))] == [
        Decimal("21.42")
    ]


def test_without_a_rate_nothing_is_invented(cast: Cast) -> None:
    cast.company.country = "US"
    cast.company.save()
    item = make_item(cast.account, "1000", due=date(2026, 1, 31))
    [found] = list_accrued_items(item_ids=[item.id], as_of=AS_OF)
    assert (found.has_rate, found.interest, found.indemnity) == (False, Decimal(0), Decimal(0))
    story = find_item_interest(item_id=item.id, as_of=AS_OF)
    assert story is not None
    assert story.story is None
    [total] = sum_accrued(account_ids=[cast.account.id], as_of=AS_OF)
    assert (total.interest, total.item_count, total.without_rate_count) == (Decimal(0), 1, 1)


@pytest.mark.parametrize("seed", range(12))
def test_the_statement_says_what_the_core_says(cast: Cast, seed: int) -> None:
    draw = random.Random(seed)
    accounts = [cast.account, make_account(cast.durand, cast.company, cast.services, number="411SRV")]
    if seed % 2:
        AgreedRate.objects.create(
            account=accounts[1], from_date=date(2025, 9, 1) + timedelta(days=draw.randrange(300)),
            rate_pct=Decimal(draw.randrange(500, 1500)) / 100, source="contract",
        )  # fmt: skip
    _write_ledger(draw, accounts)
    expected = _by_the_core(accounts, AS_OF)
    found = list_accrued_items(account_ids=[account.id for account in accounts], as_of=AS_OF)
    assert {
        row.item_id: (row.late_days if row.has_rate else 0, row.interest, row.indemnity) for row in found
    } == expected
    for row in found:
        story = find_item_interest(item_id=row.item_id, as_of=AS_OF)
        assert story is not None
        assert story.accrued == row
        assert (story.story.interest if story.story else 0) == row.interest
    _check_sums(found, accounts)


def _check_sums(found: list, accounts: list[CustomerAccount]) -> None:  # type: ignore[type-arg]
    ids = [account.id for account in accounts]
    by_account = {(row.owner_id, row.currency): row for row in sum_accrued(account_ids=ids, as_of=AS_OF)}
    for account_id in ids:
        mine = [row for row in found if row.account_id == account_id]
        total = by_account.get((account_id, "EUR"))
        assert (total.interest if total else 0) == sum(row.interest for row in mine)
        assert (total.indemnity if total else 0) == sum(row.indemnity for row in mine)
    customer = sum_accrued(owner=Owner.CUSTOMER, as_of=AS_OF)
    assert sum(row.interest for row in customer) == sum(row.interest for row in found)
    beside = list_owed_beside(item_ids=[row.item_id for row in found], as_of=AS_OF)
    assert sum(row.interest for row in beside) == sum(row.interest for row in found)


def _write_ledger(draw: random.Random, accounts: list[CustomerAccount]) -> None:
    for number in range(14):
        account = draw.choice(accounts)
        for _instalment in range(draw.choice([1, 1, 2])):
            cents = draw.randrange(100, 10_000_000)
            item = make_item(
                account, Decimal(cents) / 100, due=date(2025, 7, 1) + timedelta(days=draw.randrange(460)),
                number=f"{account.number}-{number}", issued=date(2025, 6, 1),
            )  # fmt: skip
            for _payment in range(draw.randrange(4)):
                paid = draw.randrange(1, cents + 1) if draw.random() < 0.7 else cents
                allocation = pay(item, Decimal(paid) / 100, item.due_date + timedelta(days=draw.randrange(-20, 200)))
                if draw.random() < 0.25:
                    day = max(item.due_date + timedelta(days=draw.randrange(0, 300)), date(2026, 8, 1))
                    _undo(allocation, day)
                else:
                    cents -= paid
                if cents <= 0:
                    break


def _undo(allocation_id: int, day: date) -> None:
    from quittance.ledger.models import Allocation

    effective = Allocation.objects.get(id=allocation_id).effective_date
    reverse_allocation(allocation_id=allocation_id, effective_date=max(day, effective), reason="x", actor=ALICE)


def _by_the_core(accounts: list[CustomerAccount], as_of: date) -> dict[int, tuple[int, Decimal, Decimal]]:
    items = OpenItem.objects.filter(account__in=accounts, kind="INVOICE")
    paid = list_settlements(item_ids=[item.id for item in items], as_of=as_of)
    late: defaultdict[tuple[int, str], list[LateInstalment]] = defaultdict(list)
    found: dict[int, tuple[int, Decimal, Decimal]] = {}
    any_rate = [LateRate(from_date=date(1990, 1, 1), rate_pct=Decimal(1))]
    for item in items:
        law = get_account_law(account_id=item.account_id)
        values = {
            "amount": item.amount_original, "currency": item.currency, "due_date": item.due_date, "until": as_of,
            "part_payments": [PartPayment(paid_date=day, amount=part) for day, part in paid.get(item.id, [])],
        }  # fmt: skip
        if not late_interest(rates=any_rate, **values).late_days:
            continue
        late[item.account_id, item.document_number].append(LateInstalment(item_id=item.id, due_date=item.due_date))
        try:
            story = late_interest(rates=law.rates, **values)
            found[item.id] = (story.late_days, story.interest, Decimal(0))
        except NoRateInForce:
            found[item.id] = (0, Decimal(0), Decimal(0))
    for instalments in late.values():
        bearer = indemnity_bearer(late=instalments)
        assert bearer is not None
        days, interest, _none = found[bearer]
        found[bearer] = (days, interest, Decimal(40))
    return found
