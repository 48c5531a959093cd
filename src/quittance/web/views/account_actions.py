"""What can be done with many accounts at once, from any list of customers or accounts."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.foundation.permissions import Permission
from quittance.web.tables import BulkAction


def account_actions(allowed: Collection[Permission], *, query: str = "") -> list[BulkAction]:
    """Return the buttons a person may press; `query` tells the forms which list asks when it is not the customers'."""
    tail = f"?{query}" if query else ""
    found = []
    if Permission.PREPARE_RUNS in allowed:
        found.append(message_action(query))
    if Permission.EDIT_POLICIES in allowed:
        found.append(BulkAction(label=_("Policy of reminders…"), href=reverse("mass_policy") + tail))
    return found


def message_action(query: str = "") -> BulkAction:
    """Return the button that writes to the accounts behind the rows."""
    tail = f"?{query}" if query else ""
    return BulkAction(label=_("Send a message…"), href=reverse("mass_message") + tail)
