"""Writer of SEPA direct debits as pain.008.001.08, with addresses in parts.

Written by ourselves rather than with sepaxml: that one makes up the identification of each group and the moment of
creation, so that the same order never gives the same bytes and the bank's answers name groups we have not seen; and it
brings `text-unidecode`, whose licence is the GPL or the Artistic one.
"""

from __future__ import annotations

import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from datetime import UTC
from decimal import Decimal
from typing import Final

from quittance.core.debits import AMOUNT_MAX, CURRENCY
from quittance.core.ports.payments import Amendment, DebitGroup, DebitLine, DebitOrder, OrderRefused, Party

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.008.001.08"
_REFERENCE: Final = re.compile(r"[A-Za-z0-9+?/:().,'-][A-Za-z0-9+?/:().,' -]{0,34}")
_NOT_ALLOWED: Final = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
_SPELT: Final = str.maketrans(
    {"&": "+", "ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l",
     "€": "E", "’": "'", "‘": "'", "–": "-", "—": "-", "_": "-", "Đ": "D", "đ": "d"}
)  # fmt: skip
_NAME_MAX, _TEXT_MAX, _STREET_MAX, _POSTCODE_MAX, _TOWN_MAX = 70, 140, 70, 16, 35


def sepa_text(text: str, length_max: int) -> str:
    """Return a text in the letters that all banks of the schemes take.

    >>> sepa_text("Société «Léon & Cie» n°5_b", 70)
    'Societe Leon + Cie n o5-b'
    """
    folded = unicodedata.normalize("NFKD", text.translate(_SPELT).replace("°", " o"))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return " ".join(_NOT_ALLOWED.sub(" ", plain).split())[:length_max].strip()


class Pain008Writer:
    """Writes pain.008.001.08."""

    identifier = "pain008"
    label = "ISO 20022 pain.008.001.08"

    def write(self, order: DebitOrder) -> bytes:
        """Return the file; the same order gives the same bytes. :raises OrderRefused:"""
        _check(order)
        root = ET.Element("Document", {"xmlns": NAMESPACE})
        body = _below(root, "CstmrDrctDbtInitn")
        lines = [line for group in order.groups for line in group.lines]
        header = _below(body, "GrpHdr")
        _text(header, "MsgId", order.message_id)
        _text(header, "CreDtTm", order.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        _totals(header, lines)
        _text(_below(header, "InitgPty"), "Nm", sepa_text(order.creditor.name, _NAME_MAX))
        for group in order.groups:
            _group(body, order, group)
        ET.indent(root)
        content: bytes = ET.tostring(root, encoding="utf-8")
        return b'<?xml version="1.0" encoding="UTF-8"?>\n' + content + b"\n"


def _check(order: DebitOrder) -> None:
    lines = [line for group in order.groups for line in group.lines]
    if not lines or not all(group.lines for group in order.groups):
        raise OrderRefused("there is no debit in it")
    names = [order.message_id, *(group.payment_information_id for group in order.groups)]
    names += [line.end_to_end_id for line in lines] + [line.mandate_reference for line in lines]
    for name in names:
        if not _REFERENCE.fullmatch(name) or name.startswith("/") or name.endswith("/") or "//" in name:
            raise OrderRefused(f"{name!r} is no reference of up to 35 letters and digits")
    for each in ([line.end_to_end_id for line in lines], [group.payment_information_id for group in order.groups]):
        if len(set(each)) < len(each):
            raise OrderRefused("a reference is in it twice")
    for line in lines:
        if not 0 < line.amount <= AMOUNT_MAX or line.amount != line.amount.quantize(Decimal("0.01")):
            raise OrderRefused(f"{line.end_to_end_id}: {line.amount} is no amount in euro and cents")
        if not sepa_text(line.debtor.name, _NAME_MAX):
            raise OrderRefused(f"{line.end_to_end_id}: the debtor has no name")


def _group(body: ET.Element, order: DebitOrder, group: DebitGroup) -> None:
    info = _below(body, "PmtInf")
    _text(info, "PmtInfId", group.payment_information_id)
    _text(info, "PmtMtd", "DD")
    _text(info, "BtchBookg", "true")
    _totals(info, group.lines)
    kind = _below(info, "PmtTpInf")
    _text(_below(kind, "SvcLvl"), "Cd", "SEPA")
    _text(_below(kind, "LclInstrm"), "Cd", group.scheme)
    _text(kind, "SeqTp", group.sequence_type)
    _text(info, "ReqdColltnDt", group.collection_date.isoformat())
    _party(info, "Cdtr", order.creditor)
    _text(_below(_below(info, "CdtrAcct"), "Id"), "IBAN", order.iban)
    _bank(info, "CdtrAgt", order.bic)
    _text(info, "ChrgBr", "SLEV")
    _scheme_id(_below(info, "CdtrSchmeId"), order.creditor_identifier)
    for line in group.lines:
        _line(info, line)


def _line(info: ET.Element, line: DebitLine) -> None:
    debit = _below(info, "DrctDbtTxInf")
    _text(_below(debit, "PmtId"), "EndToEndId", line.end_to_end_id)
    amount = _text(debit, "InstdAmt", f"{line.amount:.2f}")
    amount.set("Ccy", CURRENCY)
    mandate = _below(_below(debit, "DrctDbtTx"), "MndtRltdInf")
    _text(mandate, "MndtId", line.mandate_reference)
    _text(mandate, "DtOfSgntr", line.signed_on.isoformat())
    if line.amendment:
        _text(mandate, "AmdmntInd", "true")
        _amendment(_below(mandate, "AmdmntInfDtls"), line.amendment)
    _bank(debit, "DbtrAgt", line.bic)
    _party(debit, "Dbtr", line.debtor)
    _text(_below(_below(debit, "DbtrAcct"), "Id"), "IBAN", line.iban)
    if text := sepa_text(line.text, _TEXT_MAX):
        _text(_below(debit, "RmtInf"), "Ustrd", text)


def _amendment(details: ET.Element, amendment: Amendment) -> None:
    """Say what changed; a change of bank is told as SMNDA, without the old account."""
    if amendment.original_reference:
        _text(details, "OrgnlMndtId", amendment.original_reference)
    if amendment.original_creditor_name or amendment.original_creditor_identifier:
        scheme = _below(details, "OrgnlCdtrSchmeId")
        if amendment.original_creditor_name:
            _text(scheme, "Nm", sepa_text(amendment.original_creditor_name, _NAME_MAX))
        if amendment.original_creditor_identifier:
            _scheme_id(scheme, amendment.original_creditor_identifier)
    if amendment.is_bank_changed:
        _text(_below(_below(_below(details, "OrgnlDbtrAcct"), "Id"), "Othr"), "Id", "SMNDA")
    elif amendment.original_iban:
        _text(_below(_below(details, "OrgnlDbtrAcct"), "Id"), "IBAN", amendment.original_iban)


def _scheme_id(parent: ET.Element, identifier: str) -> None:
    other = _below(_below(_below(parent, "Id"), "PrvtId"), "Othr")
    _text(other, "Id", identifier)
    _text(_below(other, "SchmeNm"), "Prtry", "SEPA")


def _party(parent: ET.Element, tag: str, party: Party) -> None:
    element = _below(parent, tag)
    _text(element, "Nm", sepa_text(party.name, _NAME_MAX))
    if not party.has_address:
        return
    address = _below(element, "PstlAdr")
    for name, value, most in (
        ("StrtNm", party.street, _STREET_MAX),
        ("PstCd", party.postcode, _POSTCODE_MAX),
        ("TwnNm", party.town, _TOWN_MAX),
    ):
        if text := sepa_text(value, most):
            _text(address, name, text)
    _text(address, "Ctry", party.country.upper())


def _bank(parent: ET.Element, tag: str, bic: str) -> None:
    bank = _below(_below(parent, tag), "FinInstnId")
    if bic:
        _text(bank, "BICFI", bic)
    else:
        _text(_below(bank, "Othr"), "Id", "NOTPROVIDED")


def _totals(parent: ET.Element, lines: Iterable[DebitLine]) -> None:
    amounts = [line.amount for line in lines]
    _text(parent, "NbOfTxs", str(len(amounts)))
    _text(parent, "CtrlSum", f"{sum(amounts, Decimal(0)):.2f}")


def _below(parent: ET.Element, tag: str) -> ET.Element:
    return ET.SubElement(parent, tag)


def _text(parent: ET.Element, tag: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = text
    return element
