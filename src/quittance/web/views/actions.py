"""Corrective actions against reasons of delay: the list, opening, changing and closing one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST

from quittance.cases import corrective_actions as services
from quittance.cases import queries
from quittance.foundation.permissions import Permission
from quittance.parties.people import list_people
from quittance.parties.queries import list_companies
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.delay_reason_words import delay_reason_choices, delay_reason_names, offered_delay_reasons
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import ChoiceFilter, Column, DateFilter, Empty, FlagFilter, Table
from quittance.web.tables.columns import Row
from quittance.web.views.import_access import allowed_scope
from quittance.web.views.work_forms import DayField

DUE_DAYS = 30


class ActionForm(forms.Form):
    """What is to be done, by whom and by when."""

    title = forms.CharField(label=lazy("What is to be done"), max_length=services.TITLE_LENGTH_MAX)
    reason = forms.ChoiceField(label=lazy("Against which reason of delay"), required=False)
    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int, empty_value=None, required=False)
    owner = forms.TypedChoiceField(label=lazy("Owner"), coerce=int)
    due_date = DayField(label=lazy("To be done by"))
    comment = forms.CharField(label=lazy("Comment"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *arguments: Any, request: HttpRequest, is_new: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        scope = allowed_scope(request)
        owner: Any = self.fields["owner"]
        owner.choices = list_people(scope=scope)
        if not is_new:
            del self.fields["reason"], self.fields["company"]
            return
        reason: Any = self.fields["reason"]
        reason.choices = [("", _("None in particular")), *offered_delay_reasons()]
        company: Any = self.fields["company"]
        everybody = [("", _("All companies"))] if scope.company_ids is None else []
        company.choices = [*everybody, *((row.id, row.name) for row in list_companies(company_ids=scope.company_ids))]
        company.required = not everybody


class ActionTable(Table):
    """Corrective actions; without a state asked for, the open ones."""

    key = "actions"
    caption = lazy("Corrective actions")
    all_label = lazy("Open")
    columns: ClassVar[list[Column]] = [
        Column(
            key="title", label=lazy("What is to be done"), kind="link",
            href=lambda row: reverse("action_detail", args=[row["id"]]),
        ),
        Column(key="reason", label=lazy("Why late"), priority=2),
        Column(key="company_name", label=lazy("Company"), priority=3, text=lambda row: row["company_name"] or _("All")),
        Column(key="owner_name", label=lazy("Owner"), kind="person"),
        Column(key="due_date", label=lazy("Due"), kind="date", is_sortable=True),
        Column(key="days_past_due", label=lazy("Days past it"), kind="days", priority=2),
        Column(key="state", label=lazy("State"), labels=dict(queries.action_state_choices())),
        Column(key="opened_date", label=lazy("Opened"), kind="date", is_sortable=True, priority=3),
        Column(key="closed_date", label=lazy("Closed"), kind="date", is_sortable=True, is_visible=False),
        Column(key="result", label=lazy("What came of it"), is_visible=False),
    ]  # fmt: skip
    search_fields: ClassVar[list[str]] = ["title", "comment"]
    search_hint = lazy("What is to be done")
    default_sort = "due_date"
    presets: ClassVar[list[tuple[Any, str]]] = [
        (lazy("Overdue"), "late=yes"),
        (lazy("Mine"), "owner=me"),
        (lazy("Closed"), "state=closed&sort=-closed_date"),
    ]
    empty = Empty(
        title=lazy("No corrective action is open."),
        text=lazy("Open one from a reason of delay that costs much: somebody does something about it by a day."),
    )

    def __init__(self, request: HttpRequest, rows: Any, *, desk: Desk) -> None:
        names = delay_reason_names()
        self.columns = [  # type: ignore[misc]  # the company's own words
            Column(
                key="reason_code", label=column.label, priority=2,
                text=lambda row: str(names.get(row["reason_code"], row["reason_code"])),
            ) if column.key == "reason" else column
            for column in self.columns
        ]  # fmt: skip
        late = Q(state="OPEN", due_date__lt=desk.today)
        self.filters = [  # type: ignore[misc]  # late counts from today
            ChoiceFilter(
                name="state", label=lazy("State"), is_multiple=False, condition=lambda _values: Q(),
                choices=[("", lazy("Open")), ("closed", lazy("Closed")), ("all", lazy("All"))],
            ),
            ChoiceFilter(name="reason", label=lazy("Why late"), field="reason_code", choices=delay_reason_choices),
            ChoiceFilter(
                name="owner", label=lazy("Owner"), is_multiple=False, choices=[("me", lazy("Me"))],
                condition=lambda _values: Q(owner_id=desk.scope.user_id),
            ),
            FlagFilter(name="late", label=lazy("Overdue"), conditions={"yes": late, "no": ~late}),
            DateFilter(name="due", label=lazy("Due"), field="due_date"),
        ]  # fmt: skip
        super().__init__(request, rows, as_of=desk.today)

    def row_tone(self, row: Row) -> str:
        """Return the tone of a row."""
        return "late" if (row["days_past_due"] or 0) > 0 else ""


@requires(Permission.SEE_INSIGHT)
def action_list(request: HttpRequest) -> HttpResponseBase:
    """List corrective actions."""
    desk = desk_of(request)
    rows = queries.list_actions(as_of=desk.today, scope=desk.scope)
    state = request.GET.get("state", "")
    if state != "all":
        rows = rows.exclude(state="OPEN") if state == "closed" else rows.filter(state="OPEN")
    table = ActionTable(request, rows, desk=desk)
    return render_table(request, "causes/action_list.html", table, {"may_act": _may_act(request)})


@requires(Permission.COLLECT)
def action_new(request: HttpRequest) -> HttpResponse:
    """Open a corrective action; the address may name the reason."""
    today = desk_of(request).today
    initial = {
        "reason": request.GET.get("reason", ""),
        "owner": request.user.pk,
        "due_date": today + timedelta(days=DUE_DAYS),
    }
    is_sent = request.method == "POST"
    form = ActionForm(request.POST if is_sent else None, request=request, is_new=True, initial=initial)
    if is_sent and form.is_valid():
        values = form.cleaned_data
        try:
            services.open_action(
                title=values["title"], reason_code=values["reason"], company_id=values["company"],
                owner_id=values["owner"], due_date=values["due_date"], comment=values["comment"], opened_date=today,
                actor=actor_of(request),
            )  # fmt: skip
        except services.CorrectiveActionRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The action is on the list."))
            return redirect("action_list")
    return render_page(request, "causes/action_new.html", context={"form": form}, status=422 if form.errors else 200)


@requires(Permission.SEE_INSIGHT)
def action_detail(request: HttpRequest, action_id: int) -> HttpResponse:
    """Show an action; who may, changes it."""
    action = _get(request, action_id)
    is_sent = request.method == "POST"
    if is_sent and not _may_act(request):
        raise PermissionDenied
    initial = {"title": action["title"], "owner": action["owner_id"], "due_date": action["due_date"]}
    initial["comment"] = action["comment"]
    form = ActionForm(request.POST if is_sent else None, request=request, is_new=False, initial=initial)
    if is_sent and form.is_valid():
        values = form.cleaned_data
        try:
            services.change_action(
                action_id=action_id, title=values["title"], owner_id=values["owner"], due_date=values["due_date"],
                comment=values["comment"], actor=actor_of(request),
            )  # fmt: skip
        except services.CorrectiveActionRefused as error:
            form.add_error(error.field or None, str(error))
        else:
            notify(request, _("The action was changed."))
            return redirect("action_detail", action_id)
    context = {
        "action": action,
        "reason": delay_reason_names().get(action["reason_code"], action["reason_code"]),
        "state": dict(queries.action_state_choices())[action["state"]],
        "form": form,
        "may_act": _may_act(request),
    }
    return render_page(request, "causes/action_detail.html", context=context, status=422 if form.errors else 200)


@requires(Permission.COLLECT)
@require_POST
def action_close(request: HttpRequest, action_id: int) -> HttpResponse:
    """Say that an action was done, or given up."""
    _get(request, action_id)
    try:
        services.close_action(
            action_id=action_id, is_done=request.POST.get("end") == "done", closed_date=desk_of(request).today,
            actor=actor_of(request), result=request.POST.get("result", ""),
        )  # fmt: skip
    except services.CorrectiveActionRefused as error:
        notify(request, str(error), tone="late")
        return redirect("action_detail", action_id)
    notify(request, _("The action is closed."), undo_url=reverse("action_reopen", args=[action_id]))
    return redirect("action_list")


@requires(Permission.COLLECT)
@require_POST
def action_reopen(request: HttpRequest, action_id: int) -> HttpResponse:
    """Open an action again."""
    _get(request, action_id)
    services.reopen_action(action_id=action_id, actor=actor_of(request))
    notify(request, _("The action is open again."))
    return redirect("action_detail", action_id)


def _get(request: HttpRequest, action_id: int) -> dict[str, Any]:
    found = queries.find_action(action_id=action_id, as_of=desk_of(request).today, scope=allowed_scope(request))
    if found is None:
        raise Http404
    return found


def _may_act(request: HttpRequest) -> bool:
    return Permission.COLLECT in permissions_of_request(request)
