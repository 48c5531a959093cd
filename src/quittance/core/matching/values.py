"""The values of matching: what comes in, what is proposed, and the evidence for it.

Amounts are integers of the currency's minor unit. Nothing here reads a clock, a database or a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Strategy(StrEnum):
    """How a proposal was found; the order is the order of trust."""

    EXACT_REFERENCE = "EXACT_REFERENCE"
    AMOUNT_WITH_PAYER = "AMOUNT_WITH_PAYER"
    REFERENCE_WITH_DIFFERENCE = "REFERENCE_WITH_DIFFERENCE"


class EvidenceKind(StrEnum):
    """What speaks for a proposal, or against it."""

    REFERENCE_IN_TEXT = "REFERENCE_IN_TEXT"
    REFERENCE_STRUCTURED = "REFERENCE_STRUCTURED"
    REFERENCE_END_TO_END = "REFERENCE_END_TO_END"
    AMOUNT_EQUAL = "AMOUNT_EQUAL"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    AMOUNT_NOT_UNIQUE = "AMOUNT_NOT_UNIQUE"
    PAYER_IBAN_KNOWN = "PAYER_IBAN_KNOWN"
    PAYER_NAME_EQUAL = "PAYER_NAME_EQUAL"
    PAYER_NAME_SIMILAR = "PAYER_NAME_SIMILAR"
    PAYER_IS_ANOTHER = "PAYER_IS_ANOTHER"
    REFERENCE_LEFT_OUT = "REFERENCE_LEFT_OUT"
    ITEM_AFTER_PAYMENT = "ITEM_AFTER_PAYMENT"


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
class BankLine:
    """One bank transaction; ``amount_minor`` is positive for money received."""

    id: int
    amount_minor: int
    currency: str
    booking_date: date
    payer_name: str = ""
    payer_iban: str = ""
    text: str = ""
    structured_references: tuple[str, ...] = ()
    end_to_end_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateItem:
    """One open item; ``amount_open_minor`` is signed (debit +, credit -).

    ``account_family`` names the accounts among which allocations are allowed. ``disputed`` items are never
    proposed.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerIdentity:
    """Who seems to pay: an account family, with a confidence per mille and what it rests on."""

    account_family: int
    confidence: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchProposal:
    """A way to explain one bank line.

    ``lines`` are pairs of item and signed amount in minor units, each within the item's open amount, their sum
    never above the payment; ``difference_minor`` = payment - sum of the open amounts found: positive when too
    much was paid, negative when too little. ``confidence`` is per mille.
    """

    line_id: int
    lines: tuple[tuple[int, int], ...]
    strategy: Strategy
    confidence: int
    evidence: tuple[Evidence, ...]
    difference_minor: int = 0

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
