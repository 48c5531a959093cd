"""The tables of letters: batches, and the letters of one."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, FlagFilter, Table
from quittance.web.tables.columns import Row

BATCH_STATES = {
    "OPEN": pgettext_lazy("print batch", "Open"),
    "CLOSED": pgettext_lazy("print batch", "To be printed"),
    "PRINTED": pgettext_lazy("print batch", "Printed"),
    "POSTED": pgettext_lazy("print batch", "Posted"),
}
_TONES = {"OPEN": "promised", "CLOSED": "soon", "PRINTED": "soon", "POSTED": "settled"}


def batch_tone(state: str) -> str:
    """Return the tone a batch's state is shown with."""
    return _TONES.get(state, "neutral")


class BatchTable(Table):
    """Print batches, newest first."""

    key = "print-batches"
    caption = _("Print batches")
    columns = [
        Column(key="number", label=_("Batch"), kind="number", is_sortable=True,
               href=lambda row: reverse("print_batch_detail", args=[row["id"]])),
        Column(key="company_name", label=_("Company")),
        Column(key="state", label=_("State"), kind="status", labels=BATCH_STATES,
               tone=lambda row: batch_tone(row["state"])),
        Column(key="letter_count", label=_("Letters"), kind="number"),
        Column(key="page_count", label=_("Pages"), kind="number", priority=2),
        Column(key="registered_count", label=_("Registered"), kind="number", priority=2),
        Column(key="opened_at", label=_("Opened"), kind="moment", is_sortable=True, priority=2),
        Column(key="posted_at", label=pgettext_lazy("print batch", "Posted"), kind="moment", priority=3),
        Column(key="posted_by_name", label=_("By"), priority=3),
    ]  # fmt: skip
    filters = [
        ChoiceFilter(name="state", label=_("State"), choices=list(BATCH_STATES.items())),
        DateFilter(name="opened", label=_("Opened"), field="opened_at__date"),
    ]
    default_sort = "-opened_at"
    presets = [(_("To be done"), "state=OPEN&state=CLOSED&state=PRINTED")]
    empty = Empty(
        title=_("No letter waits to be printed."),
        text=_("Letters of reminders and statements of account gather here; you print a whole batch at once."),
    )

    def row_tone(self, row: Row) -> str:
        """Mark what waits for somebody."""
        return "soon" if row["state"] in ("CLOSED", "PRINTED") else ""


class LetterTable(Table):
    """The letters of a batch in the order of the pile."""

    key = "batch-letters"
    caption = _("Letters of the batch")
    columns = [
        Column(key="position", label=_("No."), kind="number", is_sortable=True),
        Column(key="customer_name", label=_("Customer"), opens_panel=True, is_sortable=True,
               href=lambda row: reverse("letter_detail", args=[row["id"]])),
        Column(key="account_number", label=_("Account"), priority=2),
        Column(key="subject", label=_("Subject"), priority=2),
        Column(key="page_count", label=_("Pages"), kind="number"),
        Column(key="is_registered", label=_("Registered"), kind="yesno", priority=2),
        Column(key="tracking_number", label=_("Tracking number"), priority=3),
        Column(key="taken_out_reason", label=_("Taken out"), priority=1),
        Column(key="sha256", label="SHA-256", priority=3, is_visible=False),
    ]  # fmt: skip
    filters = [
        FlagFilter(name="registered", label=_("Registered"), field="is_registered"),
    ]
    search_fields = ["customer_name", "account_number", "tracking_number"]
    default_sort = "position"
    has_saved_views = False
    empty = Empty(title=_("There is no letter in it."))
