"""Sign-in rules for allauth: nobody signs up by themselves; everybody lands where they work."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are created by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Send a customer to the portal, everybody else to Today."""
        if getattr(request.user, "portal_customer_id", None):
            return reverse("portal:home")
        return reverse("home")
