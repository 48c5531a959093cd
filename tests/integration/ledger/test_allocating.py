"""Credits applied to debits: what is refused, what stays exact, what a past day shows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.core.ageing import AgeingBasis
from quittance.foundation.events import verify_chain
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger import queries, services
from quittance.ledger.models import AccountBalance, Allocation, OpenItem
from quittance.ledger.queries import GroupBy
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")
DAY = date(2026, 3, 31)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def pay(cast: Cast, amount: str, *, on: date = DAY, key: str = "B1") -> int:
    return services.post_payment(
        account_id=cast.account.id,
        amount=Decimal(amount),
        currency="EUR",
        payment_date=on,
        source="BANK",
        external_id=key,
        actor=ALICE,
    )


def apply(debit: int, credit: int, amount: str, *, on: date = DAY) -> int:
    return services.allocate(
        debit_item_id=debit, credit_item_id=credit, amount=Decimal(amount), effective_date=on, actor=ALICE
    )


def test_a_payment_settles_an_invoice_and_everything_tells_so(cast: Cast) -> None:
    invoice = make_item(cast.account, "120.00", due=DAY - timedelta(days=10))
    payment = pay(cast, "100.00")

    apply(invoice.id, payment, "100.00")

    invoice.refresh_from_db()
    assert invoice.amount_open == Decimal(20)
    assert invoice.settled_date is None
    paid = OpenItem.objects.get(id=payment)
    assert (paid.amount_open, paid.settled_date) == (Decimal(0), DAY)
    balance = AccountBalance.objects.get(account=cast.account)
    assert (balance.open_total, balance.unapplied) == (Decimal(20), Decimal(0))
    assert list(Event.objects.order_by("id").values_list("kind", flat=True)) == ["item.posted", "allocation.posted"]
    assert verify_chain().is_intact


def test_the_same_payment_twice_is_one_payment(cast: Cast) -> None:
    assert pay(cast, "100.00") == pay(cast, "100.00")
    with pytest.raises(services.ExternalIdTaken):
        pay(cast, "101.00")


def test_a_reversal_restores_what_was_open(cast: Cast) -> None:
    invoice = make_item(cast.account, "100.00", due=DAY)
    payment = pay(cast, "100.00")
    allocation = apply(invoice.id, payment, "60.00")

    services.reverse_allocation(
        allocation_id=allocation, effective_date=DAY + timedelta(days=5), reason="wrong customer", actor=ALICE
    )

    invoice.refresh_from_db()
    assert invoice.amount_open == Decimal(100)
    with pytest.raises(services.AlreadyReversed):
        services.reverse_allocation(allocation_id=allocation, effective_date=DAY, reason="again", actor=ALICE)


def test_what_replaces_an_undone_allocation_counts_from_the_undoing_on(cast: Cast) -> None:
    invoice = make_item(cast.account, "100.00", due=DAY)
    first, second = pay(cast, "100.00"), pay(cast, "70.00", key="B2")
    wrong = apply(invoice.id, first, "100.00")
    undone_on = DAY + timedelta(days=5)
    services.reverse_allocation(allocation_id=wrong, effective_date=undone_on, reason="wrong payment", actor=ALICE)

    right = Allocation.objects.get(id=apply(invoice.id, second, "70.00"))
    assert right.effective_date == undone_on
    for days, wanted in ((0, 0), (4, 0), (5, 30), (9, 30)):
        row = queries.list_items(as_of=DAY + timedelta(days=days), is_open=False).get(id=invoice.id)
        assert row["open_amount"] == wanted


@pytest.mark.parametrize(
    ("amount", "refusal"),
    [
        ("0", services.AmountNotPositive),
        ("-5", services.AmountNotPositive),
        ("100.01", services.AllocationExceedsOpenAmount),
    ],
)
def test_amounts_that_cannot_be_applied(cast: Cast, amount: str, refusal: type[Exception]) -> None:
    invoice = make_item(cast.account, "100.00", due=DAY)
    payment = pay(cast, "200.00")
    with pytest.raises(refusal):
        apply(invoice.id, payment, amount)
    assert not Allocation.objects.exists()


def test_items_that_do_not_belong_together_are_refused(cast: Cast) -> None:
    invoice = make_item(cast.account, "100.00", due=DAY)
    dollars = make_item(cast.account, "-100.00", due=DAY, currency="USD")
    stranger = make_item(
        make_account(cast.petra.portal_customer, cast.other_company, _department(cast), number="X"), "-100.00", due=DAY
    )
    euros = make_item(cast.account, "-100.00", due=DAY)
    with pytest.raises(services.CurrenciesDiffer):
        apply(invoice.id, dollars.id, "1")
    with pytest.raises(services.SidesDiffer):
        apply(euros.id, invoice.id, "1")
    with pytest.raises(services.ItemNotFound):
        apply(invoice.id, 999_999, "1")
    with pytest.raises((services.AccountsUnrelated, services.CurrenciesDiffer)):
        apply(invoice.id, stranger.id, "1")


def _department(cast: Cast) -> object:
    from quittance.parties.models import Department

    return Department.objects.create(company=cast.other_company, code="GEN", name="General")


def test_company_amounts_of_parts_add_up_exactly(cast: Cast) -> None:
    invoice = make_item(cast.account, "100.00", due=DAY, currency="USD")
    OpenItem.objects.filter(id=invoice.id).update(version=2, amount_company=Decimal("33.35"))
    payment = make_item(cast.account, "-100.00", due=DAY, currency="USD")
    OpenItem.objects.filter(id=payment.id).update(version=2, amount_company=Decimal("-31.00"))

    for part in ("33.33", "33.33", "33.34"):
        apply(invoice.id, payment.id, part)

    for item in (invoice, payment):
        item.refresh_from_db()
        assert (item.amount_open, item.amount_company_open) == (Decimal(0), Decimal(0))


def test_aged_balance_of_today_and_of_days_before(cast: Cast) -> None:
    late = make_item(cast.account, "100.00", due=DAY - timedelta(days=31))
    make_item(cast.account, "50.00", due=DAY)
    make_item(cast.account, "-7.00", due=DAY, kind="CREDIT_NOTE")
    payment = pay(cast, "80.00", on=DAY - timedelta(days=2))
    apply(late.id, payment, "70.00", on=DAY - timedelta(days=1))

    now = queries.aged_balance(as_of=DAY).totals[0]
    before = queries.aged_balance(as_of=DAY - timedelta(days=2)).totals[0]

    assert (now.due_31_60, now.not_due, now.credits, now.unapplied) == (30, 50, -7, -10)
    assert (before.due_1_30, before.not_due, before.credits, before.unapplied) == (100, 50, -7, -80)
    assert now.total == now.not_due + now.overdue + now.credits + now.unapplied


@pytest.mark.parametrize("group_by", list(GroupBy))
@pytest.mark.parametrize("basis", list(AgeingBasis))
def test_every_grouping_adds_up_to_the_same(cast: Cast, group_by: GroupBy, basis: AgeingBasis) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411DURAND-S")
    make_item(cast.account, "100.00", due=DAY - timedelta(days=31))
    make_item(other, "50.00", due=DAY)
    report = queries.aged_balance(as_of=DAY, group_by=group_by, basis=basis)
    assert [row.total for row in report.totals] == [150]
    assert len(report.rows) == (2 if group_by in (GroupBy.ACCOUNT, GroupBy.DEPARTMENT) else 1)
