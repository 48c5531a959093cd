"""From the fields of movements to a statement: keys, sum and check, alike for every format of records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from quittance.adapters.statements.camt_values import is_iban
from quittance.core.currencies import currency_exponent
from quittance.core.ports.statements import (
    ParsedStatement,
    ParsedTransaction,
    RejectedLine,
    content_key,
    is_balanced,
    number_duplicates,
)
from quittance.core.reasons import Reason, ReasonCode, because

CONTENT_MAX: Final = 400


def with_keys(transactions: Iterable[ParsedTransaction], *, account_id: str) -> tuple[ParsedTransaction, ...]:
    """Give the movements of one account their keys, in the order of the file."""
    keyed = [
        replace(
            transaction,
            content_key=content_key(
                account_id=account_id,
                booking_date=transaction.booking_date,
                amount=transaction.amount,
                currency=transaction.currency,
                references=(
                    transaction.account_servicer_reference,
                    transaction.end_to_end_id,
                    transaction.transaction_id,
                    transaction.counterparty_iban or transaction.counterparty_account,
                    *transaction.structured_references,
                ),
                text=transaction.text,
            ),
        )
        for transaction in transactions
    ]
    return number_duplicates(keyed)


def checked(statement: ParsedStatement, *, transactions: Sequence[ParsedTransaction]) -> ParsedStatement:
    """Return the statement with its movements, their keys, their sum, and whether opening + sum = closing."""
    keyed = with_keys(transactions, account_id=statement.account_id)
    booked = [transaction for transaction in keyed if transaction.is_booked]
    own = [transaction for transaction in booked if transaction.currency == statement.currency]
    total = sum((transaction.amount for transaction in own), Decimal(0))
    can_say = not statement.rejected and len(own) == len(booked)
    balanced = is_balanced(opening=statement.opening, closing=statement.closing, transaction_sum=total)
    return replace(statement, transactions=keyed, transaction_sum=total, balanced=balanced if can_say else None)


def rejected_line(position: int, content: str, reason: Reason) -> RejectedLine:
    """Return a line that is not in, with what it said, shortened."""
    return RejectedLine(position=position, content=content.strip()[:CONTENT_MAX] or "–", reason=reason)


def split_account(text: str) -> dict[str, Any]:
    """Return what names our account: its IBAN where the check digits are right, else as the bank writes it."""
    compact = "".join(text.split()).upper()
    return {"account_iban": compact} if is_iban(compact) else {"account_other_id": text.strip()}


def scaled(digits: str, *, currency: str) -> Decimal:
    """Turn digits without a decimal point into an amount: the currency says where the point stands.

    >>> scaled("12345", currency="EUR"), scaled("12345", currency="JPY")
    (Decimal('123.45'), Decimal('12345'))
    """
    return Decimal(int(digits)).scaleb(-currency_exponent(currency))


def day_of(*, year: str, month: str, day: str) -> date | Reason:
    """Return a day from its digits, the year of two figures between 1980 and 2079; else why it is none.

    >>> day_of(year="26", month="02", day="28"), str(day_of(year="26", month="02", day="30"))
    (datetime.date(2026, 2, 28), "DATE_IMPOSSIBLE value='26-02-30'")
    """
    value = f"{year}-{month}-{day}"
    if not all(part.isascii() and part.isdigit() for part in (year, month, day)):
        return because(ReasonCode.DATE_UNREADABLE, value=value)
    century = 1900 if len(year) == 2 and int(year) >= 80 else 2000
    try:
        return date(int(year) + (century if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return because(ReasonCode.DATE_IMPOSSIBLE, value=value)
