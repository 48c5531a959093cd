"""Turn a letter into a PDF: every text, date and amount is written out here, the layout only places it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import segno
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision

from quittance.core.ageing import STANDARD_BUCKETS
from quittance.core.epc_qr import EpcQrError, epc_qr_payload
from quittance.letters.documents import Letter, LetterKind, ListedItem, Sender
from quittance.letters.texts import LOCALES, language_of, texts_of
from quittance.letters.typesetting import SECONDS_MAX, typeset
from quittance.letters.windows import window_of

QR_MASK = 3


def render_letter(data: Letter, *, seconds_max: float = SECONDS_MAX) -> bytes:
    """Return the letter as PDF/A-2b; the same letter gives the same bytes.

    :raises LetterNotWritten: it cannot be typeset, or it took longer than `seconds_max`.
    """
    page = page_of(data)
    return typeset(layout="letter.typ", data=page, on_date=data.letter_date, seconds_max=seconds_max)


def render_picture(data: Letter) -> bytes:
    """Return the first page as a PNG picture. :raises LetterNotWritten:"""
    return typeset(layout="letter.typ", data=page_of(data), on_date=data.letter_date, output="png")


def page_of(letter: Letter) -> dict[str, Any]:
    """Return what the layout places, all of it text."""
    language = language_of(letter.language)
    texts = texts_of(language)
    words: dict[str, str] = texts["words"]
    sender = letter.head.sender
    window = window_of(sender.country)
    tables = [_table(letter, language, *group) for group in letter.by_currency()]
    return {
        "language": language,
        "words": words,
        "colon": "\u202f:" if language == "fr" else ":",
        "subject": letter.subject,
        "day": day_text(letter.letter_date, language),
        "account": letter.head.account_number,
        "signatory": letter.head.signatory,
        "sender": {
            "name": sender.name,
            "lines": [line for line in (sender.street, _place(sender)) if line],
            "phone": sender.phone,
            "email": sender.email,
        },
        "return_line": " · ".join(part for part in (sender.name, sender.street, _place(sender)) if part),
        "legal": _legal(sender, words),
        "window": {
            "side": window.side,
            "left": window.left,
            "top": window.top,
            "width": window.width,
            "height": window.height,
            "folds": list(window.folds),
            "hole": window.hole,
        },
        "recipient": list(letter.head.recipient_lines),
        "registered": " ".join(filter(None, [words["registered"], letter.tracking_number]))
        if letter.is_registered
        else "",
        "before": list(letter.before),
        "after": list(letter.after),
        "tables": tables,
        "beside_note": letter.beside_note if letter.beside else "",
        "payment": _payment(letter, words, language),
    }


def money(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount with its currency, at the currency's own decimals, a true minus before it.

    >>> money(Decimal("12345.5"), "EUR", "en"), money(Decimal("-3"), "EUR", "fr")
    ('€12,345.50', '−3,00\\xa0€')
    """
    return format_currency(amount, currency, locale=_locale(language)).replace("-", "\u2212")


def number(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount without its currency.

    >>> number(Decimal("-12345.5"), "EUR", "es")
    '−12.345,50'
    """
    decimals = "0" * get_currency_precision(currency)
    pattern = f"#,##0.{decimals}" if decimals else "#,##0"
    return format_decimal(amount, format=pattern, locale=_locale(language)).replace("-", "\u2212")


def day_text(day: date, language: str) -> str:
    """Write a day in full: 22 novembre 2026."""
    return format_date(day, format="long", locale=_locale(language))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(LOCALES[language])


def _short_day(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else "–"


def _place(sender: Sender) -> str:
    return " ".join(part for part in (sender.postcode, sender.town) if part)


def _legal(sender: Sender, words: dict[str, str]) -> str:
    register = "SIREN" if sender.country == "FR" else words["legal_identifier"]
    identifiers = ((register, sender.legal_identifier), (words["vat_number"], sender.vat_number))
    named = [f"{name} {value}" for name, value in identifiers if value]
    return " · ".join(part for part in (sender.name, sender.street, _place(sender), *named) if part)


def _table(letter: Letter, language: str, currency: str, lines: list[ListedItem], total: Decimal) -> dict[str, Any]:
    words: dict[str, str] = texts_of(language)["words"]
    is_statement = letter.kind is LetterKind.STATEMENT
    running, carried = [], Decimal(0)
    for line in lines:
        carried += line.amount
        running.append(number(carried, currency, language))
    return {
        "columns": [
            {
                "label": f"{words[name]}, {currency}" if name.startswith("amount") else words[name],
                "is_number": is_number,
            }
            for name, is_number in _columns(letter, lines)
        ],
        "rows": [[_cell(name, line, letter, language) for name, _ in _columns(letter, lines)] for line in lines],
        "running": running,
        "total_label": words["total"],
        "total": money(total, currency, language),
        "beside": [
            {"label": one.label, "amount": money(one.amount, one.currency, language)}
            for one in letter.beside
            if one.currency == currency
        ],
        "ageing": _ageing(lines, currency, language) if is_statement else [],
    }


def _columns(letter: Letter, lines: Sequence[ListedItem]) -> list[tuple[str, bool]]:
    """Return the columns that have something to say, each with whether it holds numbers."""
    is_statement = letter.kind is LetterKind.STATEMENT
    columns = [("document", False)]
    if is_statement:
        columns.append(("kind", False))
    columns += [("document_date", True), ("due_date", True)]
    if not letter.is_courtesy:
        columns.append(("days_late", True))
    if any(line.amount != line.amount_whole for line in lines):
        columns.append(("amount_whole", True))
    columns.append(("amount_open" if is_statement else "amount", True))
    return columns


def _cell(name: str, line: ListedItem, letter: Letter, language: str) -> str:
    if name == "document":
        return f"{line.document_number} · {line.note}" if line.note else line.document_number
    if name == "kind":
        return str(texts_of(language)["kinds"].get(line.kind, line.kind))
    if name == "document_date":
        return _short_day(line.document_date)
    if name == "due_date":
        return _short_day(line.due_date)
    if name == "days_late":
        return str(line.days_late) if line.days_late and line.days_late > 0 else ""
    amount = line.amount_whole if name == "amount_whole" else line.amount
    return number(amount, line.currency, language)


def _ageing(lines: Sequence[ListedItem], currency: str, language: str) -> list[dict[str, str]]:
    """Return the debits of a statement by days past due, and the credits in a column of their own."""
    words: dict[str, str] = texts_of(language)["words"]
    found: list[dict[str, str]] = []
    debits = [line for line in lines if line.amount > 0]
    for bucket in STANDARD_BUCKETS:
        label = words["not_due"]
        if bucket.days_min is not None and bucket.days_max is not None:
            label = words["between"].format(start=bucket.days_min, end=bucket.days_max)
        elif bucket.days_min is not None:
            label = words["over"].format(days=bucket.days_min - 1)
        amounts = [line.amount for line in debits if bucket.holds(line.days_late or 0)]
        found.append({"label": label, "amount": _or_dash(sum(amounts, Decimal(0)), currency, language)})
    credited = sum((line.amount for line in lines if line.amount < 0), Decimal(0))
    found.append({"label": words["credits"], "amount": _or_dash(credited, currency, language)})
    return found


def _or_dash(amount: Decimal, currency: str, language: str) -> str:
    return number(amount, currency, language) if amount else "–"


def _payment(letter: Letter, words: dict[str, str], language: str) -> dict[str, Any] | None:
    """Return how to pay: nothing when nothing is owed or no account is shown to customers."""
    account = letter.head.bank_account
    owed = letter.to_pay()
    if account is None or not owed:
        return None
    facts = [
        ("beneficiary", letter.head.sender.name),
        ("iban", _grouped(account.iban)),
        ("bic", account.bic),
        ("to_pay", " + ".join(money(total, currency, language) for currency, total in owed)),
        ("reference", _grouped(letter.reference)),
    ]
    return {
        "facts": [{"label": words[name], "value": value} for name, value in facts if value],
        "qr": qr_svg(payload_of(letter)),
    }


def payload_of(letter: Letter) -> str:
    """Return the text of the SEPA transfer to scan; '' when the sum is not in euro alone or cannot be paid so."""
    account = letter.head.bank_account
    totals = letter.to_pay()
    if account is None or [currency for currency, _ in totals] != ["EUR"]:
        return ""
    try:
        return epc_qr_payload(
            name=letter.head.sender.name[:70],
            iban=account.iban,
            bic=account.bic,
            amount=totals[0][1].quantize(Decimal("0.01")),
            reference=letter.reference,
        )
    except EpcQrError:  # an IBAN typed wrong, a sum beyond what the scheme carries: pay without scanning
        return ""


def qr_svg(payload: str) -> str:
    """Return the code as SVG, with the quiet zone a reader needs; '' for nothing.

    Any mask can be read; to weigh all eight costs more than the rest of the letter.
    """
    if not payload:
        return ""
    code = segno.make(payload, error="m", micro=False, encoding="utf-8", mask=QR_MASK)
    written = io.BytesIO()
    code.save(written, kind="svg", xmldecl=False, svgns=True, border=2)
    return written.getvalue().decode()


def _grouped(text: str) -> str:
    """Write an IBAN or a reference in groups of four."""
    compact = "".join(text.split())
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))
