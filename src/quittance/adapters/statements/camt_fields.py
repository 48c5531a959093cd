"""Which fields of a camt file are of use, and the pass over the file that collects them.

The table below is all there is to know about versions: a field that moved has two paths. Elements go by local
name, so that every version and every namespace of a bank is read the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from xml.parsers.expat import XMLParserType

from quittance.core.ports.statements import FileRefused
from quittance.core.reasons import ReasonCode, because

_DEPTH_MAX: Final = 100
_TEXT_MAX: Final = 20_000

_ACCOUNT: Final = "Id/IBAN Id/Othr/Id Id/PrtryAcct/Id Id/BBAN"
_NAME: Final = "Nm Pty/Nm Agt/FinInstnId/Nm"
_BANK_CODE: Final = "BkTxCd/Domn/Cd BkTxCd/Domn/Fmly/Cd BkTxCd/Domn/Fmly/SubFmlyCd BkTxCd/Prtry/Cd"


def _below(parents: str, children: str) -> list[str]:
    return [f"{parent}/{child}" for parent in parents.split() for child in children.split()]


STATEMENT_PATHS: Final = [
    *["Id", "ElctrncSeqNb", "LglSeqNb", "Acct/Ccy"],
    *_below("FrToDt", "FrDtTm FrDt ToDtTm ToDt"),
    *_below("Acct", _ACCOUNT),
    *_below("Acct/Ownr", _NAME),
]
BALANCE_PATHS: Final = ["Tp/CdOrPrtry/Cd", "Tp/Cd", "Amt", "CdtDbtInd", "Dt/Dt", "Dt/DtTm"]
ENTRY_PATHS: Final = [
    *["NtryRef", "Amt", "CdtDbtInd", "RvslInd", "Sts", "Sts/Cd", "Sts/Prtry", "AcctSvcrRef", "AddtlNtryInf"],
    *_below("BookgDt ValDt", "Dt DtTm"),
    *_below("NtryDtls/Btch", "PmtInfId MsgId NbOfTxs"),
    *_BANK_CODE.split(),
]
DETAIL_PATHS: Final = [
    *["Amt", "CdtDbtInd", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", "AddtlTxInf"],
    *_below("Refs", "EndToEndId MndtId TxId AcctSvcrRef PmtInfId"),
    *_below("RltdPties/Dbtr RltdPties/Cdtr RltdPties/UltmtDbtr", _NAME),
    *_below("RltdPties/DbtrAcct RltdPties/CdtrAcct", _ACCOUNT),
    *_below("RtrInf/Rsn RtrInf/RtrRsn", "Cd Prtry"),
    *_BANK_CODE.split(),
]
FREE_TEXT: Final = "RmtInf/Ustrd"
ADDED_TEXT: Final = "RmtInf/Strd/AddtlRmtInf"
REFERENCE: Final = "RmtInf/Strd/CdtrRefInf/Ref"
_REPEATED: Final = {
    FREE_TEXT: FREE_TEXT,
    ADDED_TEXT: ADDED_TEXT,
    REFERENCE: REFERENCE,
    "RmtInf/Strd/CdtrRefInf/CdtrRef": REFERENCE,
    "RmtInf/Strd/RfrdDocInf/Nb": REFERENCE,
    "RmtInf/Strd/RfrdDocInf/RfrdDocNb": REFERENCE,
}
"""Paths that occur many times, with the name they are collected under, in the order of the file."""

CONTAINERS: Final = ("Stmt", "Rpt", "Ntfctn")
_VERSION: Final = re.compile(r"camt\.05[234]\.\d{3}\.\d{2}")


class Record:
    """The fields of one statement, balance, entry or payment; `values["Amt@"]` is the currency of "Amt"."""

    __slots__ = ("details", "line", "many", "values")

    def __init__(self, line: int) -> None:
        """Start empty, at this line of the file."""
        self.line = line
        self.values: dict[str, str] = {}
        self.many: dict[str, list[str]] = {}
        self.details: list[Record] = []

    def first_of(self, *paths: str) -> str:
        """Return the first of these fields that is filled, else blank."""
        for path in paths:
            value = self.values.get(path)
            if value:
                return value
        return ""

    def content(self) -> str:
        """Return the fields as text, for the list of rejected lines."""
        return " | ".join(f"{path} {value}" for path, value in self.values.items())[:400]


class _State:
    """A place in the file: what is known below it, what is recorded there, what kind of record opens there."""

    __slots__ = ("children", "many", "opens", "path")

    def __init__(self) -> None:
        self.children: dict[str, _State] = {}
        self.path: str | None = None
        self.many: str | None = None
        self.opens: str | None = None

    def below(self, path: str) -> _State:
        """Return the place at `path` below this one, made when it is new."""
        state = self
        for step in path.split("/"):
            state = state.children.setdefault(step, _State())
        return state


def _table(paths: list[str], *, opens: str) -> _State:
    root = _State()
    root.opens = opens
    for path in paths:
        root.below(path).path = path
    return root


def _automaton() -> _State:
    detail = _table(DETAIL_PATHS, opens="detail")
    for path, name in _REPEATED.items():
        detail.below(path).many = name
    entry = _table(ENTRY_PATHS, opens="entry")
    entry.below("NtryDtls").children["TxDtls"] = detail
    entry.children["TxDtls"] = detail
    statement = _table(STATEMENT_PATHS, opens="statement")
    statement.children["Bal"] = _table(BALANCE_PATHS, opens="balance")
    statement.children["Ntry"] = entry
    top = _State()
    top.below("GrpHdr/MsgId").path = "MsgId"
    for name in CONTAINERS:
        top.children[name] = statement
    return top


_TOP: Final = _automaton()
_ELSEWHERE: Final = _State()


class FieldCollector:
    """Handlers that collect fields and hand over each balance, entry and statement as it ends."""

    def __init__(
        self,
        *,
        on_statement_start: Callable[[str, int], None],
        on_record: Callable[[str, Record, Record], None],
    ) -> None:
        """Call `on_statement_start(name, line)`, then `on_record(kind, record, statement)` for each record."""
        self.parser: XMLParserType
        self.header = Record(0)
        self.version = ""
        self._on_statement_start = on_statement_start
        self._on_record = on_record
        self._names: dict[str, str] = {}
        self._state = _TOP
        self._states: list[_State] = []
        self._statement = self.header
        self._entry = self.header
        self._record = self.header
        self._text = ""

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        """Go one step down; open a record where one begins."""
        local = self._names.get(name) or self._local(name)
        state = self._state
        below = state.children.get(local)
        if below is None:
            below = _TOP if state is _TOP else _ELSEWHERE
        states = self._states
        states.append(state)
        if len(states) > _DEPTH_MAX:
            raise _too_deep()
        self._state = below
        self._text = ""
        if below.opens is not None:
            self._open(below.opens, local)
        elif attributes:
            self._on_attributes(below, attributes)

    def on_end(self, name: str) -> None:
        """Record what the element said and go one step up; close a record where one ends."""
        state = self._state
        self._state = self._states.pop()
        if state.path is not None or state.many is not None:
            text = self._text.strip()
            if text:
                self._keep(state, text)
        elif state.opens is not None:
            self._close(state.opens)
        self._text = ""

    def on_text(self, text: str) -> None:
        """Add to the text of the element."""
        if len(self._text) < _TEXT_MAX:
            self._text += text

    def _keep(self, state: _State, text: str) -> None:
        """Keep a field; the first of a kind wins, and repeated ones make a list."""
        if state.many is not None:
            self._record.many.setdefault(state.many, []).append(text)
        elif state.path is not None:
            self._record.values.setdefault(state.path, text)

    def _on_attributes(self, state: _State, attributes: dict[str, str]) -> None:
        if state.path is not None and "Ccy" in attributes:
            self._record.values.setdefault(state.path + "@", attributes["Ccy"].strip().upper())
        elif not self.version:
            self._find_version(attributes)

    def _local(self, name: str) -> str:
        """Return the name without its prefix, remembering it."""
        local = name.rpartition(":")[2]
        if len(self._names) < 10_000:
            self._names[name] = local
        return local

    def _find_version(self, attributes: dict[str, str]) -> None:
        for key, value in attributes.items():
            if key.partition(":")[0] == "xmlns":
                found = _VERSION.search(value)
                if found:
                    self.version = found[0]

    def _open(self, kind: str, local: str) -> None:
        record = Record(self.parser.CurrentLineNumber)
        if kind == "statement":
            self._statement = record
            self._on_statement_start(local, record.line)
        elif kind == "entry":
            self._entry = record
        elif kind == "detail":
            self._entry.details.append(record)
        self._record = record

    def _close(self, kind: str) -> None:
        record = self._record
        if kind == "detail":
            self._record = self._entry
            return
        if kind != "statement":
            self._record = self._statement
            self._on_record(kind, record, self._statement)
            return
        self._on_record(kind, record, record)
        self._record = self.header


def _too_deep() -> FileRefused:
    return FileRefused(because(ReasonCode.NESTED_TOO_DEEP, most=_DEPTH_MAX))
