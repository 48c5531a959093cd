"""The database keeps what was agreed in a payment plan, whoever writes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.foundation import clock
from quittance.promises.models import PaymentPlan, PlannedInstalment, PlannedItem
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)


def write_plan(**fields: Any) -> PaymentPlan:
    """Write a plan of 100 in two instalments, as a script would."""
    cast = make_cast()
    item = make_item(cast.account, "100", due=DAY)
    parts = fields.pop("parts", ("60", "40"))
    plan = PaymentPlan.objects.create(
        account=cast.account,
        currency="EUR",
        total=Decimal(100),
        made_on=DAY,
        answer_until=DAY + timedelta(days=14),
        recorded_at=clock.now(),
        **fields,
    )
    PlannedItem.objects.create(plan=plan, item=item, amount=Decimal(100))
    for position, part in enumerate(parts, 1):
        due = DAY + timedelta(days=30 * position)
        PlannedInstalment.objects.create(plan=plan, position=position, due_date=due, amount=Decimal(part))
    return plan


def commit() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@transaction.atomic
def write_and_commit(**fields: Any) -> None:
    write_plan(**fields)
    commit()


def test_a_plan_adds_up() -> None:
    write_and_commit()


def test_a_plan_that_does_not_add_up_is_refused() -> None:
    with pytest.raises(IntegrityError, match="do not add up"):
        write_and_commit(parts=("60", "39.99"))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("promises_paymentplan", "total = 90"),
        ("promises_paymentplan", "state = 'ACTIVE'"),
        ("promises_paymentplan", "state = 'KEPT', decided_date = '2026-04-01'"),
        ("promises_paymentplan", "annual_rate_pct = 0"),
        ("promises_paymentplan", "answer_until = made_on - 1"),
        ("promises_plannedinstalment", "due_date = due_date + 1"),
        ("promises_plannedinstalment", "amount = amount + 1"),
        ("promises_planneditem", "amount = 1"),
    ],
)
def test_what_was_agreed_stays(table: str, change: str) -> None:
    write_plan()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {change}")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_a_cancelled_plan_stays_cancelled() -> None:
    plan = write_plan()
    PaymentPlan.objects.filter(id=plan.id).update(state="CANCELLED", decided_date=DAY)
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        PaymentPlan.objects.filter(id=plan.id).update(state="PROPOSED", decided_date=None)
