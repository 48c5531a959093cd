"""How an action taken in the side panel ends: back to where the person was, with a toast that can undo it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from quittance.web.rendering import notify, wants_fragment
from quittance.web.views.ui import safe_next
from quittance.worklist import queries as worklist

UNDO_IDS_MAX = 100
# Pages that renew themselves when they hear of it; all others are loaded again.
_LISTENING = ("today",)


def reopen_url(task_ids: Sequence[int]) -> str:
    """Return the address that brings tasks back, '' when there are too many for one."""
    if len(task_ids) > UNDO_IDS_MAX:
        return ""
    return reverse("task_reopen") + "?" + "&".join(f"id={task_id}" for task_id in task_ids)


def finish(
    request: HttpRequest,
    text: str,
    *,
    undo_url: str = "",
    tone: str = "settled",
    focus_account_id: int | None = None,
    default_url: str = "",
) -> HttpResponse:
    """Say what was done and return to the page: a redirect, or for htmx the news that make it renew itself.

    Without a page to return to it is `default_url`, else Today. With `focus_account_id` a redirect to Today brings
    the task of that account into focus.
    """
    notify(request, text, undo_url=undo_url, tone=tone)
    if not wants_fragment(request):
        task_id = None if focus_account_id is None else worklist.find_task_id(key=f"account:{focus_account_id}")
        fallback = default_url or reverse("today") + (f"?focus={task_id}" if task_id else "")
        return redirect(safe_next(request, fallback))
    current = urlsplit(request.headers.get("HX-Current-URL", ""))
    response = HttpResponse(status=204)
    if current.path in [reverse(name) for name in _LISTENING]:
        response["HX-Trigger"] = json.dumps({"panel-close": True, "worklist": True})
    else:
        # The part after # would open the panel again.
        response["HX-Redirect"] = f"{current.path or '/'}{'?' + current.query if current.query else ''}"
    return response
