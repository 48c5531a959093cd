"""What is done with tasks of Today, several at once or one: put off, ticked off, given to somebody, held, explained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from quittance.dunning import services as dunning
from quittance.foundation.permissions import Permission
from quittance.ledger import queries as ledger
from quittance.ledger import services as ledger_services
from quittance.parties import teams
from quittance.parties.people import list_people
from quittance.web import formats
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.delay_reason_words import offered_delay_reasons
from quittance.web.rendering import notify, render_page
from quittance.web.views.finishing import finish, reopen_url
from quittance.web.views.today import get_task_or_404
from quittance.web.views.today_focus import can_work, find_url
from quittance.web.views.today_table import TodayTable, title_of
from quittance.web.views.ui import safe_next
from quittance.web.views.work_forms import DayField
from quittance.web.workers import worker_of
from quittance.worklist import queries, services

BULK_IDS_MAX = 5000
REASON_LENGTH_MAX = 200
_MYSELF, _NOBODY = "me", "-"


class AssignForm(forms.Form):
    """Who is to do it: oneself, a colleague, a team, or whom the facts say."""

    to = forms.ChoiceField(label=gettext_lazy("Give to"))

    def __init__(self, *arguments: Any, desk: Desk, **options: Any) -> None:
        super().__init__(*arguments, **options)
        people = [(f"person-{pk}", name) for pk, name in list_people(scope=desk.scope) if pk != desk.scope.user_id]
        groups = [(f"team-{team.id}", team.name) for team in teams.list_teams(scope=desk.scope)]
        to: Any = self.fields["to"]
        to.choices = [
            (_MYSELF, _("Myself")), (_NOBODY, _("Whoever has the account")),
            (_("Teams"), groups), (_("People"), people),
        ]  # fmt: skip

    def target(self, user_id: int | None) -> dict[str, int | None]:
        """Return the arguments of the service."""
        to = self.cleaned_data["to"]
        if to in (_MYSELF, _NOBODY):
            return {"user_id": user_id if to == _MYSELF else None, "team_id": None}
        kind, _dash, number = to.partition("-")
        return {
            "user_id": int(number) if kind == "person" else None,
            "team_id": int(number) if kind == "team" else None,
        }

    def target_name(self) -> str:
        """Return the name of who gets it."""
        flat = dict(pair for choice in self.fields["to"].choices for pair in _flat(choice))  # type: ignore[attr-defined]
        return str(flat[self.cleaned_data["to"]])


def _flat(choice: tuple[Any, Any]) -> list[tuple[Any, Any]]:
    return list(choice[1]) if isinstance(choice[1], list | tuple) else [choice]


class WhyLateForm(forms.Form):
    """Why everything that is late on these accounts is late."""

    reason = forms.ChoiceField(label=gettext_lazy("Why late"))
    keep = forms.BooleanField(
        label=gettext_lazy("Leave items that have a reason already"), required=False, initial=True
    )

    def __init__(self, *arguments: Any, desk: Desk, **options: Any) -> None:  # noqa: ARG002  (as its neighbours)
        super().__init__(*arguments, **options)
        reason: Any = self.fields["reason"]
        reason.choices = offered_delay_reasons()


class HoldForm(forms.Form):
    """Why no reminder is to leave, and until when."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=REASON_LENGTH_MAX)
    until = DayField(label=gettext_lazy("Until"), required=False)

    def __init__(self, *arguments: Any, desk: Desk, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = desk.today

    def clean_until(self) -> Any:
        """Refuse a day that is over."""
        day = self.cleaned_data["until"]
        if day is not None and day < self.today:
            raise forms.ValidationError(_("Choose a later day."))
        return day


_FORMS: dict[str, Any] = {"assign": AssignForm, "reason": WhyLateForm, "hold": HoldForm}


def _selected(request: HttpRequest, desk: Desk) -> list[int]:
    """Return the tasks that were selected and that the person sees. Two queries or three."""
    query = QueryDict(request.POST.get("query", ""))
    worker = worker_of(request, desk) if query.get("who", "mine") == "mine" else None
    table = TodayTable(request, queries.list_tasks(scope=desk.scope, worker=worker), scope=desk.scope, query=query)
    asked = [task_id for task_id, _n in zip(table.selected_ids(request.POST), range(BULK_IDS_MAX), strict=False)]
    return queries.list_task_ids(task_ids=asked, scope=desk.scope)


def _check(request: HttpRequest, action: str) -> None:
    allowed = permissions_of_request(request)
    if not can_work(allowed) or (action in ("reason", "hold") and Permission.COLLECT not in allowed):
        raise PermissionDenied


@requires(Permission.SEE_TODAY)
@require_POST
def task_bulk(request: HttpRequest) -> HttpResponse:
    """Tick off or put off the tasks selected in the list."""
    action = request.POST.get("action", "")
    _check(request, action)
    desk = desk_of(request)
    task_ids = _selected(request, desk)
    if action == "done":
        count = services.complete_tasks(task_ids=task_ids, actor=actor_of(request))
        text = ngettext("%(count)d task done.", "%(count)d tasks done.", count) % {"count": count}
    else:
        until = desk.today + timedelta(days=7 if action == "7" else 1)
        count = services.snooze_tasks(task_ids=task_ids, until=until, as_of=desk.today, actor=actor_of(request))
        text = ngettext(
            "%(count)d task sleeps until %(day)s.", "%(count)d tasks sleep until %(day)s.", count
        ) % {"count": count, "day": formats.short_date_text(until)}  # fmt: skip
    notify(request, text, undo_url=reopen_url(task_ids) if count else "")
    return redirect(safe_next(request, find_url("today")))


@requires(Permission.SEE_TODAY)
@require_POST
def task_bulk_ask(request: HttpRequest) -> HttpResponse:
    """Ask what is still to be chosen for the tasks selected: who gets them, why late, why held; then do it."""
    action = request.POST.get("action", "")
    if action not in _FORMS:
        raise Http404
    _check(request, action)
    desk = desk_of(request)
    task_ids = _selected(request, desk)
    is_sent = "is_sent" in request.POST
    form = _FORMS[action](request.POST if is_sent else None, desk=desk)
    back = safe_next(request, find_url("today"))
    if is_sent and form.is_valid():
        notify(request, _do(action, form, request, desk, task_ids))
        return redirect(back)
    context = {"form": form, "action": action, "task_ids": task_ids, "count": len(task_ids), "back": back}
    return render_page(request, "today/bulk_ask.html", context=context, status=422 if is_sent else 200)


def _do(action: str, form: Any, request: HttpRequest, desk: Desk, task_ids: list[int]) -> str:
    """Do what was chosen and say what was done."""
    values = form.cleaned_data
    if action == "assign":
        count = services.assign_tasks(task_ids=task_ids, actor=actor_of(request), **form.target(desk.scope.user_id))
        services.ensure_tasks_fresh(today=desk.today)
        return ngettext(
            "%(count)d task given to %(name)s.", "%(count)d tasks given to %(name)s.", count
        ) % {"count": count, "name": form.target_name()}  # fmt: skip
    account_ids = queries.list_account_ids(task_ids=task_ids, scope=desk.scope)
    if action == "reason":
        rows = ledger.list_items(as_of=desk.today, scope=desk.scope).filter(
            account_id__in=account_ids, amount_open__gt=0, due_date__lt=desk.today
        )
        item_ids = [row["id"] for row in rows if not (values["keep"] and row["delay_reason_code"])]
        count = ledger_services.set_delay_reason(
            item_ids=item_ids, reason_code=values["reason"], actor=actor_of(request)
        ) if item_ids else 0  # fmt: skip
        return ngettext("Reason set on %(count)d item.", "Reason set on %(count)d items.", count) % {"count": count}
    for account_id in account_ids:
        dunning.block_account(
            account_id=account_id, item_id=None, reason=values["reason"], from_date=desk.today,
            until_date=values["until"], actor=actor_of(request),
        )  # fmt: skip
    count = len(account_ids)
    return ngettext(
        "%(count)d account is on hold: no reminder will leave.",
        "%(count)d accounts are on hold: no reminder will leave.", count,
    ) % {"count": count}  # fmt: skip


@requires(Permission.SEE_TODAY)
def task_assign(request: HttpRequest, task_id: int) -> HttpResponse:
    """Give one task to somebody."""
    task = get_task_or_404(request, task_id)
    desk = desk_of(request)
    form = AssignForm(request.POST if request.method == "POST" else None, desk=desk)
    if request.method == "POST" and form.is_valid():
        services.assign_tasks(task_ids=[task_id], actor=actor_of(request), **form.target(desk.scope.user_id))
        services.ensure_tasks_fresh(today=desk.today)
        words = {"title": title_of(task), "name": form.target_name()}
        return finish(request, _("%(title)s given to %(name)s.") % words)
    context = {"form": form, "task": task, "title": title_of(task), "panel": "today/_assign_panel.html"}
    return render_page(
        request, "today/panel_page.html", context=context, panel="today/_assign_panel.html",
        status=422 if form.errors else 200,
    )  # fmt: skip
