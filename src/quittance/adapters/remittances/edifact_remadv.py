"""Reader of EDIFACT REMADV (remittance advice): DOC with MOA, DTM, RFF, AJT and FTX, totals in the summary."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from quittance.adapters.remittances.content import decode, read_bytes, read_plain_amount, rejected
from quittance.adapters.remittances.edi import Segment, edifact_segments
from quittance.core.dates import InvalidDate, parse_date
from quittance.core.money import is_known_currency
from quittance.core.ports.remittances import Breadth, FileRefused, LineRemark, RejectedLine, RemittanceFile
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittances import ZERO, Remittance, RemittanceLine, finish_remittance

_GROSS: Final = ("9", "77", "39", "38")
_PAID: Final = ("12", "11")
_DISCOUNT: Final = ("52", "53")
_ADJUSTED: Final = frozenset({"165", "204", "131", "23"})
_TOTALS: Final = ("12", "11", "86", "128", "9", "39")
_CREDIT_NOTES: Final = frozenset({"381", "83", "81", "261", "262", "296", "396", "420", "458", "532"})
_PAYMENT_DAYS: Final = ("138", "203", "209", "140", "137")
_PAYERS: Final = ("PR", "PL", "BY", "IV", "DP")
_HEAD: Final = re.compile(rb"^\s*(?:UNA.{6}\s*)?UN[BH]\+?", re.DOTALL)


class EdifactRemittanceReader:
    """Reads interchanges with REMADV messages."""

    identifier = "edifact-remadv"
    label = "EDIFACT REMADV"
    breadth = Breadth.FORMAT

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins with an interchange of EDIFACT."""
        return _HEAD.match(head.removeprefix(b"\xef\xbb\xbf")) is not None

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read all messages. :raises FileRefused:"""
        segments, is_ended, mark = edifact_segments(decode(read_bytes(stream)))
        tags = {segment.tag for segment in segments}
        if not tags & {"UNB", "UNH"}:
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        wanted = "UNZ" if "UNB" in tags else "UNT"
        if not is_ended or segments[-1].tag != wanted:
            raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=segments[-1].position)
        remittances, others = _messages(segments, mark)
        if not remittances:
            raise FileRefused(others[0].reason if others else because(ReasonCode.NO_REMITTANCE))
        return RemittanceFile(format=self.label, remittances=tuple(remittances), rejected=tuple(others))


def _messages(segments: Sequence[Segment], mark: str) -> tuple[list[Remittance], list[RejectedLine]]:
    """Read the messages of an interchange; what is no REMADV is rejected whole."""
    found: list[Remittance] = []
    others: list[RejectedLine] = []
    begin: int | None = None
    for index, segment in enumerate(segments):
        if segment.tag == "UNH":
            begin = index
        elif segment.tag == "UNT" and begin is not None:
            inside = segments[begin : index + 1]
            if inside[0].get(2) == "REMADV":
                found.append(_Message(mark).read(inside))
            else:
                reason = because(ReasonCode.MESSAGE_OF_OTHER_KIND, kind=inside[0].get(2) or "–")
                others.append(rejected(inside[0].position, inside[0].content, reason))
            begin = None
        elif segment.tag == "UNZ" and begin is not None:
            raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=segment.position)
    return found, others


@dataclass(slots=True)
class _Document:
    """What has been read of one DOC group: amounts by their qualifier."""

    segment: Segment
    amounts: dict[str, Decimal] = field(default_factory=dict)
    adjusted: Decimal = ZERO
    day: date | None = None
    code: str = ""
    text: str = ""
    is_broken: bool = False


class _Message:
    """Reads one REMADV."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._head = Remittance(position=1)
        self._days: dict[str, date] = {}
        self._payers: dict[str, str] = {}
        self._totals: dict[str, Decimal] = {}
        self._documents: list[_Document] = []
        self._loose: list[RemittanceLine] = []
        self._rejected: list[RejectedLine] = []
        self._adjusting: tuple[str, Segment] | None = None
        self._is_summary = False

    def read(self, segments: Sequence[Segment]) -> Remittance:
        self._head = replace(self._head, position=segments[0].position)
        for segment in segments:
            self._take(segment)
        lines = [line for each in self._documents if (line := self._line(each)) is not None] + self._loose
        remittance = replace(
            self._head,
            payer_name=next((self._payers[role] for role in _PAYERS if self._payers.get(role)), ""),
            payment_date=next((self._days[code] for code in _PAYMENT_DAYS if code in self._days), None),
            total=next((self._totals[code] for code in _TOTALS if code in self._totals), None),
            lines=tuple(sorted(lines, key=lambda line: line.position)),
            rejected=tuple(self._rejected),
            remarks=_count_remarks(segments),
        )
        return finish_remittance(remittance)

    def _take(self, segment: Segment) -> None:
        match segment.tag:
            case "UNS":
                self._is_summary, self._adjusting = True, None
            case "DOC":
                self._adjusting = None
                self._documents.append(_Document(segment))
            case "AJT":
                self._adjusting = (segment.get(1), segment)
                if self._documents and not self._is_summary:
                    self._documents[-1].code = self._documents[-1].code or segment.get(1)[:20]
            case "MOA":
                self._take_amount(segment)
            case "DTM":
                self._take_day(segment)
            case "FTX" if self._documents and not self._is_summary:
                words = (
                    " ".join(part.strip() for part in segment.elements[3] if part.strip())
                    if len(segment.elements) > 3
                    else ""
                )
                self._documents[-1].text = " ".join(filter(None, [self._documents[-1].text, words]))[:255]
            case _ if not self._documents:
                self._take_head(segment)

    def _take_head(self, segment: Segment) -> None:
        if segment.tag == "BGM" and not self._head.payment_reference:
            self._head = replace(self._head, payment_reference=segment.get(2)[:80])
        elif segment.tag == "RFF" and segment.get(1) in {"PQ", "PAY"}:
            self._head = replace(self._head, payment_reference=segment.get(1, 1)[:80])
        elif segment.tag == "RFF" and segment.get(1) in {"CR", "TN"}:
            self._head = replace(self._head, end_to_end_id=segment.get(1, 1)[:80])
        elif segment.tag == "FII" and segment.get(1) in {"OR", "PB", "PR"}:
            self._head = replace(self._head, payer_iban=segment.get(2)[:40])
        elif segment.tag == "CUX" and is_known_currency(segment.get(1, 1)):
            self._head = replace(self._head, currency=segment.get(1, 1))
        elif segment.tag == "NAD":
            name = segment.get(4) or segment.get(3)
            self._payers.setdefault(segment.get(1), name[:200])

    def _take_amount(self, segment: Segment) -> None:
        code, amount = segment.get(1), read_plain_amount(segment.get(1, 1), decimal_mark=self._mark)
        if amount is None:
            reason = because(ReasonCode.SEGMENT_UNREADABLE, segment="MOA", value=segment.get(1, 1) or "–")
            self._rejected.append(rejected(segment.position, segment.content, reason))
            if self._documents and not self._is_summary:
                self._documents[-1].is_broken = True
            return
        if is_known_currency(segment.get(1, 2)) and not self._head.currency:
            self._head = replace(self._head, currency=segment.get(1, 2))
        if self._is_summary or not self._documents:
            if self._adjusting is not None and code in _ADJUSTED:
                self._loose.append(_loose(self._adjusting, amount))
            else:
                self._totals.setdefault(code, amount)
        elif code in _ADJUSTED:
            self._documents[-1].adjusted += amount
        else:
            self._documents[-1].amounts.setdefault(code, amount)

    def _take_day(self, segment: Segment) -> None:
        try:
            day = parse_date(segment.get(1, 1)[:8], "YMD") if segment.get(1, 1) else None
        except InvalidDate:
            return
        if day is None or self._is_summary:
            return
        if self._documents:
            self._documents[-1].day = self._documents[-1].day or day
        else:
            self._days.setdefault(segment.get(1), day)

    def _line(self, document: _Document) -> RemittanceLine | None:
        """Return the line of a document; one without a readable amount is rejected."""
        if document.is_broken:
            return None
        gross = next((document.amounts[code] for code in _GROSS if code in document.amounts), None)
        paid = next((document.amounts[code] for code in _PAID if code in document.amounts), None)
        discount = abs(next((document.amounts[code] for code in _DISCOUNT if code in document.amounts), ZERO))
        if paid is None and gross is not None:
            paid = gross - discount - abs(document.adjusted)
        if paid is None or not document.segment.get(2):
            reason = because(ReasonCode.SEGMENT_UNREADABLE, segment="DOC", value=document.segment.content)
            self._rejected.append(rejected(document.segment.position, document.segment.content, reason))
            return None
        return RemittanceLine(
            position=document.segment.position,
            reference=document.segment.get(2)[:120],
            document_date=document.day,
            amount_gross=gross,
            amount_paid=paid,
            amount_discount=discount,
            amount_deduction=abs(document.adjusted),
            reason_code=document.code,
            reason_text=document.text,
            is_credit_note=document.segment.get(1) in _CREDIT_NOTES,
        )


def _loose(adjusting: tuple[str, Segment], amount: Decimal) -> RemittanceLine:
    """Return an adjustment of the whole payment: it keeps something back, whatever sign it is written with."""
    code, segment = adjusting
    return RemittanceLine(position=segment.position, reference="", amount_paid=-abs(amount), reason_code=code[:20])


def _count_remarks(segments: Sequence[Segment]) -> tuple[LineRemark, ...]:
    said = segments[-1].get(1)
    if not said.isdigit() or int(said) == len(segments):
        return ()
    reason = because(ReasonCode.RECORD_COUNT_DIFFERS, record="UNT", said=said, found=len(segments))
    return (LineRemark(position=segments[-1].position, content=segments[-1].content, reason=reason),)
