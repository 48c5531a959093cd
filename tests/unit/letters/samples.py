"""Letters to typeset, in the named cast's words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from quittance.letters.addresses import postal_lines
from quittance.letters.documents import BankAccount, Letter, Letterhead, LetterKind, ListedItem, Sender

DAY = date(2026, 11, 22)


def head_of(country: str = "FR", **changes: Any) -> Letterhead:
    sender = Sender(
        name="Arvor Distribution",
        country=country,
        street="4 quai des Fosses",
        postcode="29200",
        town="Brest",
        legal_identifier="552100554",
        vat_number="FR12552100554",
        phone="+33 2 98 00 00 00",
        email="credit@arvor.example",
    )
    values: dict[str, Any] = {
        "account_id": 7,
        "company_id": 1,
        "account_number": "411DURAND",
        "customer_name": "Durand & Fils",
        "language": "fr",
        "sender": sender,
        "recipient_lines": postal_lines(
            name="Durand & Fils",
            contact="Marie Petit-Ève",
            street="3 rue des Lilas",
            postcode="69003",
            town="Lyon",
            country="FR",
            posted_in=country,
        ),
        "is_complete": True,
        "bank_account": BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP"),
        "signatory": "Alice Martin",
    }
    return Letterhead(**{**values, **changes})


def items_of(amounts: list[str], currency: str = "EUR") -> tuple[ListedItem, ...]:
    return tuple(
        ListedItem(
            document_number=f"FA-{number:05d}",
            document_date=DAY - timedelta(days=75 - number),
            due_date=DAY - timedelta(days=45 - number),
            days_late=45 - number,
            currency=currency,
            amount=Decimal(amount),
            amount_whole=Decimal(amount),
            kind="INVOICE" if Decimal(amount) > 0 else "CREDIT_NOTE",
        )
        for number, amount in enumerate(amounts, start=1)
    )


def letter_of(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "kind": LetterKind.REMINDER,
        "head": head_of(),
        "language": "fr",
        "letter_date": DAY,
        "subject": "Rappel de paiement",
        "before": ("Madame, Monsieur,", "Les factures suivantes sont échues."),
        "items": items_of(["1234.50", "-34.50", "800"]),
        "after": ("Cordialement,",),
        "reference": "RF93FA202400123",
    }
    return Letter(**{**values, **changes})
