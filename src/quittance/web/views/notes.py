"""Notes about a customer: written, pinned, deleted and put back."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.foundation.permissions import Permission
from quittance.parties import notes as services
from quittance.web.access import actor_of, requires
from quittance.web.rendering import notify
from quittance.web.views import lookups
from quittance.web.views.work_forms import NoteForm

# The notes a person deleted and may still put back, kept in the session, latest last.
UNDO_KEY = "deleted_notes"
UNDO_MAX = 5


def note_form(accounts: list[Any], data: Any = None) -> NoteForm:
    """Return the form of a note about a customer with these accounts."""
    return NoteForm(data, accounts=[(one.id, f"{one.department_name} · {one.number}") for one in accounts])


@requires(Permission.WRITE_NOTES)
@require_POST
def note_create(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Write a note."""
    accounts = lookups.get_accounts_or_404(request, customer_id)
    form = note_form(accounts, request.POST)
    if form.is_valid():
        services.add_note(
            customer_id=customer_id,
            text=form.cleaned_data["text"],
            account_id=form.cleaned_data["account"],
            actor=actor_of(request),
        )
        notify(request, _("Note saved."))
    else:
        notify(request, _("The note was not saved: write something, up to 5,000 characters."), tone="late")
    return redirect(_notes_of(customer_id))


@requires(Permission.WRITE_NOTES)
@require_POST
def note_pin(request: HttpRequest, note_id: int) -> HttpResponse:
    """Pin a note, or let it go when `pinned` is 0."""
    note = _get_note(request, note_id)
    services.pin_note(note_id=note_id, is_pinned=request.POST.get("pinned") != "0")
    return redirect(_notes_of(note.customer_id))


@requires(Permission.WRITE_NOTES)
@require_POST
def note_delete(request: HttpRequest, note_id: int) -> HttpResponse:
    """Delete a note; the toast can put it back."""
    _get_note(request, note_id)
    note = services.delete_note(note_id=note_id, actor=actor_of(request))
    token = secrets.token_urlsafe(8)
    kept = [*request.session.get(UNDO_KEY, []), [token, {**asdict(note), "created_at": note.created_at.isoformat()}]]
    request.session[UNDO_KEY] = kept[-UNDO_MAX:]
    notify(request, _("Note deleted."), undo_url=reverse("note_restore", args=[note.customer_id, token]))
    return redirect(_notes_of(note.customer_id))


@requires(Permission.WRITE_NOTES)
@require_POST
def note_restore(request: HttpRequest, customer_id: int, token: str) -> HttpResponse:
    """Put a note back that this person just deleted."""
    lookups.get_accounts_or_404(request, customer_id)
    kept = dict(request.session.get(UNDO_KEY, []))
    fields = kept.pop(token, None)
    if fields is None or fields["customer_id"] != customer_id:
        raise Http404
    request.session[UNDO_KEY] = list(kept.items())
    fields["created_at"] = datetime.fromisoformat(fields["created_at"])
    services.restore_note(note=services.NoteRow(**fields), actor=actor_of(request))
    notify(request, _("Note put back."))
    return redirect(_notes_of(customer_id))


def _get_note(request: HttpRequest, note_id: int) -> services.NoteRow:
    note = services.find_note(note_id=note_id)
    if note is None:
        raise Http404
    visible = {account.id for account in lookups.get_accounts_or_404(request, note.customer_id)}
    if note.account_id is not None and note.account_id not in visible:
        raise Http404
    return note


def _notes_of(customer_id: int) -> str:
    return reverse("customer_detail", args=[customer_id]) + "#notes"
