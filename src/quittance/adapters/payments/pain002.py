"""Reader of answers of banks to our files: ISO 20022 pain.002 of any version."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final
from xml.parsers.expat import XMLParserType

from quittance.adapters.statements.xml_source import feed_xml
from quittance.core.ports.payments import (
    AnsweredDebit,
    AnsweredGroup,
    FileRefused,
    RejectedLine,
    Status,
    StatusReport,
)
from quittance.core.reasons import ReasonCode, because

_BYTES_MAX: Final = 1 << 26
_DEPTH_MAX: Final = 60
_TEXT_MAX: Final = 2000
_ROOT: Final = "CstmrPmtStsRpt"
_HEAD: Final = re.compile(rb"pain\.002\.|<(?:\w+:)?CstmrPmtStsRpt")
_VERSION: Final = re.compile(r"pain\.002\.\d{3}\.\d{2}")
_RECORDS: Final = frozenset({"OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"})
_STATUSES: Final = {
    **dict.fromkeys(("ACCP", "ACTC", "ACSP", "ACSC", "ACWC", "ACWP", "ACCC", "ACFC"), Status.ACCEPTED),
    **dict.fromkeys(("PDNG", "RCVD", "PATC"), Status.PENDING),
    **dict.fromkeys(("RJCT", "CANC"), Status.REJECTED),
    "PART": Status.PART,
    "": Status.NOT_TOLD,
}
_CODE: Final = ("StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry", "StsRsnInf/StsRsn/Cd", "StsRsnInf/StsRsn/Prtry")
_TEXT: Final = ("StsRsnInf/AddtlInf", "StsRsnInf/AddtlStsRsnInf")


class Pain002Reader:
    """Reads customer payment status reports."""

    identifier = "pain002"
    label = "ISO 20022 pain.002"

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins like a status report, whatever its encoding."""
        return _HEAD.search(head.replace(b"\x00", b"")) is not None

    def read(self, stream: BinaryIO) -> StatusReport:
        """Read it all. :raises FileRefused: not readable XML, cut short, or no status report"""
        handlers = _Handlers()
        feed_xml(stream, handlers, bytes_max=_BYTES_MAX)
        if not handlers.is_report:
            raise FileRefused(because(ReasonCode.NOT_A_STATUS_REPORT))
        return _report(handlers)


class _Record:
    """The first value of each path below an element, and the line it stands on."""

    __slots__ = ("kind", "line", "of_group", "values")

    def __init__(self, kind: str, line: int, of_group: str) -> None:
        self.kind, self.line, self.of_group = kind, line, of_group
        self.values: dict[str, str] = {}

    def first_of(self, *paths: str) -> str:
        return next((self.values[path] for path in paths if self.values.get(path)), "")

    @property
    def reason(self) -> tuple[str, str]:
        return self.first_of(*_CODE)[:35], self.first_of(*_TEXT)[:200]


class _Handlers:
    """Collects the records of a report as the file goes by; elements go by local name."""

    def __init__(self) -> None:
        self.parser: XMLParserType
        self.version = ""
        self.is_report = False
        self.header = _Record("GrpHdr", 0, "")
        self.records: list[_Record] = []
        self._path: list[str] = []
        self._open: list[tuple[_Record, int]] = []
        self._text = ""

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self._path.append(local)
        if len(self._path) > _DEPTH_MAX:
            raise FileRefused(because(ReasonCode.NESTED_TOO_DEEP, most=_DEPTH_MAX))
        self._text = ""
        if not self.version:
            found = [_VERSION.search(value) for key, value in attributes.items() if key.startswith("xmlns")]
            self.version = next((match[0] for match in found if match), "")
        if local == _ROOT:
            self.is_report = True
        elif local == "GrpHdr" and not self._open:
            self._open.append((self.header, len(self._path)))
        elif local in _RECORDS:
            group = next((one.values.get("OrgnlPmtInfId", "") for one, _ in self._open if one.kind != "GrpHdr"), "")
            record = _Record(local, self.parser.CurrentLineNumber, group)
            self.records.append(record)
            self._open.append((record, len(self._path)))

    def on_end(self, name: str) -> None:
        if self._open:
            record, depth = self._open[-1]
            if len(self._path) == depth:
                self._open.pop()
            elif text := self._text.strip():
                record.values.setdefault("/".join(self._path[depth:]), text[:_TEXT_MAX])
        self._path.pop()
        self._text = ""

    def on_text(self, text: str) -> None:
        if len(self._text) < _TEXT_MAX:
            self._text += text


def _report(found: _Handlers) -> StatusReport:
    groups: list[AnsweredGroup] = []
    debits: list[AnsweredDebit] = []
    rejected: list[RejectedLine] = []
    whole = _Record("", 0, "")
    for record in found.records:
        if record.kind == "OrgnlGrpInfAndSts":
            whole = record
        elif record.kind == "OrgnlPmtInfAndSts":
            code, text = record.reason
            groups.append(
                AnsweredGroup(
                    payment_information_id=record.first_of("OrgnlPmtInfId"),
                    status=_STATUSES.get(record.first_of("PmtInfSts").upper(), Status.NOT_TOLD),
                    reason_code=code,
                    reason_text=text,
                )
            )
        else:
            answer = _answer(record)
            (debits if isinstance(answer, AnsweredDebit) else rejected).append(answer)  # type: ignore[arg-type]
    code, text = whole.reason
    return StatusReport(
        format=found.version or "pain.002",
        message_id=found.header.first_of("MsgId"),
        original_message_id=whole.first_of("OrgnlMsgId"),
        status=_STATUSES.get(whole.first_of("GrpSts").upper(), Status.NOT_TOLD),
        reason_code=code,
        reason_text=text,
        groups=tuple(groups),
        debits=tuple(debits),
        rejected=tuple(rejected),
    )


def _answer(record: _Record) -> AnsweredDebit | RejectedLine:
    content = " | ".join(f"{path} {value}" for path, value in record.values.items())[:400]
    name = record.first_of("OrgnlEndToEndId", "OrgnlInstrId")
    if not name or name == "NOTPROVIDED":
        reason = because(ReasonCode.MISSING_VALUE, column="OrgnlEndToEndId")
        return RejectedLine(position=record.line, content=content, reason=reason)
    status = _STATUSES.get(record.first_of("TxSts").upper())
    if status is None:
        reason = because(ReasonCode.ANSWER_UNKNOWN, value=record.first_of("TxSts"))
        return RejectedLine(position=record.line, content=content, reason=reason)
    code, text = record.reason
    return AnsweredDebit(
        position=record.line,
        end_to_end_id=name,
        payment_information_id=record.of_group,
        status=status,
        reason_code=code,
        reason_text=text,
        amount=_amount(record.first_of("OrgnlTxRef/Amt/InstdAmt", "OrgnlTxRef/IntrBkSttlmAmt")),
    )


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
