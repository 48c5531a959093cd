"""Answer with a page or with the fragment htmx asked for. Every view ends in one of these two functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from quittance.web.exports import export_table
from quittance.web.tables import Table

VARY = ("HX-Request", "HX-Target", "HX-History-Restore-Request", "HX-Boosted")


def wants_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part: not on a boosted link, nor when it restores history."""
    headers = request.headers
    is_htmx = headers.get("HX-Request") == "true"
    return is_htmx and "HX-Boosted" not in headers and "HX-History-Restore-Request" not in headers


def render_page(
    request: HttpRequest,
    template: str,
    fragment: str = "",
    context: Mapping[str, Any] | None = None,
    *,
    panel: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render ``panel`` into the side panel, ``fragment`` to htmx, else the whole page.

    ``fragment`` may be a template or a part of one (``page.html#rows``). Answer forms with errors by 422.
    """
    name = template
    is_part = False
    if wants_fragment(request):
        if panel and request.headers.get("HX-Target") == "panel":
            name, is_part = panel, True
        elif fragment:
            name, is_part = fragment, True
    html = render_to_string(name, dict(context or {}), request=request)
    if is_part:
        html += render_to_string("components/_toasts_oob.html", {}, request=request)
    response = HttpResponse(html, status=status)
    patch_vary_headers(response, VARY)
    return response


def render_table(
    request: HttpRequest, template: str, table: Table, context: Mapping[str, Any] | None = None
) -> HttpResponseBase:
    """Render a list page: the export, the table alone, or the page with the table as ``table``."""
    kind = request.GET.get(table.prefix + "export", "")
    if kind in ("csv", "xlsx") and table.has_export and not table.is_refused:
        return export_table(table, kind)
    status = 422 if table.is_refused else 200
    asked_part = wants_fragment(request) and request.headers.get("HX-Target") == table.dom_id
    values = {**(context or {}), **(table.context() if asked_part else {"table": table})}
    return render_page(request, template, "components/table.html" if asked_part else "", values, status=status)


def notify(request: HttpRequest, text: str, *, undo_url: str = "", tone: str = "settled") -> None:
    """Say in a toast what was done, on this page or the next; ``undo_url`` is posted by its Undo button."""
    tags = f"tone:{tone}" + (f" undo:{undo_url}" if undo_url else "")
    messages.info(request, text, extra_tags=tags)


def toast(response: HttpResponse, text: str, *, tone: str = "settled") -> HttpResponse:
    """Add a toast to an answer that swaps nothing (204): by header."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "tone": tone}})
    return response


def trigger(response: HttpResponse, *events: str) -> HttpResponse:
    """Tell the page that something happened, for parts with ``hx-trigger="<event> from:body"``."""
    response["HX-Trigger"] = json.dumps(dict.fromkeys(events, True))
    return response


def refusal_text() -> str:
    """Return the sentence shown above a form that was not accepted."""
    return _("Nothing was saved. Correct the fields marked below.")
