"""Files for the tests of imports, written here: a FEC, an extract with SAP headings, a workbook that swells."""

from __future__ import annotations

import io
import zipfile

FEC_HEADINGS = (
    "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|"
    "EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"
)


def fec_line(
    number: str, account: str, customer: str, debit: str, credit: str, *, journal: str = "VE", letter: str = ""
) -> str:
    """Return one line of a FEC of the 15th of January."""
    name = f"Customer {customer}" if customer else ""
    lettered = "20260131" if letter else ""
    return (
        f"{journal}|Journal|{number}|20260115|{account}|Account|{customer}|{name}|P{number}|20260115|Line {number}|"
        f"{debit}|{credit}|{letter}|{lettered}|20260131||"
    )


def fec() -> bytes:
    """Three invoices, a payment that settles the first, a letter group that does not balance, and a bad date."""
    lines = [
        fec_line("1", "411000", "C1", "1200,00", "0,00", letter="AA"),
        fec_line("1", "701000", "", "0,00", "1200,00"),
        fec_line("2", "411000", "C2", "600,00", "0,00", letter="BB"),
        fec_line("2", "701000", "", "0,00", "600,00"),
        fec_line("3", "411000", "C1", "50,00", "0,00"),
        fec_line("3", "701000", "", "0,00", "50,00"),
        fec_line("4", "512000", "", "1200,00", "0,00", journal="BQ"),
        fec_line("4", "411000", "C1", "0,00", "1200,00", journal="BQ", letter="AA"),
        fec_line("5", "512000", "", "500,00", "0,00", journal="BQ"),
        fec_line("5", "411000", "C2", "0,00", "500,00", journal="BQ", letter="BB"),
        fec_line("6", "411000", "C2", "70,00", "0,00").replace("20260115", "20260231"),
    ]
    return "\r\n".join([FEC_HEADINGS, *lines, ""]).encode("iso-8859-15")


def sap() -> bytes:
    """An extract with SAP headings: three items, one of them a credit, and an amount with a letter in it."""
    return (
        b"BUKRS;KUNNR;NAME1;BELNR;BLART;BLDAT;NETDT;WRBTR;WAERS\n"
        b"1000;200001;Alpha SA;1800001;RV;15.01.2026;14.02.2026;1.234,50;EUR\n"
        b"1000;200002;Beta SARL;1800002;RV;16.01.2026;15.02.2026;99,90;EUR\n"
        b"1000;200002;Beta SARL;1900001;DG;20.01.2026;20.01.2026;10,00-;EUR\n"
        b"1000;200003;Gamma;1800003;RV;21.01.2026;20.02.2026;12,5O;EUR\n"
    )


def customers() -> bytes:
    """A customer master."""
    return (
        "Code client;Raison sociale;Code postal;Ville;Pays;N° TVA\n"
        "C1;Dupont SA;75001;Paris;FR;FR40303265045\n"
        "C2;Lefèvre;69001;Lyon;FR;\n"
    ).encode()


def bomb() -> bytes:
    """A workbook whose sheet is 300 MB of blanks, packed into some hundred kilobytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(300):
                sheet.write(b" " * (1 << 20))
    return file.getvalue()


def encrypted() -> bytes:
    """What Excel writes for a workbook with a password: an OLE container."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512
