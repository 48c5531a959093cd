"""What goes to the printer: one PDF of a whole batch with sheets between the letters, and its manifest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone
from pypdf import PdfReader, PdfWriter

from quittance.letters.queries import BatchRow, list_letters, read_pdf
from quittance.letters.rendering import day_text
from quittance.letters.texts import texts_of
from quittance.letters.typesetting import typeset

BARS = 10
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class LetterDamaged(Exception):
    """The kept PDF of a letter is gone or is not what was kept; the text says which letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestLine:
    """One letter of the printed pile; `first_page` counts from 1 in the PDF of the batch."""

    position: int
    account: str
    recipient: str
    address: str
    subject: str
    pages: int
    first_page: int
    is_registered: bool
    tracking_number: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Printout:
    """How a batch is printed: with sheets between its letters or not, and on one side of the paper or two.

    On two sides each letter begins on a sheet of its own: a blank page follows one with an odd number of pages.
    """

    has_separators: bool = True
    is_two_sided: bool = False


def list_manifest(*, batch: BatchRow, printout: Printout) -> list[ManifestLine]:
    """Return the letters of a batch in the order of the pile, without those taken out. One query."""
    lines, page = [], 1
    step = 2 if printout.is_two_sided else 1
    if printout.has_separators:
        page += step  # the cover
    for letter in list_letters(batch_id=batch.id).filter(taken_out_at=None):
        page += step if printout.has_separators else 0
        lines.append(
            ManifestLine(
                position=letter["position"],
                account=letter["account_number"],
                recipient=letter["customer_name"],
                address=", ".join(letter["postal_lines"]),
                subject=letter["subject"],
                pages=letter["page_count"],
                first_page=page,
                is_registered=letter["is_registered"],
                tracking_number=letter["tracking_number"],
                sha256=letter["sha256"],
            )
        )
        page += -(-letter["page_count"] // step) * step
    return lines


def write_manifest_csv(*, lines: Sequence[ManifestLine]) -> bytes:
    """Return the manifest as CSV in UTF-8; text that a spreadsheet would run gets an apostrophe before it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(ManifestLine.__dataclass_fields__)
    for line in lines:
        writer.writerow([_cell(value) for value in asdict(line).values()])
    return written.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def write_manifest_json(*, batch: BatchRow, lines: Sequence[ManifestLine], pdf: bytes | None = None) -> bytes:
    """Return the manifest as JSON, with the fingerprint of the batch's PDF when it is given."""
    content = {
        "company": batch.company_name,
        "batch": batch.number,
        "letter_count": len(lines),
        "page_count": sum(line.pages for line in lines),
        **({"pdf_sha256": hashlib.sha256(pdf).hexdigest()} if pdf is not None else {}),
        "letters": [asdict(line) for line in lines],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def assemble_pdf(*, batch: BatchRow, printout: Printout, language: str) -> bytes:
    """Return one PDF of a batch: its letters as they were kept, byte for byte what was decided then.

    `language` is that of the sheets, which staff read.

    :raises LetterDamaged: a letter's file is gone, or not what was kept
    """
    letters = list(list_letters(batch_id=batch.id).filter(taken_out_at=None))
    sheets = iter(PdfReader(io.BytesIO(_sheets(batch, letters, language))).pages) if printout.has_separators else None
    writer = PdfWriter()
    if sheets is not None:
        writer.add_page(next(sheets))
        _fill_up(writer, printout)
    for letter in letters:
        if sheets is not None:
            writer.add_page(next(sheets))
            _fill_up(writer, printout)
        writer.append(io.BytesIO(_checked_pdf(letter)), import_outline=False)
        _fill_up(writer, printout)
    writer.add_metadata({"/Title": f"{batch.company_name} {batch.number}"})
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _fill_up(writer: PdfWriter, printout: Printout) -> None:
    if printout.is_two_sided and len(writer.pages) % 2:
        writer.add_blank_page()


def _checked_pdf(letter: dict[str, Any]) -> bytes:
    try:
        pdf = read_pdf(letter_id=letter["id"])
    except OSError as error:
        raise LetterDamaged(f"{letter['position']}: {letter['customer_name']}") from error
    if hashlib.sha256(pdf).hexdigest() != letter["sha256"]:
        raise LetterDamaged(f"{letter['position']}: {letter['customer_name']}")
    return pdf


def _sheets(batch: BatchRow, letters: Sequence[dict[str, Any]], language: str) -> bytes:
    words: dict[str, str] = texts_of(language)["sheet"]
    title = words["batch"].format(number=batch.number)
    closed = timezone.localtime(batch.closed_at).date() if batch.closed_at else None
    registered = sum(1 for letter in letters if letter["is_registered"])
    cover = [words["letters"].format(count=len(letters))]
    if registered:
        cover.append(words["registered_count"].format(count=registered))
    if closed:
        cover.append(words["closed"].format(day=day_text(closed, language)))
    data = {
        "language": language,
        "company": batch.company_name,
        "title": title,
        "sheets": [
            {"title": title, "lines": cover, "mark": "", "bar": 0},
            *(_sheet(letter, index, words) for index, letter in enumerate(letters, start=1)),
        ],
    }
    return typeset(layout="sheet.typ", data=data, on_date=closed or timezone.localdate(batch.opened_at))


def _sheet(letter: dict[str, Any], index: int, words: dict[str, str]) -> dict[str, Any]:
    pages = letter["page_count"]
    tracking = letter["tracking_number"]
    return {
        "title": words["letter"].format(position=letter["position"]),
        "lines": [
            letter["account_number"],
            *letter["postal_lines"],
            words["one_page"] if pages == 1 else words["pages"].format(pages=pages),
            *([f"{words['tracking']} {tracking}"] if tracking else []),
        ],
        "mark": words["registered"] if letter["is_registered"] else "",
        "bar": index % BARS,
    }
