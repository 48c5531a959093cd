"""Payment plans: proposed on selected items, listed, followed, answered for the customer, cancelled."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.core.payment_plans import InvalidPlan
from quittance.dunning.services import plan_links
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import list_events
from quittance.ledger.services import ItemNotFound
from quittance.parties import queries as parties
from quittance.promises import plan_queries, plans
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.event_words import event_entry
from quittance.web.plan_words import PROBLEMS, instalment_state, plan_state
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views import lookups
from quittance.web.views.plan_forms import AcceptPlanForm, PlanForm
from quittance.web.views.plan_tables import PlanTable
from quittance.web.views.selection import ItemSelection, read_selection
from quittance.web.views.ui import safe_next


@requires(Permission.SEE_CUSTOMERS)
def plan_list(request: HttpRequest) -> HttpResponseBase:
    """List payment plans."""
    desk = desk_of(request)
    rows = plan_queries.list_plans(as_of=desk.as_of, scope=desk.scope)
    return render_table(request, "plans/plan_list.html", PlanTable(request, rows, as_of=desk.as_of))


@requires(Permission.COLLECT)
def item_plan(request: HttpRequest) -> HttpResponse:
    """Propose a plan for the selected items; shows its schedule, writes when `step` is `save`."""
    selection = read_selection(request)
    back = safe_next(request, reverse("item_list"))
    owners = {(row["account_id"], row["currency"]) for row in selection.debits}
    if len(owners) != 1:
        text = (
            _("Select items of one account and one currency: a plan is made for one.")
            if owners
            else _("Select one item on which something is owed at least.")
        )
        notify(request, text, tone="soon")
        return redirect(back)
    (account_id, currency) = owners.pop()
    today = desk_of(request).today
    is_filled = request.method == "POST" and request.POST.get("step") in ("save", "show")
    form = PlanForm(request.POST if is_filled else None, today=today)
    if selection.is_answer and form.is_valid():
        plan_id = _propose(request, account_id, selection, form)
        if plan_id is not None:
            return redirect("plan_detail", plan_id)
    total = sum((row["open_amount"] for row in selection.debits), Decimal(0))
    account = lookups.get_account_or_404(request, account_id)
    country = (parties.find_customer(customer_id=account.customer_id) or {}).get("country", "")
    context = {
        "form": form,
        "selection": selection,
        "items": selection.debits,
        "account": account,
        "total": total,
        "currency": currency,
        "schedule": _schedule(form, total, currency, country, is_filled=is_filled),
        "back": back,
    }
    return render_page(request, "plans/plan_form.html", context=context, status=422 if form.errors else 200)


def _schedule(form: PlanForm, total: Decimal, currency: str, country: str, *, is_filled: bool) -> list[dict[str, Any]]:
    """Return the instalments that the form asks for; what is wrong with them becomes an error of the form."""
    if is_filled:
        if not form.is_valid():
            return []
        choice = form.choice()
    else:
        initial = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        choice = plans.PlanChoice(count=initial["count"], first_date=initial["first_date"])
    try:
        parts = plans.schedule_of(choice=choice, total=total, currency=currency, made_on=form.today, country=country)
    except InvalidPlan as error:
        if is_filled:
            form.add_error(None, PROBLEMS[error.problem])
        return []
    return [
        {
            "position": part.position,
            "due_date": part.due_date,
            "amount": part.amount,
            "interest_amount": part.interest,
            "to_pay": part.amount + part.interest,
        }
        for part in parts
    ]


def _propose(request: HttpRequest, account_id: int, selection: ItemSelection, form: PlanForm) -> int | None:
    """Write the plan and return its id; a refusal becomes an error of the form."""
    today, actor, values = desk_of(request).today, actor_of(request), form.cleaned_data
    try:
        plan_id = plans.propose_plan(
            account_id=account_id,
            item_ids=[row["id"] for row in selection.debits],
            choice=form.choice(),
            made_on=today,
            actor=actor,
            answer_until=values["answer_until"],
            tolerance_days=values["tolerance_days"],
            contact_name=values["contact_name"],
            comment=values["comment"],
        )
    except InvalidPlan as error:
        form.add_error(None, PROBLEMS[error.problem])
    except plans.ItemAlreadyPlanned:
        form.add_error(None, _("An item is in another plan already: cancel that plan first."))
    except (plans.PlanRefused, ItemNotFound):
        form.add_error(None, _("Something was paid meanwhile. Select the items again."))
    else:
        if values["is_accepted"]:
            plans.accept_plan(
                plan_id=plan_id, accepted_on=today, accepted_by=values["contact_name"], via="COLLECTOR", actor=actor
            )
            notify(request, _("The plan runs: its items are not chased."))
        else:
            notify(request, _("Plan proposed. Send the customer its link."))
        return plan_id
    return None


@requires(Permission.SEE_CUSTOMERS)
def plan_detail(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show a plan: its schedule as it stood on the day, its items, its story, and what can be done."""
    return _page(request, plan_id, None)


@requires(Permission.COLLECT)
@require_POST
def plan_accept(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Note that the customer accepted the plan."""
    _get_plan(request, plan_id)
    form = AcceptPlanForm(request.POST)
    if form.is_valid():
        try:
            plans.accept_plan(plan_id=plan_id, via="COLLECTOR", actor=actor_of(request), **form.cleaned_data)
        except plans.PlanNotWaiting:
            form.add_error(None, _("It does not wait for an answer on that day."))
        except plans.PlanRefused:
            form.add_error("accepted_on", _("That day lies before the plan was proposed."))
        else:
            notify(request, _("The plan runs: its items are not chased."))
            return redirect("plan_detail", plan_id)
    return _page(request, plan_id, form, status=422)


@requires(Permission.COLLECT)
@require_POST
def plan_cancel(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Cancel a plan, or note that the customer declined it."""
    _get_plan(request, plan_id)
    today, actor, reason = desk_of(request).today, actor_of(request), request.POST.get("reason", "")[:500]
    try:
        if request.POST.get("answer") == "declined":
            plans.decline_plan(plan_id=plan_id, declined_on=today, declined_by="", actor=actor, reason=reason)
        else:
            plans.cancel_plan(plan_id=plan_id, cancelled_on=today, actor=actor, reason=reason)
    except plans.PlanRefused:
        notify(request, _("This plan has ended already."), tone="soon")
    else:
        notify(request, _("Plan cancelled: reminders may go out for its items again."))
    return redirect("plan_detail", plan_id)


def _get_plan(request: HttpRequest, plan_id: int) -> dict[str, Any]:
    desk = desk_of(request)
    found = plan_queries.find_plan(plan_id=plan_id, as_of=desk.as_of, scope=desk.scope)
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, plan_id: int, form: AcceptPlanForm | None, status: int = 200) -> HttpResponse:
    desk = desk_of(request)
    plan = _get_plan(request, plan_id)
    decision, rows = plan_queries.list_instalments(plan_id=plan_id, as_of=desk.as_of)
    may_work = Permission.COLLECT in permissions_of_request(request) and not desk.is_past
    context = {
        "plan": plan_state({**plan, "state": decision.state.value}),
        "decision": decision,
        "schedule": [instalment_state(row) for row in rows],
        "items": plan_queries.list_items_of_plan(plan_id=plan_id),
        "entries": [event_entry(event) for event in list_events(subject=("plan", str(plan_id)))],
        "may_work": may_work,
        "link": _link(request, plan) if may_work and plan["state"] == "PROPOSED" else None,
        "accept_form": form or AcceptPlanForm(initial={"accepted_on": desk.today, "accepted_by": plan["contact_name"]}),
    }
    return render_page(request, "plans/plan_detail.html", context=context, status=status)


def _link(request: HttpRequest, plan: dict[str, Any]) -> dict[str, Any]:
    """Return the customer's link, and whom it would be sent to."""
    contact = plan_links.find_recipient(customer_id=plan["customer_id"], account_id=plan["account_id"])
    return {"url": _url_of(request, plan["id"]), "contact": contact}


def _url_of(request: HttpRequest, plan_id: int) -> str:
    """Return the customer's address of a plan, at the public address of the installation where it has one."""
    path = reverse("plan_answer", args=[plans.make_answer_token(plan_id=plan_id)])
    base = settings.QUITTANCE_PUBLIC_URL
    return f"{base.rstrip('/')}{path}" if base else request.build_absolute_uri(path)


@requires(Permission.COLLECT)
@require_POST
def plan_send(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Send the customer the link to its plan."""
    _get_plan(request, plan_id)
    try:
        plan_links.send_plan_link(plan_id=plan_id, url=_url_of(request, plan_id), actor=actor_of(request))
    except plan_links.PlanNotProposed:
        notify(request, _("This plan no longer waits for an answer."), tone="soon")
    except plan_links.NobodyToWriteTo:
        notify(request, _("Nobody can be written to: add a contact with an e-mail address that works."), tone="late")
    else:
        notify(request, _("The link is on its way."))
    return redirect("plan_detail", plan_id)
