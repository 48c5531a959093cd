"""The first page: sends each person where they work."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse

from quittance.foundation.permissions import Permission
from quittance.web.access import permissions_of_request

_HOMES = (
    (Permission.USE_PORTAL, "portal:home"),
    (Permission.SEE_TODAY, "today"),
)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Redirect to Today, or to the portal for a customer."""
    allowed = permissions_of_request(request)
    for permission, name in _HOMES:
        if permission in allowed:
            try:
                return redirect(reverse(name))
            except NoReverseMatch:
                continue
    return redirect("account_logout")
