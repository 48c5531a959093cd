"""The values that dunning decisions are made from and made of; the rules are in ``core.dunning``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class DunningOutcome(StrEnum):
    """What is to be done with the account."""

    SEND = "SEND"
    HOLD = "HOLD"
    PERSON = "PERSON"


class DunningReason(StrEnum):
    """Why an item, or the whole account, is in or out of the message."""

    # In the message.
    LEVEL_REACHED = "LEVEL_REACHED"
    LISTED = "LISTED"
    # Held, item by item.
    ALLOCATED = "ALLOCATED"
    CREDIT = "CREDIT"
    EXCLUDED_KIND = "EXCLUDED_KIND"
    BLOCKED = "BLOCKED"
    NOT_DELIVERED = "NOT_DELIVERED"
    DISPUTED = "DISPUTED"
    IN_PAYMENT_PLAN = "IN_PAYMENT_PLAN"
    PROMISED = "PROMISED"
    PAYMENT_ANNOUNCED = "PAYMENT_ANNOUNCED"
    COVERED_BY_CREDIT = "COVERED_BY_CREDIT"
    NOT_YET_DUE = "NOT_YET_DUE"
    LEVEL_NOT_REACHED = "LEVEL_NOT_REACHED"
    NO_LEVEL = "NO_LEVEL"
    OVERDUE_FIRST = "OVERDUE_FIRST"
    MIN_INTERVAL = "MIN_INTERVAL"
    LAST_LEVEL_REACHED = "LAST_LEVEL_REACHED"
    # Held, the whole account.
    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    STALE_BANK_DATA = "STALE_BANK_DATA"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    OPTED_OUT = "OPTED_OUT"
    NO_CONTACT = "NO_CONTACT"
    NOTHING_DUE = "NOTHING_DUE"
    TRIGGER_GONE = "TRIGGER_GONE"


def totals_by_currency(pairs: Iterable[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Add amounts up by currency, in the order of the codes."""
    sums: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for currency, amount in pairs:
        sums[currency] += amount
    return tuple(sorted(sums.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningLevel:
    """One step of a policy.

    ``rank`` orders the steps and is what an item remembers; ``offset_days`` counts from the due date,
    negative before it; ``code`` names the message, ``tone`` its manner.
    """

    rank: int
    offset_days: int
    code: str
    tone: str

    @property
    def is_courtesy(self) -> bool:
        """Say whether the level speaks of items that are not late yet."""
        return self.offset_days <= 0


DEFAULT_LEVELS: tuple[DunningLevel, ...] = (
    DunningLevel(rank=0, offset_days=-5, code="COURTESY", tone="FRIENDLY"),
    DunningLevel(rank=1, offset_days=7, code="FIRST_REMINDER", tone="FRIENDLY"),
    DunningLevel(rank=2, offset_days=21, code="SECOND_REMINDER", tone="FIRM"),
    DunningLevel(rank=3, offset_days=35, code="FORMAL_NOTICE", tone="FORMAL"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningItemFact:
    """What is known of one open item on the day of the decision.

    Amounts are in ``currency``; ``amount_open`` is signed (debit +, credit -), ``disputed_amount`` is >= 0.
    ``promised_until`` and ``payment_announced_until`` are the last days on which they hold the item,
    tolerance included. ``is_blocked`` holds without end, ``block_until`` up to and including that day.
    ``is_delivery_failed`` says that the document is known not to have reached the customer.
    """

    item_id: int
    due_date: date
    amount_open: Decimal
    currency: str
    kind: str = "INVOICE"
    last_level_sent: int | None = None
    last_notice_date: date | None = None
    disputed_amount: Decimal = ZERO
    promised_until: date | None = None
    payment_announced_until: date | None = None
    in_payment_plan: bool = False
    is_blocked: bool = False
    block_until: date | None = None
    block_reason: str = ""
    is_delivery_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningAccountFacts:
    """What is known of one customer account on the day of the decision.

    ``items`` holds every open item, credits included: a credit in it covers debits by itself.
    ``unapplied_credits`` is further credit that is no item yet (a bank line attributed to this payer):
    pairs of currency and amount >= 0; never repeat there what is already in ``items``.
    ``bank_data_age_days`` is None when the company connects no bank: nothing can then be stale.
    """

    account_id: int
    items: tuple[DunningItemFact, ...]
    unapplied_credits: tuple[tuple[str, Decimal], ...] = ()
    has_contact: bool = True
    opted_out: bool = False
    last_notice_date: date | None = None
    is_blocked: bool = False
    block_until: date | None = None
    bank_data_age_days: int | None = None
    excluded_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDecision:
    """What happens to one item; ``amount`` + ``amount_held`` is always its signed open amount.

    ``amount`` is what the message claims (0 when not included). ``level`` is the step that this message is
    for this item, None when it is only listed. ``detail`` is the reason given with a block.
    """

    item_id: int
    currency: str
    overdue_days: int
    included: bool
    reason: DunningReason
    amount: Decimal
    amount_held: Decimal
    amount_disputed: Decimal = ZERO
    amount_covered: Decimal = ZERO
    level: DunningLevel | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningDecision:
    """What happens to the account; ``amounts`` are the claimed totals by currency, empty unless SEND."""

    account_id: int
    outcome: DunningOutcome
    reason: DunningReason
    level: DunningLevel | None
    items: tuple[ItemDecision, ...]
    amounts: tuple[tuple[str, Decimal], ...]

    @property
    def items_included(self) -> tuple[ItemDecision, ...]:
        """Return what the message lists, oldest due date first."""
        return tuple(item for item in self.items if item.included)

    @property
    def items_for_person(self) -> tuple[ItemDecision, ...]:
        """Return the items past their last level: a call or litigation is to be decided by a person."""
        return tuple(item for item in self.items if item.reason is DunningReason.LAST_LEVEL_REACHED)

    @property
    def amounts_held(self) -> tuple[tuple[str, Decimal], ...]:
        """Return the debit amounts that are not claimed, by currency."""
        return totals_by_currency((item.currency, item.amount_held) for item in self.items if item.amount_held > 0)
