"""What a customer tells us of a late item of its own: that it is paid, or why it is late."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.dunning import services as dunning
from quittance.foundation import clock
from quittance.ledger import queries as ledger
from quittance.ledger import services as ledger_services
from quittance.portal.access import actor_of, portal_page
from quittance.portal.answers import Refused, is_late, offered_reasons
from quittance.portal.views import home_page


@portal_page
@require_POST
def tell_paid(request: HttpRequest, customer_id: int, item_id: int) -> HttpResponse:
    """Take the customer's word that an item is paid: reminders wait for the money."""
    today = clock.today()
    _get_item_or_404(customer_id, item_id, today)
    typed = request.POST.get("paid_on", "")
    paid_on = _read_day(typed)
    try:
        if paid_on is None:
            raise dunning.PaidDayWrong(typed)
        said = _("Paid on %(day)s") % {"day": _day_text(paid_on)}
        dunning.announce_from_portal(item_id=item_id, paid_on=paid_on, as_of=today, said=said, actor=actor_of(request))
    except dunning.PaidDayWrong:
        text = _("Give the day of the payment: at most %(days)d days from now.") % {"days": dunning.ANNOUNCED_DAYS}
        refused = Refused(item_id=item_id, field="paid_on", text=text, typed=typed)
        return home_page(request, customer_id, refused=refused)
    except dunning.AnnouncedBefore:
        _say(request, _("You have told us already that this was paid. Please get in touch with us."), tone="soon")
    except dunning.NotLate:
        _say_not_late(request)
    else:
        _say(request, _("Thank you. Reminders for this document wait for your payment."))
    return redirect("portal:home")


@portal_page
@require_POST
def tell_reason(request: HttpRequest, customer_id: int, item_id: int) -> HttpResponse:
    """Take the customer's reason why an item is late."""
    today = clock.today()
    row = _get_item_or_404(customer_id, item_id, today)
    code = request.POST.get("reason", "")
    if not is_late(row, today):
        _say_not_late(request)
        return redirect("portal:home")
    if code not in dict(offered_reasons()):
        refused = Refused(item_id=item_id, field="reason", text=_("Choose a reason of the list."), typed="")
        return home_page(request, customer_id, refused=refused)
    ledger_services.set_delay_reason(item_ids=[item_id], reason_code=code, actor=actor_of(request), is_same_told=True)
    _say(request, _("Thank you for telling us."))
    return redirect("portal:home")


def _get_item_or_404(customer_id: int, item_id: int, today: date) -> dict[str, Any]:
    """Return an item of the customer, an item that was settled too. One query."""
    found = ledger.list_items(as_of=today, customer_id=customer_id, is_open=False)
    row = found.filter(id=item_id).first()
    if row is None:
        raise Http404
    return row


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day_text(day: date) -> str:
    return format_date(day, format="d MMM y", locale=(get_language() or "en").replace("-", "_"))


def _say_not_late(request: HttpRequest) -> None:
    _say(request, _("Nothing of this document is late now."), tone="soon")


def _say(request: HttpRequest, text: str, *, tone: str = "settled") -> None:
    messages.info(request, text, extra_tags=f"tone:{tone}")
