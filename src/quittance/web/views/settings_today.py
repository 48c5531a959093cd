"""Settings of the work: teams, and how each of them weighs what there is to do."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from quittance.core.worklist import ADJUSTABLE, DEFAULT_WEIGHTS, WEIGHT_MAX, WEIGHT_NAMES, RankWeights, adjust_weights
from quittance.foundation.permissions import Permission
from quittance.parties import teams
from quittance.parties.people import list_people
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views import task_words
from quittance.web.views.team_page import may_manage
from quittance.web.views.work_forms import DayField
from quittance.worklist import preview, services, weights


class TeamForm(forms.Form):
    """A team: its name, who leads it, who is in it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    manager = forms.TypedChoiceField(label=gettext_lazy("Manager"), required=False, coerce=int, empty_value=None)
    members = forms.TypedMultipleChoiceField(
        label=gettext_lazy("People"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *arguments: Any, people: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        manager: Any = self.fields["manager"]
        members: Any = self.fields["members"]
        manager.choices = [("", _("Nobody")), *people]
        members.choices = people


class WeightsForm(forms.Form):
    """The most points each part of a score can bring."""

    def __init__(self, *arguments: Any, now: RankWeights, today: date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today
        for name in WEIGHT_NAMES:
            self.fields[name] = forms.IntegerField(
                label=cast(Any, task_words.WEIGHTS[name]), min_value=0, max_value=WEIGHT_MAX, initial=getattr(now, name)
            )
        self.fields["from_date"] = DayField(label=_("From"), initial=today)

    def clean_from_date(self) -> date:
        """Refuse a day that is over: what was ranked then stays as it was."""
        day: date = self.cleaned_data["from_date"]
        if day < self.today:
            raise forms.ValidationError(_("Choose today or a day to come."))
        return day

    def points(self) -> dict[str, int]:
        """Return the points that were typed."""
        return {name: self.cleaned_data[name] for name in WEIGHT_NAMES if name in self.cleaned_data}


def _may_edit(request: HttpRequest) -> bool:
    return Permission.MANAGE_WORK in permissions_of_request(request)


@requires(Permission.SEE_SETTINGS)
def team_list(request: HttpRequest) -> HttpResponse:
    """List the teams; who may, adds one."""
    desk = desk_of(request)
    is_sent = request.method == "POST"
    if is_sent and not _may_edit(request):
        raise PermissionDenied
    form = TeamForm(request.POST if is_sent else None, people=list_people(scope=desk.scope))
    if is_sent and form.is_valid() and _keep(request, form, None):
        return redirect("settings_teams")
    context = {"teams": teams.list_teams(scope=desk.scope), "form": form, "may_edit": _may_edit(request)}
    return render_page(request, "settings/team_list.html", context=context, status=422 if is_sent else 200)


@requires(Permission.SEE_SETTINGS)
def team_edit(request: HttpRequest, team_id: int) -> HttpResponse:
    """Change a team."""
    if not _may_edit(request):
        raise PermissionDenied
    desk = desk_of(request)
    team = _team(desk, team_id)
    is_sent = request.method == "POST"
    initial = {"name": team.name, "manager": team.manager_id, "members": [user_id for user_id, _name in team.members]}
    form = TeamForm(request.POST if is_sent else None, people=list_people(scope=desk.scope), initial=initial)
    if is_sent and form.is_valid() and _keep(request, form, team_id):
        return redirect("settings_teams")
    context = {"team": team, "form": form}
    return render_page(request, "settings/team_edit.html", context=context, status=422 if is_sent else 200)


def _keep(request: HttpRequest, form: TeamForm, team_id: int | None) -> bool:
    values = form.cleaned_data
    try:
        teams.keep_team(
            team_id=team_id, name=values["name"], manager_id=values["manager"], member_ids=values["members"],
            actor=actor_of(request),
        )  # fmt: skip
    except teams.TeamRefused as error:
        form.add_error(error.field or None, str(error))
        return False
    notify(request, _("The team %(name)s is kept.") % {"name": values["name"]})
    return True


def _team(desk: Desk, team_id: int) -> teams.TeamRow:
    try:
        return teams.get_team(team_id=team_id, scope=desk.scope)
    except teams.TeamNotFound:
        raise Http404 from None


def _asked_team(request: HttpRequest, desk: Desk) -> teams.TeamRow | None:
    asked = request.GET.get("team", "")
    return _team(desk, int(asked[:18])) if asked.isascii() and asked.isdigit() else None


@requires(Permission.SEE_TODAY)
def weigh(request: HttpRequest) -> HttpResponse:
    """Show how Today is ranked for a team (everybody else without one), and let its manager change it from a day on."""
    desk = desk_of(request)
    team = _asked_team(request, desk)
    may_edit = may_manage(request, team)
    if not may_edit and Permission.SEE_SETTINGS not in permissions_of_request(request):
        raise PermissionDenied
    is_sent = request.method == "POST"
    if is_sent and not may_edit:
        raise PermissionDenied
    team_id = team.id if team else None
    now = weights.weights_of(team_id=team_id, day=desk.today)
    form = WeightsForm(request.POST if is_sent else None, now=now, today=desk.today)
    if is_sent and form.is_valid():
        _set(request, desk, team_id, form.points(), form.cleaned_data["from_date"])
        return redirect(request.get_full_path())
    context = {
        "form": form,
        "team": team,
        "may_edit": may_edit,
        "families": _families(form),
        "versions": [
            {
                "row": version,
                "text": ", ".join(f"{task_words.WEIGHTS[name]} {points}" for name, points in version.changes.items()),
            }
            for version in weights.list_versions(team_id=team_id)
        ],
        "tabs": [(None, _("Everybody else"), request.path)]
        + [(one.id, one.name, f"{request.path}?team={one.id}") for one in teams.list_teams(scope=desk.scope)],
        "preview_url": reverse("settings_today_preview") + (f"?team={team_id}" if team_id else ""),
        "reset_url": reverse("settings_today_reset") + (f"?team={team_id}" if team_id else ""),
        **_preview(desk, team_id, now, now),
    }
    return render_page(request, "settings/today_weights.html", context=context, status=422 if is_sent else 200)


@requires(Permission.SEE_TODAY)
def weigh_preview(request: HttpRequest) -> HttpResponse:
    """Show which ten would come first with the points typed; nothing is kept."""
    desk = desk_of(request)
    team = _asked_team(request, desk)
    if not may_manage(request, team):
        raise PermissionDenied
    team_id = team.id if team else None
    now = weights.weights_of(team_id=team_id, day=desk.today)
    form = WeightsForm(request.GET, now=now, today=desk.today)
    form.is_valid()
    wanted = adjust_weights(changes=form.points(), weights=now)
    context = {**_preview(desk, team_id, now, wanted), "team": team}
    return render_page(request, "settings/today_preview.html", "settings/_today_preview.html", context)


@requires(Permission.SEE_TODAY)
@require_POST
def weigh_reset(request: HttpRequest) -> HttpResponse:
    """Go back to the shipped points, from today on."""
    desk = desk_of(request)
    team = _asked_team(request, desk)
    if not may_manage(request, team):
        raise PermissionDenied
    shipped = {name: getattr(DEFAULT_WEIGHTS, name) for name in WEIGHT_NAMES}
    _set(request, desk, team.id if team else None, shipped, desk.today)
    return redirect(reverse("settings_today") + (f"?team={team.id}" if team else ""))


def _set(request: HttpRequest, desk: Desk, team_id: int | None, points: dict[str, int], from_date: date) -> None:
    kept = weights.set_weights(
        team_id=team_id, points=points, from_date=from_date, today=desk.today, actor=actor_of(request)
    )
    if kept is None:
        notify(request, _("Nothing changed: these points count already."))
        return
    if from_date == desk.today:
        services.refresh_tasks(as_of=desk.today)
        notify(request, _("The points count from now on; Today is ranked again."))
    else:
        notify(request, _("The points are kept for later."))


def _families(form: WeightsForm) -> list[dict[str, Any]]:
    return [
        {
            "name": task_words.FAMILIES[family.value],
            "fields": [{"field": form[name], "shipped": getattr(DEFAULT_WEIGHTS, name)} for name in names],
        }
        for family, names in ADJUSTABLE.items()
    ]


def _preview(desk: Desk, team_id: int | None, now: RankWeights, wanted: RankWeights) -> dict[str, Any]:
    rows = preview.first_ten(scope=desk.scope, team_id=team_id, as_of=desk.today, now=now, wanted=wanted)
    return {
        "preview": [{**row, "why": task_words.short_why({**row, "kind": "CALL", "action_reason": ""})} for row in rows],
        "is_same": now == wanted,
    }
