"""Why an item is late: the list people choose from, one reason an item."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DELAY_REASONS: Final[dict[str, str | Promise]] = {
    "CASH_SHORT": _("Short of cash"),
    "PROCESS": _("Slow approval at the customer"),
    "INVOICE_MISSING": _("Invoice not received"),
    "ORDER_MISSING": _("Purchase order or reference missing"),
    "GOODS": _("Delivery or quality contested"),
    "PRICE": _("Price contested"),
    "CREDIT_NOTE_DUE": _("Credit note awaited"),
    "TERMS": _("Other terms of payment understood"),
    "PAID_ELSEWHERE": _("Says it has paid"),
    "UNREACHABLE": _("Nobody can be reached"),
    "OTHER": _("Other"),
}


def delay_reason_choices() -> list[tuple[str, str | Promise]]:
    """Return code and name of each reason, in the order shown."""
    return list(DELAY_REASONS.items())
