"""Read what was known of accounts day by day: six statements for any number of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection

from quittance.core.money import quantize
from quittance.core.simulation import SimulatedNotice
from quittance.core.simulation_history import (
    CreditChange,
    HistoryAccount,
    HistoryItem,
    Hold,
    HoldKind,
    Move,
)
from quittance.core.simulation_walk import USUAL_DELAY_MONTHS
from quittance.core.terms import add_months
from quittance.dunning.facts import EXCLUDED_KINDS, FACTORED, contact_facts, read_contacts
from quittance.dunning.policies import DIRECT_DEBIT
from quittance.dunning.quiet_days import quiet_dates
from quittance.simulation import statements


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAccount:
    """An account with its history, and what its sums are told in: the company's currency and amounts by item."""

    account: HistoryAccount
    company_currency: str
    company_amounts: dict[int, tuple[Decimal, Decimal]]

    def amount_company(self, notice: SimulatedNotice) -> Decimal:
        """Return what a notice asks for in the currency of the company, at each item's own rate."""
        total = Decimal(0)
        for item in notice.items:
            original, company = self.company_amounts[item.item_id]
            total += quantize(item.amount * company / original, self.company_currency)
        return total


def list_accounts(
    *, first: date, last: date, today: date, company_id: int | None, segment_id: int | None, after_id: int = 0
) -> list[int]:
    """Return the accounts that owed something in the days gone through, by id. One query."""
    parameters = {
        "first": first, "last": last, "today": today, "company": company_id, "segment": segment_id, "after": after_id,
    }  # fmt: skip
    return [row[0] for row in _all(statements.CANDIDATES, parameters)]


def read_history(
    *, account_ids: Sequence[int], first: date, last: date, reads_numbers: bool = False
) -> list[ReadAccount]:
    """Return the history of accounts by id, as far as the days `first` to `last` need it. Six queries.

    Contacts, with what they refuse and by what they can be reached, are read as a run reads them today; their numbers
    only where `reads_numbers`, that is, where a step is an SMS.
    """
    parameters: dict[str, Any] = {
        "accounts": list(account_ids),
        "first": first,
        "last": last,
        "since": add_months(first, -USUAL_DELAY_MONTHS),
        "zone": settings.TIME_ZONE,
    }
    items = _all(statements.ITEMS, parameters)
    moves = _by(_all(statements.MOVES, {"items": [row[0] for row in items]}))
    holds = _by_account(_all(statements.HOLDS, parameters), 1)
    words = _by_account(_all(statements.WORDS, parameters), 0)
    cash = _by_account(_all(statements.SISTER_CASH, parameters), 0)
    rows = _by_account(items, 1)
    return [
        _account(row, rows[row[0]], moves, holds[row[0]], words[row[0]], cash[row[0]], (first, last), reads_numbers)
        for row in _all(statements.ACCOUNTS, parameters)
    ]


Rows = list[tuple[Any, ...]]


def _all(statement: str, parameters: dict[str, Any]) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _by(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Move]]:
    found: defaultdict[int, list[Move]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(Move(day=row[1], amount=row[2], is_cash=row[3]))
    return found


def _by_account(rows: Iterable[tuple[Any, ...]], column: int) -> defaultdict[int, Rows]:
    found: defaultdict[int, Rows] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _account(
    row: tuple[Any, ...],
    items: Rows,
    moves: dict[int, list[Move]],
    holds: Rows,
    words: Rows,
    cash: Rows,
    days: tuple[date, date],
    reads_numbers: bool,
) -> ReadAccount:
    account_id, payment_method, country, currency, has_postal_address, written, refused_numbers = row
    contacts = read_contacts(written=written, refused_numbers=refused_numbers)
    on_items, blocks = _holds(holds, items)
    said: defaultdict[str, list[date]] = defaultdict(list)
    for _account_id, kind, day in words:
        if day is not None:
            said[kind].append(day)
    account = HistoryAccount(
        account_id=account_id,
        items=tuple(_item(one, moves.get(one[0], []), on_items.get(one[0], [])) for one in items),
        blocks=tuple(blocks),
        credit_changes=tuple(CreditChange(day=one[1], currency=one[2], amount=one[3]) for one in cash),
        contacts=contact_facts(contacts=contacts, country=country, reads_numbers=reads_numbers),
        has_postal_address=has_postal_address,
        excluded_kinds=EXCLUDED_KINDS,
        quiet_dates=holidays_between(country, *days),
        call_dates=tuple(said["CALL"]),
        answer_dates=(*said["ANSWER"], *said["CALL"]),
        broken_dates=tuple(said["BROKEN"]),
        gets_courtesy=payment_method != DIRECT_DEBIT,
    )
    return ReadAccount(
        account=account, company_currency=currency, company_amounts={one[0]: (one[7], one[8]) for one in items}
    )


def _item(row: tuple[Any, ...], moves: Sequence[Move], holds: Sequence[Hold]) -> HistoryItem:
    item_id, _account_id, kind, is_factored, document_date, due_date, currency, amount, weight = row
    return HistoryItem(
        item_id=item_id,
        document_date=document_date,
        due_date=due_date,
        currency=currency,
        amount=amount,
        kind=FACTORED if is_factored else kind,
        weight=weight,
        moves=tuple(moves),
        holds=tuple(holds),
    )


def _holds(rows: Rows, items: Rows) -> tuple[dict[int, list[Hold]], list[Hold]]:
    """Return the holds of each item, and those of the whole account; what names no item holds all that was due."""
    on_items: defaultdict[int, list[Hold]] = defaultdict(list)
    blocks = []
    for item_id, _account_id, kind, first, before, until, amount, due_until in rows:
        hold = Hold(kind=HoldKind(kind), first=first, before=before, until=until, amount=amount)
        if item_id is not None:
            on_items[item_id].append(hold)
        elif hold.kind is HoldKind.BLOCKED:
            blocks.append(hold)
        else:
            for item in items:
                if item[5] <= due_until:
                    on_items[item[0]].append(hold)
    return on_items, blocks


@lru_cache(maxsize=500)
def holidays_between(country: str, first: date, last: date) -> frozenset[date]:
    """Return the public holidays of a country in a period."""
    every = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return frozenset(day for one in every for day in quiet_dates(country=country, day=one))
