"""What the ledger refuses, in words for the person who asked for it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REFUSALS: Mapping[str, str | Promise] = {
    "ItemNotFound": _("The item is no longer there. Nothing was changed."),
    "AllocationNotFound": _("There is nothing to undo any more. Nothing was changed."),
    "AllocationExceedsOpenAmount": _("The item has less open than would be applied to it. Nothing was changed."),
    "AmountNotPositive": _("The amount must be more than zero. Nothing was changed."),
    "CurrenciesDiffer": _("The items are not in one currency. Nothing was changed."),
    "SidesDiffer": _("One of the two must be a debit and the other a credit. Nothing was changed."),
    "AccountsUnrelated": _("The items are not of one company and one group of customers. Nothing was changed."),
    "AlreadyReversed": _("Somebody has undone this meanwhile. Nothing was changed."),
    "ReversalTooEarly": _("It cannot be undone as of a day before it took effect. Nothing was changed."),
    "RateMissing": _("No exchange rate is known up to this day: enter it in the settings. Nothing was changed."),
    "ExternalIdTaken": _("This line was posted before, with other facts. Nothing was changed."),
    "PaymentInUse": _("The payment is applied to items: undo that first. Nothing was changed."),
}


def refusal_words(error: Exception) -> str:
    """Return what to tell a person; a refusal without words of its own says that nothing was changed."""
    return str(REFUSALS.get(type(error).__name__) or _("The ledger refuses this. Nothing was changed."))
