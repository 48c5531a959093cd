"""How a person wants the screens to look, saved views, and the living page of all components."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from quittance.foundation import clock
from quittance.foundation.permissions import Permission
from quittance.parties import preferences
from quittance.web.access import requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.tables import BulkAction
from quittance.web.views import ui_samples

COOKIE_SECONDS = 365 * 24 * 3600
NAME_LENGTH_MAX = 60


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Return where a form wants to go on, by its field or its address, on this site only."""
    target = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else default


@require_POST
def preference(request: HttpRequest) -> HttpResponse:
    """Keep language, theme or density: with the person, and in a cookie for the sign-in page."""
    chosen = {name: request.POST[name] for name in preferences.CHOICES if name in request.POST}
    try:
        for name, value in chosen.items():
            preferences.check_preference(name=name, value=value)
            if request.user.is_authenticated:
                preferences.set_preference(user_id=cast(Any, request.user).pk, name=name, value=value)
    except preferences.UnknownPreference:
        return HttpResponseBadRequest(_("There is no such preference."))
    is_script = request.headers.get("Accept") == "application/json"
    response = HttpResponse(status=204) if is_script else redirect(safe_next(request))
    for name, value in chosen.items():
        cookie = settings.LANGUAGE_COOKIE_NAME if name == "language" else f"quittance_{name}"
        response.set_cookie(
            cookie, value, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@login_required
@require_POST
def saved_view_create(request: HttpRequest) -> HttpResponse:
    """Keep the filters, sort and columns of a list under a name."""
    path, query = request.POST.get("path", "/"), request.POST.get("query", "")
    name = request.POST.get("name", "").strip()[:NAME_LENGTH_MAX]
    if not url_has_allowed_host_and_scheme(path, None):
        path = "/"
    target = f"{path}?{query}" if query else path
    if not name or not request.POST.get("table_key"):
        notify(request, _("Give the view a name."), tone="late")
        return redirect(target)
    try:
        preferences.save_view(
            user_id=cast(Any, request.user).pk,
            table_key=request.POST["table_key"][:NAME_LENGTH_MAX],
            name=name,
            query=query,
        )
    except preferences.TooManyViews:
        notify(request, _("There is no room for another view. Delete one first."), tone="late")
    else:
        notify(request, _("View “%(name)s” saved.") % {"name": name})
    return redirect(target)


@login_required
@require_POST
def saved_view_delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Delete a view of one's own."""
    if preferences.delete_view(user_id=cast(Any, request.user).pk, view_id=view_id):
        notify(request, _("View deleted."))
    return redirect(safe_next(request))


@requires(Permission.SEE_TODAY)
def components(request: HttpRequest) -> HttpResponseBase:
    """Show every component once, alive."""
    today = clock.today()
    bulk = [BulkAction(label=_("Say it"), href=reverse("ui_toast"))]
    table = ui_samples.SampleTable(request, ui_samples.rows(today), as_of=today, bulk=bulk)
    return render_table(request, "ui.html", table, ui_samples.context(today))


@requires(Permission.SEE_TODAY)
@require_POST
def components_toast(request: HttpRequest) -> HttpResponse:
    """Say something in a toast that can be undone."""
    count = len(request.POST.getlist("selected"))
    text = ngettext("%(count)d row selected.", "%(count)d rows selected.", count) % {"count": count}
    notify(request, text, undo_url=reverse("ui_toast"))
    return redirect(reverse("ui"))


@requires(Permission.SEE_TODAY)
def components_panel(request: HttpRequest) -> HttpResponse:
    """Show the side panel, as a page when asked for alone."""
    return render_page(request, "ui_panel_page.html", panel="components/_panel_sample.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say what to do when a form is too old to be trusted."""
    return render(request, "403_csrf.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say what to do when an address leads nowhere."""
    return render(request, "404.html", status=404)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say what to do when a page is not for this person."""
    return render(request, "403.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say what to do when we failed; uses nothing that may have failed (no database, no frame)."""
    return HttpResponse(get_template("500.html").render({}), status=500)
