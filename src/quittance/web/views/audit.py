"""The audit trail: every event, and the proof that nobody rewrote one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from quittance.foundation import clock, queries
from quittance.foundation.events import verify_chain
from quittance.foundation.permissions import Permission
from quittance.web.access import desk_of, requires
from quittance.web.rendering import render_page, render_table
from quittance.web.views.settings_tables import AuditTable


@requires(Permission.SEE_AUDIT)
def audit(request: HttpRequest) -> HttpResponseBase:
    """List the events of the companies in scope."""
    table = AuditTable(request, queries.list_audit(scope=desk_of(request).scope))
    return render_table(request, "settings/audit.html", table)


@requires(Permission.SEE_AUDIT)
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Compute every link of the chain again and say whether all of them hold."""
    if request.method != "POST":
        return redirect("audit")
    table = AuditTable(request, queries.list_audit(scope=desk_of(request).scope))
    context = {"table": table, "report": verify_chain(), "verified_at": clock.now()}
    return render_page(request, "settings/audit.html", context=context)
