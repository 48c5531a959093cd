"""Today: one thing in focus, the ranked list below; what is done with a task itself."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.dunning import services as dunning
from quittance.foundation.permissions import Permission
from quittance.web import formats
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table, wants_fragment
from quittance.web.views.call_forms import SnoozeForm
from quittance.web.views.day_so_far import day_context
from quittance.web.views.finishing import UNDO_IDS_MAX, finish, reopen_url
from quittance.web.views.today_focus import can_work, focus_context
from quittance.web.views.today_table import TodayTable, empty_text, title_of
from quittance.web.workers import count_all, worker_of
from quittance.worklist import queries, services


@requires(Permission.SEE_TODAY)
def today(request: HttpRequest) -> HttpResponseBase:
    """Show what there is to do: one's own list, or the team's (`who=team`), with one task in focus (`focus`)."""
    desk = desk_of(request)
    allowed = permissions_of_request(request)
    services.ensure_tasks_fresh(today=desk.today)
    worker = worker_of(request, desk)
    counts = count_all(request, desk)
    is_mine = request.GET.get("who", "mine" if can_work(allowed) else "team") == "mine"
    rows = queries.list_tasks(scope=desk.scope, worker=worker if is_mine else None)
    total = counts.mine if is_mine else counts.team
    table = TodayTable(request, rows, scope=desk.scope, is_mine=is_mine, total=total, allowed=allowed, worker=worker)
    team_url = f"{request.path}?who=team"
    table.empty = empty_text(is_mine=is_mine, has_team=counts.team > 0, team_url=team_url)  # type: ignore[misc]
    if is_table_wanted(request, table):
        return render_table(request, "today/today.html", table)
    task = _in_focus(request, table, desk)
    context = {
        "table": table,
        "counts": counts,
        "can_collect": Permission.COLLECT in allowed,
        **day_context(worker, desk.today),
        "is_mine": is_mine,
        "mine_url": f"{request.path}?who=mine",
        "team_url": team_url,
        "here": table.focus_url(task["id"]) if task else request.get_full_path(),
        "focus": None,
    }
    if task:
        next_url = _next_url(table, task)
        context["focus"] = focus_context(task, allowed=allowed, as_of=desk.today, next_url=next_url)
    is_card = request.headers.get("HX-Target") == "today-focus"
    fragment = "today/_focus.html" if is_card else "today/_today.html"
    return render_page(request, "today/today.html", fragment, context, status=422 if table.is_refused else 200)


def is_table_wanted(request: HttpRequest, table: TodayTable) -> bool:
    """Say whether the list alone is asked for: by htmx, or as a file."""
    is_part = wants_fragment(request) and request.headers.get("HX-Target") == table.dom_id
    return is_part or bool(request.GET.get("export"))


def _in_focus(request: HttpRequest, table: TodayTable, desk: Desk) -> dict[str, Any] | None:
    """Return the task asked for while it is open, then the one that follows it, else the first of the list."""
    asked = request.GET.get("focus", "")
    task = None
    if asked.isascii() and asked.isdigit():
        task = queries.find_task(task_id=int(asked[:18]), scope=desk.scope)
        if task and task["state"] == "OPEN":
            return task
    rows = table.page.rows
    if task is None:
        return queries.find_task(task_id=rows[0]["id"], scope=desk.scope) if rows else None
    following = queries.find_task_id_after(task=task, rows=cast(Any, table.source).queryset)
    return queries.find_task(task_id=following, scope=desk.scope) if following else None


def _next_url(table: TodayTable, task: dict[str, Any]) -> str:
    """Return the address of the task after this one in the list as it is sorted, '' when there is no other."""
    ids = [row["id"] for row in table.page.rows]
    if task["id"] in ids:
        place = ids.index(task["id"]) + 1
        following = ids[place] if place < len(ids) else None
        if following is None and not table.page.next_cursor:
            following = ids[0]
    else:
        following = None
    if following is None:
        following = queries.find_task_id_after(task=task, rows=cast(Any, table.source).queryset)
    return table.focus_url(following) if following and following != task["id"] else ""


def get_task_or_404(request: HttpRequest, task_id: int) -> dict[str, Any]:
    if not can_work(permissions_of_request(request)):
        raise PermissionDenied
    task = queries.find_task(task_id=task_id, scope=desk_of(request).scope)
    if task is None:
        raise Http404
    return task


@requires(Permission.SEE_TODAY)
@require_POST
def task_done(request: HttpRequest, task_id: int) -> HttpResponse:
    """Tick a task off."""
    task = get_task_or_404(request, task_id)
    done = services.complete_tasks(task_ids=[task_id], actor=actor_of(request))
    if task["subject_kind"] == "dunning_notice":
        # The step is done with it, so that the policy goes on to the next one.
        with suppress(dunning.TaskNotOpen):
            dunning.finish_task(notice_id=int(task["subject_id"]), note="", actor=actor_of(request))
    text = _("Done: %(title)s. It comes back only if something gets worse.") % {"title": title_of(task)}
    return finish(request, text if done else _("This task is off the list already."),
                  undo_url=reopen_url([task_id]) if done else "")  # fmt: skip


@requires(Permission.SEE_TODAY)
def task_snooze(request: HttpRequest, task_id: int) -> HttpResponse:
    """Put a task off: asks for the day, writes when it is posted."""
    task = get_task_or_404(request, task_id)
    desk = desk_of(request)
    form = SnoozeForm(request.POST if request.method == "POST" else None, today=desk.today)
    if request.method == "POST" and form.is_valid():
        until = form.cleaned_data["until"]
        services.snooze_tasks(task_ids=[task_id], until=until, as_of=desk.today, actor=actor_of(request))
        text = _("%(title)s sleeps until %(day)s.") % {"title": title_of(task), "day": formats.short_date_text(until)}
        return finish(request, text, undo_url=reopen_url([task_id]))
    context = {"form": form, "task": task, "title": title_of(task), "choices": SnoozeForm.choices_from(desk.today)}
    return render_page(
        request, "today/panel_page.html", context={**context, "panel": "today/_snooze_panel.html"},
        panel="today/_snooze_panel.html", status=422 if form.errors else 200,
    )  # fmt: skip


@requires(Permission.SEE_TODAY)
@require_POST
def task_reopen(request: HttpRequest) -> HttpResponse:
    """Bring back tasks (`id` in the address) that were ticked or put off: the undo of both."""
    if not can_work(permissions_of_request(request)):
        raise PermissionDenied
    asked = [int(text) for text in request.GET.getlist("id")[:UNDO_IDS_MAX] if text.isascii() and text.isdigit()]
    task_ids = queries.list_task_ids(task_ids=asked, scope=desk_of(request).scope)
    count = services.reopen_tasks(task_ids=task_ids, actor=actor_of(request))
    notify(request, ngettext("%(count)d task is back.", "%(count)d tasks are back.", count) % {"count": count})
    focus = f"?focus={task_ids[0]}" if task_ids else ""
    return redirect(reverse("today") + focus)
