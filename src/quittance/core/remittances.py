"""What a payer says of a payment: which documents, how much of each, what was kept back and why.

Amounts are from our side: what pays a debt is positive, a credit note that the payer took is negative. Within a line

    amount_gross − amount_discount − amount_deduction = amount_paid

so a discount and a deduction are positive where the payer kept something back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from quittance.core.ports.intake import LineRemark, RejectedLine
from quittance.core.reasons import ReasonCode, because

ZERO = Decimal(0)


class RemittanceState(StrEnum):
    """What became of an advice."""

    EXPECTED = "EXPECTED"
    """The money has not been seen."""

    JOINED = "JOINED"
    """It is the explanation of a bank line that is not posted yet."""

    CLOSED = "CLOSED"
    """The bank line is posted: nothing is left to do."""

    IGNORED = "IGNORED"
    """A person said that no money follows from it."""


OPEN_STATES = frozenset({RemittanceState.EXPECTED, RemittanceState.JOINED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RemittanceLine:
    """One document that the payment is for, or an adjustment without one (`reference` blank, `amount_gross` None).

    `position` is the line (or segment) of the file. `amount_gross` is what the document is of, as the payer says;
    None when the payer does not say. `reason_code` and `reason_text` are the payer's, for what was kept back.
    """

    position: int
    reference: str
    document_date: date | None = None
    amount_gross: Decimal | None = None
    amount_paid: Decimal
    amount_discount: Decimal = ZERO
    amount_deduction: Decimal = ZERO
    reason_code: str = ""
    reason_text: str = ""
    is_credit_note: bool = False

    @property
    def is_adding_up(self) -> bool:
        """Say whether gross less what was kept back is what was paid; true when no gross amount is told."""
        if self.amount_gross is None:
            return True
        return self.amount_gross - self.amount_discount - self.amount_deduction == self.amount_paid


@dataclass(frozen=True, slots=True, kw_only=True)
class Remittance:
    """One payment as its payer announces it; `currency` '' when nothing says it, `total` None when it is not told."""

    position: int
    payer_name: str = ""
    payer_iban: str = ""
    payment_reference: str = ""
    end_to_end_id: str = ""
    payment_date: date | None = None
    currency: str = ""
    total: Decimal | None = None
    lines: tuple[RemittanceLine, ...] = ()
    rejected: tuple[RejectedLine, ...] = ()
    remarks: tuple[LineRemark, ...] = field(default=())

    @property
    def lines_sum(self) -> Decimal:
        """Return what the lines pay together."""
        return sum((line.amount_paid for line in self.lines), ZERO)

    @property
    def is_adding_up(self) -> bool | None:
        """Say whether the lines make the announced total; None when none is told or a line was rejected."""
        if self.total is None or self.rejected:
            return None
        return self.lines_sum == self.total


def complete_line(line: RemittanceLine) -> RemittanceLine:
    """Return the line with its credit note negative, and what is missing between gross and paid as a deduction.

    What was kept back without a word is a deduction without a reason; where the payer told discounts and deductions
    that do not make the difference, the line stays as it was written.

    >>> line = RemittanceLine(position=1, reference="A", amount_gross=Decimal("100"), amount_paid=Decimal("90"))
    >>> complete_line(line).amount_deduction
    Decimal('10')
    >>> note = RemittanceLine(position=1, reference="B", amount_paid=Decimal("5"), is_credit_note=True)
    >>> complete_line(note).amount_paid
    Decimal('-5')
    """
    if line.is_credit_note and line.amount_paid > 0:
        gross = -abs(line.amount_gross) if line.amount_gross is not None else None
        line = replace(line, amount_paid=-line.amount_paid, amount_gross=gross)
    elif line.amount_paid < 0 and line.amount_gross is not None and line.amount_gross == -line.amount_paid:
        line = replace(line, amount_gross=line.amount_paid)
    if line.amount_gross is None or line.is_adding_up or line.amount_deduction:
        return line
    return replace(line, amount_deduction=line.amount_gross - line.amount_discount - line.amount_paid)


def sign_credit_notes(lines: Sequence[RemittanceLine], *, total: Decimal | None) -> tuple[RemittanceLine, ...]:
    """Complete the lines; credit notes written without a minus are made negative unless the total proves them right.

    >>> def line(reference, amount, is_credit_note=False): return RemittanceLine(
    ...     position=1, reference=reference, amount_paid=Decimal(amount), is_credit_note=is_credit_note)
    >>> [str(each.amount_paid) for each in sign_credit_notes([line("A", 90), line("B", 10, True)], total=Decimal(80))]
    ['90', '-10']
    >>> [str(each.amount_paid) for each in sign_credit_notes([line("A", 90), line("B", 10, True)], total=Decimal(100))]
    ['90', '10']
    """
    as_written = tuple(complete_line(replace(line, is_credit_note=False)) for line in lines)
    if total is not None and sum((line.amount_paid for line in as_written), ZERO) == total:
        return tuple(
            replace(done, is_credit_note=line.is_credit_note) for done, line in zip(as_written, lines, strict=True)
        )
    return tuple(complete_line(line) for line in lines)


def finish_remittance(remittance: Remittance) -> Remittance:
    """Return the advice with its lines completed, and a remark for each that does not add up in itself."""
    lines = sign_credit_notes(remittance.lines, total=remittance.total)
    remarks = tuple(
        LineRemark(
            position=line.position,
            content=line.reference[:400],
            reason=because(
                ReasonCode.REMITTANCE_LINE_DIFFERS,
                reference=line.reference or "–",
                gross=f"{line.amount_gross:f}",
                discount=f"{line.amount_discount:f}",
                deduction=f"{line.amount_deduction:f}",
                paid=f"{line.amount_paid:f}",
            ),
        )
        for line in lines
        if not line.is_adding_up
    )
    return replace(remittance, lines=lines, remarks=(*remittance.remarks, *remarks))


def remittance_digest(remittance: Remittance) -> str:
    """Return what is the same whenever the same advice comes again, in whatever file or format.

    >>> one = Remittance(position=1, total=Decimal("10.00"), payment_reference="P 1")
    >>> two = Remittance(position=9, total=Decimal("10"), payment_reference="p1")
    >>> remittance_digest(one) == remittance_digest(two)
    True
    """
    parts = [
        "".join(remittance.payment_reference.split()),
        remittance.payment_date.isoformat() if remittance.payment_date else "",
        remittance.currency,
        _plain(remittance.lines_sum if remittance.total is None else remittance.total),
        *(
            part
            for line in remittance.lines
            for part in ("".join(line.reference.split()), _plain(line.amount_paid), _plain(line.amount_gross or ZERO))
        ),
    ]
    return hashlib.sha256("\x1f".join(parts).casefold().encode()).hexdigest()[:40]


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
