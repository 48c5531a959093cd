"""Turning one camt entry (Ntry) into transactions: one per payment where they add up, else the entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from quittance.adapters.statements.camt_fields import ADDED_TEXT, FREE_TEXT, REFERENCE, Record
from quittance.adapters.statements.camt_values import (
    ValueUnreadable,
    account_of,
    bank_code_of,
    find_date,
    money_of,
    name_of,
    parse_amount,
    reference_of,
    sign_of,
)
from quittance.core.ports.statements import LineRemark, TransactionStatus
from quittance.core.reasons import ReasonCode, because

_STATUS: Final = {
    "BOOK": TransactionStatus.BOOKED,
    "PDNG": TransactionStatus.PENDING,
    "FUTR": TransactionStatus.PENDING,
    "INFO": TransactionStatus.INFORMATION,
}
_DETAIL_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
_ORDERED_AMOUNTS: Final = ("AmtDtls/InstdAmt/Amt", "Amt", "AmtDtls/TxAmt/Amt")
_TEXT_MAX: Final = 4000
_NOTHING: Final = Record(0)

TransactionFields = dict[str, Any]
"""The fields of a `ParsedTransaction` that the entry alone gives; dates and keys follow at the statement's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """What the statement says of the company's own bank account."""

    iban: str = ""
    other_id: str = ""
    currency: str = ""

    @property
    def identification(self) -> str:
        """Return what the bank calls the account, its IBAN first."""
        return self.iban or self.other_id


@dataclass(slots=True, kw_only=True)
class EntryReading:
    """What came out of one entry."""

    transactions: list[TransactionFields] = field(default_factory=list)
    remarks: list[LineRemark] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _EntryFacts:
    """What all payments of one entry share."""

    position: int
    entry_number: int
    status: TransactionStatus
    booking_date: date | None
    value_date: date | None
    amount: Decimal
    sign: int
    currency: str
    reference: str
    bank_code: str
    is_reversal: bool
    additional_text: str
    batch_id: str
    batch_count: int | None


def read_entry(
    entry: Record, *, account: OwnAccount, entry_number: int, status_default: TransactionStatus
) -> EntryReading:
    """Return the transactions of an entry with remarks.

    :raises ValueUnreadable: when the entry is to be rejected.
    """
    reading = EntryReading()
    facts = _read_facts(entry, account=account, entry_number=entry_number, status_default=status_default)
    if facts.status is TransactionStatus.UNKNOWN:
        reading.remarks.append(
            LineRemark(
                position=entry.line,
                content=entry.content(),
                reason=because(ReasonCode.STATUS_UNKNOWN, entry=entry_number),
            )
        )
    details = entry.details
    if len(details) < 2:
        detail = details[0] if details else _NOTHING
        amount = facts.sign * facts.amount
        reading.transactions.append(_payment(detail, account=account, facts=facts, amount=amount, number=0))
        return reading
    amounts = _amounts_of_details(details, facts=facts)
    if isinstance(amounts, ReasonCode):
        reason = because(amounts, entry=entry_number)
        reading.remarks.append(LineRemark(position=entry.line, content=entry.content(), reason=reason))
        reading.transactions.append(_whole_entry(details, account=account, facts=facts))
        return reading
    for number, (detail, amount) in enumerate(zip(details, amounts, strict=True), start=1):
        reading.transactions.append(_payment(detail, account=account, facts=facts, amount=amount, number=number))
    return reading


def _read_facts(
    entry: Record, *, account: OwnAccount, entry_number: int, status_default: TransactionStatus
) -> _EntryFacts:
    """Return what the entry says of itself. :raises ValueUnreadable:"""
    amount, currency = money_of(entry, "Amt", currency_default=account.currency)
    status = entry.first_of("Sts/Cd", "Sts/Prtry", "Sts").upper()
    count = entry.first_of("NtryDtls/Btch/NbOfTxs")
    return _EntryFacts(
        position=entry.line,
        entry_number=entry_number,
        status=_STATUS.get(status, TransactionStatus.UNKNOWN) if status else status_default,
        booking_date=find_date(entry, "BookgDt/Dt", "BookgDt/DtTm"),
        value_date=find_date(entry, "ValDt/Dt", "ValDt/DtTm"),
        amount=amount,
        sign=sign_of(entry),
        currency=currency,
        reference=reference_of(entry, "AcctSvcrRef", "NtryRef"),
        bank_code=bank_code_of(entry),
        is_reversal=entry.first_of("RvslInd").lower() in ("true", "1"),
        additional_text=entry.first_of("AddtlNtryInf")[:_TEXT_MAX],
        batch_id=reference_of(entry, "NtryDtls/Btch/PmtInfId", "NtryDtls/Btch/MsgId"),
        batch_count=int(count) if count.isascii() and count.isdigit() and len(count) < 10 else None,
    )


def _amounts_of_details(details: Sequence[Record], *, facts: _EntryFacts) -> list[Decimal] | ReasonCode:
    """Return the signed amounts when they add up to the entry, else the code of why they are of no use."""
    signed: list[Decimal] = []
    for detail in details:
        amount = _amount_of_detail(detail, currency=facts.currency)
        if amount is None:
            return ReasonCode.DETAILS_WITHOUT_AMOUNTS
        sign = {"CRDT": 1, "DBIT": -1}.get(detail.first_of("CdtDbtInd").upper(), facts.sign)
        signed.append(sign * amount)
    if sum(signed) == facts.sign * facts.amount:
        return signed
    if sum(abs(amount) for amount in signed) == facts.amount:
        return [facts.sign * abs(amount) for amount in signed]
    return ReasonCode.DETAILS_DO_NOT_ADD_UP


def _amount_of_detail(detail: Record, *, currency: str) -> Decimal | None:
    """Return the unsigned amount of a payment in the entry's currency, None when none is readable."""
    values = detail.values
    for path in _DETAIL_AMOUNTS:
        if path not in values or values.get(path + "@", currency) != currency:
            continue
        try:
            return parse_amount(values[path])
        except ValueUnreadable:
            return None
    return None


def _payment(
    detail: Record, *, account: OwnAccount, facts: _EntryFacts, amount: Decimal, number: int
) -> TransactionFields:
    """Return one payment of the entry, or the entry itself (`number` 0) with its only details."""
    return_reason = detail.first_of("RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd", "RtrInf/RtrRsn/Prtry")
    is_undoing = facts.is_reversal or bool(return_reason)
    said = detail.first_of("AddtlTxInf")
    return {
        **_common(facts),
        **_counterparty(detail, account=account, amount=amount, is_undoing=is_undoing),
        **_ordered(detail, facts=facts, amount=amount),
        "position": detail.line if number else facts.position,
        "detail_number": number,
        "amount": amount,
        "ultimate_debtor": name_of(detail, "RltdPties/UltmtDbtr"),
        "text": _joined(_texts(detail)) or said[:_TEXT_MAX] or facts.additional_text,
        "additional_text": _joined([said, facts.additional_text]),
        "structured_references": tuple(dict.fromkeys(detail.many.get(REFERENCE, ()))),
        "end_to_end_id": reference_of(detail, "Refs/EndToEndId"),
        "mandate_id": reference_of(detail, "Refs/MndtId"),
        "transaction_id": reference_of(detail, "Refs/TxId"),
        "account_servicer_reference": reference_of(detail, "Refs/AcctSvcrRef") or facts.reference,
        "bank_code": bank_code_of(detail) or facts.bank_code,
        "return_reason": return_reason,
        "batch_id": facts.batch_id or reference_of(detail, "Refs/PmtInfId"),
    }


def _whole_entry(details: Sequence[Record], *, account: OwnAccount, facts: _EntryFacts) -> TransactionFields:
    """Return the entry as one movement that still carries the texts and references of all its payments."""
    amount = facts.sign * facts.amount
    parties = {
        tuple(_counterparty(detail, account=account, amount=amount, is_undoing=facts.is_reversal).items())
        for detail in details
    }
    return {
        **_common(facts),
        **(dict(parties.pop()) if len(parties) == 1 else {}),
        "position": facts.position,
        "amount": amount,
        "text": _joined([text for detail in details for text in _texts(detail)]) or facts.additional_text,
        "additional_text": facts.additional_text,
        "structured_references": tuple(
            dict.fromkeys(reference for detail in details for reference in detail.many.get(REFERENCE, ()))
        ),
        "account_servicer_reference": facts.reference,
        "bank_code": facts.bank_code,
        "batch_id": facts.batch_id,
        "batch_count": facts.batch_count or len(details),
    }


def _common(facts: _EntryFacts) -> TransactionFields:
    return {
        "entry_number": facts.entry_number,
        "status": facts.status,
        "booking_date": facts.booking_date,
        "value_date": facts.value_date,
        "currency": facts.currency,
        "entry_reference": facts.reference,
        "is_reversal": facts.is_reversal,
        "batch_count": facts.batch_count,
    }


def _ordered(detail: Record, *, facts: _EntryFacts, amount: Decimal) -> TransactionFields:
    """Return what the payer ordered when it differs from what arrived (charges, another currency)."""
    for path in _ORDERED_AMOUNTS:
        if path not in detail.values:
            continue
        try:
            ordered, currency = money_of(detail, path, currency_default=facts.currency)
        except ValueUnreadable:
            continue
        if ordered != abs(amount) or currency != facts.currency:
            return {"instructed_amount": ordered, "instructed_currency": currency}
    return {}


def _counterparty(detail: Record, *, account: OwnAccount, amount: Decimal, is_undoing: bool) -> dict[str, str]:
    """Return the other side.

    Money in comes from the debtor, money out goes to the creditor. A returned or reversed payment keeps the
    roles of the first one, so the side that is our own account is looked for before the direction decides.
    """
    debtor = account_of(detail, "RltdPties/DbtrAcct")
    creditor = account_of(detail, "RltdPties/CdtrAcct")
    own = account.identification
    is_debtor = (amount > 0) != is_undoing
    if own and (own in creditor) != (own in debtor):
        is_debtor = own in creditor
    iban, other = debtor if is_debtor else creditor
    credited = creditor[0] if amount > 0 and is_debtor and creditor[0] != account.iban else ""
    name = name_of(detail, "RltdPties/Dbtr" if is_debtor else "RltdPties/Cdtr")
    return {
        "counterparty_name": name,
        "counterparty_iban": iban,
        "counterparty_account": other,
        "credited_iban": credited,
    }


def _texts(detail: Record) -> list[str]:
    """Return what the payer wrote, in order: free text, then additions to structured references."""
    return [*detail.many.get(FREE_TEXT, ()), *detail.many.get(ADDED_TEXT, ())]


def _joined(texts: Sequence[str]) -> str:
    return " ".join(text for text in dict.fromkeys(texts) if text)[:_TEXT_MAX]
