"""What a change made by hand changed, before and after, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.foundation import clock
from quittance.parties import editing
from quittance.parties.company_settings import list_payment_terms
from quittance.parties.people import names_of_people
from quittance.parties.staff import LANGUAGE_CHOICES
from quittance.web.delay_reason_words import delay_reason_names
from quittance.web.formats import DASH, percent_text, yes_no_text
from quittance.web.views.edit_forms import COPIES

_LABELS: Mapping[str, str | Promise] = {
    "name": lazy("Name"),
    "role": lazy("Role"),
    "email": lazy("E-mail"),
    "phone": lazy("Telephone"),
    "language": lazy("Language"),
    "is_strategic": lazy("Strategic"),
    "is_opted_out": lazy("Wants no messages"),
    "tags": lazy("Tags"),
    "payment_method": lazy("Method of payment"),
    "delivery_preference": lazy("Sent by"),
    "payment_terms_id": lazy("Terms of payment"),
    "collector_id": lazy("Collector"),
    "account_id": lazy("Account"),
    "discount_per_mille": lazy("Discount"),
    "discount_days": lazy("Days of the discount"),
    "is_oldest_first": lazy("Oldest first"),
    "nets_credit_notes": lazy("Credit notes deducted"),
    "matching_threshold": lazy("Match by itself from"),
    "copies": lazy("Copies of invoices with reminders"),
}


def changes_text(event: Mapping[str, Any]) -> str:
    """Return what an event of a change by hand changed ("Language: French → English"), "" for other events.

    At most three queries, and only where ids must be named.
    """
    payload = event["payload"]
    if event["kind"] == "item.delay_reason_set":
        names = delay_reason_names()
        before, after = (str(payload.get(side) or "") for side in ("before", "after"))
        return _arrow(names.get(before, before), names.get(after, after))
    if not event["kind"].endswith(".edited"):
        return ""
    return "; ".join(_changes(payload))


def _changes(payload: Mapping[str, Any]) -> Iterator[str]:
    for name, label in _LABELS.items():
        sides = payload.get(name)
        if isinstance(sides, list) and len(sides) == 2:
            if name == "account_id":  # a number says nothing; that it is for another account now does
                yield str(label)
                continue
            words = _words(name, sides)
            yield _("%(name)s: %(change)s") % {"name": label, "change": _arrow(*words)}


def _arrow(before: str, after: str) -> str:
    return f"{before or DASH} → {after or DASH}"


def _words(name: str, sides: list[Any]) -> list[str]:
    names: Mapping[Any, Any] = {}
    match name:
        case "discount_per_mille" | "matching_threshold":
            return [percent_text(Decimal(side) / 10) if side else "" for side in sides]
        case "language":
            names = dict(LANGUAGE_CHOICES)
        case "role":
            names = dict(editing.contact_role_choices())
        case "copies":
            names = dict(COPIES)
        case "payment_method":
            names = dict(editing.payment_method_choices())
        case "delivery_preference":
            names = dict(editing.delivery_choices())
        case "payment_terms_id":
            names = {row["id"]: row["name"] for row in list_payment_terms(issued=clock.today())}
        case "collector_id":
            names = names_of_people(user_ids=sides)
    return [_word(names, side) for side in sides]


def _word(names: Mapping[Any, Any], value: Any) -> str:
    if isinstance(value, bool):
        return yes_no_text(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None or value == "" else str(names.get(value, value))
