"""Files kept with a customer: sent, fetched, deleted."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.parties import attachments as services
from quittance.web.access import actor_of, requires
from quittance.web.rendering import notify
from quittance.web.views import lookups
from quittance.web.views.work_forms import AttachmentForm


@requires(Permission.WRITE_NOTES)
@require_POST
def attachment_create(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Keep a file with a customer."""
    lookups.get_accounts_or_404(request, customer_id)
    form = AttachmentForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        services.add_attachment(
            customer_id=customer_id,
            file=file,
            filename=file.name,
            content_type=file.content_type or "",
            actor=actor_of(request),
        )
        notify(request, _("%(name)s is kept with the customer.") % {"name": file.name})
    else:
        notify(request, " ".join(str(error) for errors in form.errors.values() for error in errors), tone="late")
    return redirect(reverse("customer_detail", args=[customer_id]) + "#files")


@requires(Permission.SEE_CUSTOMERS)
def attachment_download(request: HttpRequest, attachment_id: int) -> HttpResponseBase:
    """Send a file as a download: never shown inside the site, whatever it says it is."""
    found = _get_attachment(request, attachment_id)
    try:
        file = services.open_attachment(attachment_id=attachment_id)
    except services.AttachmentNotFound as error:
        raise Http404 from error
    response = FileResponse(
        file, as_attachment=True, filename=found["filename"], content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


@requires(Permission.WRITE_NOTES)
@require_POST
def attachment_delete(request: HttpRequest, attachment_id: int) -> HttpResponse:
    """Delete a file."""
    found = _get_attachment(request, attachment_id)
    services.delete_attachment(attachment_id=attachment_id, actor=actor_of(request))
    notify(request, _("%(name)s deleted.") % {"name": found["filename"]})
    return redirect(reverse("customer_detail", args=[found["customer_id"]]) + "#files")


def _get_attachment(request: HttpRequest, attachment_id: int) -> dict[str, Any]:
    found = services.find_attachment(attachment_id=attachment_id)
    if found is None:
        raise Http404
    visible = {account.id for account in lookups.get_accounts_or_404(request, found["customer_id"])}
    if found["account_id"] is not None and found["account_id"] not in visible:
        raise Http404
    return found
