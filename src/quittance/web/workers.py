"""Whose tasks Today and the rail show, and how many there are: asked once a request."""

from __future__ import annotations

from typing import Any, cast

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
    """Return how many open tasks there are, one's own and the team's. One query, once a request."""
    cached = getattr(request, "_quittance_counts", None)
    if cached is None:
        cached = queries.count_tasks(scope=desk.scope, worker=worker_of(request, desk))
        request._quittance_counts = cached  # type: ignore[attr-defined]  # noqa: SLF001
    return cast(queries.TaskCounts, cached)


def count_own(request: HttpRequest, desk: Desk, *, count_max: int) -> int:
    """Return how many open tasks are one's own, `count_max + 1` at most; those counted already count."""
    counted = getattr(request, "_quittance_counts", None)
    if counted is not None:
        return min(int(counted.mine), count_max + 1)
    return queries.count_own_tasks(scope=desk.scope, worker=worker_of(request, desk), count_max=count_max)
