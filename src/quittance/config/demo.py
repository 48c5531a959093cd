"""The people of the demo company, for its sign-in page only."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.conf import settings
from django.http import HttpRequest


def sign_ins(request: HttpRequest) -> dict[str, Any]:
    """Add ``demo_logins`` to templates: people with name, role, email and password; nobody outside the demo."""
    return {"demo_logins": _people if settings.QUITTANCE_DEMO else ()}


def _people() -> list[Any]:
    return list(getattr(import_module("quittance.cli.demo"), "SIGN_INS", ()))
