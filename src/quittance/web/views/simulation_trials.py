"""Trials of two policies on real accounts: start, follow, read the result, stop."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quittance.core.trials import UNITS_MIN, TrialResult, Verdict
from quittance.dunning.policy_words import policy_name
from quittance.simulation import queries, services
from quittance.simulation.policies import list_policies
from quittance.simulation.queries import TrialRow
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.segment_words import segment_name
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.simulation import MAY, form_choices
from quittance.web.views.simulation_forms import TrialForm
from quittance.web.views.simulation_tables import TRIAL_STATES, TrialTable

TRIAL_DAYS = 90


@requires(MAY)
@require_safe
def trial_list(request: HttpRequest) -> HttpResponseBase:
    """List the trials."""
    rows = queries.list_trials(today=desk_of(request).today, scope=allowed_scope(request))
    return render_table(request, "simulation/trial_list.html", TrialTable(request, rows), {})


@requires(MAY)
def trial_new(request: HttpRequest) -> HttpResponse:
    """Choose the segment and the two policies; start the trial."""
    today = desk_of(request).today
    policies = [(one.code, policy_name(one.name)) for one in list_policies(as_of=today)]
    initial = {"until_date": today + timedelta(days=TRIAL_DAYS)}
    form = TrialForm(request.POST or None, policies=policies, initial=initial, **form_choices(request))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("trial_detail", _start(request, form.cleaned_data))
        except services.TrialRefused as error:
            form.add_error(error.field or None, str(error))
    return render_page(
        request, "simulation/trial_new.html", context={"form": form}, status=422 if form.is_bound else 200
    )


def _start(request: HttpRequest, said: dict[str, Any]) -> int:
    return services.start_trial(
        name=said["name"],
        segment_id=said["segment"],
        policy_a_code=said["policy_a"],
        policy_b_code=said["policy_b"],
        company_id=said["company"],
        until_date=said["until_date"],
        horizon_days=said["horizon_days"],
        actor=actor_of(request),
    )


def _get(request: HttpRequest, trial_id: int) -> TrialRow:
    row = queries.find_trial(trial_id=trial_id, today=desk_of(request).today, scope=allowed_scope(request))
    if row is None:
        raise Http404
    return row


@requires(MAY)
@require_safe
def trial_detail(request: HttpRequest, trial_id: int) -> HttpResponse:
    """Say which policy is paid sooner, as far as can be told on the day looked at."""
    row = _get(request, trial_id)
    desk = desk_of(request)
    result = queries.get_trial_result(trial=row, as_of=desk.as_of)
    members = queries.count_members(trial_id=trial_id)
    names = {one.code: policy_name(one.name) for one in list_policies(as_of=desk.today)}
    sides = [
        {
            "arm": arm,
            "policy": names.get(code, code),
            "members": members.get(arm, (0, 0)),
            "result": figures,
            "days": days_text(figures.mean_days),
        }
        for arm, code, figures in (("A", row.policy_a_code, result.a), ("B", row.policy_b_code, result.b))
    ]
    context = {
        "row": row,
        "state_word": TRIAL_STATES[row.status],
        "segment": segment_name(row.segment_code, row.segment_name),
        "sides": sides,
        "result": result,
        "sentence": verdict_text(result),
        "tone": "settled" if result.verdict in (Verdict.A_SOONER, Verdict.B_SOONER) else "soon",
        "seen_on": desk.as_of,
    }
    return render_page(request, "simulation/trial_detail.html", context=context)


def days_text(days: Decimal | None) -> str:
    """Return days to one decimal."""
    if days is None:
        return "–"
    return formats.number_text(days, 1) if round(days, 1) else "0"


def verdict_text(result: TrialResult) -> str:
    """Say in one sentence what the trial tells, with its interval."""
    if result.difference_days is None or result.low is None or result.high is None:
        return _("Nothing can be told yet: each side needs invoices of %(count)s customers.") % {"count": UNITS_MIN}
    low, high, days = result.low, result.high, result.difference_days
    if result.verdict is Verdict.B_SOONER:
        low, high, days = -high, -low, -days
    words = {"days": days_text(abs(days)), "low": days_text(low), "high": days_text(high)}
    if result.verdict is Verdict.A_SOONER:
        return _("A is paid %(days)s days sooner (95 %% interval %(low)s to %(high)s).") % words
    if result.verdict is Verdict.B_SOONER:
        return _("B is paid %(days)s days sooner (95 %% interval %(low)s to %(high)s).") % words
    return _("No difference can be told yet: A is paid between %(low)s and %(high)s days sooner than B.") % words


@requires(MAY)
@require_POST
def trial_stop(request: HttpRequest, trial_id: int) -> HttpResponse:
    """End a trial today."""
    _get(request, trial_id)
    try:
        services.stop_trial(trial_id=trial_id, actor=actor_of(request))
    except services.TrialRefused as error:
        notify(request, str(error), tone="soon")
    else:
        notify(request, _("Trial stopped: its accounts follow their usual policy again."))
    return redirect("trial_detail", trial_id)
