"""Remittance advices of the demo: what three customers say they paid, before the money is there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import groupby
from typing import Any

from quittance.foundation.permissions import Actor
from quittance.ledger.queries import list_items
from quittance.remittances import services as remittances

LINES_MIN, LINES_MAX = 2, 4
READ_MAX = 400


def send_advices(*, today: date, actor: Actor) -> None:
    """Take in a table with a discount, a mail with a deduction, and a text whose total is not the sum."""
    rows = list(list_items(as_of=today).filter(amount_original__gt=0).order_by("account_id", "id")[:READ_MAX])
    accounts = [list(found)[:LINES_MAX] for _, found in groupby(rows, key=lambda row: row["account_id"])]
    chosen = [found for found in accounts if len(found) >= LINES_MIN]
    for write, found in zip((_table, _mail, _text), chosen, strict=False):
        name, content = write(found, today - timedelta(days=1))
        remittances.import_remittance(
            stream=BytesIO(content.encode()), filename=name, actor=actor, company_id=found[0]["company_id"]
        )


def _amount(value: Decimal) -> str:
    return f"{value:.2f}".replace(".", ",")


def _table(rows: list[dict[str, Any]], day: date) -> tuple[str, str]:
    """Return a table whose payer takes two per cent of the first document."""
    discount = round(rows[0]["open_amount"] * 2 / 100, 2)
    total = sum((row["open_amount"] for row in rows), Decimal(0)) - discount
    lines = [f"Payeur : {rows[0]['customer_name']}", f"Date de paiement : {day:%d/%m/%Y}", ""]
    lines.append("N° facture;Date facture;Montant brut;Escompte;Montant payé")
    for index, row in enumerate(rows):
        taken = Decimal(0) if index else discount
        lines.append(
            f"{row['document_number']};{row['document_date']:%d/%m/%Y};{_amount(row['amount_open'])};{_amount(taken)};"
            f"{_amount(row['amount_open'] - taken)}"
        )
    return "avis-de-paiement.csv", "\n".join([*lines, f"Total;;;;{_amount(total)}"])


def _mail(rows: list[dict[str, Any]], day: date) -> tuple[str, str]:
    """Return a mail whose payer keeps fifty euros back for broken goods."""
    kept = min(Decimal(50), rows[0]["open_amount"])
    total = sum((row["open_amount"] for row in rows), Decimal(0)) - kept
    lines = [f"Facture {row['document_number']}    {_amount(row['amount_open'])} EUR" for row in rows]
    return "avis-de-virement.eml", "\n".join(
        [
            "From: comptabilite@client.example", "Subject: Avis de virement", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
            "Bonjour,", f"Nous avons réglé le {day:%d/%m/%Y} :", f"Payeur : {rows[0]['customer_name']}", "",
            *lines, f"Retenue pour casse    -{_amount(kept)} EUR", f"Total    {_amount(total)} EUR",
        ]
    )  # fmt: skip


def _text(rows: list[dict[str, Any]], day: date) -> tuple[str, str]:
    """Return a text whose payer wrote another total than its lines make."""
    total = sum((row["open_amount"] for row in rows), Decimal(0)) + Decimal(100)
    lines = [f"{row['document_number']}    {row['amount_open']:.2f} EUR" for row in rows]
    head = [f"Payment advice of {day:%Y-%m-%d}", f"Payer: {rows[0]['customer_name']}", "Invoice    Amount"]
    return "payment-advice.txt", "\n".join([*head, *lines, f"Total    {total:.2f} EUR"])
