"""Pages by a cursor: the id after which the next one begins."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def next_address(request: HttpRequest, rows: list[dict[str, Any]], limit: int) -> str | None:
    """Return the address of the next page when there is a row beyond `limit`, and take that row off."""
    if len(rows) <= limit:
        return None
    del rows[limit:]
    params = request.GET.copy()
    params["cursor"] = str(rows[-1]["id"])
    return f"{request.path}?{params.urlencode()}"
