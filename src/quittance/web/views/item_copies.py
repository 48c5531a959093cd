"""The copy of an invoice, kept with its item for the reminders that bring it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.core.invoice_copies import is_copy_of
from quittance.foundation.permissions import Permission
from quittance.parties import attachments
from quittance.web.access import actor_of, requires
from quittance.web.rendering import notify
from quittance.web.views import lookups
from quittance.web.views.work_forms import AttachmentForm

PDF_START = b"%PDF-"


class CopyForm(AttachmentForm):
    """The PDF of an invoice."""

    def clean_file(self) -> Any:
        """Refuse what is too large, and what is no PDF."""
        file = super().clean_file()
        if file.read(len(PDF_START)) != PDF_START:
            raise forms.ValidationError(_("The copy of an invoice is a PDF."))
        file.seek(0)
        return file


def copy_of_item(row: Mapping[str, Any], *, may_keep: bool) -> dict[str, Any] | None:
    """Return the copies of an item's document that are kept, and the form for one; None for a credit. One query."""
    if row["amount_original"] <= 0:
        return None
    number = row["document_number"]
    files = [
        file
        for file in attachments.list_files_of_accounts(account_ids=[row["account_id"]])[row["account_id"]]
        if file["item_id"] in (None, row["id"]) and is_copy_of(filename=file["filename"], document_number=number)
    ]
    return {"files": files, "form": CopyForm(auto_id="copy-%s") if may_keep else None}


@requires(Permission.WRITE_NOTES)
@require_POST
def item_copy(request: HttpRequest, item_id: int) -> HttpResponse:
    """Keep the copy of an invoice with its item, under the number of the document."""
    row = lookups.get_item_or_404(request, item_id).row
    form = CopyForm(request.POST, request.FILES)
    if form.is_valid():
        name = f"{row['document_number'].replace('/', '-')}.pdf"
        attachments.add_attachment(
            customer_id=row["customer_id"],
            account_id=row["account_id"],
            item_id=item_id,
            file=form.cleaned_data["file"],
            filename=name,
            content_type="application/pdf",
            actor=actor_of(request),
        )
        notify(request, _("%(name)s is kept with the item.") % {"name": name})
    else:
        notify(request, " ".join(str(error) for errors in form.errors.values() for error in errors), tone="late")
    return redirect(reverse("item_detail", args=[item_id]) + "#copy")
