"""Show the HTML of a message without trusting it: its own answer, sandboxed, that can fetch and run nothing."""

from __future__ import annotations

from django.http import HttpResponse

POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)


def message_response(html: str) -> HttpResponse:
    """Answer with the HTML part of a message, for a frame of ours."""
    response = HttpResponse(html)
    response["Content-Security-Policy"] = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
