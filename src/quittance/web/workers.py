"""Whose tasks Today and the rail show, and how many there are."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from django.http import HttpRequest

from quittance.web.access import Desk
from quittance.worklist import queries


def worker_of(request: HttpRequest, desk: Desk) -> queries.Worker:
    """Return whose list the person sees. One query, once a request."""
    cached = getattr(request, "_quittance_worker", None)
    if cached is None:
        roles = cast(Any, request.user).roles
        cached = queries.worker_of(user_id=desk.scope.user_id, roles=roles, day=desk.today)
        request._quittance_worker = cached  # type: ignore[attr-defined]  # noqa: SLF001
    return cast(queries.Worker, cached)


def count_all(request: HttpRequest, desk: Desk) -> queries.TaskCounts:
    """Return how many open tasks there are, one's own and the team's. One query."""
    return queries.count_tasks(scope=desk.scope, worker=worker_of(request, desk))


def own_tasks(request: HttpRequest, desk: Desk) -> QuerySet[Any]:
    """Return the open tasks that are one's own, to be counted."""
    return queries.own_tasks(scope=desk.scope, worker=worker_of(request, desk))
