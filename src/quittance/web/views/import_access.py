"""Which imports a person may see and start: those of their companies, and their own."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q
from django.http import Http404, HttpRequest

from quittance.foundation import queries
from quittance.foundation.permissions import Scope
from quittance.parties import queries as parties
from quittance.web.access import desk_of


def allowed_scope(request: HttpRequest) -> Scope:
    """Return everything the person may see, whatever company is chosen in the frame; read once a request."""
    cached = getattr(request, "_quittance_allowed", None)
    if cached is None:
        user = cast(Any, request.user)
        cached = Scope(company_ids=parties.company_ids_of_user(user_id=user.pk), user_id=user.pk)
        request._quittance_allowed = cached  # type: ignore[attr-defined]  # noqa: SLF001
    return cast(Scope, cached)


def visible_imports(request: HttpRequest) -> Any:
    """Return the imports of the chosen companies; one of several companies only to who sees all, or started it."""
    return _own(request, queries.list_imports(scope=desk_of(request).scope))


def get_visible_import(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    """Return one import with its report, or 404."""
    scope = allowed_scope(request)
    batch = queries.find_import(batch_id=batch_id, scope=scope)
    if batch is None:
        raise Http404
    is_shared = batch["company_id"] is None and scope.company_ids is not None
    if is_shared and batch["started_by_id"] != scope.user_id:
        raise Http404
    return batch


def _own(request: HttpRequest, rows: Any) -> Any:
    user = cast(Any, request.user)
    if user.sees_all_companies or user.is_superuser:
        return rows
    return rows.filter(Q(company_id__isnull=False) | Q(started_by_id=user.pk))
