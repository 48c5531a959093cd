"""What goes back to the ERP: the states of an entry, and the journal lines that tell it.

Two sorts of lines. A `POST` line is to be posted: money received, a difference, what takes them back, an exchange
difference, a transfer between two accounts. A `LETTER` or `UNLETTER` line posts nothing: it names a line of the books
again, with as much of it as is joined under a letter, or no longer is. Debits equal credits in each entry of each
journal, so that lettering lines would change no balance even where somebody posts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final


class EntryKind(StrEnum):
    """What an entry is of; code as stored."""

    PAYMENT = "PAYMENT"
    DIFFERENCE = "DIFFERENCE"
    WITHDRAWAL = "WITHDRAWAL"
    ALLOCATION = "ALLOCATION"
    REVERSAL = "REVERSAL"


class EntryState(StrEnum):
    """How far an entry is; code as stored."""

    WAITING = "WAITING"
    EXPORTED = "EXPORTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"
    CANCELLED = "CANCELLED"


# A cancelled pair waits again when what had joined it is undone: both are in the books of their own then.
TRANSITIONS: Final[Mapping[EntryState, frozenset[EntryState]]] = {
    EntryState.WAITING: frozenset({EntryState.EXPORTED, EntryState.CANCELLED}),
    EntryState.EXPORTED: frozenset({EntryState.ACKNOWLEDGED, EntryState.REFUSED}),
    EntryState.REFUSED: frozenset({EntryState.WAITING, EntryState.CANCELLED}),
    EntryState.CANCELLED: frozenset({EntryState.WAITING}),
    EntryState.ACKNOWLEDGED: frozenset(),
}


class Purpose(StrEnum):
    """What the ERP is to do with a line."""

    POST = "POST"
    LETTER = "LETTER"
    UNLETTER = "UNLETTER"


class Journal(StrEnum):
    """The journals that lines stand in; a company gives each its code."""

    BANK = "BANK"
    OTHER = "OTHER"
    LETTERING = "LETTERING"
    UNLETTERING = "UNLETTERING"


class Role(StrEnum):
    """What an account of the ERP is for; a company gives each its number."""

    RECEIVABLE = "RECEIVABLE"
    BANK = "BANK"
    LOSS = "LOSS"
    GAIN = "GAIN"
    BANK_FEE = "BANK_FEE"
    EXCHANGE_LOSS = "EXCHANGE_LOSS"
    EXCHANGE_GAIN = "EXCHANGE_GAIN"
    DISCOUNT = "DISCOUNT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpAccount:
    """An account of the ERP: number and name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPlan:
    """The accounts by role, the journals (code, name) and the bank accounts of a company."""

    accounts: Mapping[Role, ErpAccount]
    journals: Mapping[Journal, tuple[str, str]]
    bank_numbers: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSide:
    """A line of the books: whose it is, its document, the ERP's key of it ("" for one of ours).

    `amount` (document currency) and `amount_company` are signed in an entry of one item, positive in a pair.
    """

    erp_key: str
    receivable_account: str
    account_number: str
    customer_name: str
    document_number: str
    document_date: date
    amount: Decimal
    amount_company: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFact:
    """One entry as its lines need it: `items` one item, or the debit and the credit of an allocation.

    `reason` says what a difference is; `is_gain` that it was in our favour, whatever takes it back now.
    """

    number: int
    kind: EntryKind
    day: date
    currency: str
    company_currency: str
    items: tuple[ItemSide, ...]
    letter: str = ""
    letter_date: date | None = None
    reason: str = ""
    is_gain: bool = False
    bank_account_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line as files show it; `debit` or `credit` in company currency, `amount` signed in the document's."""

    purpose: Purpose
    journal: Journal
    number: int
    day: date
    account: ErpAccount
    auxiliary: str
    auxiliary_name: str
    document_number: str
    document_date: date
    erp_key: str
    debit: Decimal
    credit: Decimal
    letter: str
    letter_date: date | None
    amount: Decimal
    currency: str


_ZERO: Final = Decimal(0)


def letter_code(number: int) -> str:
    """Return the letters of a group, Q first: the ERP sees at once where they come from.

    >>> [letter_code(number) for number in (1, 26, 27, 17576, 17577)]
    ['QAAA', 'QAAZ', 'QABA', 'QZZZ', 'QBAAA']

    :raises ValueError: below 1
    """
    if number < 1:
        raise ValueError("letters are numbered from 1")
    letters, left = "", number - 1
    while left or len(letters) < 3:
        left, place = divmod(left, 26)
        letters = chr(ord("A") + place) + letters
    return "Q" + letters


def may_become(before: EntryState, after: EntryState) -> bool:
    """Say whether an entry may go from one state to the other.

    >>> may_become(EntryState.WAITING, EntryState.EXPORTED), may_become(EntryState.EXPORTED, EntryState.WAITING)
    (True, False)
    """
    return after in TRANSITIONS[before]


def journal_lines(fact: EntryFact, plan: JournalPlan) -> tuple[JournalLine, ...]:
    """Return the lines of an entry, postings first; what somebody pays for somebody else is transferred.

    :raises ValueError: an entry of one item without its item, a pair without two
    """
    if fact.kind in (EntryKind.ALLOCATION, EntryKind.REVERSAL):
        debit, credit = fact.items
        return _pair_lines(fact, plan, debit, credit)
    (item,) = fact.items
    return _posting(fact, plan, item)


def _posting(fact: EntryFact, plan: JournalPlan, item: ItemSide) -> tuple[JournalLine, ...]:
    """A credit on the customer's account against the bank or a charge, or the other way round."""
    is_bank = fact.reason == Role.BANK
    other = _contra(fact, plan)
    journal = Journal.BANK if is_bank else Journal.OTHER
    value, amount = item.amount_company, item.amount
    lines = [
        _line(fact, Purpose.POST, journal, item, other, value=-value, amount=-amount, is_of_customer=False),
        _line(fact, Purpose.POST, journal, item, _receivable(plan, item), value=value, amount=amount),
    ]
    return tuple(sorted(lines, key=lambda line: line.credit != _ZERO))


def _contra(fact: EntryFact, plan: JournalPlan) -> ErpAccount:
    if fact.reason == Role.BANK:
        account = plan.accounts[Role.BANK]
        number = plan.bank_numbers.get(fact.bank_account_id or 0, "") or account.number
        return ErpAccount(number=number, name=account.name)
    role = {
        "BANK_FEE": Role.BANK_FEE,
        "DISCOUNT": Role.DISCOUNT,
        "EXCHANGE": Role.EXCHANGE_GAIN if fact.is_gain else Role.EXCHANGE_LOSS,
    }.get(fact.reason, Role.GAIN if fact.is_gain else Role.LOSS)
    return plan.accounts[role]


def _pair_lines(fact: EntryFact, plan: JournalPlan, debit: ItemSide, credit: ItemSide) -> tuple[JournalLine, ...]:
    """Both lines under their letter, and before them what must be posted so that each account comes out even."""
    sign = 1 if fact.kind == EntryKind.ALLOCATION else -1
    posted: list[JournalLine] = []
    named: list[tuple[ItemSide, Decimal, Decimal]] = [(debit, debit.amount_company, debit.amount)]

    def post(side: ItemSide, account: ErpAccount, value: Decimal, amount: Decimal, *, is_of_customer: bool) -> None:
        posted.append(
            _line(
                fact, Purpose.POST, Journal.OTHER, side, account, value=sign * value, amount=sign * amount,
                is_of_customer=is_of_customer,
            )
        )  # fmt: skip
        if is_of_customer:
            named.append((_without_key(side), value, amount))

    if debit.account_number != credit.account_number:
        value, amount = credit.amount_company, credit.amount
        post(credit, _receivable(plan, credit), value, amount, is_of_customer=True)
        post(debit, _receivable(plan, debit), -value, -amount, is_of_customer=True)
    gain = credit.amount_company - debit.amount_company
    if gain:
        role = Role.EXCHANGE_GAIN if gain > 0 else Role.EXCHANGE_LOSS
        post(debit, _receivable(plan, debit), gain, _ZERO, is_of_customer=True)
        post(debit, plan.accounts[role], -gain, _ZERO, is_of_customer=False)
    named.append((credit, -credit.amount_company, -credit.amount))
    purpose, journal = (Purpose.LETTER, Journal.LETTERING) if sign > 0 else (Purpose.UNLETTER, Journal.UNLETTERING)
    lettered = [
        _line(fact, purpose, journal, side, _receivable(plan, side), value=sign * value, amount=sign * amount)
        for side, value, amount in named
    ]
    return tuple(posted + lettered)


def _without_key(side: ItemSide) -> ItemSide:
    """The same document, but not the ERP's own line of it."""
    return ItemSide(
        erp_key="",
        receivable_account=side.receivable_account,
        account_number=side.account_number,
        customer_name=side.customer_name,
        document_number=side.document_number,
        document_date=side.document_date,
        amount=side.amount,
        amount_company=side.amount_company,
    )


def _receivable(plan: JournalPlan, side: ItemSide) -> ErpAccount:
    account = plan.accounts[Role.RECEIVABLE]
    return ErpAccount(number=side.receivable_account or account.number, name=account.name)


def _line(
    fact: EntryFact,
    purpose: Purpose,
    journal: Journal,
    side: ItemSide,
    account: ErpAccount,
    *,
    value: Decimal,
    amount: Decimal,
    is_of_customer: bool = True,
) -> JournalLine:
    is_named = purpose != Purpose.POST
    is_foreign = fact.currency != fact.company_currency and amount != _ZERO
    return JournalLine(
        purpose=purpose,
        journal=journal,
        number=fact.number,
        day=fact.day,
        account=account,
        auxiliary=side.account_number if is_of_customer else "",
        auxiliary_name=side.customer_name if is_of_customer else "",
        document_number=side.document_number,
        document_date=side.document_date,
        erp_key=side.erp_key if is_of_customer and is_named else "",
        debit=max(value, _ZERO),
        credit=max(-value, _ZERO),
        letter=fact.letter if is_named else "",
        letter_date=fact.letter_date if is_named else None,
        amount=amount if is_foreign else _ZERO,
        currency=fact.currency if is_foreign else "",
    )
