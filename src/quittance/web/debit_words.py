"""The words of direct debits: states, reasons, kinds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from quittance.web.cash_words import return_reason_word

COLLECTION_STATES: Mapping[str, tuple[Any, str]] = {
    "DRAFT": (pgettext_lazy("collection", "Proposed"), "soon"),
    "ANNOUNCED": (pgettext_lazy("collection", "Announced"), "promised"),
    "EXPORTED": (pgettext_lazy("collection", "At the bank"), "promised"),
    "ACCEPTED": (pgettext_lazy("collection", "Accepted"), "promised"),
    "PART_REJECTED": (pgettext_lazy("collection", "Rejected in part"), "soon"),
    "REJECTED": (pgettext_lazy("collection", "Rejected"), "late"),
    "SETTLED": (pgettext_lazy("collection", "Paid"), "settled"),
    "CANCELLED": (pgettext_lazy("collection", "Given up"), "neutral"),
}
INSTRUCTION_STATES: Mapping[str, tuple[Any, str]] = {
    "PLANNED": (pgettext_lazy("debit", "Planned"), "soon"),
    "SENT": (pgettext_lazy("debit", "At the bank"), "promised"),
    "REJECTED": (pgettext_lazy("debit", "Rejected"), "late"),
    "SETTLED": (pgettext_lazy("debit", "Paid"), "settled"),
    "RETURNED": (pgettext_lazy("debit", "Came back"), "late"),
    "CANCELLED": (pgettext_lazy("debit", "Taken out"), "neutral"),
}
MANDATE_STATES: Mapping[str, tuple[Any, str]] = {
    "ACTIVE": (pgettext_lazy("mandate", "Active"), "settled"),
    "PENDING": (pgettext_lazy("mandate", "To be checked"), "soon"),
    "CANCELLED": (pgettext_lazy("mandate", "Cancelled"), "neutral"),
    "EXPIRED": (pgettext_lazy("mandate", "Expired"), "neutral"),
}
SCHEMES = (("CORE", lazy("Core")), ("B2B", lazy("Between businesses (B2B)")))
SEQUENCES: Mapping[str, Any] = {
    "FRST": pgettext_lazy("debit", "First"),
    "RCUR": lazy("Recurrent"),
    "FNAL": pgettext_lazy("debit", "Last"),
    "OOFF": lazy("Single"),
}
# Codes of `core.debits.DebitReason`: why an item that was due is not debited.
LEFT_OUT_REASONS: Mapping[str, Any] = {
    "OTHER_CURRENCY": lazy("not in euro"),
    "NO_MANDATE": lazy("no mandate"),
    "MANDATE_NOT_ACTIVE": lazy("mandate not in force"),
    "MANDATE_EXPIRED": lazy("mandate not used for 36 months"),
    "NOT_SIGNED_YET": lazy("mandate signed after that day"),
    "NO_CONTACT": lazy("nobody can be told: no e-mail, no address"),
    "FACTORED": lazy("sold to the factor"),
    "HANDED_OVER": lazy("handed over to somebody outside"),
    "IN_OTHER_COLLECTION": lazy("in another collection"),
    "RETURNED_BEFORE": lazy("came back before"),
    "DISPUTED": lazy("disputed"),
    "IN_PAYMENT_PLAN": lazy("in a payment plan"),
    "PROMISED": lazy("promised"),
    "COVERED_BY_CREDIT": lazy("covered by credit"),
    "TOO_LARGE": lazy("more than a debit may be"),
}
_OWN_REASONS: Mapping[str, Any] = {
    "TAKEN_OUT": lazy("taken out by a person"),
    "GIVEN_UP": lazy("the collection was given up"),
    "CHANGED": lazy("paid, disputed or promised since, or its mandate ended"),
    "NOT_TOLD": lazy("the customer could not be told"),
}

# The sentences of the timeline, each with its tone.
EVENT_SENTENCES: Mapping[str, tuple[Any, str]] = {
    "mandate.recorded": (lazy("Mandate %(reference)s kept: pays by direct debit"), "settled"),
    "mandate.amended": (lazy("Mandate %(reference)s: another bank account (…%(after)s)"), ""),
    "mandate.cancelled": (lazy("Mandate %(reference)s ended"), "soon"),
    "mandate.suspended": (lazy("Mandate %(reference)s waits to be checked: %(reason_code)s"), "late"),
    "mandate.confirmed": (lazy("Mandate %(reference)s is used again"), "settled"),
    "mandate.expired": (lazy("Mandate %(reference)s expired: not used for 36 months"), "soon"),
    "debit_settings.changed": (lazy("How the company collects was changed"), ""),
    "debit_collection.proposed": (lazy("Collection proposed: %(amount)s"), "soon"),
    "debit_collection.announced": (lazy("Customers told of the collection"), "promised"),
    "debit_collection.exported": (lazy("File for the bank written: %(filename)s"), "promised"),
    "debit_collection.answered": (lazy("The bank answered: %(filename)s, rejected: %(rejected)s"), "soon"),
    "debit_collection.settled": (lazy("Money of the collection received"), "settled"),
    "debit_collection.cancelled": (lazy("Collection given up"), ""),
    "debit.announced": (lazy("Direct debit of %(amount)s announced to %(recipient)s"), "promised"),
    "debit.taken_out": (lazy("Direct debit of %(amount)s taken out before it left"), ""),
    "debit.allowed_again": (lazy("Direct debit of %(amount)s may be tried again"), ""),
    "debit.rejected": (lazy("Direct debit of %(document)s rejected by the bank: %(reason_code)s"), "late"),
    "debit.returned": (lazy("Direct debit of %(document)s came back: %(reason_code)s"), "late"),
    "debit.return_undone": (lazy("Direct debit of %(document)s is paid after all"), "settled"),
}


def left_out_word(code: str) -> str:
    """Return why an item was left out; an unknown code stands alone."""
    return str(LEFT_OUT_REASONS.get(code, code))


def end_word(row: Mapping[str, Any]) -> str:
    """Return why a debit is not on its way: our own reason or the bank's; "" while it is.

    >>> end_word({"state": "SENT", "reason_code": "", "reason_text": ""})
    ''
    """
    if row["state"] in ("PLANNED", "SENT", "SETTLED"):
        return ""
    own = _OWN_REASONS.get(row["reason_code"])
    word = str(own) if own else return_reason_word(row["reason_code"])
    return f"{word}: {row['reason_text']}" if row.get("reason_text") else word


def reasons_sentence(reasons: Mapping[str, int]) -> str:
    """Return counted reasons as one sentence; "" for none."""
    parts = [f"{count} × {left_out_word(code)}" for code, count in sorted(reasons.items())]
    return _("Left out: %(reasons)s.") % {"reasons": ", ".join(parts)} if parts else ""
