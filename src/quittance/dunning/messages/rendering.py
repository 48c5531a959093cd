"""Write a notice in the recipient's language: subject, plain text, HTML, and the code to scan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import segno
from babel.dates import format_date
from babel.numbers import format_currency

from quittance.core.epc_qr import EpcQrError, epc_qr_payload
from quittance.delivery.services import MessageContent
from quittance.dunning.messages.content import Line, NoticeContent
from quittance.dunning.messages.png import draw_png
from quittance.dunning.messages.texts import LevelTexts, Texts, fill, texts_of
from quittance.dunning.messages.writing import write_page

LOCALES = {"fr": "fr_FR", "en": "en_GB", "es": "es_ES"}
QR_CONTENT_ID = "epc-qr"
QR_MASK = 3
TEXT_WIDTH = 76


def render(*, content: NoticeContent, level: LevelTexts | None = None) -> MessageContent:
    """Write the message, by the texts given, else the shipped ones."""
    texts = texts_of(content.language)
    level = level or texts.of_level(content.level)
    values = values_of(content, texts)
    image = draw_qr(content=content)
    page = {
        "language": texts.language,
        "subject": fill(level.subject, values, language=texts.language),
        "words": {
            name: word if name == "colon" else fill(word, values, language=texts.language)
            for name, word in texts.words.items()
            if name not in ("days", "of")
        },
        "before": [fill(text, values, language=texts.language) for text in level.before],
        "after": [fill(text, values, language=texts.language) for text in level.after],
        "tables": _tables(content, texts),
        "beside": _beside(content, texts, values),
        "has_days": not content.level.is_courtesy,
        "total_word": texts.words["balance" if content.is_statement else "total"],
        "content": content,
        "iban": _grouped(content.bank_account.iban) if content.bank_account else "",
        "reference": _grouped(content.reference),
        "qr": f"cid:{QR_CONTENT_ID}" if image else "",
    }
    return MessageContent(
        recipient=content.contact_email,
        recipient_name=content.contact_name,
        language=texts.language,
        subject=" ".join(str(page["subject"]).split())[:250],
        body_text=_text(page, content),
        body_html=write_page("dunning/messages/notice.html", page),
        inline_images={QR_CONTENT_ID: image} if image else {},
    )


def money(amount: Decimal, currency: str, language: str) -> str:
    """Write an amount in a language, at its currency's own decimals.

    >>> money(Decimal("12345.5000"), "EUR", "es"), money(Decimal("-3"), "USD", "en")
    ('12.345,50\\xa0€', '-US$3.00')
    """
    return format_currency(amount, currency, locale=LOCALES[language])


def long_day(day: date, language: str) -> str:
    """Write a day in full.

    >>> long_day(date(2026, 3, 2), "en")
    '2 March 2026'
    """
    return _day(day, language, style="long")


def _day(day: date, language: str, *, style: str) -> str:
    return format_date(day, format=style, locale=LOCALES[language])


def values_of(content: NoticeContent, texts: Texts) -> dict[str, object]:
    """Return the variables of the texts."""
    return {
        "company": content.sender.name,
        "customer": content.customer_name,
        "contact": content.contact_name,
        "account": content.account_number,
        "count": len(content.lines),
        # A message in a person's own words lists nothing.
        "first_document": content.lines[0].document_number if content.lines else "",
        "days_max": max((line.overdue_days for line in content.lines), default=0),
        "total": _sums(content.totals, texts),
        "balance": _sums(content.balances or content.totals, texts),
        "today": _day(content.today, texts.language, style="long"),
        "deadline": _day(content.deadline, texts.language, style="long"),
        "is_french_law": content.is_french_law,
        "is_french_public": content.is_french_public,
        "copies": ", ".join(content.copies),
        "copy_count": len(content.copies),
        "phone": content.sender.phone,
    }


def _sums(amounts: Sequence[tuple[str, Decimal]], texts: Texts) -> str:
    sums = [money(amount, currency, texts.language) for currency, amount in amounts]
    return f" {texts.words['and']} ".join(filter(None, [", ".join(sums[:-1]), *sums[-1:]]))


def _tables(content: NoticeContent, texts: Texts) -> list[dict[str, object]]:
    """Return one table per currency, everything in it written out."""
    return [
        {
            "currency": currency,
            "lines": [_cells(line, texts) for line in lines],
            "total": money(total, currency, texts.language),
        }
        for currency, lines, total in content.lines_by_currency()
    ]


def _beside(content: NoticeContent, texts: Texts, values: dict[str, object]) -> list[dict[str, str]]:
    """Return the lines that stand below the total: what is owed beside it, each with its words."""
    return [
        {
            "label": fill(texts.words[word], values, language=texts.language),
            "amount": money(amount, one.currency, texts.language),
        }
        for one in content.beside
        for word, amount in (("interest_beside", one.interest), ("indemnity_beside", one.indemnity))
        if amount
    ]


def _cells(line: Line, texts: Texts) -> dict[str, str]:
    language = texts.language
    of = texts.words[line.held_code] if line.held_code else ""
    if line.amount != line.amount_open:
        of = fill(texts.words["of"], {"amount": money(line.amount_open, line.currency, language)}, language=language)
    return {
        "document": line.document_number,
        "document_date": _day(line.document_date, language, style="short" if language == "es" else "dd/MM/yyyy"),
        "due_date": _day(line.due_date, language, style="short" if language == "es" else "dd/MM/yyyy"),
        "days": fill(texts.words["days"], {"days": str(line.overdue_days)}, language=language)
        if line.overdue_days > 0
        else "",
        "amount": money(line.amount, line.currency, language),
        "of": of,
    }


def draw_qr(*, content: NoticeContent) -> bytes | None:
    """Return the EPC QR code as PNG; None when the sum is not in euro alone or there is no IBAN to pay to."""
    if content.bank_account is None or [currency for currency, _ in content.totals] != ["EUR"]:
        return None
    try:
        payload = epc_qr_payload(
            name=content.sender.name[:70],
            iban=content.bank_account.iban,
            bic=content.bank_account.bic,
            amount=content.totals[0][1].quantize(Decimal("0.01")),
            reference=content.reference,
        )
    except EpcQrError:  # an IBAN typed wrong, a sum beyond what the scheme carries: pay without scanning
        return None
    # Any mask can be read; to weigh all eight costs more than the rest of the message.
    code = segno.make(payload, error="m", micro=False, encoding="utf-8", mask=QR_MASK)
    return draw_png(matrix=code.matrix, scale=4, border=4)


def _grouped(text: str) -> str:
    """Write an IBAN or a reference in groups of four."""
    compact = "".join(text.split())
    return " ".join(compact[start : start + 4] for start in range(0, len(compact), 4))


def _text(page: dict[str, object], content: NoticeContent) -> str:
    """Return the plain text: the same words, the list in columns."""
    return write_page("dunning/messages/notice.txt", {**page, "rows": _text_rows(page)}).strip() + "\n"


def _text_rows(page: dict[str, object]) -> list[str]:
    words: dict[str, str] = page["words"]  # type: ignore[assignment]
    rows: list[str] = []
    for table in page["tables"]:  # type: ignore[attr-defined]
        head = [words["document"], words["due_date"], words["days_late"] if page["has_days"] else "", words["amount"]]
        body = [[cell["document"], cell["due_date"], cell["days"], cell["amount"]] for cell in table["lines"]]
        body.append([str(page["total_word"]), "", "", table["total"]])
        widths = [max(len(row[column]) for row in [head, *body]) for column in range(4)]
        for row in [head, *body]:
            first = row[0].ljust(widths[0])
            rows.append("  ".join([first, *(row[column].rjust(widths[column]) for column in (1, 2, 3))]).rstrip())
        rows.append("")
    return rows[:-1]
