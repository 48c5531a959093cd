"""The values of matching: what comes in, what is proposed, and the evidence for it.

Amounts are integers of the currency's minor unit. Nothing here reads a clock, a database or a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Strategy(StrEnum):
    """How a proposal was found; the order is the order of trust."""

    REMITTANCE = "REMITTANCE"
    EXACT_REFERENCE = "EXACT_REFERENCE"
    REFERENCE_WITH_CREDIT_NOTES = "REFERENCE_WITH_CREDIT_NOTES"
    REFERENCE_WITH_DISCOUNT = "REFERENCE_WITH_DISCOUNT"
    REFERENCE_WITH_SMALL_DIFFERENCE = "REFERENCE_WITH_SMALL_DIFFERENCE"
    REFERENCE_WITH_BANK_FEE = "REFERENCE_WITH_BANK_FEE"
    REFERENCE_WITH_EXCHANGE = "REFERENCE_WITH_EXCHANGE"
    REFERENCE_WITH_OTHERS = "REFERENCE_WITH_OTHERS"
    AMOUNT_WITH_PAYER = "AMOUNT_WITH_PAYER"
    AMOUNT_WITH_DISCOUNT = "AMOUNT_WITH_DISCOUNT"
    AMOUNT_WITH_SMALL_DIFFERENCE = "AMOUNT_WITH_SMALL_DIFFERENCE"
    AMOUNT_WITH_BANK_FEE = "AMOUNT_WITH_BANK_FEE"
    AMOUNT_WITH_EXCHANGE = "AMOUNT_WITH_EXCHANGE"
    ANNOUNCED_ITEMS = "ANNOUNCED_ITEMS"
    WHOLE_BALANCE = "WHOLE_BALANCE"
    WHOLE_MONTH = "WHOLE_MONTH"
    DUE_UNTIL = "DUE_UNTIL"
    CONSECUTIVE_ITEMS = "CONSECUTIVE_ITEMS"
    SUM_OF_ITEMS = "SUM_OF_ITEMS"
    OLDEST_FIRST = "OLDEST_FIRST"
    REFERENCE_WITH_DIFFERENCE = "REFERENCE_WITH_DIFFERENCE"
    AMOUNT_ALONE = "AMOUNT_ALONE"


class EvidenceKind(StrEnum):
    """What speaks for a proposal, or against it."""

    REFERENCE_IN_TEXT = "REFERENCE_IN_TEXT"
    REFERENCE_STRUCTURED = "REFERENCE_STRUCTURED"
    REFERENCE_END_TO_END = "REFERENCE_END_TO_END"
    AMOUNT_EQUAL = "AMOUNT_EQUAL"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    AMOUNT_NOT_UNIQUE = "AMOUNT_NOT_UNIQUE"
    ADDS_UP = "ADDS_UP"
    DISCOUNT_TAKEN = "DISCOUNT_TAKEN"
    DISCOUNT_LATE = "DISCOUNT_LATE"
    SMALL_DIFFERENCE = "SMALL_DIFFERENCE"
    FEE_SHOWN = "FEE_SHOWN"
    EXCHANGE_SHOWN = "EXCHANGE_SHOWN"
    PAID_SHORT = "PAID_SHORT"
    PAID_OVER = "PAID_OVER"
    CREDIT_NOTES_USED = "CREDIT_NOTES_USED"
    REFERENCE_PART = "REFERENCE_PART"
    REFERENCE_RANGE = "REFERENCE_RANGE"
    REFERENCE_CUT = "REFERENCE_CUT"
    REFERENCE_MISTYPED = "REFERENCE_MISTYPED"
    REFERENCE_OWN_NUMBER = "REFERENCE_OWN_NUMBER"
    REFERENCE_ANNOUNCED = "REFERENCE_ANNOUNCED"
    REFERENCE_NOT_OPEN = "REFERENCE_NOT_OPEN"
    OLDEST_FIRST_AGREED = "OLDEST_FIRST_AGREED"
    PAYER_IBAN_KNOWN = "PAYER_IBAN_KNOWN"
    PAYER_VIRTUAL_IBAN = "PAYER_VIRTUAL_IBAN"
    PAYER_MANDATE = "PAYER_MANDATE"
    PAYER_NUMBER = "PAYER_NUMBER"
    PAYER_NAME_EQUAL = "PAYER_NAME_EQUAL"
    PAYER_NAME_SIMILAR = "PAYER_NAME_SIMILAR"
    PAYER_NAME_CUT = "PAYER_NAME_CUT"
    PAYER_NAME_INITIALS = "PAYER_NAME_INITIALS"
    PAYER_IS_ANOTHER = "PAYER_IS_ANOTHER"
    REFERENCE_LEFT_OUT = "REFERENCE_LEFT_OUT"
    ITEM_AFTER_PAYMENT = "ITEM_AFTER_PAYMENT"
    ANNOUNCED = "ANNOUNCED"
    DEBIT_COLLECTED = "DEBIT_COLLECTED"
    PAYOUT_OF_ADVICE = "PAYOUT_OF_ADVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One fact, to be shown to a person.

    ``text`` is what was read. ``start`` and ``end`` are offsets into the line's ``text`` where it stands
    (``line.text[start:end]``), None when the fact is not from there.
    """

    kind: EvidenceKind
    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedLine:
    """One line of a remittance advice that belongs to the payment.

    ``amount_minor`` is what is paid of the document (credit notes negative), ``deduction_minor`` what the payer keeps
    back of it (not negative).
    """

    reference: str
    amount_minor: int
    deduction_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceLimits:
    """Up to how much of one payment is posted by rule, in minor units of its currency; 0 is not at all.

    ``fee_minor`` counts where the text or the currency shows that a bank took something, ``exchange_minor`` where
    they show that money was changed.
    """

    small_minor: int = 0
    fee_minor: int = 0
    exchange_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One bank transaction; ``amount_minor`` is positive for money received.

    ``credited_iban`` is the account of ours that the payer wrote, where each customer has a virtual one.
    ``announced`` are the lines of the remittance advice that was joined to this payment. ``is_foreign`` says that its
    currency is not the company's.
    """

    id: int
    amount_minor: int
    currency: str
    booking_date: date
    payer_name: str = ""
    payer_iban: str = ""
    text: str = ""
    structured_references: tuple[str, ...] = ()
    end_to_end_id: str = ""
    mandate_id: str = ""
    credited_iban: str = ""
    announced: tuple[AnnouncedLine, ...] = ()
    limits: DifferenceLimits = DifferenceLimits()
    is_foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateItem:
    """One open item; ``amount_open_minor`` is signed (debit +, credit -).

    ``account_family`` names the accounts among which allocations are allowed. ``disputed`` items are never
    proposed. ``discount_minor`` may be deducted by who pays until ``discount_until``.
    """

    item_id: int
    account_id: int
    account_family: int
    amount_open_minor: int
    currency: str
    due_date: date
    document_date: date
    references: tuple[str, ...] = ()
    disputed: bool = False
    discount_minor: int = 0
    discount_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRules:
    """What was agreed with, or learnt of, one family of accounts; amounts in minor units of the line's currency.

    ``threshold`` is the confidence per mille from which a match is applied by itself; 1000 is never reached.
    ``small_difference_minor`` may lack or be too much whatever the limits of the line are. ``habits`` are pairs of
    strategy and how many payments people have confirmed to be explained by it; ``readings`` are pairs of how a
    reference was read and in how many of them it was.
    """

    threshold: int = 990
    small_difference_minor: int = 0
    discount_grace_days: int = 3
    is_oldest_first: bool = False
    applies_short_and_over: bool = True
    habits: tuple[tuple[Strategy, int], ...] = ()
    readings: tuple[tuple[EvidenceKind, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerIdentity:
    """Who seems to pay: an account family, with a confidence per mille and what it rests on."""

    account_family: int
    confidence: int
    evidence: tuple[Evidence, ...]


class DifferenceKind(StrEnum):
    """What a difference between a payment and an item is taken for."""

    DISCOUNT = "DISCOUNT"
    SMALL_DIFFERENCE = "SMALL_DIFFERENCE"
    BANK_FEE = "BANK_FEE"
    EXCHANGE = "EXCHANGE"
    DEDUCTION = "DEDUCTION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An amount that settles an item beside the payment: positive, what the payer kept back of the item.

    A negative one is what was paid too much; it belongs to no item then (``item_id`` 0).
    """

    kind: DifferenceKind
    item_id: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchProposal:
    """A way to explain one bank line.

    ``lines`` are pairs of item and signed amount in minor units, each within the item's open amount, their sum
    never above the payment; ``difference_minor`` = payment - sum of the open amounts found: positive when too
    much was paid, negative when too little. ``differences`` say what of it is posted by rule; the rest stays open on
    the item, or unapplied on the account. ``confidence`` is per mille: how often such an explanation is the right one.
    """

    line_id: int
    lines: tuple[tuple[int, int], ...]
    strategy: Strategy
    confidence: int
    evidence: tuple[Evidence, ...]
    difference_minor: int = 0
    differences: tuple[Difference, ...] = ()

    @property
    def amount_matched_minor(self) -> int:
        """Return the sum of what the proposal would allocate."""
        return sum(amount for _, amount in self.lines)


class MatchOutcome(StrEnum):
    """What is done with a bank line: applied by itself, shown to a person, or left waiting."""

    APPLY = "APPLY"
    ASK = "ASK"
    WAIT = "WAIT"


class MatchReason(StrEnum):
    """Why the outcome is what it is."""

    CONFIDENT = "CONFIDENT"
    BELOW_THRESHOLD = "BELOW_THRESHOLD"
    AMBIGUOUS = "AMBIGUOUS"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    DISPUTED_ITEM_REFERENCED = "DISPUTED_ITEM_REFERENCED"
    ITEM_WANTED_TWICE = "ITEM_WANTED_TWICE"
    DOCUMENT_NOT_OPEN = "DOCUMENT_NOT_OPEN"
    NOT_A_RECEIPT = "NOT_A_RECEIPT"
    NO_EXPLANATION = "NO_EXPLANATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchDecision:
    """What happens to one bank line; ``proposal`` is set for APPLY only, ``alternatives`` best first."""

    line_id: int
    outcome: MatchOutcome
    reason: MatchReason
    proposal: MatchProposal | None = None
    alternatives: tuple[MatchProposal, ...] = ()
    disputed_item_ids: tuple[int, ...] = ()
