"""CFONB 120 records written for the tests."""

from __future__ import annotations

from decimal import Decimal

ACCOUNT = "12345678901"


def overpunched(amount: Decimal | str, *, decimals: int = 2) -> str:
    units = int(Decimal(amount).scaleb(decimals))
    digits = f"{abs(units):014d}"
    return digits[:13] + ("}JKLMNOPQR" if units < 0 else "{ABCDEFGHI")[int(digits[13])]


def balance(code: str, amount: str, day: str = "040126", *, account: str = ACCOUNT, currency: str = "EUR2") -> str:
    return f"{code}30006    00001{currency:4} {account}  {day}{' ' * 50}{overpunched(amount)}{' ' * 16}"


def movement(
    amount: str = "1200.00",
    *,
    label: str = "VIR SEPA DURAND",
    day: str = "050126",
    value_day: str = "050126",
    return_code: str = "  ",
    account: str = ACCOUNT,
    number: str = "0000001",
    reference: str = "",
    punched: str = "",
) -> str:
    return (
        f"04300069162{'00001'}EUR2 {account}05{day}{return_code}{value_day}{label:31.31}  {number:7}  "
        f"{punched or overpunched(amount)}{reference:16.16}"
    )


def complement(qualifier: str, text: str, *, account: str = ACCOUNT) -> str:
    return f"05300069162{'00001'}EUR2 {account}05050126     {qualifier:3}{text:70.70}  "


def file_of(*records: str) -> bytes:
    return ("\n".join(records) + "\n").encode()


def balanced() -> bytes:
    """Two payments in, one charge out: 100.00 + 1,200.00 + 300.00 - 12.50 = 1,587.50."""
    return file_of(
        balance("01", "100.00"),
        movement("1200.00", label="VIR RECU"),
        complement("NPY", "DURAND ET FILS"),
        complement("IPY", "FR7630001007941234567890185"),
        complement("LCC", "FACTURE F-1001"),
        complement("RCN", f"{'E2E-7':35}{'SOLDE MARCHE':35}"),
        movement("300.00", label="VIR HOTEL SOL F-1002", number="0000002"),
        movement("-12.50", label="FRAIS", number="0000003"),
        balance("07", "1587.50", "050126"),
    )
