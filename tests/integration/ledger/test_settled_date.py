"""An item is settled on the day of its last effect, in whatever order the effects were posted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from quittance.foundation import clock
from quittance.ledger.models import Allocation, AllocationReversal, OpenItem
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 1)


def allocation(debit: OpenItem, credit: OpenItem, amount: int, on: date) -> Allocation:
    value = Decimal(amount)
    return Allocation(
        debit_item=debit, credit_item=credit, amount=value, amount_company_debit=value, amount_company_credit=value,
        effective_date=on, posted_at=clock.now(), origin="RULE",
    )  # fmt: skip


@pytest.mark.parametrize("order", list(permutations((0, 5, 9))))
@pytest.mark.parametrize("is_one_statement", [True, False])
def test_the_last_effect_dates_the_settlement(order: tuple[int, ...], is_one_statement: bool) -> None:
    account = make_cast().account
    invoice = make_item(account, "60", issued=DAY, due=DAY)
    payment = make_item(account, "-60", issued=DAY, due=DAY)
    parts = [allocation(invoice, payment, 20, DAY + timedelta(days=days)) for days in order]
    if is_one_statement:
        Allocation.objects.bulk_create(parts)
    else:
        for part in parts:
            part.save()
    for item in (invoice, payment):
        item.refresh_from_db()
        assert item.settled_date == DAY + timedelta(days=9)


def test_what_was_undone_does_not_date_it() -> None:
    account = make_cast().account
    invoice = make_item(account, "60", issued=DAY, due=DAY)
    payment = make_item(account, "-90", issued=DAY, due=DAY)
    late = allocation(invoice, payment, 60, DAY + timedelta(days=9))
    late.save()
    AllocationReversal.objects.create(
        allocation=late, effective_date=DAY + timedelta(days=10), posted_at=clock.now(), reason=""
    )
    invoice.refresh_from_db()
    assert invoice.settled_date is None
    allocation(invoice, payment, 20, DAY + timedelta(days=2)).save()
    allocation(invoice, payment, 40, DAY + timedelta(days=1)).save()
    invoice.refresh_from_db()
    assert invoice.settled_date == DAY + timedelta(days=2)


def test_an_invoice_made_smaller_was_settled_by_what_was_applied() -> None:
    account = make_cast().account
    invoice = make_item(account, "60", issued=DAY, due=DAY)
    payment = make_item(account, "-50", issued=DAY, due=DAY)
    allocation(invoice, payment, 50, DAY + timedelta(days=4)).save()
    OpenItem.objects.filter(id=invoice.id).update(version=2, amount_original=50, amount_company=50)
    invoice.refresh_from_db()
    assert invoice.amount_open == 0
    assert invoice.settled_date == DAY + timedelta(days=4)
