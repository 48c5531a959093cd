"""The tables of the import pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.foundation.reason_words import row_words
from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, Table, TextFilter
from quittance.web.tables.columns import Row
from quittance.web.views.import_words import KINDS, REASONS, STATUS_TONES, STATUSES, layout_words
from quittance.web.views.item_table import PastItemTable


def _import_url(row: Row) -> str:
    return reverse("import_detail", args=[row["id"]])


def _customer_url(row: Row) -> str:
    return reverse("customer_detail", args=[row["customer_id"]])


def _item_url(row: Row) -> str:
    return reverse("item_detail", args=[row["item_id"]])


class ImportTable(Table):
    """Every file that was taken in or tried, newest first."""

    key = "imports"
    caption = _("Imports")
    columns: ClassVar[list[Column]] = [
        Column(key="filename", label=_("File"), kind="link", href=_import_url),
        Column(key="status", label=_("State"), kind="status", labels=STATUSES,
               tone=lambda row: STATUS_TONES.get(row["status"], "neutral")),
        Column(key="created_at", label=_("When"), kind="moment", is_sortable=True),
        Column(key="kind", label=_("Kind"), labels=KINDS, priority=2),
        Column(key="lines_read", label=_("Read"), kind="number", hint=_("Lines read")),
        Column(key="lines_accepted", label=_("In"), kind="number", hint=_("Lines that are in"), priority=2),
        Column(key="lines_rejected", label=_("Rejected"), kind="number"),
        Column(key="lines_new", label=_("New"), kind="number", priority=3),
        Column(key="lines_changed", label=_("Changed"), kind="number", priority=3),
        Column(key="lines_unchanged", label=_("Same"), kind="number", priority=3, hint=_("Lines that are as before")),
        Column(key="lines_closed", label=_("Closed"), kind="number", priority=3),
        Column(key="started_by_label", label=_("Who"), kind="person", priority=3),
        Column(key="source", label=_("Source"), is_visible=False),
        Column(key="format", label=_("Form"), is_visible=False, text=lambda row: layout_words(row["format"])),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="status", label=_("State"), choices=list(STATUSES.items())),
        ChoiceFilter(name="kind", label=_("Kind"), choices=list(KINDS.items())),
        DateFilter(name="when", label=_("When"), field="created_at__date"),
        TextFilter(name="who", label=_("Who"), field="started_by_label"),
    ]
    search_fields: ClassVar[list[str]] = ["filename", "source"]
    search_hint = _("File or source")
    default_sort = "-created_at"
    presets: ClassVar[list[Any]] = [
        (_("Waits for you"), "status=NEEDS_MAPPING"),
        (_("With rejected lines"), "status=DONE_WITH_REJECTS"),
        (_("Refused or failed"), "status=REFUSED&status=FAILED"),
    ]
    empty = Empty(
        title=_("Nothing was imported yet."),
        text=_("Take in a FEC or an export of open items of your ERP: customers, items and lettering come with it."),
        href="/imports/new/",
        action=_("Import a file"),
    )


class LineTable(Table):
    """Lines that are not in, or remarks about lines that are."""

    key = "import-lines"
    caption = _("Rejected lines")
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="position", label=_("Line"), kind="number", is_sortable=True),
        Column(key="reason_code", label=_("Reason"), labels=REASONS, priority=2),
        Column(key="reason", label=_("What is wrong"), text=row_words),
        Column(key="content", label=_("The line"), template="imports/_content_cell.html"),
    ]
    search_fields: ClassVar[list[str]] = ["content"]
    search_hint = _("Text of the line")
    default_sort = "position"

    def __init__(self, request: HttpRequest, rows: Any, *, reasons: list[tuple[str, str]], **options: Any) -> None:
        """Offer the reasons that occur as filter."""
        self.filters = [ChoiceFilter(name="reason", label=_("Reason"), field="reason_code", choices=reasons)]  # type: ignore[misc]
        super().__init__(request, rows, **options)


class RemarkTable(LineTable):
    """Remarks about lines that are in."""

    key = "import-remarks"
    caption = _("Remarks")


class ChangeTable(Table):
    """What an import changed: before and after."""

    key = "import-changes"
    caption = _("Changed items")
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="document_number", label=_("Document"), kind="link", href=_item_url, opens_panel=True),
        Column(key="customer_name", label=_("Customer"), href=_customer_url),
        Column(key="amount_before", label=_("Amount before"), kind="money"),
        Column(key="amount", label=_("Amount"), kind="money"),
        Column(key="due_date_before", label=_("Due before"), kind="date", priority=2),
        Column(key="due_date", label=_("Due"), kind="date", priority=2),
        Column(key="version", label=_("Version before"), kind="number", priority=3),
    ]
    search_fields: ClassVar[list[str]] = ["item__document_number", "item__account__customer__name"]
    default_sort = "id"
    empty = Empty(title=_("Nothing of what was here has changed."))


class LetterTable(Table):
    """Letter groups that do not balance: kept, and not applied."""

    key = "import-letters"
    caption = _("Letter groups that do not balance")
    has_saved_views = False
    columns: ClassVar[list[Column]] = [
        Column(key="code", label=_("Letter code")),
        Column(key="account_number", label=_("Account")),
        Column(key="customer_name", label=_("Customer"), href=_customer_url, priority=2),
        Column(key="letter_date", label=_("Lettered on"), kind="date", priority=3),
        Column(key="line_count", label=_("Lines"), kind="number", priority=3),
        Column(key="debit", label=_("Debit"), kind="money"),
        Column(key="credit", label=_("Credit"), kind="money"),
        Column(key="difference", label=_("Difference"), kind="money"),
    ]
    search_fields: ClassVar[list[str]] = ["code", "account__number", "account__customer__name"]
    default_sort = "id"
    empty = Empty(title=_("Every letter group balances."))


class ImportItemTable(PastItemTable):
    """The items of one import, open and settled."""

    all_label = _("All")
    empty = Empty(title=_("No item is left of this import."), text=_("A later import changed all of them."))
