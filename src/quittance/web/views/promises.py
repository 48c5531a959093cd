"""Promises to pay: taken on selected items, and withdrawn."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.promises import services
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import lookups
from quittance.web.views.selection import read_selection
from quittance.web.views.ui import safe_next
from quittance.web.views.work_forms import PromiseForm, WithdrawForm

PROMISE_DAYS = 7


@requires(Permission.COLLECT)
def item_promise(request: HttpRequest) -> HttpResponse:
    """Take a promise for the selected items: one for each account and currency. Writes when `step` is `save`."""
    selection = read_selection(request)
    debits = selection.debits
    if not debits:
        notify(request, _("Select one item on which something is owed at least."), tone="soon")
        return redirect(safe_next(request, reverse("item_list")))
    groups = _by_account(debits)
    total = groups[0]["total"] if len(groups) == 1 else None
    today = desk_of(request).today
    initial: dict[str, Any] = {"promised_date": today + timedelta(days=PROMISE_DAYS)}
    if total is not None:
        initial["amount"] = f"{total.normalize():f}"
    form = PromiseForm(request.POST if selection.is_answer else None, today=today, open_total=total, initial=initial)
    if selection.is_answer and form.is_valid():
        refused = _take(request, groups, form)
        if not refused or len(groups) > 1:
            count = len(groups) - len(refused)
            done = ngettext("%(count)d promise taken.", "%(count)d promises taken.", count) % {"count": count}
            notify(request, " ".join([done, *refused[:3]]), tone="soon" if refused else "settled")
            return redirect(safe_next(request, reverse("item_list")))
        form.add_error(None, refused[0])
    context = {"form": form, "selection": selection, "items": debits, "groups": groups}
    return render_page(request, "cases/promise_form.html", context=context, status=422 if form.errors else 200)


def _by_account(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def key(item: dict[str, Any]) -> tuple[int, str]:
        return item["account_id"], item["currency"]

    groups = []
    for (account_id, currency), found in groupby(sorted(items, key=key), key=key):
        rows = list(found)
        groups.append(
            {
                "account_id": account_id,
                "currency": currency,
                "customer_name": rows[0]["customer_name"],
                "account_number": rows[0]["account_number"],
                "item_ids": [row["id"] for row in rows],
                "total": sum((row["open_amount"] for row in rows), Decimal(0)),
            }
        )
    return groups


def _take(request: HttpRequest, groups: list[dict[str, Any]], form: PromiseForm) -> list[str]:
    """Take one promise a group; return the refusals in words."""
    refused = []
    for group in groups:
        try:
            services.take_promise(
                account_id=group["account_id"],
                item_ids=group["item_ids"],
                promised_date=form.cleaned_data["promised_date"],
                made_on=desk_of(request).today,
                actor=actor_of(request),
                amount=form.cleaned_data.get("amount"),
                contact_name=form.cleaned_data["contact_name"],
                comment=form.cleaned_data["comment"],
            )
        except services.ItemAlreadyPromised:
            refused.append(
                _("%(name)s has promised one of these items already: withdraw that promise first.")
                % {"name": group["customer_name"]}
            )
        except services.ItemInPlan:
            refused.append(_("%(name)s pays one of these items by a payment plan.") % {"name": group["customer_name"]})
        except services.PromiseRefused:
            refused.append(_("%(name)s owes less than that by now.") % {"name": group["customer_name"]})
    return refused


@requires(Permission.COLLECT)
@require_POST
def promise_withdraw(request: HttpRequest, promise_id: int) -> HttpResponse:
    """Withdraw an open promise: from today on it holds nothing."""
    promise = lookups.get_promise_or_404(request, promise_id)
    form = WithdrawForm(request.POST)
    form.is_valid()
    try:
        services.withdraw_promise(
            promise_id=promise_id,
            withdrawn_date=desk_of(request).today,
            actor=actor_of(request),
            reason=form.cleaned_data.get("reason", ""),
        )
    except services.PromiseRefused:
        notify(request, _("This promise is no longer open."), tone="soon")
    else:
        notify(request, _("Promise withdrawn."))
    return redirect(safe_next(request, reverse("customer_detail", args=[promise["customer_id"]])))
