"""Late-payment interest of an account: what accrued, deciding on it, what was decided, and the agreed rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST

from quittance.core.interest_rules import TRANSITIONS, ClaimState, FloorReason
from quittance.foundation.permissions import Permission
from quittance.interest import queries, rates, services
from quittance.ledger.services import ItemNotFound
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import lookups
from quittance.web.views.ui import safe_next
from quittance.web.views.work_forms import DayField

SHOWN_MAX = 200
STATE_WORDS: Mapping[str, tuple[Any, str]] = {
    "CLAIMED": (pgettext_lazy("interest", "Claimed"), "soon"),
    "PAID": (pgettext_lazy("interest", "Paid"), "settled"),
    "WAIVED": (pgettext_lazy("interest", "Waived"), "neutral"),
    "WITHDRAWN": (pgettext_lazy("interest", "Taken back"), "neutral"),
}
CHANGE_WORDS: Mapping[ClaimState, Any] = {
    ClaimState.PAID: lazy("It was paid"),
    ClaimState.WAIVED: lazy("Waive it"),
    ClaimState.WITHDRAWN: lazy("Take the decision back"),
    ClaimState.CLAIMED: lazy("It was not paid after all"),
}


class RateField(forms.DecimalField):
    """A yearly rate in percent; decimal comma or point."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_digits=7, decimal_places=4, min_value=Decimal(0), max_value=Decimal(100), **options)

    def to_python(self, value: Any) -> Any:
        """Read what was typed."""
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class AgreedRateForm(forms.Form):
    """The rate that a contract sets, and where it says so."""

    from_date = DayField(label=lazy("From"))
    rate_pct = RateField(label=lazy("Rate, % a year"))
    source = forms.CharField(label=lazy("Contract or terms that say it"), max_length=255)


@requires(Permission.SEE_CUSTOMERS)
def account_interest(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show what accrued on an account by item, what was decided, and which rates count."""
    return _page(request, account_id, AgreedRateForm(initial={"from_date": desk_of(request).today}))


@requires(Permission.DECIDE_INTEREST)
@require_POST
def interest_decide(request: HttpRequest, account_id: int) -> HttpResponse:
    """Claim or waive what accrued on the selected items up to today."""
    lookups.get_account_or_404(request, account_id)
    back = safe_next(request, reverse("account_interest", args=[account_id]))
    item_ids = [int(text) for text in request.POST.getlist("item") if text.isascii() and text.isdigit()]
    values: dict[str, Any] = {
        "account_id": account_id,
        "item_ids": item_ids,
        "until": desk_of(request).today,
        "actor": actor_of(request),
        "reason": request.POST.get("reason", ""),
    }
    is_waiver = request.POST.get("decision") == "waive"
    try:
        found = services.waive_interest(**values) if is_waiver else services.claim_interest(**values)
    except services.ClaimRefused as error:
        notify(request, str(error), tone="late")
    except ItemNotFound:
        raise Http404 from None
    else:
        text = _("Waived on %(count)d invoices.") if is_waiver else _("Claimed on %(count)d invoices.")
        notify(request, text % {"count": len(found)})
    return redirect(back)


@requires(Permission.DECIDE_INTEREST)
@require_POST
def claim_change(request: HttpRequest, claim_id: int) -> HttpResponse:
    """Note that a claim was paid, waive it, or take a decision back."""
    desk = desk_of(request)
    claim = queries.find_claim(claim_id=claim_id, scope=desk.scope)
    if claim is None:
        raise Http404
    back = safe_next(request, reverse("account_interest", args=[claim["account_id"]]))
    try:
        state = ClaimState(request.POST.get("state", ""))
        on_date = date.fromisoformat(request.POST.get("on_date") or desk.today.isoformat())
    except ValueError:
        notify(request, _("Nothing changed: choose what happened and on which day."), tone="late")
        return redirect(back)
    try:
        services.change_claim(
            claim_id=claim_id,
            state=state,
            on_date=min(on_date, desk.today),
            actor=actor_of(request),
            reason=request.POST.get("reason", ""),
        )
    except services.ClaimRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, _("The decision on %(document)s is kept.") % {"document": claim["document_number"]})
    return redirect(back)


@requires(Permission.DECIDE_INTEREST)
@require_POST
def agreed_rate_add(request: HttpRequest, account_id: int) -> HttpResponse:
    """Keep the rate that a contract with the account sets."""
    lookups.get_account_or_404(request, account_id)
    form = AgreedRateForm(request.POST)
    if form.is_valid():
        try:
            reason = rates.agree_rate(account_id=account_id, actor=actor_of(request), **form.cleaned_data)
        except rates.LateRateRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            known = reason is not FloorReason.FLOOR_UNKNOWN
            notify(request, _("The rate is kept.") if known else _("The rate is kept; no floor is known for that day."))
            return redirect("account_interest", account_id)
    return _page(request, account_id, form, status=422)


def _page(request: HttpRequest, account_id: int, form: AgreedRateForm, status: int = 200) -> HttpResponse:
    desk = desk_of(request)
    account = lookups.get_account_or_404(request, account_id)
    rows = queries.list_accrued_items(account_ids=[account_id], as_of=desk.as_of)
    rows.sort(key=lambda row: (row.amount_open <= 0, -row.due_date.toordinal(), row.item_id))
    law = rates.get_account_law(account_id=account_id)
    claims = queries.list_claims(account_ids=[account_id], as_of=desk.as_of, scope=desk.scope)
    context = {
        "account": account,
        "rows": rows[:SHOWN_MAX],
        "hidden_count": max(0, len(rows) - SHOWN_MAX),
        "sums": sums_of(rows),
        "claims": claim_rows(claims),
        "claimed": sorted(queries.sum_claimed(account_ids=[account_id], as_of=desk.as_of).get(account_id, {}).items()),
        "rate": next((rate for rate in reversed(law.rates) if rate.from_date <= desk.as_of), None),
        "law": law,
        "agreed": rates.list_agreed_rate_rows(account_id=account_id),
        "form": form,
        "may_decide": may_decide(desk, permissions_of_request(request)),
    }
    return render_page(request, "interest/account_interest.html", context=context, status=status)


def may_decide(desk: Desk, allowed: frozenset[Permission]) -> bool:
    """Tell whether the person may decide now: today, not on a past day."""
    return Permission.DECIDE_INTEREST in allowed and not desk.is_past


def sums_of(rows: Iterable[queries.AccruedItem]) -> list[dict[str, Any]]:
    """Return interest and indemnities of items by currency."""
    interest: defaultdict[str, Decimal] = defaultdict(Decimal)
    indemnity: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        interest[row.currency] += row.interest
        if row.indemnity:
            indemnity[row.indemnity_currency] += row.indemnity
    return [
        {"currency": currency, "interest": interest[currency], "indemnity": indemnity[currency]}
        for currency in sorted(interest.keys() | indemnity.keys())
    ]


def claim_rows(claims: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return decisions with their words and what may become of each."""
    rows = []
    for claim in claims:
        word, tone = STATE_WORDS[claim["state"]]
        following = [state for state in ClaimState if state in TRANSITIONS[ClaimState(claim["state"])]]
        changes = [(state.value, CHANGE_WORDS[state]) for state in following]
        rows.append({**claim, "word": word, "tone": tone, "changes": changes})
    return rows


def interest_of_item(row: Mapping[str, Any], *, desk: Desk, allowed: frozenset[Permission]) -> dict[str, Any] | None:
    """Return what the page of an item says of its interest; None when there is nothing to say."""
    found = queries.find_item_interest(item_id=row["id"], as_of=desk.as_of)
    claims = queries.list_claims(item_id=row["id"], as_of=desk.as_of, scope=desk.scope)
    if found is None and not claims:
        return None
    return {"found": found, "claims": claim_rows(claims), "may_decide": may_decide(desk, allowed)}
