"""Call next: one account after another, with what to say and how it ended, until the list is done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from quittance.foundation.permissions import Permission
from quittance.parties.queries import find_account
from quittance.web.access import desk_of, permissions_of_request, requires
from quittance.web.rendering import render_page
from quittance.web.views.calls import call_context, call_form, claimable_ids, list_debits
from quittance.web.views.day_so_far import day_context
from quittance.web.views.today_focus import callable_contacts, focus_context
from quittance.web.workers import worker_of
from quittance.worklist import queries, services

FOLLOWING_SHOWN = 5
_ACTIONS = ("CALL", "FOLLOW_PROMISE")


@requires(Permission.COLLECT)
def call_queue(request: HttpRequest) -> HttpResponse:
    """Show the first account to call of one's list, or the first after the task `after`."""
    desk = desk_of(request)
    services.ensure_tasks_fresh(today=desk.today)
    worker = worker_of(request, desk)
    rows = queries.list_tasks(scope=desk.scope, worker=worker).filter(
        action_code__in=_ACTIONS, account_id__isnull=False
    )
    asked = request.GET.get("after", "")
    left = rows.count()
    before = (
        queries.find_task(task_id=int(asked[:18]), scope=desk.scope) if asked.isascii() and asked.isdigit() else None
    )
    task_id = queries.find_task_id_after(task=before, rows=rows)
    context: dict[str, Any] = {"left": left, "queue_url": request.path, **day_context(worker, desk.today)}
    task = queries.find_task(task_id=task_id, scope=desk.scope) if task_id else None
    account = find_account(account_id=task["account_id"], scope=desk.scope) if task else None
    if task is None or account is None:
        return render_page(request, "today/call_queue.html", context=context)
    allowed = permissions_of_request(request)
    focus = focus_context(task, allowed=allowed, as_of=desk.today, next_url="")
    debits = list_debits(account, desk.today)
    wrong = queries.list_wrong_numbers(customer_id=account.customer_id)
    contacts = callable_contacts(account.customer_id, account.id, wrong)
    form = call_form(account, None, rows=debits, contacts=contacts, today=desk.today)
    behind = rows.exclude(id=task["id"])
    context |= {
        "focus": focus,
        "account": account,
        "form": form,
        "picked": claimable_ids(debits),
        "post_url": reverse("account_call", args=[account.id]),
        "skip_url": f"{request.path}?after={task['id']}" if left > 1 else "",
        "following": list(behind[:FOLLOWING_SHOWN]),
        **call_context(account, form, rows=debits, contacts=contacts, as_of=desk.today),
    }
    return render_page(request, "today/call_queue.html", context=context)
