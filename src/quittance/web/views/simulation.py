"""Try policies of reminders on past months: choose, follow, read the result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quittance.core.dunning import check_levels
from quittance.core.dunning_steps import StepWrong
from quittance.dunning.policies import read_policy
from quittance.dunning.policy_words import MEDIUM_WORDS, policy_name, step_name
from quittance.dunning.reasons import reason_word
from quittance.foundation.permissions import Permission
from quittance.parties import queries as parties
from quittance.segments import queries as segments
from quittance.simulation import queries, services
from quittance.simulation.policies import Change, list_policies, policy_tried
from quittance.simulation.queries import ArmSum, SimulationRow, StepSum
from quittance.web import formats
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.charts import Chart, Series
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.segment_words import segment_name
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.simulation_forms import SimulationForm
from quittance.web.views.simulation_tables import (
    STATE_TONES,
    STATES,
    SimulatedNoticeTable,
    SimulationTable,
)

MAY = Permission.EDIT_POLICIES
MONTHS_DAYS = 182


def form_choices(request: HttpRequest) -> dict[str, Any]:
    """Return the companies and segments that a person may choose."""
    scope = allowed_scope(request)
    companies = [(str(one.id), one.name) for one in parties.list_companies(company_ids=scope.company_ids)]
    rows = segments.list_segments(is_active=True)
    return {
        "companies": companies,
        "segments": [(str(row.id), str(segment_name(row.code, row.name))) for row in rows],
        "takes_all": scope.company_ids is None,
    }


@requires(MAY)
@require_safe
def simulation_list(request: HttpRequest) -> HttpResponseBase:
    """List the simulations."""
    table = SimulationTable(request, queries.list_simulations(scope=allowed_scope(request)))
    return render_table(request, "simulation/simulation_list.html", table, {})


@requires(MAY)
def simulation_new(request: HttpRequest) -> HttpResponse:
    """Choose what is tried on what; start it."""
    today = desk_of(request).today
    policies = [(str(one.id), policy_name(one.name)) for one in list_policies(as_of=today)]
    last = today - timedelta(days=1)
    initial = {"first_date": last - timedelta(days=MONTHS_DAYS), "last_date": last}
    form = SimulationForm(request.POST or None, policies=policies, initial=initial, **form_choices(request))
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("simulation_detail", _start(request, form))
        except services.SimulationRefused as error:
            form.add_error(error.field or None, str(error))
        except StepWrong:
            form.add_error("shift_days", _("With this shift the steps no longer follow one another."))
    context = {"form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "simulation/simulation_new.html", context=context, status=status)


def _start(request: HttpRequest, form: SimulationForm) -> int:
    said = form.cleaned_data
    policy = read_policy(policy_id=said["policy_b"] or said["policy_a"])
    check_levels(policy_tried(policy=policy, change=form.change).levels)
    return services.start_simulation(
        policy_a_id=said["policy_a"],
        policy_b_id=said["policy_b"],
        change_b=form.change,
        company_id=said["company"],
        segment_id=said["segment"],
        first_date=said["first_date"],
        last_date=said["last_date"],
        on_its_way_days=said["on_its_way_days"],
        is_on_weekends=said["is_on_weekends"],
        actor=actor_of(request),
    )


def _get(request: HttpRequest, simulation_id: int) -> SimulationRow:
    row = queries.find_simulation(simulation_id=simulation_id, scope=allowed_scope(request))
    if row is None:
        raise Http404
    return row


@requires(MAY)
@require_safe
def simulation_detail(request: HttpRequest, simulation_id: int) -> HttpResponseBase:
    """Show what each policy would have sent, week by week, and every message."""
    row = _get(request, simulation_id)
    sums = queries.sum_by_arm(simulation_id=simulation_id)
    steps = queries.sum_by_step(simulation_id=simulation_id, today=desk_of(request).today)
    arms = ["A", "B"] if row.policy_b_name else ["A"]
    page = reverse("simulation_detail", args=[simulation_id])
    context = {
        "row": row,
        "state_word": STATES[row.state],
        "state_tone": STATE_TONES.get(row.state, "neutral"),
        "segment": segment_name(row.segment_code, row.segment_name) if row.segment_id else "",
        "columns": [_column(row, arm, sums.get(arm), [one for one in steps if one.arm == arm], page) for arm in arms],
        "chart": _chart(row, arms),
        **_progress(row),
    }
    table = SimulatedNoticeTable(request, queries.list_notices(simulation_id=simulation_id))
    return render_table(request, "simulation/simulation_detail.html", table, context)


def _column(row: SimulationRow, arm: str, total: ArmSum | None, steps: Sequence[StepSum], page: str) -> dict[str, Any]:
    costs: dict[str, Any] = {}
    for one in steps:
        if one.cost is not None:
            costs[one.cost_currency] = costs.get(one.cost_currency, 0) + one.cost
    return {
        "arm": arm,
        "name": policy_name(row.policy_a_name if arm == "A" else row.policy_b_name),
        "changes": change_texts(row.change) if arm == "B" else [],
        "total": total or ArmSum(arm=arm, notices=0, accounts=0, whole=0, part=0),
        "share": _share(total.whole, total.notices) if total else formats.DASH,
        "costs": sorted(costs.items()),
        "unreached": [
            {"label": reason_word(reason), "count": count}
            for reason, count in sorted(row.unreached.get(arm, {}).items(), key=lambda pair: -pair[1])
        ],
        "href": f"{page}?arm={arm}",
        "steps": [
            {
                "row": one,
                "name": step_name(code=one.level_code, name=one.level_name),
                "medium": MEDIUM_WORDS.get(one.medium, one.medium),
                "href": f"{page}?arm={arm}&level={one.level_code}&medium={one.medium}",
                "share": _share(one.whole, one.notices),
            }
            for one in steps
        ],
    }


def _share(part: int, whole: int) -> str:
    return formats.percent_text(Decimal(100 * part) / whole) if whole else formats.DASH


def change_texts(change: Change) -> list[str]:
    """Say what is tried otherwise than the policy says."""
    texts = []
    if change.shift_days is not None:
        texts.append(_("steps moved by %(days)s days") % {"days": formats.number_text(change.shift_days)})
    if change.interval_days_min is not None:
        texts.append(_("%(days)s days between two messages") % {"days": change.interval_days_min})
    if change.amount_min is not None:
        texts.append(_("nothing below %(amount)s") % {"amount": formats.number_text(change.amount_min, 2)})
    if change.touches_max is not None:
        texts.append(_("at most %(count)s messages a month") % {"count": change.touches_max})
    if change.is_timing_learnt is not None:
        texts.append(_("as learnt from the payer") if change.is_timing_learnt else _("on fixed days"))
    if change.has_courtesy is False:
        texts.append(_("nothing before the due date"))
    return texts


def _chart(row: SimulationRow, arms: Sequence[str]) -> Chart | None:
    found = {(arm, monday): (count, whole) for arm, monday, count, whole in queries.sum_by_week(simulation_id=row.id)}
    if not found:
        return None
    monday = row.first_date - timedelta(days=row.first_date.weekday())
    weeks = [monday + timedelta(days=7 * n) for n in range((row.last_date - monday).days // 7 + 1)]
    names = {"A": policy_name(row.policy_a_name), "B": policy_name(row.policy_b_name)}
    series = []
    for arm, tone in zip(arms, ("accent", "promised"), strict=False):
        pairs = [found.get((arm, week), (0, 0)) for week in weeks]
        name = f"{arm} · {names[arm]}"
        series.append(Series(name=name, values=[pair[0] for pair in pairs], tone=tone))
        needless = _("%(name)s, needless") % {"name": name}
        series.append(
            Series(name=needless, values=[pair[1] for pair in pairs], tone="late-3" if arm == "A" else "late-5")
        )
    return Chart(
        id="simulation-weeks",
        title=_("Messages by week"),
        categories=[formats.short_date_text(week) for week in weeks],
        series=series,
        kind="bar",
    )


def _progress(row: SimulationRow) -> dict[str, Any]:
    is_moving = row.state == "RUNNING"
    return {
        "is_moving": is_moving,
        "progress_url": reverse("simulation_progress", args=[row.id]) if is_moving else "",
        "progress_topic": f"simulation.{row.id}",
        "progress_label": _("Going through the accounts"),
    }


@requires(MAY)
@require_safe
def simulation_progress(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Answer the progress bar; when it is over, have the whole page read again."""
    row = _get(request, simulation_id)
    context = {"row": row, **_progress(row)}
    response = render_page(request, "simulation/_progress.html", "simulation/_progress.html", context)
    if not context["is_moving"]:
        response["HX-Refresh"] = "true"
    return response


@requires(MAY)
@require_POST
def simulation_stop(request: HttpRequest, simulation_id: int) -> HttpResponse:
    """Stop a simulation; what was found so far stays."""
    _get(request, simulation_id)
    try:
        services.cancel_simulation(simulation_id=simulation_id, actor=actor_of(request))
    except services.SimulationNotRunning:
        notify(request, _("Nothing was stopped: the simulation is finished."), tone="soon")
    else:
        notify(request, _("Simulation stopped. What was found so far stays."))
    return redirect("simulation_detail", simulation_id)
