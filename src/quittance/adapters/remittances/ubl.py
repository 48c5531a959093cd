"""Reader of UBL RemittanceAdvice (2.0 and 2.1), by local names, without a document type or entities."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final
from xml.parsers import expat

from quittance.adapters.remittances.content import BYTES_MAX, read_plain_amount, rejected
from quittance.adapters.statements.xml_source import feed_xml
from quittance.core.dates import InvalidDate, parse_date
from quittance.core.money import is_known_currency
from quittance.core.ports.remittances import Breadth, FileRefused, LineRemark, RejectedLine, RemittanceFile
from quittance.core.reasons import ReasonCode, because
from quittance.core.remittances import ZERO, Remittance, RemittanceLine, finish_remittance

DEPTH_MAX: Final = 40
_ROOT: Final = "RemittanceAdvice"
_LINE: Final = "RemittanceAdviceLine"
_BILLING: Final = "BillingReference"
_INVOICES: Final = ("InvoiceDocumentReference", "SelfBilledInvoiceDocumentReference", "DebitNoteDocumentReference")
_CREDIT_NOTES: Final = ("CreditNoteDocumentReference", "SelfBilledCreditNoteDocumentReference")


class UblRemittanceReader:
    """Reads a RemittanceAdvice of UBL."""

    identifier = "ubl"
    label = "UBL RemittanceAdvice"
    breadth = Breadth.FORMAT

    def supports(self, head: bytes) -> bool:
        """Say whether the file begins as XML and names a remittance advice."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"RemittanceAdvice" in head

    def read(self, stream: BinaryIO) -> RemittanceFile:
        """Read the advice. :raises FileRefused:"""
        reading = _Reading()
        try:
            feed_xml(stream, reading, bytes_max=BYTES_MAX)
        except FileRefused as refused:
            if refused.reason.code is ReasonCode.TRUNCATED:
                raise FileRefused(because(ReasonCode.REMITTANCE_CUT), position=refused.position) from refused
            if refused.reason.code is ReasonCode.STATEMENT_TOO_LARGE:
                raise FileRefused(because(ReasonCode.REMITTANCE_TOO_LARGE, most=BYTES_MAX)) from refused
            raise
        if reading.root != _ROOT:
            raise FileRefused(because(ReasonCode.NO_REMITTANCE))
        return RemittanceFile(format=self.label, remittances=(reading.remittance(),))


@dataclass(slots=True)
class _Line:
    """Texts of one line by their path."""

    position: int
    texts: dict[str, str] = field(default_factory=dict)
    allowances: list[dict[str, str]] = field(default_factory=list)


class _Reading:
    """Collects texts by their path as the file goes by."""

    parser: expat.XMLParserType

    def __init__(self) -> None:
        self.root = ""
        self._path: list[str] = []
        self._text: list[str] = []
        self._currency = ""
        self._head: dict[str, str] = {}
        self._lines: list[_Line] = []

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.root = self.root or local
        self._path.append(local)
        if len(self._path) > DEPTH_MAX:
            raise FileRefused(because(ReasonCode.NESTED_TOO_DEEP, most=DEPTH_MAX), position=self._at())
        self._text = []
        if local == _LINE and len(self._path) == 2:
            self._lines.append(_Line(position=self._at()))
        elif local == "AllowanceCharge" and self._is_in_line():
            self._lines[-1].allowances.append({})
        if "currencyID" in attributes and not self._currency:
            self._currency = attributes["currencyID"]

    def on_end(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text = []
        path = self._path[1:]
        self._path.pop()
        if not text or not path:
            return
        if path[0] != _LINE:
            self._head.setdefault("/".join(path), text)
        elif "AllowanceCharge" in path:
            self._lines[-1].allowances[-1].setdefault(path[-1], text)
        else:
            self._lines[-1].texts.setdefault("/".join(path[1:]), text)

    def on_text(self, text: str) -> None:
        self._text.append(text)

    def _at(self) -> int:
        return self.parser.CurrentLineNumber

    def _is_in_line(self) -> bool:
        return bool(self._lines) and len(self._path) > 2 and self._path[1] == _LINE

    def remittance(self) -> Remittance:
        head = self._head
        refused: list[RejectedLine] = []
        currency = head.get("DocumentCurrencyCode", "") or self._currency
        total = _amount(head.get("TotalPaymentAmount", ""))
        found = [line for each in self._lines if (line := _line(each, refused)) is not None]
        found = _facing_us(found, self._lines, total)
        remittance = Remittance(
            position=1,
            payer_name=(
                head.get("AccountingCustomerParty/Party/PartyName/Name")
                or head.get("AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName", "")
            )[:200],
            payer_iban=head.get("PaymentMeans/PayerFinancialAccount/ID", "").replace(" ", "")[:40],
            payment_reference=(
                head.get("PaymentOrderReference") or head.get("PaymentMeans/PaymentID") or head.get("ID", "")
            )[:80],
            end_to_end_id=head.get("PaymentMeans/InstructionID", "")[:80],
            payment_date=_day(head.get("PaymentMeans/PaymentDueDate", "") or head.get("IssueDate", "")),
            currency=currency if is_known_currency(currency) else "",
            total=total,
            lines=tuple(found),
            rejected=tuple(refused),
            remarks=_count_remarks(head.get("LineCountNumeric", ""), len(self._lines)),
        )
        return finish_remittance(remittance)


def _line(each: _Line, refused: list[RejectedLine]) -> RemittanceLine | None:
    """Return a line with its amount as debit less credit; one without a readable amount is rejected."""
    texts = each.texts
    reference, is_credit_note = _reference(texts)
    written = [texts.get(name, "") for name in ("DebitLineAmount", "CreditLineAmount")]
    debit, credit = (_amount(text) if text else ZERO for text in written)
    kept = [allowance for allowance in each.allowances if allowance.get("ChargeIndicator", "false") == "false"]
    amounts = [_amount(allowance.get("Amount", "")) for allowance in kept]
    if not any(written) or debit is None or credit is None or None in amounts:
        reason = because(ReasonCode.SEGMENT_UNREADABLE, segment=_LINE, value=" ".join(filter(None, written)) or "–")
        refused.append(rejected(each.position, reference or texts.get("ID", "–"), reason))
        return None
    paid = debit - credit
    deduction = sum((abs(amount) for amount in amounts if amount is not None), ZERO)
    gross = paid + deduction if deduction and paid > 0 else paid - deduction if deduction else None
    return RemittanceLine(
        position=each.position,
        reference=reference[:120],
        document_date=_day(next((texts[path] for path in texts if path.endswith("DocumentReference/IssueDate")), "")),
        amount_gross=gross,
        amount_paid=paid,
        amount_deduction=deduction if paid > 0 else -deduction,
        reason_code=next((each.get("AllowanceChargeReasonCode", "") for each in kept), "")[:20],
        reason_text=next(
            (each["AllowanceChargeReason"] for each in kept if "AllowanceChargeReason" in each), texts.get("Note", "")
        )[:255],
        is_credit_note=is_credit_note,
    )


def _reference(texts: dict[str, str]) -> tuple[str, bool]:
    """Return what the line names, and whether it is a credit note."""
    for names, is_credit_note in ((_INVOICES, False), (_CREDIT_NOTES, True)):
        for name in names:
            if found := texts.get(f"{_BILLING}/{name}/ID"):
                return found, is_credit_note
    return texts.get("DocumentReference/ID") or texts.get("InvoicingPartyReference", ""), False


def _facing_us(lines: list[RemittanceLine], raw: list[_Line], total: Decimal | None) -> list[RemittanceLine]:
    """Turn the signs round when the file was written from the other side.

    UBL does not say whose debit a debit is. The announced total tells, else the lines that name an invoice do.
    """
    invoices = {each.position for each in raw if any(f"{_BILLING}/{name}/ID" in each.texts for name in _INVOICES)}
    lines_sum = sum((line.amount_paid for line in lines), ZERO)
    if total and abs(lines_sum) == abs(total):
        is_turned = lines_sum == -total
    else:
        is_turned = sum((line.amount_paid for line in lines if line.position in invoices), ZERO) < 0
    if not is_turned:
        return lines
    return [
        replace(
            line,
            amount_paid=-line.amount_paid,
            amount_gross=None if line.amount_gross is None else -line.amount_gross,
            amount_deduction=-line.amount_deduction,
        )
        for line in lines
    ]


def _count_remarks(said: str, found: int) -> tuple[LineRemark, ...]:
    if not said.isdigit() or int(said) == found:
        return ()
    reason = because(ReasonCode.RECORD_COUNT_DIFFERS, record="LineCountNumeric", said=said, found=found)
    return (LineRemark(position=1, content=said, reason=reason),)


def _amount(text: str) -> Decimal | None:
    return read_plain_amount(text)


def _day(text: str) -> date | None:
    try:
        return parse_date(text[:10], "YMD") if text else None
    except InvalidDate:
        return None
