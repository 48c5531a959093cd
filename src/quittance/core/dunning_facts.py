"""The values that dunning decisions are made from and made of; the rules are in ``core.dunning``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

ZERO = Decimal(0)


class DunningMedium(StrEnum):
    """By what a step reaches the customer; CALL, PORTAL and TASK are done by a person."""

    EMAIL = "EMAIL"
    LETTER = "LETTER"
    SMS = "SMS"
    CALL = "CALL"
    PORTAL = "PORTAL"
    TASK = "TASK"

    @property
    def is_sent(self) -> bool:
        """Say whether the program itself hands it over."""
        return self in _SENT_MEDIA

    @property
    def is_touch(self) -> bool:
        """Say whether the customer notices it: all but an internal task."""
        return self is not _TASK


_TASK = DunningMedium.TASK
_SENT_MEDIA = frozenset({DunningMedium.EMAIL, DunningMedium.LETTER, DunningMedium.SMS})
ALL_MEDIA = frozenset(DunningMedium)


class StepClock(StrEnum):
    """What the days of a step count from: the due date, or the notice by which the item took its last step."""

    DUE_DATE = "DUE_DATE"
    PREVIOUS_STEP = "PREVIOUS_STEP"


_DUE_DATE = StepClock.DUE_DATE


class StepCondition(StrEnum):
    """What must be so for a step to be taken; one that is not so is passed over when the next step's day has come."""

    ALWAYS = "ALWAYS"
    LAST_BOUNCED = "LAST_BOUNCED"
    PROMISE_BROKEN = "PROMISE_BROKEN"
    NO_ANSWER = "NO_ANSWER"
    OVERDUE_AT_LEAST = "OVERDUE_AT_LEAST"


class Validation(StrEnum):
    """Who looks at a message before it leaves."""

    NOBODY = "NOBODY"
    COLLECTOR = "COLLECTOR"
    MANAGER = "MANAGER"


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
    CHOSEN = "CHOSEN"
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
    HANDED_OVER = "HANDED_OVER"
    IN_COLLECTION = "IN_COLLECTION"
    TO_BE_DEBITED = "TO_BE_DEBITED"
    COVERED_BY_CREDIT = "COVERED_BY_CREDIT"
    NOT_YET_DUE = "NOT_YET_DUE"
    LEVEL_NOT_REACHED = "LEVEL_NOT_REACHED"
    LEARNT_TIMING = "LEARNT_TIMING"
    CONDITION_NOT_MET = "CONDITION_NOT_MET"
    NO_LEVEL = "NO_LEVEL"
    OVERDUE_FIRST = "OVERDUE_FIRST"
    MIN_INTERVAL = "MIN_INTERVAL"
    LAST_LEVEL_REACHED = "LAST_LEVEL_REACHED"
    # Held, the whole account.
    ACCOUNT_BLOCKED = "ACCOUNT_BLOCKED"
    STALE_BANK_DATA = "STALE_BANK_DATA"
    QUIET_DAY = "QUIET_DAY"
    TOO_MANY_TOUCHES = "TOO_MANY_TOUCHES"
    MEDIUM_NOT_READY = "MEDIUM_NOT_READY"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    OPTED_OUT = "OPTED_OUT"
    NO_CONTACT = "NO_CONTACT"
    NOTHING_DUE = "NOTHING_DUE"
    TRIGGER_GONE = "TRIGGER_GONE"


def totals_by_currency(pairs: Iterable[tuple[str, Decimal]]) -> tuple[tuple[str, Decimal], ...]:
    """Add amounts up by currency, in the order of the codes.

    >>> totals_by_currency([("USD", Decimal(1)), ("EUR", Decimal(2)), ("USD", Decimal(3))])
    (('EUR', Decimal('2')), ('USD', Decimal('4')))
    """
    sums: dict[str, Decimal] = {}
    for currency, amount in pairs:
        sums[currency] = sums[currency] + amount if currency in sums else amount
    return tuple(sums.items()) if len(sums) < 2 else tuple(sorted(sums.items()))


ACCOUNTS_PAYABLE = "ACCOUNTS_PAYABLE"
DEFAULT_ROLES = (ACCOUNTS_PAYABLE, "FINANCE", "MANAGEMENT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningLevel:
    """One step of a policy.

    ``rank`` orders the steps and is what an item remembers; ``offset_days`` counts from what ``counted_from`` says,
    negative before the due date; ``code`` names the step, ``tone`` its manner, ``message_code`` its text where that is
    another than its own. ``amount_min`` goes with the condition OVERDUE_AT_LEAST. ``recipient_roles`` are tried in
    order. ``interval_days_min`` and ``validated_by`` replace those of the policy when they are set. A step that
    ``falls_back_to_email`` is an e-mail where its own medium is not set up or the customer has no address for it.
    """

    rank: int
    offset_days: int
    code: str
    tone: str
    medium: DunningMedium = DunningMedium.EMAIL
    counted_from: StepClock = StepClock.DUE_DATE
    condition: StepCondition = StepCondition.ALWAYS
    amount_min: Decimal = ZERO
    recipient_roles: tuple[str, ...] = DEFAULT_ROLES
    message_code: str = ""
    is_registered: bool = False
    interval_days_min: int | None = None
    validated_by: Validation | None = None
    falls_back_to_email: bool = False

    @property
    def is_courtesy(self) -> bool:
        """Say whether the step speaks of items that are not late yet."""
        return self.offset_days <= 0 and self.counted_from is _DUE_DATE

    @property
    def text_code(self) -> str:
        """Return the code of the text that the step sends."""
        return self.message_code or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRules:
    """How often and when an account may be touched: ``touches_max`` (None: any number) in ``touches_days`` days."""

    touches_max: int | None = None
    touches_days: int = 30
    is_quiet_on_weekends: bool = False
    is_quiet_on_holidays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntTiming:
    """Let a step wait for the day by which the payer usually pays, and ``tolerance_days`` more.

    It never waits more than ``shift_days_max`` days beyond its own day, nor as long as the next step.
    """

    tolerance_days: int = 3
    shift_days_max: int = 14


NO_RULES = ContactRules()


DEFAULT_LEVELS: tuple[DunningLevel, ...] = (
    DunningLevel(rank=0, offset_days=-5, code="COURTESY", tone="FRIENDLY"),
    DunningLevel(rank=1, offset_days=7, code="FIRST_REMINDER", tone="FRIENDLY"),
    DunningLevel(rank=2, offset_days=21, code="SECOND_REMINDER", tone="FIRM"),
    DunningLevel(rank=3, offset_days=35, code="FORMAL_NOTICE", tone="FORMAL"),
)


class DunningItemFact(NamedTuple):
    """What is known of one open item on the day of the decision; a tuple, since a run makes millions of them.

    Amounts are in ``currency``; ``amount_open`` is signed (debit +, credit -), ``disputed_amount`` is >= 0.
    ``promised_until`` and ``payment_announced_until`` are the last days on which they hold the item,
    tolerance included. ``is_blocked`` holds without end, ``block_until`` up to and including that day.
    ``is_delivery_failed`` says that the document is known not to have reached the customer.
    ``last_notice_date`` is the last message that named the item, ``last_level_date`` the one by which it took its last
    step (None: the same day). ``is_handed_over`` when an agency, a lawyer or a court has it. ``debit`` says that we
    take the money ourselves: COLLECTED while a direct debit is on its way, PLANNED when it comes, "" when it does not.
    """

    item_id: int
    due_date: date
    amount_open: Decimal
    currency: str
    kind: str = "INVOICE"
    last_level_sent: int | None = None
    last_notice_date: date | None = None
    last_level_date: date | None = None
    disputed_amount: Decimal = ZERO
    promised_until: date | None = None
    payment_announced_until: date | None = None
    in_payment_plan: bool = False
    is_blocked: bool = False
    block_until: date | None = None
    block_reason: str = ""
    is_delivery_failed: bool = False
    is_handed_over: bool = False
    debit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningContact:
    """Somebody at the customer who may be written to, and by what; ``refuses_courtesy`` before the due date only.

    ``takes_sms`` says that the telephone takes text messages: most numbers of offices do not. ``is_opted_out`` wants
    nothing at all, ``refuses_email`` and ``refuses_sms`` nothing by that medium.
    """

    role: str
    has_email: bool = True
    has_phone: bool = False
    takes_sms: bool = False
    is_opted_out: bool = False
    refuses_courtesy: bool = False
    refuses_email: bool = False
    refuses_sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningAccountFacts:
    """What is known of one customer account on the day of the decision.

    ``items`` holds every open item, credits included: a credit in it covers debits by itself.
    ``unapplied_credits`` is further credit that is no item yet (a bank line attributed to this payer):
    pairs of currency and amount >= 0; never repeat there what is already in ``items``.
    ``bank_data_age_days`` is None when the company connects no bank: nothing can then be stale.

    ``contacts`` are in the order in which they are tried within a role; None where only ``has_contact`` and
    ``opted_out`` are known. ``touch_dates`` are the days on which the customer heard from us, ``quiet_dates`` its
    public holidays, ``usual_delay_days`` the median from due date to payment. ``last_answer_date`` is the last
    promise, dispute or word that it is paid; ``promise_broken_on`` the day the last promise broke.
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
    contacts: tuple[DunningContact, ...] | None = None
    has_postal_address: bool = False
    is_handed_over: bool = False
    touch_dates: tuple[date, ...] = ()
    quiet_dates: frozenset[date] = frozenset()
    usual_delay_days: int | None = None
    is_last_bounced: bool = False
    promise_broken_on: date | None = None
    last_answer_date: date | None = None


class ItemDecision(NamedTuple):
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
    """What happens to the account; ``amounts`` are the claimed totals by currency, empty unless SEND.

    ``medium`` is by what the message really goes (EMAIL where a step falls back on it), ``contact_index`` whom of the
    account's contacts it goes to; None when to nobody by name.
    """

    account_id: int
    outcome: DunningOutcome
    reason: DunningReason
    level: DunningLevel | None
    items: tuple[ItemDecision, ...]
    amounts: tuple[tuple[str, Decimal], ...]
    medium: DunningMedium = DunningMedium.EMAIL
    contact_index: int | None = None

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
