"""Find the remittance advice that announces a bank line, so that its lines say what is paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from quittance.cash.models import BankTransaction
from quittance.core.matching import AnnouncedLine, BankLine, fold_iban, fold_name, fold_reference
from quittance.core.matching import PayerIdentity as Payer
from quittance.core.money import to_minor_units
from quittance.remittances.queries import ExpectedRemittance, list_expected

REFERENCE_LENGTH_MIN = 5


def join_advices(
    *,
    company_id: int,
    lines: Sequence[BankLine],
    payers: Mapping[int, Sequence[Payer]],
    group_of: Mapping[int, int],
) -> tuple[list[BankLine], dict[int, int]]:
    """Return the lines with what was announced of them, and the advice of each line that has one. Two queries.

    An advice belongs to a line of its very amount and currency that bears its reference, or comes from its payer. Where
    two advices answer, or one answers to two lines, none is taken.
    """
    by_amount: defaultdict[tuple[str, int], list[ExpectedRemittance]] = defaultdict(list)
    for advice in list_expected(company_id=company_id):
        if advice.lines:
            by_amount[advice.currency, to_minor_units(advice.total, advice.currency)].append(advice)
    found: dict[int, ExpectedRemittance] = {}
    wanted: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        same = by_amount.get((line.currency, line.amount_minor), [])
        fits = [one for one in same if _is_of(one, line, payers.get(line.id, ()), group_of)]
        if len(fits) == 1:
            found[line.id] = fits[0]
            wanted[fits[0].id] += 1
    sure = {line_id: advice for line_id, advice in found.items() if wanted[advice.id] == 1}
    told = [replace(line, announced=_announced(sure[line.id])) if line.id in sure else line for line in lines]
    return told, {line_id: advice.id for line_id, advice in sure.items()}


def find_payouts(
    *, company_id: int, transactions: Sequence[BankTransaction]
) -> list[tuple[BankTransaction, ExpectedRemittance]]:
    """Return the receipts that an advice explains whose every line is an item that we know, with it. Two queries.

    The advice has the very amount, and its reference or its payer stands on the line: by bank account or name. What
    two advices or two lines answer is left out.
    """
    by_amount: defaultdict[tuple[str, Decimal], list[ExpectedRemittance]] = defaultdict(list)
    for advice in list_expected(company_id=company_id):
        is_known = len(advice.lines) > 1 and all(line.item_id for line in advice.lines)
        if is_known and advice.total == sum(line.amount for line in advice.lines):
            by_amount[advice.currency, advice.total].append(advice)
    pairs = [
        (row, advice)
        for row in transactions
        for advice in by_amount.get((row.currency, row.amount), ())
        if _is_of(advice, _line_of(row), (), {})
    ]
    by_line = Counter(row.id for row, _ in pairs)
    by_advice = Counter(advice.id for _, advice in pairs)
    return [(row, advice) for row, advice in pairs if by_line[row.id] == by_advice[advice.id] == 1]


def _line_of(row: BankTransaction) -> BankLine:
    return BankLine(
        id=row.id,
        amount_minor=to_minor_units(row.amount, row.currency),
        currency=row.currency,
        booking_date=row.booking_date,
        payer_name=row.counterparty_name,
        payer_iban=row.counterparty_iban,
        text=row.text,
        structured_references=tuple(row.structured_references),
        end_to_end_id=row.end_to_end_id,
    )


def _is_of(advice: ExpectedRemittance, line: BankLine, payers: Sequence[Payer], group_of: Mapping[int, int]) -> bool:
    text = fold_reference(" ".join((line.text, line.end_to_end_id, *line.structured_references)))
    references = (fold_reference(advice.payment_reference), fold_reference(advice.end_to_end_id))
    if any(len(reference) >= REFERENCE_LENGTH_MIN and reference in text for reference in references):
        return True
    if advice.payer_iban and fold_iban(advice.payer_iban) == fold_iban(line.payer_iban):
        return True
    if advice.customer_id is not None:
        return group_of.get(advice.customer_id) in {payer.account_family for payer in payers}
    return bool(advice.payer_name) and fold_name(advice.payer_name) == fold_name(line.payer_name)


def _announced(advice: ExpectedRemittance) -> tuple[AnnouncedLine, ...]:
    return tuple(
        AnnouncedLine(
            reference=line.reference,
            amount_minor=to_minor_units(line.amount, advice.currency),
            deduction_minor=to_minor_units(line.deduction, advice.currency),
        )
        for line in advice.lines
    )
