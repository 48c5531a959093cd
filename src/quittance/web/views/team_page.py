"""The team: how far each collector has come today and this month, and what they aim at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quittance.foundation.permissions import Permission
from quittance.parties import staff, teams
from quittance.parties.people import list_people
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.day_so_far import goals_of
from quittance.web.views.work_forms import AmountField, DayField
from quittance.worklist import targets


class TargetForm(forms.Form):
    """What a collector aims at from a day on; empty is no target."""

    calls_a_day = forms.IntegerField(label=gettext_lazy("Calls a day"), required=False, min_value=1, max_value=500)
    promises_a_month = forms.IntegerField(
        label=gettext_lazy("Promises a month"), required=False, min_value=1, max_value=10_000
    )
    amount_a_month = AmountField(label=gettext_lazy("Collected a month"), required=False)
    currency = forms.RegexField(label=gettext_lazy("Currency"), regex=r"^[A-Z]{3}$", initial="EUR")
    from_date = DayField(label=gettext_lazy("Applies from"))

    def __init__(self, *arguments: Any, desk: Desk, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = desk.today

    def clean_from_date(self) -> Any:
        """Refuse a day that is over: what was aimed at then stays as it was."""
        day = self.cleaned_data["from_date"]
        if day < self.today:
            raise forms.ValidationError(_("Choose today or a day to come."))
        return day


def may_manage(request: HttpRequest, team: teams.TeamRow | None) -> bool:
    """Say whether a person sets the targets of a team's people: its manager, and who manages the work of all."""
    if Permission.MANAGE_WORK in permissions_of_request(request):
        return True
    return team is not None and team.manager_id == desk_of(request).scope.user_id


@requires(Permission.SEE_TODAY)
def team(request: HttpRequest) -> HttpResponse:
    """Show each team with its people's progress; people of no team stand by themselves."""
    desk = desk_of(request)
    groups = teams.list_teams(scope=desk.scope)
    in_teams = {user_id for group in groups for user_id, _name in group.members}
    rest = tuple((user_id, name) for user_id, name in list_people(scope=desk.scope) if user_id not in in_teams)
    progress = {
        one.user_id: one
        for one in targets.list_progress(user_ids=[*in_teams, *(user_id for user_id, _name in rest)], day=desk.today)
    }
    away = {row.id: row for row in staff.list_staff(today=desk.today, scope=desk.scope) if row.away_until}
    shown: list[dict[str, Any]] = [
        {"name": group.name, "manager": group.manager_name, "may_manage": may_manage(request, group),
         "people": _people(group.members, progress, away)}
        for group in groups
    ]  # fmt: skip
    alone = [row for row in _people(rest, progress, away) if row["is_active"]]
    if alone or not groups:
        shown.append({"name": "", "manager": "", "may_manage": may_manage(request, None), "people": alone})
    context = {"groups": shown, "may_settle": Permission.SEE_SETTINGS in permissions_of_request(request)}
    return render_page(request, "today/team.html", context=context)


def _people(
    members: tuple[tuple[int, str], ...], progress: dict[int, targets.Progress], away: dict[int, staff.PersonRow]
) -> list[dict[str, Any]]:
    rows = [(user_id, name, progress[user_id]) for user_id, name in members]
    return [
        {
            "id": user_id,
            "name": name,
            "away": away.get(user_id),
            "progress": one,
            "goals": {goal["code"]: goal for goal in goals_of(one)},
            "is_active": one.has_target or one.calls or one.promises or one.amount,
        }
        for user_id, name, one in rows
    ]


@requires(Permission.SEE_TODAY)
def target(request: HttpRequest, user_id: int) -> HttpResponse:
    """Set what a collector aims at."""
    desk = desk_of(request)
    person = dict(list_people(scope=desk.scope)).get(user_id)
    if person is None:
        raise Http404
    group = next((one for one in teams.list_teams(scope=desk.scope) if user_id in dict(one.members)), None)
    if not may_manage(request, group):
        raise PermissionDenied
    now = targets.list_progress(user_ids=[user_id], day=desk.today)[0]
    initial = {
        "calls_a_day": now.calls_target,
        "promises_a_month": now.promises_target,
        "amount_a_month": None if now.amount_target is None else f"{now.amount_target.normalize():f}",
        "currency": now.currency,
        "from_date": desk.today,
    }
    form = TargetForm(request.POST if request.method == "POST" else None, desk=desk, initial=initial)
    if request.method == "POST" and form.is_valid():
        targets.set_target(user_id=user_id, today=desk.today, actor=actor_of(request), **form.cleaned_data)
        notify(request, _("The target of %(name)s is kept.") % {"name": person})
        return redirect("team")
    context = {"form": form, "person": person}
    return render_page(request, "today/target.html", context=context, status=422 if form.errors else 200)
