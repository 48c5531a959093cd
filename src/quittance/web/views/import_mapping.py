"""Checking how a file will be read before it is: columns, signs, dates, and the first lines as they would be in."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from quittance.core.ports.intake import FileKind, FileRefused
from quittance.foundation.permissions import Permission
from quittance.foundation.queries import CASH_KINDS
from quittance.ledger.exchange_rates import list_missing_rates
from quittance.ledger.intake.uploads import Preview, UploadNotFound, place_upload, preview_import, refuse_upload
from quittance.ledger.queries.finding import item_kind_choices
from quittance.ledger.services import ImportProposal, ImportRefused, propose_profile, start_import
from quittance.parties.queries import find_company, list_companies, list_departments
from quittance.web import formats
from quittance.web.access import actor_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import allowed_scope, get_visible_import
from quittance.web.views.import_forms import ColumnsForm
from quittance.web.views.import_upload import SNAPSHOT
from quittance.web.views.import_words import FILE_KINDS, PREVIEW_FIELDS, field_word, layout_words

STARTABLE = ("NEEDS_MAPPING", "FAILED", "REFUSED")
_AMOUNTS = ("amount", "credit_limit")


@requires(Permission.IMPORT_LEDGER)
def import_columns(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Show how the file will be read, and start the import as confirmed."""
    batch = get_visible_import(request, batch_id)
    if batch["status"] not in STARTABLE or batch["kind"] in CASH_KINDS:
        return redirect("import_detail", batch_id)
    kind = _asked_kind(request)
    is_sent = request.method == "POST"
    try:
        if is_sent:
            _keep_place(request, batch)
        proposal = propose_profile(batch_id=batch_id, kind=kind)
        form = _form(request, batch, proposal)
        is_valid = form.is_valid() if is_sent else _is_complete(proposal, batch)
        if is_sent and is_valid and request.POST.get("do") == "import":
            return _start(request, batch_id, proposal, form)
        settings = form.reading_settings if is_sent else proposal.settings
        preview = preview_import(batch_id=batch_id, reader=proposal.reader, settings=settings) if is_valid else None
    except FileRefused as refusal:
        refuse_upload(batch_id=batch_id, refusal=refusal)
        return redirect("import_detail", batch_id)
    except (ImportRefused, UploadNotFound):
        notify(request, _("This import was started before."), tone="late")
        return redirect("import_detail", batch_id)
    context = {
        "batch": batch,
        "proposal": proposal,
        "layout": layout_words(proposal.layout) or proposal.reader_label,
        "form": form,
        "kinds": [(code, word, code == proposal.kind) for code, word in FILE_KINDS.items()],
        "missing": [field_word(name) for name in proposal.missing],
        "preview": preview,
        "preview_table": _preview_table(proposal.kind, preview) if preview else None,
        "import_label": _import_label(preview, form),
        "unknown_companies": _unknown_companies(preview, form),
        "missing_rates": _missing_rates(preview, form),
        "can_edit_settings": Permission.EDIT_SETTINGS in permissions_of_request(request),
        "steps": [_("File"), _("Check"), _("Import")],
    }
    status = 422 if is_sent and not is_valid else 200
    return render_page(request, "imports/import_columns.html", context=context, status=status)


def _asked_kind(request: HttpRequest) -> str | None:
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    return kind if kind in FileKind.__members__ else None


def _form(request: HttpRequest, batch: dict[str, Any], proposal: ImportProposal) -> ColumnsForm:
    scope = allowed_scope(request)
    departments = list_departments(company_ids=scope.company_ids)
    companies = [(str(row.id), row.name) for row in list_companies(company_ids=scope.company_ids)]
    names = dict(companies)
    return ColumnsForm(
        request.POST if request.method == "POST" else None,
        initial=ColumnsForm.initial_of(proposal, batch),
        proposal=proposal,
        companies=companies,
        departments=[(row.id, row.company_id, f"{names[str(row.company_id)]} · {row.name}") for row in departments],
        sees_all_companies=scope.company_ids is None,
    )


def _keep_place(request: HttpRequest, batch: dict[str, Any]) -> None:
    """Write down the company chosen, so that the proposal is made for it."""
    allowed = {row.id for row in list_companies(company_ids=allowed_scope(request).company_ids)}
    text = request.POST.get("company", "")
    company_id = int(text) if text.isascii() and text.isdigit() else None
    if company_id is not None and company_id not in allowed:
        return
    is_snapshot = request.POST.get("content") == SNAPSHOT if "content" in request.POST else batch["is_snapshot"]
    source = request.POST.get("source", "").strip().upper()
    place_upload(batch_id=batch["id"], company_id=company_id, source=source, is_snapshot=is_snapshot)


def _is_complete(proposal: ImportProposal, batch: dict[str, Any]) -> bool:
    return proposal.is_ready and (proposal.reader == "table" or batch["company_id"] is not None)


def _start(request: HttpRequest, batch_id: int, proposal: ImportProposal, form: ColumnsForm) -> HttpResponse:
    values = form.cleaned_data
    start_import(
        batch_id=batch_id,
        reader=proposal.reader,
        settings=form.reading_settings,
        actor=actor_of(request),
        company_id=values["company"],
        department_id=values["department"],
        source=proposal.source,
        is_snapshot=values.get("content") == SNAPSHOT,
        save_profile_as=values.get("save_as", ""),
    )
    notify(request, _("The file is with the worker. What it brings appears here."))
    return redirect("import_detail", batch_id)


def _import_label(preview: Preview | None, form: ColumnsForm) -> str:
    """Say on the button what will happen."""
    if preview is None:
        return _("Import")
    count = preview.lines_accepted if preview.is_whole else preview.lines_total
    if count is None:
        return _("Import the file")
    lines = ngettext("%(n)s line", "%(n)s lines", count) % {"n": formats.number_text(count) if count else "0"}
    if not preview.is_whole:
        lines = _("about %(lines)s") % {"lines": lines}
    company = dict(cast(Any, form.fields["company"]).choices).get(str(form["company"].value() or ""), "")
    if not form["company"].value() and len(cast(Any, form.fields["company"]).choices) > 1:
        return _("Import %(lines)s") % {"lines": lines}
    return _("Import %(lines)s into %(company)s") % {"lines": lines, "company": company}


def _unknown_companies(preview: Preview | None, form: ColumnsForm) -> list[str]:
    """Return the codes of companies that the lines name and nobody knows; none when the form names the company."""
    if preview is None or form["company"].value() or not preview.company_codes:
        return []
    return sorted(preview.company_codes - {company.code for company in list_companies()})


def _missing_rates(preview: Preview | None, form: ColumnsForm) -> list[str]:
    """Return the currencies whose lines would be rejected for want of a rate into the company's currency."""
    value = str(form["company"].value() or "")
    company = find_company(company_id=int(value)) if preview and value.isascii() and value.isdigit() else None
    if preview is None or company is None:
        return []
    return list_missing_rates(to_currency=company.currency, first_days=preview.first_days)


def _preview_table(kind: str, preview: Preview) -> dict[str, Any]:
    names = PREVIEW_FIELDS[kind]
    kinds = dict(item_kind_choices())
    return {
        "headings": [(field_word(name), name in _AMOUNTS) for name in names],
        "rows": [
            {
                "position": line.position,
                "cells": [(_cell(name, line.values, kinds), name in _AMOUNTS) for name in names],
            }
            for line in preview.lines
        ],
        "width": len(names),
    }


def _cell(name: str, values: Any, kinds: dict[str, Any]) -> str:
    value = values.get(name)
    match value:
        case None | "":
            return _("by the terms of the account") if name == "due_date" else ""
        case Decimal():
            return formats.amount_text(value, str(values.get("currency") or ""))
        case date():
            return formats.short_date_text(value)
        case _:
            return str(kinds.get(value, value)) if name == "kind" else str(value)
