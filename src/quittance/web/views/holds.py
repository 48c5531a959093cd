"""Holding reminders: an account or one of its items, by hand or because the customer says that it is paid."""

from __future__ import annotations

from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.dunning import account_pages, queries, services
from quittance.foundation.permissions import Permission
from quittance.parties import queries as parties
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify
from quittance.web.views import lookups
from quittance.web.views.runs import allowed_scope
from quittance.web.views.ui import safe_next

REASON_LENGTH_MAX = 200
ANNOUNCED_DAYS_MAX = 30


@requires(Permission.COLLECT)
@require_POST
def account_block(request: HttpRequest, account_id: int) -> HttpResponse:
    """Hold an account from today on."""
    _check_account(request, account_id)
    back = safe_next(request, reverse("account_reminders", args=[account_id]))
    if _hold(request, account_id=account_id, item_id=None):
        notify(request, _("The account is on hold: no reminder will leave."))
    return redirect(back)


@requires(Permission.COLLECT)
@require_POST
def item_block(request: HttpRequest, item_id: int) -> HttpResponse:
    """Hold one item from today on: reminders leave it out."""
    item = lookups.get_item_or_404(request, item_id).row
    if _hold(request, account_id=item["account_id"], item_id=item_id):
        notify(request, _("The item is on hold: reminders leave it out."))
    return redirect(safe_next(request, reverse("item_detail", args=[item_id])))


@requires(Permission.COLLECT)
@require_POST
def block_lift(request: HttpRequest, account_id: int, block_id: int) -> HttpResponse:
    """End a hold today."""
    found = account_pages.find_block(block_id=block_id, scope=allowed_scope(request))
    if found is None or found["account_id"] != account_id:
        raise Http404
    services.lift_block(block_id=block_id, actor=actor_of(request))
    notify(request, _("The hold has ended."))
    return redirect(safe_next(request, reverse("account_reminders", args=[account_id])))


@requires(Permission.COLLECT)
@require_POST
def account_announce(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write that the customer says everything due on an account is paid."""
    _check_account(request, account_id)
    if _announce(request, account_id=account_id, item_ids=[]):
        notify(request, _("Noted: reminders wait for this payment."))
    return redirect(safe_next(request, reverse("account_reminders", args=[account_id])))


@requires(Permission.COLLECT)
@require_POST
def item_announce(request: HttpRequest, item_id: int) -> HttpResponse:
    """Write that the customer says one item is paid."""
    item = lookups.get_item_or_404(request, item_id).row
    if _announce(request, account_id=item["account_id"], item_ids=[item_id]):
        notify(request, _("Noted: reminders wait for this payment."))
    return redirect(safe_next(request, reverse("item_detail", args=[item_id])))


@requires(Permission.COLLECT)
@require_POST
def announcement_end(request: HttpRequest, account_id: int, announcement_id: int) -> HttpResponse:
    """Let reminders no longer wait for a payment that was announced."""
    _check_account(request, account_id)
    found = queries.list_announcements_of_account(account_id=account_id)
    if announcement_id not in {one["id"] for one in found}:
        raise Http404
    try:
        services.end_announcement(announcement_id=announcement_id, actor=actor_of(request))
    except services.AnnouncementOver:
        notify(request, _("Reminders no longer waited for it."), tone="soon")
    else:
        notify(request, _("Reminders no longer wait for this payment."))
    return redirect(safe_next(request, reverse("account_reminders", args=[account_id])))


def _announce(request: HttpRequest, *, account_id: int, item_ids: list[int]) -> bool:
    """Write the word of the customer; False, with the reason said, when it cannot be."""
    today = desk_of(request).today
    said = " ".join(request.POST.get("said", "").split())[:REASON_LENGTH_MAX]
    until, is_readable = _read_day(request.POST.get("until", ""))
    if not is_readable or until is None or not today <= until <= today + timedelta(days=ANNOUNCED_DAYS_MAX):
        text = _("Nothing was noted: give the last day on which reminders wait, at most %(day)s.")
        last = today + timedelta(days=ANNOUNCED_DAYS_MAX)
        notify(request, text % {"day": formats.short_date_text(last)}, tone="late")
        return False
    services.announce_payment(
        account_id=account_id, item_ids=item_ids, announced_on=today, until_date=until, said=said,
        actor=actor_of(request),
    )  # fmt: skip
    return True


def _check_account(request: HttpRequest, account_id: int) -> None:
    """Answer 404 for an account that the person may not see."""
    if parties.find_account(account_id=account_id, scope=allowed_scope(request)) is None:
        raise Http404


def _hold(request: HttpRequest, *, account_id: int, item_id: int | None) -> bool:
    """Write the hold that was asked for; False, with the reason said, when it cannot be."""
    today = desk_of(request).today
    reason = " ".join(request.POST.get("reason", "").split())[:REASON_LENGTH_MAX]
    until, is_readable = _read_day(request.POST.get("until", ""))
    if not reason or not is_readable:
        text = _("Nothing was put on hold: give a reason, and a day such as %(day)s or none.")
        notify(request, text % {"day": formats.short_date_text(today)}, tone="late")
        return False
    try:
        services.block_account(
            account_id=account_id,
            item_id=item_id,
            reason=reason,
            from_date=today,
            until_date=until,
            actor=actor_of(request),
        )
    except services.BlockDatesWrong:
        notify(request, _("Nothing was put on hold: that day is over."), tone="late")
        return False
    return True


def _read_day(text: str) -> tuple[date | None, bool]:
    if not text:
        return None, True
    try:
        return date.fromisoformat(text), True
    except ValueError:
        return None, False
