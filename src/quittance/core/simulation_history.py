"""What happened to customer accounts, day by day: what a policy of reminders is tried on.

Every fact carries the day from which it was known. A simulation looks at a day and takes what was known by then and
nothing of what came after; only the judgement whether a notice was needless looks ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from quittance.core.dunning_facts import ZERO, DunningContact


class HoldKind(StrEnum):
    """What held an item for a while."""

    DISPUTED = "DISPUTED"
    PROMISED = "PROMISED"
    ANNOUNCED = "ANNOUNCED"
    PLANNED = "PLANNED"
    HANDED_OVER = "HANDED_OVER"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of what was open of an item, from ``day`` on: signed, so that a debit that is paid moves by less than
    nothing. ``is_cash`` when money did it, not a credit note or a write-off.
    """

    day: date
    amount: Decimal
    is_cash: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that was known from ``first`` on and no longer from ``before`` on (None: still).

    ``until`` is the last day on which a promise or an announced payment holds, ``amount`` what was disputed.
    """

    kind: HoldKind
    first: date
    before: date | None = None
    until: date | None = None
    amount: Decimal = ZERO

    def is_known(self, day: date) -> bool:
        """Say whether it was so on a day."""
        return self.first <= day and (self.before is None or day < self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItem:
    """An item from its first day on; ``amount`` signed (debit +, credit -).

    ``weight`` is its amount in the currency of the company, by which the usual delay is weighed. ``moves`` are in the
    order of their days.
    """

    item_id: int
    document_date: date
    due_date: date
    currency: str
    amount: Decimal
    kind: str = "INVOICE"
    weight: Decimal = ZERO
    moves: tuple[Move, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditChange:
    """Further credit of the account (no item of it) grew or shrank by ``amount`` on a day."""

    day: date
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryAccount:
    """A customer account with all that was known of it over time; the rest as in ``DunningAccountFacts``.

    ``blocks`` hold the whole account. ``quiet_dates`` are all holidays of its country in the period, ``call_dates`` the
    days on which somebody was reached by telephone. ``gets_courtesy`` is False for who is debited by us.
    """

    account_id: int
    items: tuple[HistoryItem, ...]
    blocks: tuple[Hold, ...] = ()
    credit_changes: tuple[CreditChange, ...] = ()
    contacts: tuple[DunningContact, ...] | None = None
    has_contact: bool = True
    opted_out: bool = False
    has_postal_address: bool = True
    excluded_kinds: frozenset[str] = frozenset()
    quiet_dates: frozenset[date] = frozenset()
    call_dates: tuple[date, ...] = ()
    answer_dates: tuple[date, ...] = ()
    broken_dates: tuple[date, ...] = ()
    gets_courtesy: bool = True
