"""Orders and answers of banks, written by us."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from quittance.core.ports.payments import DebitGroup, DebitLine, DebitOrder, Party

ANSWER = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"


def line(number: int = 1, **more: Any) -> DebitLine:
    """Return a debit; `more` replaces what it says."""
    values: dict[str, Any] = {
        "end_to_end_id": f"QTC-1-000001-{number:05d}",
        "amount": Decimal("120.50"),
        "mandate_reference": f"M1-{number}-1",
        "signed_on": date(2025, 6, 1),
        "debtor": Party(name="Léon & Fils", street="12 rue de la Paix", postcode="69001", town="Lyon", country="FR"),
        "iban": "FR7630006000011234567890189",
        "bic": "AGRIFRPP",
        "text": "F-001 F-002",
    }
    return DebitLine(**{**values, **more})


def order(*groups: DebitGroup, **more: Any) -> DebitOrder:
    """Return an order of these groups, else of one debit."""
    values: dict[str, Any] = {
        "message_id": "QTC-1-000001",
        "created_at": datetime(2026, 11, 22, 8, 30, tzinfo=UTC),
        "creditor": Party(
            name="Arvor Distribution", street="4 quai des Fossés", postcode="29200", town="Brest", country="FR"
        ),
        "creditor_identifier": "FR72ZZZ123456",
        "iban": "FR7630006000011234567890189",
        "bic": "AGRIFRPP",
        "groups": groups or (group(line()),),
    }
    return DebitOrder(**{**values, **more})


def group(*lines: DebitLine, number: int = 1, scheme: str = "CORE", sequence_type: str = "FRST") -> DebitGroup:
    """Return debits that are booked together."""
    return DebitGroup(
        payment_information_id=f"QTC-1-000001-{number}",
        scheme=scheme,
        sequence_type=sequence_type,
        collection_date=date(2026, 12, 8),
        lines=lines,
    )


def answer(
    debits: Iterable[str] = (),
    *,
    message_id: str = "QTC-1-000001",
    status: str = "PART",
    group_status: str = "",
    group_id: str = "QTC-1-000001-1",
    reason: str = "",
    namespace: str = ANSWER,
) -> bytes:
    """Return an answer of a bank about a file; `debits` come from `debit`."""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    told = f"<PmtInfSts>{group_status}</PmtInfSts>{why}" if group_status else ""
    whole = f"<GrpSts>{status}</GrpSts>{'' if group_status else why}" if status else ""
    groups = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{group_id}</OrgnlPmtInfId>{told}\n{''.join(debits)}</OrgnlPmtInfAndSts>"
        if debits or group_status
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{namespace}"><CstmrPmtStsRpt>\n'
        "<GrpHdr><MsgId>BANK-77</MsgId><CreDtTm>2026-12-07T09:00:00</CreDtTm></GrpHdr>\n"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>{whole}"
        f"</OrgnlGrpInfAndSts>\n{groups}\n</CstmrPmtStsRpt></Document>"
    ).encode()


def debit(name: str, *, status: str = "RJCT", reason: str = "AM04", text: str = "") -> str:
    """Return what the bank says of one debit."""
    told = f"<AddtlInf>{text}</AddtlInf>" if text else ""
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn>{told}</StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><StsId>X</StsId><OrgnlEndToEndId>{name}</OrgnlEndToEndId><TxSts>{status}</TxSts>{why}"
        '<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">120.50</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>\n'
    )
