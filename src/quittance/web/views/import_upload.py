"""Sending a file: whose it is, and straight on to the worker when nothing has to be asked."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from quittance.core.ports.intake import FileRefused
from quittance.foundation.permissions import Permission
from quittance.ledger.intake.uploads import refuse_upload
from quittance.ledger.services import ImportProposal, propose_profile, start_import, store_upload
from quittance.parties.queries import list_companies
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope

FILENAME_MAX = 100
ACCEPTED = ".csv,.txt,.tsv,.xlsx,.xlsm,.gz,.fec"
DELTA, SNAPSHOT = "delta", "snapshot"
CONTENTS = [
    (DELTA, lazy("What is new or changed: items that are not in the file stay as they are.")),
    (SNAPSHOT, lazy("Everything that is open: items that are no longer in the file are closed.")),
]


class SizeGuard(FileUploadHandler):
    """Stops keeping a file at the limit, but hears it out, so that the browser gets an answer."""

    is_over = False

    def __init__(self, request: HttpRequest, *, bytes_max: int | None = None) -> None:
        """Guard an upload; without `bytes_max` by the limit of the installation."""
        super().__init__(request)
        most = settings.QUITTANCE_UPLOAD_MAX_BYTES
        self.bytes_max = most if bytes_max is None else min(bytes_max, most)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass a chunk on to the next handler while the limit is not reached."""
        if start + len(raw_data) > self.bytes_max:
            self.is_over = True
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:  # noqa: ARG002  (the handler's interface)
        """Leave the keeping to the next handler."""
        return None


class UploadForm(forms.Form):
    """A file, the company it is of, where it comes from, and what it leaves out."""

    file = forms.FileField(label=lazy("File"))
    company = forms.TypedChoiceField(label=lazy("Company"), coerce=int, empty_value=None, required=False)
    content = forms.ChoiceField(label=lazy("The file holds"), choices=CONTENTS, widget=forms.RadioSelect, initial=DELTA)
    source = forms.CharField(
        label=lazy("Source"),
        max_length=60,
        required=False,
        help_text=lazy("The system the file comes from, for example SAGE. Leave it blank when there is only one."),
    )

    def __init__(self, *args: Any, companies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = companies if len(companies) == 1 else [("", _("As the file says")), *companies]
        self.fields["company"].choices = choices  # type: ignore[attr-defined]

    def clean_source(self) -> str:
        """Write the source in capitals: Sage and SAGE are one."""
        return str(self.cleaned_data["source"]).strip().upper()


@csrf_exempt  # checked below, once the guard stands: the check itself reads the whole upload
@requires(Permission.IMPORT_LEDGER)
def import_new(request: HttpRequest) -> HttpResponse:
    """Take a file; a FEC goes to the worker at once, a table to the page of its columns."""
    guard = SizeGuard(request)
    if request.method == "POST":
        request.upload_handlers.insert(0, guard)
    return _import_new(request, guard)


@csrf_protect
def _import_new(request: HttpRequest, guard: SizeGuard) -> HttpResponse:
    desk = desk_of(request)
    companies = [(str(row.id), row.name) for row in list_companies(company_ids=allowed_scope(request).company_ids)]
    is_sent = request.method == "POST"
    form = UploadForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        companies=companies,
        initial={"company": desk.company_id},
    )
    if is_sent and guard.is_over:
        form.errors["file"] = form.error_class(
            [
                _(
                    "The file is larger than %(most)s, the most that is taken here. Cut it into parts, or let "
                    "“quittance import ledger” read it on the server."
                )
                % {"most": megabytes(settings.QUITTANCE_UPLOAD_MAX_BYTES)}
            ]
        )
    elif is_sent and form.is_valid():
        return _take(request, form.cleaned_data)
    context = {
        "form": form,
        "accept": ACCEPTED,
        "most": megabytes(settings.QUITTANCE_UPLOAD_MAX_BYTES),
        "can_import_statements": Permission.IMPORT_STATEMENTS in permissions_of_request(request),
    }
    return render_page(request, "imports/import_new.html", context=context, status=422 if is_sent else 200)


def _take(request: HttpRequest, values: dict[str, Any]) -> HttpResponse:
    file = values["file"]
    company_id = values["company"]
    batch_id = store_upload(
        file=file.file,
        filename=short_name(file.name),
        actor=actor_of(request),
        company_id=company_id,
        source=values["source"],
        is_snapshot=values["content"] == SNAPSHOT,
    )
    try:
        proposal = propose_profile(batch_id=batch_id)
    except FileRefused as refusal:
        refuse_upload(batch_id=batch_id, refusal=refusal)
        return redirect("import_detail", batch_id)
    if not _starts_at_once(proposal, company_id):
        return redirect("import_columns", batch_id)
    start_import(
        batch_id=batch_id,
        reader=proposal.reader,
        settings=proposal.settings,
        actor=actor_of(request),
        source=proposal.source,
    )
    notify(request, _("The file is with the worker. What it brings appears here."))
    return redirect("import_detail", batch_id)


def _starts_at_once(proposal: ImportProposal, company_id: int | None) -> bool:
    """Tell whether nothing has to be asked: a FEC has its columns by law, but does not say whose it is."""
    return proposal.reader != "table" and proposal.is_ready and company_id is not None


def short_name(filename: str) -> str:
    """Cut a file name that is too long for a disk, and keep its ending.

    >>> len(short_name("a" * 300 + ".csv")), short_name("open items.csv")
    (100, 'open items.csv')
    """
    path = PurePath(filename)
    suffix = path.suffix[-10:]
    return path.stem[: FILENAME_MAX - len(suffix)] + suffix


def megabytes(size: int) -> str:
    if size < 1 << 20:
        return ngettext("%(size)d byte", "%(size)d bytes", size) % {"size": size}
    return _("%(size)d MB") % {"size": size >> 20}
