"""Errors of the API as problem details (RFC 9457): a type to test for, a title, what to do about it."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:quittance:problem:"
logger = logging.getLogger(__name__)


class Problem(Exception):
    """An answer that is no success; `code` is the last part of its type."""

    def __init__(self, status: int, code: str, title: str, detail: str = "", **more: Any) -> None:
        self.status, self.code, self.title, self.detail, self.more = status, code, title, detail, more
        super().__init__(title)

    def body(self) -> dict[str, Any]:
        """Return the problem as an object."""
        told: dict[str, Any] = {"type": TYPES + self.code, "title": self.title, "status": self.status}
        return told | ({"detail": self.detail} if self.detail else {}) | self.more


def not_found(detail: str = "") -> Problem:
    """Return the problem of what does not exist, or not for this token."""
    return Problem(404, "not-found", "There is no such thing, or not for this token.", detail)


def answer(problem: Problem) -> HttpResponse:
    """Return a problem as an answer."""
    response = HttpResponse(json.dumps(problem.body()), status=problem.status, content_type=MEDIA_TYPE)
    response["Cache-Control"] = "no-store"
    if problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="quittance"'
    if problem.status == 429:
        response["Retry-After"] = "60"
    return response


def register(api: NinjaAPI) -> None:
    """Let the API answer every error by a problem."""

    @api.exception_handler(Problem)
    def of_ours(request: HttpRequest, error: Problem) -> HttpResponse:
        return answer(error)

    @api.exception_handler(AuthenticationError)
    def without_token(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        title = "A token is needed: unknown, revoked and expired ones are not taken."
        return answer(Problem(401, "no-token", title, "Send it as “Authorization: Bearer …”."))

    @api.exception_handler(ValidationError)
    def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [{"where": list(map(str, one["loc"])), "what": str(one["msg"])} for one in error.errors]
        return answer(Problem(422, "not-valid", "The request is not as it should be.", errors=errors))

    @api.exception_handler(HttpError)
    def of_http(request: HttpRequest, error: HttpError) -> HttpResponse:
        return answer(Problem(error.status_code, "not-valid", str(error)))

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
        logger.error("the API failed at %s", request.path, exc_info=error)
        return answer(Problem(500, "unexpected", "Something unexpected happened; the log of the server tells more."))
