"""Who is asking, what they may see, and as of which day: the first lines of every view.

`@requires(Permission.X)` stands on every view; `desk_of(request)` gives the scope and the day the person looks at.
A link may carry `?desk_company=ID`, `?desk_department=ID` and `?desk_as_of=YYYY-MM-DD` (empty to clear); the session
remembers what it carried.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from quittance.foundation import clock
from quittance.foundation.permissions import Actor, Permission, Scope, permissions_of
from quittance.parties import queries as parties

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def permissions_of_request(request: HttpRequest) -> frozenset[Permission]:
    """Return what the signed-in person may do (nothing when nobody is signed in)."""
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    return permissions_of(cast(Any, user).roles)


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only people with `permission` pass: others get the sign-in page or 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if permission not in permissions_of_request(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the actor of events."""
    user = cast(Any, request.user)
    return Actor(user_id=user.pk, label=user.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a person looks at: scope (company, department, rights), the day, and today."""

    scope: Scope
    as_of: date
    today: date
    company_id: int | None
    department_id: int | None

    @property
    def is_past(self) -> bool:
        """Tell whether the person looks at another day than today."""
        return self.as_of != self.today


def desk_of(request: HttpRequest) -> Desk:
    """Return the desk of the request; computed once a request.

    An unknown or forbidden company or department is ignored (nothing more is shown); a day that cannot be read or
    lies in the future counts as today.
    """
    cached = getattr(request, "_quittance_desk", None)
    if cached is not None:
        return cast(Desk, cached)
    _remember_choice(request)
    user = cast(Any, request.user)
    today = clock.today()
    sees_all = user.sees_all_companies or user.is_superuser
    allowed = None if sees_all else parties.company_ids_of_user(user_id=user.pk)
    company_id, department_id = _chosen(request, allowed)
    company_ids = frozenset({company_id}) if company_id is not None else allowed
    desk = Desk(
        scope=Scope(company_ids=company_ids, department_id=department_id, user_id=user.pk),
        as_of=_chosen_day(request.session.get("desk_as_of", ""), today),
        today=today,
        company_id=company_id,
        department_id=department_id,
    )
    request._quittance_desk = desk  # type: ignore[attr-defined]  # noqa: SLF001
    return desk


def companies_of(request: HttpRequest) -> list[parties.CompanyRow]:
    """Return the companies that the desk shows, by name. One query, once a request."""
    cached = getattr(request, "_quittance_companies", None)
    if cached is None:
        cached = parties.list_companies(company_ids=desk_of(request).scope.company_ids)
        request._quittance_companies = cached  # type: ignore[attr-defined]  # noqa: SLF001
    return cast(list[parties.CompanyRow], cached)


def _remember_choice(request: HttpRequest) -> None:
    for name in ("company", "department", "as_of"):
        if f"desk_{name}" in request.GET:
            request.session[f"desk_{name}"] = request.GET[f"desk_{name}"]
            if name == "company":
                request.session["desk_department"] = request.GET.get("desk_department", "")


def _chosen(request: HttpRequest, allowed: frozenset[int] | None) -> tuple[int | None, int | None]:
    """Return the chosen company and department, each None when not chosen or not allowed."""
    company, department = request.session.get("desk_company", ""), request.session.get("desk_department", "")
    company_id = int(company) if str(company).isdigit() else None
    if company_id is not None and allowed is not None and company_id not in allowed:
        company_id = None
    if company_id is None or not str(department).isdigit():
        return company_id, None
    found = parties.find_department(company_id=company_id, department_id=int(department))
    return company_id, found.id if found else None


def _chosen_day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return min(day, today)
