"""The made-up ERP's extract as a CSV file, as a real one would write it, taken in by the ledger's intake."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from quittance.core.ports.intake import LedgerLine
from quittance.foundation.permissions import Actor
from quittance.foundation.queries import find_import
from quittance.ledger.intake.proposing import propose
from quittance.ledger.services import import_file

HEADINGS = (
    "Code société", "Service", "Compte client", "Raison sociale", "Type de pièce", "Numéro de pièce", "Date facture",
    "Date comptable", "Date échéance", "Montant", "Devise", "Montant EUR", "Lettrage", "Date lettrage", "Journal",
    "Libellé",
)  # fmt: skip
KINDS = {"INVOICE": "Facture", "CREDIT_NOTE": "Avoir", "PAYMENT": "Règlement"}
HEAD_LINES = 400
ERP = Actor(label="Arvor ERP")


def write_extract(path: Path, lines: Iterable[LedgerLine]) -> None:
    """Write ledger lines as the ERP would: semicolons, decimal comma, days as DD/MM/YYYY."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        for line in lines:
            writer.writerow(
                [
                    line.company_code, line.department_code, line.account_number, line.customer_name,
                    KINDS[line.kind], line.document_number, f"{line.document_date:%d/%m/%Y}",
                    f"{line.posting_date:%d/%m/%Y}", f"{line.due_date:%d/%m/%Y}" if line.due_date else "",
                    f"{line.amount:f}".replace(".", ","), line.currency,
                    f"{line.amount_company:f}".replace(".", ",") if line.amount_company is not None else "",
                    line.letter_code or "", f"{line.letter_date:%d/%m/%Y}" if line.letter_date else "",
                    line.journal_code, line.label,
                ]
            )  # fmt: skip


def import_lines(company_code: str, company_id: int, lines: Iterable[LedgerLine]) -> None:
    """Take the lines of a company in. :raises RuntimeError: when a line was not taken: the demo must be whole."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"encours-{company_code}.csv"
        write_extract(path, lines)
        # The first lines say what each column is; two years of them say it no better.
        head = Path(folder) / "head.csv"
        with path.open(encoding="utf-8-sig") as file:
            head.write_text("".join(islice(file, HEAD_LINES)), encoding="utf-8-sig")
        profile = propose(path=head, filename=path.name, company_id=company_id).settings["profile"]
        batch_id = import_file(
            path=path,
            actor=ERP,
            company_id=company_id,
            source=f"ERP-{company_code}",
            settings={"profile": {**profile, "is_cleared_taken": True}},  # two years, what was paid too
        )
    batch = find_import(batch_id=batch_id)
    if batch is None or batch["status"] != "DONE":
        raise RuntimeError(f"the demo's ledger was not taken in whole: {batch and batch['message']}")
