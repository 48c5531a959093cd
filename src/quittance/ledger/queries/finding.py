"""Find items by what a person typed: a document number, a reference, an amount."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from quittance.core.amount_text import AmbiguousAmount, UnreadableAmount, parse_amount
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import OpenItem
from quittance.ledger.queries.items import list_items
from quittance.parties.queries import account_filter, fold

AMOUNT_MAX = Decimal(10) ** 15


def item_kind_choices() -> list[tuple[str, Any]]:
    """Return code and name of each kind of item."""
    return list(OpenItem.Kind.choices)


def read_amounts(*, text: str) -> list[Decimal]:
    """Return the amounts that a text may mean, with both signs; none when it is no amount.

    >>> [str(amount) for amount in read_amounts(text="1 234,56")]
    ['1234.56', '-1234.56']
    >>> sorted(str(amount) for amount in read_amounts(text="1,234")), read_amounts(text="F-2026")
    (['-1.234', '-1234', '1.234', '1234'], [])
    """
    try:
        readings: tuple[Decimal, ...] = (parse_amount(text),)
    except AmbiguousAmount as error:
        readings = error.readings
    except UnreadableAmount:
        return []
    return [signed for reading in readings if reading < AMOUNT_MAX for signed in (abs(reading), -abs(reading))]


def item_text_condition(*, text: str) -> Q:
    """Return the condition of items whose document number or reference begins with `text`, or whose amount it is."""
    condition = Q(search_text__startswith=fold(text.strip())) | _reference(text.strip())
    if amounts := read_amounts(text=text):
        condition |= Q(amount_original__in=amounts) | _open_amount(amounts)
    return condition


def _reference(text: str) -> Q:
    """Return the condition of a reference that begins with the text, as its partial index has it."""
    return Q(reference__startswith=text) & ~Q(reference="")


def _open_amount(amounts: list[Decimal]) -> Q:
    return Q(amount_open__in=amounts) & ~Q(amount_open=0)


def find_items(*, text: str, as_of: date, scope: Scope = EVERYTHING, limit: int = 10) -> list[dict[str, Any]]:
    """Return items by number or reference, then by amount, open ones first. Up to six queries, each by an index."""
    wanted = text.strip()
    searches = [Q(search_text__startswith=fold(wanted)), _reference(wanted)]
    if amounts := read_amounts(text=wanted):
        searches += [_open_amount(amounts), Q(amount_original__in=amounts)]
    visible = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"))
    ids: set[int] = set()
    for condition in searches:
        if len(ids) < limit:
            ids.update(visible.filter(condition).values_list("id", flat=True)[:limit])
    rows = list_items(as_of=as_of, scope=scope, is_open=False).filter(id__in=ids)
    return sorted(rows, key=lambda row: (row["open_amount"] == 0, row["due_date"], row["id"]))[:limit]
