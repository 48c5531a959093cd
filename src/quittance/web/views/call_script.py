"""What to say on the phone, in the customer's language: amounts, oldest item, last promise, the question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.parties.queries import AccountRow
from quittance.promises import queries as promises
from quittance.web import formats

Row = Mapping[str, Any]


def script_of(
    *, account: AccountRow, contact_language: str, late: Sequence[Row], reason: str, as_of: date
) -> dict[str, Any]:
    """Return the language of the script and its lines; `reason` is why the call is proposed. One query."""
    spoken = translation.get_language() or "en"
    language = contact_language or account.language or spoken
    found = promises.list_promises_of_customer(customer_id=account.customer_id, as_of=as_of)
    promise = next((row for row in found if row["account_id"] == account.id and row["state"] != "WITHDRAWN"), None)
    with translation.override(language):
        lines = [_("Good day, this is %(company)s, about your account.") % {"company": account.company_name}]
        lines += _owed(late)
        lines += _promised(promise)
        lines += _question(reason, bool(late))
        return {"language": language, "lines": lines, "is_other": language != spoken}


def _owed(late: Sequence[Row]) -> list[str]:
    if not late:
        return [_("Nothing is late on your account.")]
    totals: dict[str, Any] = {}
    for row in late:
        totals[row["currency"]] = totals.get(row["currency"], 0) + row["open_amount"]
    amounts = ", ".join(formats.money_text(total, currency) for currency, total in totals.items())
    count = len(late)
    oldest = max(late, key=lambda row: row["days_late"])
    return [
        ngettext(
            "%(count)d invoice is past its due date: %(amounts)s.",
            "%(count)d invoices are past their due date: %(amounts)s in all.",
            count,
        ) % {"count": count, "amounts": amounts},
        _("The oldest, %(number)s of %(amount)s, was due on %(day)s.") % {
            "number": oldest["document_number"],
            "amount": formats.money_text(oldest["open_amount"], oldest["currency"]),
            "day": formats.short_date_text(oldest["due_date"]),
        },
    ]  # fmt: skip


def _promised(promise: Row | None) -> list[str]:
    if promise is None:
        return []
    words = {
        "amount": formats.money_text(promise["amount"], promise["currency"]),
        "day": formats.short_date_text(promise["promised_date"]),
    }
    match promise["state"]:
        case "BROKEN":
            return [_("You had told us that %(amount)s would be paid by %(day)s; it has not come in.") % words]
        case "PART_KEPT":
            return [_("Of the %(amount)s announced for %(day)s only a part has come in.") % words]
        case "OPEN":
            return [_("You told us that %(amount)s would be paid by %(day)s.") % words]
        case _:
            return [_("Thank you for the %(amount)s paid as you said for %(day)s.") % words]


def _question(reason: str, is_late: bool) -> list[str]:
    match reason:
        case "PROMISE_BROKEN":
            return [_("What came in between? On which day can we count on the payment?")]
        case "PROMISE_DUE":
            return [_("Has the transfer been made? May I have its reference?")]
        case "CALL_BACK":
            return [_("You had asked me to call again: what have you found out?")]
        case "OVER_LIMIT":
            return [
                _("Your orders are above the limit agreed: which part can you pay now so that we go on delivering?")
            ]
        case "REMINDERS_WITHOUT_EFFECT":
            return [_("We have written to you more than once: did our letters reach you? Who can release the payment?")]
        case _ if is_late:
            return [_("Have you received the invoice? Is anything contested? On which day will it be paid?")]
        case _:
            return []
