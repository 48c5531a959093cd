"""Items: the list, one item with its story, and saying why items are late."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.cash import services as cash
from quittance.foundation.permissions import Permission
from quittance.ledger import queries as ledger
from quittance.ledger import services
from quittance.parties import queries as parties
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import item_story, lookups
from quittance.web.views.account_actions import message_action
from quittance.web.views.item_table import ItemTable, PastItemTable, PastOpenItemTable, bulk_actions, wants_open
from quittance.web.views.selection import ItemSelection, read_selection
from quittance.web.views.ui import safe_next
from quittance.web.views.work_forms import DelayReasonForm, ReverseForm


@requires(Permission.SEE_ITEMS)
def item_list(request: HttpRequest) -> HttpResponseBase:
    """List items of all customers, of one account (`account`) or of one customer (`customer`)."""
    desk = desk_of(request)
    account = _asked_account(request)
    rows = ledger.list_items(
        as_of=desk.as_of,
        scope=desk.scope,
        is_open=wants_open(request.GET),
        account_id=account.id if account else None,
    )
    allowed = permissions_of_request(request)
    can_collect = Permission.COLLECT in allowed and not desk.is_past
    account_id = account.id if account else None
    if desk.is_past and wants_open(request.GET):
        table: ItemTable = PastOpenItemTable(request, desk, rows, account_id=account_id)
    else:
        kind = PastItemTable if desk.is_past else ItemTable
        bulk = bulk_actions(may_edit_policies=Permission.EDIT_POLICIES in allowed) if can_collect else []
        if not desk.is_past and Permission.PREPARE_RUNS in allowed:
            bulk.append(message_action("items=1"))
        table = kind(request, desk, rows, bulk=bulk)
    return render_table(request, "items/item_list.html", table, {"account": account})


def _asked_account(request: HttpRequest) -> parties.AccountRow | None:
    text = request.GET.get("account", "")
    return lookups.get_account_or_404(request, int(text)) if text.isascii() and text.isdigit() else None


@requires(Permission.SEE_ITEMS)
def item_detail(request: HttpRequest, item_id: int) -> HttpResponse:
    """Show one item whole, or its short form in the side panel."""
    desk = desk_of(request)
    item = lookups.get_item_or_404(request, item_id)
    context = item_story.item_context(item, desk=desk, allowed=permissions_of_request(request))
    return render_page(request, "items/item_detail.html", context=context, panel="items/_item_panel.html")


@requires(Permission.COLLECT)
def item_delay_reason(request: HttpRequest) -> HttpResponse:
    """Say why the selected items are late: asks first, writes when `step` is `save`."""
    selection = read_selection(request)
    if not selection.items:
        return _nothing(request)
    form = DelayReasonForm(request.POST if selection.is_answer else None, initial=_reason_of(selection))
    if selection.is_answer and form.is_valid():
        count = services.set_delay_reason(
            item_ids=selection.ids, reason_code=form.cleaned_data["reason"], actor=actor_of(request)
        )
        done = ngettext("%(count)d item changed.", "%(count)d items changed.", count) % {"count": count}
        notify(request, done if count else _("Nothing changed: the reason was the same."))
        return redirect(safe_next(request, reverse("item_list")))
    return render_page(
        request,
        "items/delay_reason_form.html",
        context={"form": form, "selection": selection},
        status=422 if form.errors else 200,
    )


def _reason_of(selection: ItemSelection) -> dict[str, Any]:
    codes = {row["delay_reason_code"] for row in selection.items}
    return {"reason": codes.pop()} if len(codes) == 1 else {}


def _nothing(request: HttpRequest) -> HttpResponse:
    notify(request, _("Select one item at least."), tone="soon")
    return redirect(safe_next(request, reverse("item_list")))


@requires(Permission.MATCH_CASH)
@require_POST
def allocation_reverse(request: HttpRequest, item_id: int, allocation_id: int) -> HttpResponse:
    """Undo an allocation of an item, from today on."""
    item = lookups.get_item_or_404(request, item_id)
    here = reverse("item_detail", args=[item_id])
    form = ReverseForm(request.POST)
    if allocation_id not in {row["id"] for row in item.allocations} or not form.is_valid():
        notify(request, _("Nothing was undone. Say why it is undone."), tone="late")
        return redirect(here)
    try:
        cash.undo_allocation(
            allocation_id=allocation_id,
            effective_date=desk_of(request).today,
            reason=form.cleaned_data["reason"],
            actor=actor_of(request),
        )
    except services.AlreadyReversed:
        notify(request, _("This allocation was undone before."), tone="late")
    except services.ReversalTooEarly:
        notify(request, _("This allocation takes effect on a day to come and cannot be undone before it."), tone="late")
    else:
        notify(request, _("Undone: both items are open again by that amount."))
    return redirect(here)
