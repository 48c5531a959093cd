"""Statements written for the tests, in the forms that banks send."""

from __future__ import annotations

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def balance(code: str, amount: str, day: str = "2026-01-05", direction: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def detail(
    amount: str = "",
    *,
    name: str = "Durand et Fils",
    iban: str = "FR7630001007941234567890185",
    text: str = "Facture F-1001",
    reference: str = "",
    direction: str = "",
    more: str = "",
) -> str:
    structured = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>" if reference else ""
    return (
        "<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>"
        + (f"<Amt Ccy='EUR'>{amount}</Amt>" if amount else "")
        + (f"<CdtDbtInd>{direction}</CdtDbtInd>" if direction else "")
        + f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>"
        f"</RltdPties><RmtInf><Ustrd>{text}</Ustrd>{structured}</RmtInf>{more}</TxDtls>"
    )


def entry(
    amount: str = "1200.00",
    *,
    direction: str = "CRDT",
    booked: str = "<Dt>2026-01-05</Dt>",
    status: str = "<Cd>BOOK</Cd>",
    reference: str = "R1",
    details: str = "",
    currency: str = "EUR",
    more: str = "",
) -> str:
    return (
        f"<Ntry>\n<Amt Ccy='{currency}'>{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>"
        + (f"<Sts>{status}</Sts>" if status else "")
        + (f"<BookgDt>{booked}</BookgDt>" if booked else "")
        + f"<AcctSvcrRef>{reference}</AcctSvcrRef>"
        + (f"<NtryDtls>{details}</NtryDtls>" if details else "")
        + f"{more}</Ntry>\n"
    )


def statement(
    *parts: str,
    identifier: str = "S1",
    sequence: str = "1",
    iban: str = "FR7630006000011234567890189",
    container: str = "Stmt",
) -> str:
    return (
        f"<{container}><Id>{identifier}</Id><ElctrncSeqNb>{sequence}</ElctrncSeqNb>"
        f"<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Quai Nord SA</Nm></Ownr></Acct>\n"
        + "".join(parts)
        + f"</{container}>"
    )


def document(*statements: str, namespace: str = NAMESPACE, message: str = "BkToCstmrStmt", prologue: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{prologue}<Document xmlns="{namespace}"><{message}>'
        f"<GrpHdr><MsgId>M-1</MsgId></GrpHdr>\n{''.join(statements)}</{message}></Document>"
    ).encode()


def balanced_statement() -> bytes:
    """Two payments in, one charge out: 100.00 + 1,200.00 + 300.00 - 12.50 = 1,587.50."""
    return document(
        statement(
            balance("OPBD", "100.00", "2026-01-04"),
            balance("CLBD", "1587.50"),
            entry("1200.00", details=detail(reference="RF18539007547034")),
            entry(
                "300.00",
                reference="R2",
                details=detail(name="Hotel Sol", text="F-1002", iban="ES9121000418450200051332"),
            ),
            entry("12.50", direction="DBIT", reference="R3", more="<AddtlNtryInf>Frais</AddtlNtryInf>"),
        )
    )
