"""The first pages of a dossier: who owes what to whom, what was done about it, and what the archive holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quittance.interest.queries import list_accrued_items
from quittance.letters.typesetting import typeset
from quittance.litigation.dossier_parts import Subject
from quittance.litigation.models import Handover
from quittance.parties.queries import find_customer

LAYOUT = "dossier.typ"
DASH = "–"


def summary_pdf(*, subject: Subject, listed: Sequence[Mapping[str, Any]], on_date: date) -> bytes:
    """Return the summary as PDF/A in the language in force. :raises LetterNotWritten:"""
    return typeset(layout=LAYOUT, data=summary_page(subject=subject, listed=listed), on_date=on_date)


def summary_page(*, subject: Subject, listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the layout places, all of it text."""
    language = (get_language() or "en").split("-")[0]
    handover = subject.handover
    kind = dict(Handover.ToKind.choices).get(handover["to_kind"], handover["to_kind"])
    return {
        "language": language,
        "title": _("Dossier %(number)s") % {"number": handover["id"]},
        "author": handover["company_name"],
        "page": _("Page"),
        "line": _("As of %(day)s") % {"day": _day(subject.as_of, language)},
        "facts": [
            _fact(_("Creditor"), handover["company_name"]),
            _fact(_("Debtor"), _debtor(handover["customer_id"])),
            _fact(_("Account"), handover["account_number"]),
            _fact(_("Handed over to"), f"{handover['to_name']} ({kind})"),
            _fact(_("On"), _day(handover["handed_over_on"], language)),
            _fact(_("Why"), handover["reason"]),
        ],
        "tables": [_items(subject, language), *_interest(subject, language)],
        "parts": {
            "title": _("What the archive holds"),
            "columns": [_("File"), _("What it is"), "SHA-256"],
            "rows": [[one["path"], one["title"], one["sha256"]] for one in listed],
        },
    }


def _fact(label: str, value: str) -> dict[str, str]:
    return {"label": label, "value": value or DASH}


def _debtor(customer_id: int) -> str:
    row = find_customer(customer_id=customer_id) or {}
    town = " ".join(str(row.get(name) or "") for name in ("postcode", "town")).strip()
    named = [row.get("name"), row.get("street"), town, row.get("country"), row.get("siren"), row.get("vat_number")]
    return ", ".join(str(value) for value in named if value)


def _items(subject: Subject, language: str) -> dict[str, Any]:
    rows = []
    for row in subject.items:
        clock = subject.clocks.get(row["item_id"])
        rows.append(
            [
                row["document_number"],
                _day(row["document_date"], language),
                _day(row["due_date"], language),
                _money(row["amount_then"], row["currency"], language),
                _money(row["amount_open"], row["currency"], language),
                _day(clock.end_date if clock else None, language),
            ]
        )
    return {
        "title": _("What is owed"),
        "columns": [
            _("Document"),
            _("Date"),
            _("Due"),
            _("Owed at hand-over"),
            _("Open now"),
            _("Lapses on"),
        ],
        "rows": rows,
        "total": [
            _("Total"),
            "",
            "",
            _sum(((row["currency"], row["amount_then"]) for row in subject.items), language),
            _sum(((row["currency"], row["amount_open"]) for row in subject.items), language),
            "",
        ],
    }


def _interest(subject: Subject, language: str) -> list[dict[str, Any]]:
    found = list_accrued_items(item_ids=subject.item_ids, as_of=subject.as_of)
    if not found:
        return []
    rows = [
        [
            one.document_number,
            str(one.late_days),
            _money(one.interest, one.currency, language),
            _money(one.indemnity, one.indemnity_currency, language) if one.indemnity else DASH,
        ]
        for one in found
    ]
    return [
        {
            "title": _("Late-payment interest, not decided on"),
            "columns": [_("Document"), _("Days late"), _("Interest"), _("Indemnity")],
            "rows": rows,
            "total": [
                _("Total"),
                "",
                _sum(((one.currency, one.interest) for one in found), language),
                _sum(((one.indemnity_currency, one.indemnity) for one in found if one.indemnity), language),
            ],
        }
    ]


def _sum(amounts: Iterable[tuple[str, Decimal]], language: str) -> str:
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    return " + ".join(_money(sums[currency], currency, language) for currency in sorted(sums)) or DASH


def _money(amount: Decimal, currency: str, language: str) -> str:
    return str(format_currency(amount, currency, locale=Locale.parse(language)))


def _day(day: date | None, language: str) -> str:
    return (
        DASH if day is None else str(format_date(day, "short" if language == "en" else "dd/MM/yyyy", locale=language))
    )
