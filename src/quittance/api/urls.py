"""Addresses of the API, and the page that describes them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from quittance.api import items, problems, statements, writeback
from quittance.api.docs import docs


class Api(NinjaAPI):
    """Answers that nobody keeps between us and the program that asks."""

    def create_response(self, request: HttpRequest, data: Any, **more: Any) -> HttpResponse:
        """Return an answer that is not to be stored."""
        response = super().create_response(request, data, **more)
        response["Cache-Control"] = "no-store"
        return response


api = Api(
    title="Quittance",
    version="1",
    description="Bank files in, what goes to the ERP out, open items. Errors are problem details (RFC 9457).",
    urls_namespace="api",
    docs_url=None,
    openapi_url="/openapi.json",
)
problems.register(api)
api.add_router("", statements.router)
api.add_router("", writeback.router)
api.add_router("", items.router)


def nowhere(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address that does not exist as a problem, not as a page."""
    return problems.answer(problems.not_found(rest))


nowhere.csrf_exempt = True  # type: ignore[attr-defined]
_patterns, _app, _namespace = api.urls
urlpatterns = [
    path("docs/", docs, {"api": api}, name="api_docs"),
    path("", (_patterns, _app, _namespace)),
    path("<path:rest>", nowhere, name="api_nowhere"),
]
