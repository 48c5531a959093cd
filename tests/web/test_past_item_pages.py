"""The open items of a past day, read in parts, are the same as read as one, page after page, whatever the order."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.test import RequestFactory

from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING
from quittance.ledger import queries
from quittance.ledger.models import Allocation, AllocationReversal
from quittance.web.paging import SALT
from quittance.web.views.item_source import PastItemSource
from quittance.web.views.item_table import ItemTable, PastItemTable, PastOpenItemTable
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db
START = date(2026, 1, 1)
ON = START + timedelta(days=30)


def table(kind: type[ItemTable], address: str = "") -> ItemTable:
    request = RequestFactory().get(f"/items/?{address}")
    request.user = AnonymousUser()
    desk: Any = SimpleNamespace(as_of=ON, today=ON + timedelta(days=60), scope=EVERYTHING)
    return kind(request, desk, queries.list_items(as_of=ON))


@pytest.fixture(autouse=True)
def items() -> None:
    account = make_cast().account
    debits = [make_item(account, f"{10 + n}", issued=START, due=START + timedelta(days=n % 7)) for n in range(40)]
    payment = make_item(account, "-900", issued=START, due=START + timedelta(days=2))
    for place, debit in enumerate(debits):
        # A third settled since, a third settled before, a third open still or partly paid since.
        amount = debit.amount_original if place % 3 else Decimal(place % 2)
        if amount:
            applied = Allocation.objects.create(
                debit_item=debit, credit_item=payment, amount=amount, amount_company_debit=amount,
                amount_company_credit=amount, posted_at=clock.now(), origin="RULE",
                effective_date=ON + timedelta(days=5 if place % 3 == 1 else -5),
            )  # fmt: skip
            if place % 5 == 0:
                # Undone since, or undone before the day: settled now as then, open again, or never closed that day.
                AllocationReversal.objects.create(
                    allocation=applied, effective_date=ON + timedelta(days=9 if place % 3 == 1 or place % 2 else 0),
                    posted_at=clock.now(), reason="",
                )  # fmt: skip
    make_item(account, "5", issued=ON + timedelta(days=1), due=ON)


def edge(cursor: str) -> object:
    """Read a cursor: its signature holds the second it was made in."""
    return signing.loads(cursor, salt=SALT) if cursor else None


@pytest.mark.parametrize("sort", ["due_date", "-due_date", "document_number", "-open_amount", "-document_date"])
@pytest.mark.parametrize("narrow", ["", "&late=yes", "&open_from=20"])
def test_the_parts_make_the_same_pages(sort: str, narrow: str) -> None:
    address = f"sort={sort}&size=25{narrow}"
    whole, parted = table(PastItemTable, address), table(PastOpenItemTable, address)
    assert isinstance(parted.source, PastItemSource)
    assert parted.count == whole.count > 15
    assert list(parted.source.stream(order=parted.order)) == list(whole.source.stream(order=whole.order))
    cursor = ""
    for _ in range(3):
        whole, parted = (table(kind, f"{address}&cursor={cursor}") for kind in (PastItemTable, PastOpenItemTable))
        assert [dict(row) for row in parted.page.rows] == [dict(row) for row in whole.page.rows]
        assert edge(parted.page.next_cursor) == edge(whole.page.next_cursor)
        assert edge(parted.page.previous_cursor) == edge(whole.page.previous_cursor)
        if parted.page.previous_cursor:
            back = [
                table(kind, f"{address}&cursor={parted.page.previous_cursor}")
                for kind in (PastItemTable, PastOpenItemTable)
            ]
            assert [row["id"] for row in back[1].page.rows] == [row["id"] for row in back[0].page.rows]
        cursor = parted.page.next_cursor
        if not cursor:
            break
