"""The customer's own page of a proposed payment plan: seen and answered by whoever holds the link, nothing else."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.promises import plan_queries, plans
from quittance.promises.visits import is_visit_allowed
from quittance.web.client_address import client_network
from quittance.web.plan_words import instalment_state, plan_state
from quittance.web.rendering import render_page
from quittance.web.views.plan_forms import AnswerPlanForm


def plan_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the plan behind a link in its customer's language; accept or decline it."""
    try:
        plan, plan_id = _find(token)
    except Http404:
        # An address that tries links is slowed down; who holds a good one isn't, even from behind the same proxy.
        if not is_visit_allowed(what=f"address {client_network(request)}"):
            return _too_often()
        raise
    if not is_visit_allowed(what=f"plan {plan_id}"):
        return _too_often()
    language = _language(request, plan)
    with translation.override(language):
        response = _answer(request, token, plan_id, plan)
    response.headers["Content-Language"] = language
    response.headers["Cache-Control"] = "private, no-store"
    # Not "no-referrer": browsers then send the answer without an origin, and it would be refused.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _too_often() -> HttpResponse:
    text = _("This page was opened too often. Please try again in a minute.")
    response = HttpResponse(text, status=429, content_type="text/plain; charset=utf-8")
    response.headers["Retry-After"] = "60"
    return response


def _language(request: HttpRequest, plan: dict[str, Any]) -> str:
    """Return the language chosen on the page, else the customer's."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else str(plan["language"])


def _find(token: str) -> tuple[dict[str, Any], int]:
    try:
        plan_id = plans.read_answer_token(token=token)
    except plans.PlanNotFound:
        raise Http404 from None
    plan = plan_queries.find_plan(plan_id=plan_id, as_of=clock.today())
    if plan is None:
        raise Http404
    return plan, plan_id


def _answer(request: HttpRequest, token: str, plan_id: int, plan: dict[str, Any]) -> HttpResponse:
    today = clock.today()
    form = AnswerPlanForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _write(plan_id, form.cleaned_data, is_yes=request.POST.get("answer") == "accept")
        except plans.PlanRefused:
            form.add_error(None, _("This plan no longer waits for an answer."))
        else:
            return redirect("plan_answer", token)
    decision, rows = plan_queries.list_instalments(plan_id=plan_id, as_of=today)
    context = {
        "plan": plan_state({**plan, "state": decision.state.value}),
        "is_waiting": plan["state"] == "PROPOSED" and today <= plan["answer_until"],
        "schedule": [instalment_state(row) for row in rows],
        "items": plan_queries.list_items_of_plan(plan_id=plan_id),
        "form": form,
    }
    return render_page(request, "plans/plan_answer.html", context=context, status=422 if form.errors else 200)


def _write(plan_id: int, values: dict[str, Any], *, is_yes: bool) -> None:
    today, actor = clock.today(), Actor(label=values["name"])
    if is_yes:
        plans.accept_plan(plan_id=plan_id, accepted_on=today, accepted_by=values["name"], via="LINK", actor=actor)
    else:
        plans.decline_plan(
            plan_id=plan_id, declined_on=today, declined_by=values["name"], actor=actor, reason=values["reason"]
        )
