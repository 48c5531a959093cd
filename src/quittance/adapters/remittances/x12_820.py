"""Reader of X12 820 (payment order, remittance advice): BPR, TRN, N1, RMR, ADX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.remittances.content import decode, read_bytes, read_plain_amount, rejected
from quittance.adapters.remittances.edi import ISA, Segment, x12_segments
from quittance.core.dates import InvalidDate, parse_date
from quittance.core.money import is_known_currency
from quittance.core.ports.remittances import Breadth, FileRefused, LineRemark, RejectedLine, RemittanceFile
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittances import Remittance, RemittanceLine, finish_remittance

_CREDIT_NOTES: Final = frozenset({"CM", "CN", "CR", "CW"})
_DOCUMENT_DATES: Final = frozenset({"003", "097", "004"})
_HEAD: Final = re.compile(rb"^\s*ISA[^0-9A-Za-z\s]")


class X12RemittanceReader:
    """Reads interchanges with transaction sets 820."""

    identifier = "x12-820"
    label = "X12 820"
    breadth = Breadth.FORMAT

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with an interchange header."""
        return _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read all transaction sets. :raises FileRefused:"""
        text = decode(read_bytes(stream))
        if ISA.search(text) is None:
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        segments = x12_segments(text)
        if not segments or segments[-1].tag != "IEA":
            last = segments[-1].position if segments else 1
            raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=last)
        remittances, others = _sets(segments)
        if not remittances:
            raise FileRefused(others[0].reason if others else because(ReasonCode.NO_REMITTANCE))
        return RemittanceFile(format=self.label, remittances=tuple(remittances), rejected=tuple(others))


@dataclass(slots=True)
class _Draft:
    """What has been read of one transaction set."""

    head: Remittance
    lines: list[RemittanceLine] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)
    is_in_line: bool = False


def _sets(segments: Sequence[Segment]) -> tuple[list[Remittance], list[RejectedLine]]:
    """Read the sets of an interchange; what is no 820 is rejected whole."""
    found: list[Remittance] = []
    others: list[RejectedLine] = []
    begin: int | None = None
    for index, segment in enumerate(segments):
        if segment.tag == "ST":
            begin = index
        elif segment.tag == "SE" and begin is not None:
            inside = segments[begin : index + 1]
            if inside[0].get(1) == "820":
                found.append(_read_set(inside))
            else:
                reason = because(ReasonCode.MESSAGE_OF_OTHER_KIND, kind=inside[0].get(1) or "–")
                others.append(rejected(inside[0].position, inside[0].content, reason))
            begin = None
        elif segment.tag in {"GE", "IEA"} and begin is not None:
            raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=segment.position)
    return found, others


def _read_set(segments: Sequence[Segment]) -> Remittance:
    draft = _Draft(head=Remittance(position=segments[0].position))
    for segment in segments:
        match segment.tag:
            case "BPR" | "TRN" | "CUR" | "N1" | "REF" | "DTM":
                _take_head(draft, segment)
            case "RMR":
                _take_document(draft, segment)
            case "ADX":
                _take_adjustment(draft, segment)
            case "ENT":
                draft.is_in_line = False
    said, counted = segments[-1].get(1), len(segments)
    remarks: tuple[LineRemark, ...] = ()
    if said.isdigit() and int(said) != counted:
        reason = because(ReasonCode.RECORD_COUNT_DIFFERS, record="SE", said=said, found=counted)
        remarks = (LineRemark(position=segments[-1].position, content=segments[-1].content, reason=reason),)
    head = replace(draft.head, lines=tuple(draft.lines), rejected=tuple(draft.rejected), remarks=remarks)
    return finish_remittance(head)


def _take_head(draft: _Draft, segment: Segment) -> None:
    head = draft.head
    if segment.tag == "BPR":
        total = read_plain_amount(segment.get(2))
        if total is None:
            draft.rejected.append(_unreadable(segment, segment.get(2)))
        draft.head = replace(
            head,
            total=total,
            payment_date=_day(segment.get(16)),
            payer_iban=segment.get(9)[:40],
        )
    elif segment.tag == "TRN":
        draft.head = replace(head, payment_reference=segment.get(2)[:80])
    elif segment.tag == "CUR" and is_known_currency(segment.get(2)):
        draft.head = replace(head, currency=segment.get(2))
    elif segment.tag == "N1" and segment.get(1) == "PR":
        draft.head = replace(head, payer_name=segment.get(2)[:200])
    elif draft.is_in_line:
        _take_detail(draft, segment)


def _take_detail(draft: _Draft, segment: Segment) -> None:
    """Take the date of a document; references beside it stay the payer's own."""
    if segment.tag == "DTM" and segment.get(1) in _DOCUMENT_DATES and draft.lines:
        draft.lines[-1] = replace(draft.lines[-1], document_date=_day(segment.get(2)) or draft.lines[-1].document_date)


def _take_document(draft: _Draft, segment: Segment) -> None:
    draft.is_in_line = False
    values = {number: segment.get(number) for number in (4, 5, 6, 8)}
    amounts = {number: read_plain_amount(text) for number, text in values.items() if text}
    wrong = next((number for number, amount in amounts.items() if amount is None), None)
    if wrong is not None:
        draft.rejected.append(_unreadable(segment, values[wrong]))
        return
    paid = amounts.get(4)
    if paid is None or not segment.get(2):
        draft.rejected.append(_unreadable(segment, segment.content))
        return
    draft.is_in_line = True
    draft.lines.append(
        RemittanceLine(
            position=segment.position,
            reference=segment.get(2)[:120],
            amount_gross=amounts.get(5),
            amount_paid=paid,
            amount_discount=abs(amounts.get(6) or Decimal(0)),
            amount_deduction=-(amounts.get(8) or Decimal(0)),
            reason_code=segment.get(7)[:20] if values[8] else "",
            is_credit_note=segment.get(1) in _CREDIT_NOTES,
        )
    )


def _take_adjustment(draft: _Draft, segment: Segment) -> None:
    """Take an ADX: of the document before it, or standing for itself; negative keeps something back."""
    amount = read_plain_amount(segment.get(1))
    if amount is None:
        draft.rejected.append(_unreadable(segment, segment.get(1)))
        return
    code = segment.get(2)[:20]
    text = " ".join(part for part in (segment.get(3), segment.get(4)) if part)
    if draft.is_in_line and draft.lines:
        line = draft.lines[-1]
        draft.lines[-1] = replace(
            line,
            amount_deduction=line.amount_deduction - amount,
            reason_code=line.reason_code or code,
            reason_text=" · ".join(part for part in (line.reason_text, text) if part)[:255],
        )
        return
    draft.lines.append(
        RemittanceLine(
            position=segment.position,
            reference="",
            amount_paid=amount,
            reason_code=code,
            reason_text=text[:255],
        )
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text, "YMD") if text else None
    except InvalidDate:
        return None


def _unreadable(segment: Segment, value: str) -> RejectedLine:
    reason = because(ReasonCode.SEGMENT_UNREADABLE, segment=segment.tag, value=value)
    return rejected(segment.position, segment.content, reason)
