"""Write an SMS in its recipient's language and count what it takes and costs before it leaves."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from babel.dates import format_date
from babel.numbers import format_currency

from quittance.core.sms import SmsCount, count_sms, simplify
from quittance.delivery.models import MediumPrice
from quittance.delivery.services.contents import Cost, price_of

LOCALES = {"fr": "fr_FR", "en": "en_GB", "es": "es_ES"}
TONES = ("COURTESY", "FRIENDLY", "FIRM", "FORMAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSubject:
    """What an SMS speaks of: sums by currency, positive; `due_date` the earliest; `overdue_days` of the oldest."""

    company: str
    totals: tuple[tuple[str, Decimal], ...]
    document_numbers: tuple[str, ...]
    due_date: date
    overdue_days: int
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsDraft:
    """A text as it would leave, what it takes, and what it costs by the price of today."""

    text: str
    count: SmsCount
    cost: Cost


def compose(*, tone: str, language: str, subject: SmsSubject) -> SmsDraft:
    """Return the SMS of a tone (COURTESY, FRIENDLY, FIRM, FORMAL), in the short alphabet where it can. One query.

    A language without texts gets the English ones, an unknown tone the friendly ones.

    :raises ValueError: when it speaks of no document or no sum.
    """
    text = write(tone=tone, language=language, subject=subject)
    count = count_sms(text=text)
    return SmsDraft(text=text, count=count, cost=price_of(unit=MediumPrice.Unit.SMS_SEGMENT, segments=count.segments))


def write(*, tone: str, language: str, subject: SmsSubject) -> str:
    """Return the text alone.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> subject = SmsSubject(company="Arvor", totals=(("EUR", Decimal("1234.50")),), document_numbers=("F12",),
    ...                      due_date=date(2026, 3, 2), overdue_days=9)
    >>> write(tone="FRIENDLY", language="fr", subject=subject)
    'Arvor : la facture F12 de 1 234,50 € était due le 02/03/2026. Merci de la régler ou de nous dire ce qui bloque.'
    """
    used = language if language in LOCALES else "en"
    values = values_of(subject=subject, language=used)
    texts = _texts()[used][tone if tone in TONES else "FRIENDLY"]
    text = texts["one" if values["count"] == 1 else "many"].format(
        company=values["company"],
        total=values["total"],
        count=values["count"],
        document=values["first_document"],
        days=values["days_max"],
        date=values["due_date"],
        contact=f" {subject.phone}" if subject.phone else "",
    )
    return simplify(text=text)


def values_of(*, subject: SmsSubject, language: str) -> dict[str, object]:
    """Return what a text can say, written in a language, by the names that a text of one's own uses.

    :raises ValueError: when it speaks of no document or no sum.
    """
    if not subject.totals or not subject.document_numbers:
        raise ValueError("an SMS speaks of one document at least, and of its amount")
    used = language if language in LOCALES else "en"
    locale = LOCALES[used]
    day_format = "short" if used == "es" else "dd/MM/yyyy"
    return {
        "company": subject.company,
        "total": " + ".join(format_currency(amount, currency, locale=locale) for currency, amount in subject.totals),
        "count": len(subject.document_numbers),
        "first_document": subject.document_numbers[0],
        "days_max": max(subject.overdue_days, 0),
        "due_date": format_date(subject.due_date, format=day_format, locale=locale),
        "phone": subject.phone,
    }


def shipped_template(*, tone: str, language: str) -> str:
    """Return the shipped text of a tone as it would be written in the editor.

    >>> shipped_template(tone="FRIENDLY", language="en")[:60]
    '{% if count == 1 %}{{ company }}: invoice {{ first_document '
    """
    texts = _texts()[language if language in LOCALES else "en"][tone if tone in TONES else "FRIENDLY"]
    one, many = (texts[name].format(**_MARKS) for name in ("one", "many"))
    return f"{{% if count == 1 %}}{one}{{% else %}}{many}{{% endif %}}"


_MARKS = {
    "company": "{{ company }}",
    "total": "{{ total }}",
    "count": "{{ count }}",
    "document": "{{ first_document }}",
    "days": "{{ days_max }}",
    "date": "{{ due_date }}",
    "contact": "{% if phone %} {{ phone }}{% endif %}",
}


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(files("quittance.delivery").joinpath("sms_texts.toml").read_text(encoding="utf-8"))
