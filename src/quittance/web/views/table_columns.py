"""Checking how a table of any layout will be read before it is: the same page for banks and for payers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from quittance.core.ports.intake import FileRefused
from quittance.foundation.permissions import Actor
from quittance.web.access import actor_of
from quittance.web.rendering import notify, render_page
from quittance.web.views.import_access import get_visible_import
from quittance.web.views.import_words import field_word, layout_words
from quittance.web.views.table_columns_form import ProposedTable, TableColumnsForm


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKind:
    """What is of one kind of tables only: how they are proposed, previewed, confirmed, and what their page shows.

    `not_waiting` is the error of a file that was started before.
    """

    kind: str
    template: str
    propose: Callable[[int], ProposedTable]
    form: Callable[[HttpRequest, dict[str, Any], Any], TableColumnsForm]
    preview: Callable[[int, Any], Any]
    confirm: Callable[[int, Any, Actor], None]
    queue: Callable[[int], object]
    shown: Callable[[Any, Any], dict[str, Any]]
    import_label: Callable[[Any], str]
    not_waiting: type[Exception]


def check_columns(request: HttpRequest, batch_id: int, *, of: TableKind) -> HttpResponse:
    """Show how the table will be read, and start the import as confirmed."""
    batch = get_visible_import(request, batch_id)
    if batch["kind"] != of.kind or batch["status"] != "NEEDS_MAPPING":
        return redirect("import_detail", batch_id)
    is_sent = request.method == "POST"
    try:
        proposal = of.propose(batch_id)
        form = of.form(request, batch, proposal)
        is_valid = form.is_valid() if is_sent else not proposal.profile.missing_fields()
        if is_sent and is_valid and request.POST.get("do") == "import":
            return _start(request, batch_id, form, of)
        sample = of.preview(batch_id, form) if is_valid else None
    except FileRefused:
        of.queue(batch_id)
        return redirect("import_detail", batch_id)
    except of.not_waiting:
        notify(request, _("This import was started before."), tone="late")
        return redirect("import_detail", batch_id)
    context = {
        "batch": batch,
        "proposal": proposal,
        "layout": layout_words(proposal.preview.layout) or proposal.preview.layout,
        "form": form,
        "warnings": () if proposal.is_confirmed else proposal.preview.proposal.warnings,
        "missing": [field_word(name) for name in proposal.profile.missing_fields()],
        "sample": sample,
        "import_label": of.import_label(sample),
        "steps": [_("File"), _("Check"), _("Import")],
        **(of.shown(sample, form) if sample else {}),
    }
    return render_page(request, of.template, context=context, status=422 if is_sent and not is_valid else 200)


def _start(request: HttpRequest, batch_id: int, form: TableColumnsForm, of: TableKind) -> HttpResponse:
    of.confirm(batch_id, form, actor_of(request))
    of.queue(batch_id)
    notify(request, _("The file is being read. What it brings appears here in a moment."))
    return redirect("import_detail", batch_id)
