"""CODA files written for the tests: lines of 128 columns."""

from __future__ import annotations


def amount(value: int) -> str:
    """Write thousandths with their sign."""
    return f"{'1' if value < 0 else '0'}{abs(value):015d}"


def header(version: str = "2") -> str:
    line = "0000005012672505        REF-000001QUAI NORD SA              BBRUBEBB   00539007547 00000"
    return line.ljust(127) + version


def opening(value: int = 1_000_000, *, account: str = "BE68539007547034", currency: str = "EUR") -> str:
    line = f"12001{account.ljust(34)}{currency}{amount(value)}040126{'QUAI NORD SA'.ljust(26)}"
    return f"{line}{'COMPTE A VUE'.ljust(35)}005"


def movement(
    value: int = 1_200_000,
    *,
    sequence: int = 1,
    detail: int = 0,
    code: str = "00150000",
    communication: str = "0FACTURE F-1001",
    valued: str = "050126",
    booked: str = "050126",
    reference: str = "BANKREF-1",
    written: str = "",
) -> str:
    line = f"21{sequence:04d}{detail:04d}{reference.ljust(21)}{written or amount(value)}{valued}{code}"
    return f"{line}{communication.ljust(54)}{booked}001000"[:128].ljust(128)


def second(
    communication: str = "", *, sequence: int = 1, detail: int = 0, end_to_end: str = "", returned: str = ""
) -> str:
    line = f"22{sequence:04d}{detail:04d}{communication.ljust(53)}{end_to_end.ljust(35)}{'GEBABEBB'.ljust(11)}"
    return f"{line}   {returned}".ljust(128)


def third(
    account: str = "BE71096123456769", name: str = "DURAND ET FILS", *, sequence: int = 1, detail: int = 0,
    communication: str = "",
) -> str:  # fmt: skip
    return f"23{sequence:04d}{detail:04d}{account.ljust(34)}EUR{name.ljust(35)}{communication.ljust(43)}".ljust(128)


def information(text: str, *, sequence: int = 1, detail: int = 1) -> str:
    return f"31{sequence:04d}{detail:04d}{'BANKREF-1'.ljust(21)}00150000{text}".ljust(128)


def closing(value: int = 2_187_500, *, account: str = "BE68539007547034") -> str:
    return f"8001{account.ljust(34)}EUR{amount(value)}050126".ljust(128)


def trailer(records: int, debit: int = 12_500, credit: int = 1_200_000, *, flag: str = "2") -> str:
    return f"9{'':15}{records:06d}{debit:015d}{credit:015d}".ljust(127) + flag


def document(*lines: str, encoding: str = "cp1252") -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def balanced() -> bytes:
    """1,000.00 + 1,200.00 - 12.50 = 2,187.50."""
    return document(
        header(),
        opening(),
        movement(),
        second(end_to_end="E2E-1"),
        third(),
        movement(-12_500, sequence=2, code="00101000", communication="0FRAIS", reference="BANKREF-2"),
        closing(),
        trailer(6),
    )
