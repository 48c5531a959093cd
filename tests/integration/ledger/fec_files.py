"""Write small FEC files for tests: one line of text for each line of the file."""

from __future__ import annotations

from pathlib import Path

HEADINGS = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
]


def line(
    entry: str,
    day: str,
    auxiliary: str,
    *,
    debit: str = "0,00",
    credit: str = "0,00",
    letter: str = "",
    letter_day: str = "",
    account: str = "411000",
    piece: str = "",
    name: str = "",
) -> str:
    """One line: a sale when it has a debit, a bank line when it has a credit."""
    journal = ("VE", "Ventes") if debit != "0,00" else ("BQ", "Banque")
    auxiliary = auxiliary if account.startswith("411") else ""
    return "\t".join(
        [
            *journal,
            entry,
            day,
            account,
            "Clients",
            auxiliary,
            name or auxiliary.title(),
            piece or entry,
            day,
            f"Piece {entry}",
            debit,
            credit,
            letter,
            letter_day,
            day,
            "",
            "",
        ]
    )


def write(path: Path, *lines: str) -> Path:
    """Write a file with headings."""
    path.write_text("\r\n".join(["\t".join(HEADINGS), *lines, ""]), encoding="utf-8")
    return path
