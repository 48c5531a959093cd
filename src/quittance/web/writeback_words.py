"""The words of the queue to the ERP: states, kinds, reasons, and what its events say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

STATES: Mapping[str, tuple[Any, str]] = {
    "WAITING": (pgettext_lazy("write-back", "Waiting"), "soon"),
    "EXPORTED": (pgettext_lazy("write-back", "Exported"), "promised"),
    "ACKNOWLEDGED": (pgettext_lazy("write-back", "Taken by the ERP"), "settled"),
    "REFUSED": (pgettext_lazy("write-back", "Refused by the ERP"), "late"),
    "CANCELLED": (pgettext_lazy("write-back", "Undone before it left"), "neutral"),
}
KINDS: Mapping[str, Any] = {
    "PAYMENT": pgettext_lazy("write-back", "Payment"),
    "DIFFERENCE": pgettext_lazy("write-back", "Difference"),
    "WITHDRAWAL": pgettext_lazy("write-back", "Taken back"),
    "ALLOCATION": pgettext_lazy("write-back", "Lettering"),
    "REVERSAL": pgettext_lazy("write-back", "Lettering undone"),
}
REASONS: Mapping[str, Any] = {
    "SMALL_DIFFERENCE": _("Small difference written off"),
    "BANK_FEE": _("Fee kept by a bank"),
    "EXCHANGE": _("Exchange difference"),
    "DISCOUNT": _("Discount taken"),
}
FORMATS: Mapping[str, Any] = {"FEC": _("Journal lines (FEC)"), "CSV": "CSV", "JSON": "JSON"}

# The sentences of the timeline, each with its tone.
EVENT_SENTENCES: Mapping[str, tuple[Any, str]] = {
    "writeback.exported": (_("Batch %(number)s exported for the ERP: entries: %(entries)s"), "promised"),
    "writeback.acknowledged": (_("Taken by the ERP under “%(reference)s”: entries: %(entries)s"), "settled"),
    "writeback.refused": (_("Refused by the ERP: %(entries)s"), "late"),
    "writeback.queued_again": (_("Queued for the ERP again: %(entries)s"), "soon"),
    "writeback_settings.changed": (_("Accounts in the ERP changed"), ""),
}


def reason_word(row: Mapping[str, Any]) -> str:
    """Return why a difference was posted; "" for what is none."""
    return str(REASONS.get(row["reason"], ""))
