"""What every template may read: the frame, the day, whether this is the demo."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from quittance.foundation import clock
from quittance.web.shell import Shell


def shell(request: HttpRequest) -> dict[str, Any]:
    """Add ``shell``, ``as_of`` (the day looked at), ``today`` and ``is_demo``; no query before they are used.

    ``as_of`` is a function: templates call it where they name it.
    """
    frame = Shell(request)

    def as_of() -> date:
        return frame.desk.as_of if frame.desk else clock.today()

    return {
        "shell": frame,
        "as_of": as_of,
        "today": clock.today(),
        "is_demo": settings.QUITTANCE_DEMO,
    }
