"""Files made of a table: CSV and XLSX over every row that passes the filters, read in chunks.

Text that a spreadsheet would run as a formula gets an apostrophe before it. Amounts and dates stay amounts and
dates: in CSV with a decimal point and as ISO days, whatever the language, because machines read them.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from openpyxl import Workbook

from quittance.core.spreadsheet_text import safe_text
from quittance.web.tables.columns import Column
from quittance.web.tables.sources import Row
from quittance.web.tables.table import Table

# Characters that XML 1.0, and so XLSX, cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
PART_ROWS = 500
SHEET_ROWS_MAX = 1_048_576
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export_table(table: Table, kind: str) -> HttpResponseBase:
    """Return the file of a table; ``kind`` is 'csv' or 'xlsx'."""
    name = f"{table.key}-{(table.as_of or timezone.localdate()).isoformat()}.{kind}"
    if kind == "xlsx":
        book = write_xlsx(table)
        return FileResponse(book, as_attachment=True, filename=name, content_type=XLSX_TYPE)
    response = StreamingHttpResponse(csv_parts(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def exported_columns(table: Table) -> list[Column]:
    """Return the columns of the file: those shown, then the currencies of the amounts that have none beside."""
    shown = [column for column in table.visible_columns if column.is_exported]
    present = {column.key for column in shown}
    for key in dict.fromkeys(column.currency for column in shown if column.kind == "money"):
        if key and key not in present:
            shown.append(Column(key=key, label=translation.gettext("Currency")))
    return shown


def _cells(columns: list[Column], row: Row) -> Iterator[Any]:
    for column in columns:
        value = column.exported(row)
        yield safe_text(value) if isinstance(value, str) else value


def csv_parts(table: Table) -> Iterator[str]:
    """Go through the CSV file in parts of many lines, headings first."""
    language = translation.get_language() or "en"
    columns = exported_columns(table)
    rows = table.source.stream(order=table.order)
    yield _csv_text([[safe_text(str(column.label)) for column in columns]])
    while batch := list(islice(rows, PART_ROWS)):
        with translation.override(language):  # the request may be over while the file is being sent
            yield _csv_text([_csv_value(value) for value in _cells(columns, row)] for row in batch)


def _csv_text(lines: Iterable[list[str]]) -> str:
    target = io.StringIO()
    csv.writer(target).writerows(lines)
    return target.getvalue()


def _csv_value(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def write_xlsx(table: Table) -> Any:
    """Write the workbook into a temporary file and return it, at its beginning; sheets follow when one is full."""
    book = Workbook(write_only=True)
    columns = exported_columns(table)
    heading = [safe_text(str(column.label)) for column in columns]
    sheet = book.create_sheet(table.key[:31])
    sheet.append(heading)
    written = 1
    for row in table.source.stream(order=table.order):
        if written == SHEET_ROWS_MAX:
            sheet = book.create_sheet()
            sheet.append(heading)
            written = 1
        sheet.append([_xlsx_value(value) for value in _cells(columns, row)])
        written += 1
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(target)
    target.seek(0)
    return target


def _xlsx_value(value: Any) -> Any:
    if isinstance(value, datetime):  # a workbook knows no time zones
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    return _UNWRITABLE.sub("\ufffd", value) if isinstance(value, str) else value
