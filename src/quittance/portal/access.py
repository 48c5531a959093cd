"""Who is asking on the portal: a customer's own person, and the one customer whose accounts may be shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from quittance.foundation.permissions import Actor, Permission, permissions_of

View = Callable[..., HttpResponse]


def portal_page(view: View) -> View:
    """Call `view(request, customer_id)` for a customer's person; others get the sign-in page or 403."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        user = cast(Any, request.user)
        if Permission.USE_PORTAL not in permissions_of(user.roles) or user.portal_customer_id is None:
            raise PermissionDenied
        return view(request, user.portal_customer_id, *args, **kwargs)

    guarded.required_permission = Permission.USE_PORTAL  # type: ignore[attr-defined]
    return guarded


def actor_of(request: HttpRequest) -> Actor:
    """Return the signed-in person as the actor of events."""
    user = cast(Any, request.user)
    return Actor(user_id=user.pk, label=user.name)
