"""Tables of the queue to the ERP and of its batches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.web.tables import AmountFilter, ChoiceFilter, Column, DateFilter, Empty, Table
from quittance.web.writeback_words import KINDS, STATES, reason_word
from quittance.writeback.queries import letter_of

_STATE_WORDS = {code: word for code, (word, _tone) in STATES.items()}


# What a batch says above its entries is no column of them; its letters are what the accountant looks for.
_OF_BATCH = {"letter_number": True, "company_name": False}


class EntryTable(Table):
    """Entries, the latest first."""

    key = "writeback"
    caption = _("To the ERP")
    all_label = _("All entries")
    columns: ClassVar[list[Column]] = [
        # Each company counts for itself: over several, entries stand in the order in which they were queued.
        Column(key="number", label=pgettext_lazy("write-back", "No."), kind="number", is_sortable=True, sort_by="id"),
        Column(key="day", label=pgettext_lazy("write-back", "Day"), kind="date", is_sortable=True),
        Column(key="kind", label=pgettext_lazy("write-back", "What"), labels=KINDS),
        Column(
            key="document_number", label=_("Document"), kind="link", is_one_line=True,
            href=lambda row: reverse("item_detail", args=[row["shown_item_id"]]),
        ),
        Column(key="other_document_number", label=_("Paid by"), is_one_line=True, priority=2),
        Column(
            key="customer_name", label=_("Customer"), kind="link", priority=2,
            href=lambda row: reverse("customer_detail", args=[row["customer_id"]]),
        ),
        Column(key="amount", label=_("Amount"), kind="money", is_sortable=True),
        Column(
            key="letter_number", label=pgettext_lazy("write-back", "Letter"), text=letter_of, priority=3,
            is_visible=False,
        ),
        Column(
            key="state", label=_("State"), kind="status", labels=_STATE_WORDS,
            tone=lambda row: STATES[row["state"]][1],
        ),
        Column(
            key="batch_number", label=_("Batch"), kind="link", priority=3, is_visible=False,
            href=lambda row: reverse("writeback_batch", args=[row["batch_id"]]) if row["batch_id"] else "",
        ),
        Column(key="erp_reference", label=_("Reference of the ERP"), is_visible=False),
        Column(key="refusal", label=_("Why refused"), is_visible=False),
        Column(key="reason", label=_("Reason"), text=reason_word, is_visible=False),
        Column(key="account_number", label=_("Account"), is_visible=False),
        Column(key="company_name", label=_("Company"), priority=3),
        Column(key="queued_at", label=_("Queued"), kind="moment", is_visible=False),
        Column(key="answered_by_name", label=_("Answered by"), kind="person", is_visible=False),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [
        ChoiceFilter(name="state", label=_("State"), choices=list(_STATE_WORDS.items())),
        ChoiceFilter(name="kind", label=pgettext_lazy("write-back", "What"), choices=list(KINDS.items())),
        DateFilter(name="day", label=pgettext_lazy("write-back", "Day")),
        AmountFilter(name="amount", label=_("Amount")),
    ]
    presets: ClassVar[Any] = (
        (pgettext_lazy("write-back", "Waiting"), "state=WAITING"),
        (_("Not answered"), "state=EXPORTED"),
        (pgettext_lazy("write-back", "Refused by the ERP"), "state=REFUSED"),
    )
    search_fields = ("document_number", "other_document_number", "customer_name", "account_number", "erp_reference")
    search_hint = _("Document, customer or reference")
    default_sort = "-number"
    empty = Empty(
        title=_("Nothing for the ERP yet."),
        text=_("What is matched or posted at the cash desk is queued here by itself within ten minutes."),
    )


class BatchEntryTable(EntryTable):
    """The entries of one batch."""

    key = "writeback-batch"
    columns: ClassVar[list[Column]] = [
        replace(each, is_visible=_OF_BATCH.get(each.key, each.is_visible)) for each in EntryTable.columns
    ]
    caption = pgettext_lazy("write-back", "Entries")
    presets = (
        (_("Not answered"), "state=EXPORTED"),
        (pgettext_lazy("write-back", "Refused by the ERP"), "state=REFUSED"),
    )


class BatchTable(Table):
    """Batches, the latest first."""

    key = "writeback-batches"
    caption = _("Batches for the ERP")
    all_label = _("All batches")
    columns: ClassVar[list[Column]] = [
        Column(
            key="number", label=pgettext_lazy("write-back", "No."), kind="link", is_sortable=True,
            href=lambda row: reverse("writeback_batch", args=[row["id"]]),
        ),
        Column(key="company_name", label=_("Company"), priority=2),
        Column(key="exported_at", label=_("Exported"), kind="moment", is_sortable=True),
        Column(key="exported_by_name", label=_("By"), kind="person", priority=3),
        Column(key="entry_count", label=pgettext_lazy("write-back", "Entries"), kind="number", is_sortable=True),
        Column(key="line_count", label=_("Lines"), kind="number", priority=3),
        Column(key="debit_total", label=_("Debits = credits"), kind="money", priority=2),
        Column(key="unanswered", label=_("Not answered"), kind="number"),
        Column(key="refused", label=pgettext_lazy("write-back", "Refused by the ERP"), kind="number"),
    ]  # fmt: skip
    filters: ClassVar[list[Any]] = [DateFilter(name="day", label=_("Exported"), field="exported_on")]
    search_fields = ("company_name",)
    search_hint = _("Company")
    default_sort = "-exported_at"
    empty = Empty(
        title=_("No batch has left yet."),
        text=_("Export what waits: the files can be downloaded again at any time, byte for byte."),
    )
