"""Print batches: what waits to be printed and posted, the printer's file, and each letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.delivery import queries as delivery
from quittance.dunning import queries as dunning
from quittance.dunning.letters import render_decision_letter
from quittance.dunning.messages import TextError
from quittance.dunning.services import batched_letters
from quittance.foundation.permissions import Actor, Permission
from quittance.letters import queries, services
from quittance.letters.assembling import (
    LetterDamaged,
    Printout,
    assemble_pdf,
    list_manifest,
    write_manifest_csv,
    write_manifest_json,
)
from quittance.letters.queries import BatchRow
from quittance.letters.typesetting import LetterNotWritten
from quittance.web.access import actor_of, desk_of, permissions_of_request, requires
from quittance.web.rendering import notify, render_page, render_table
from quittance.web.views.letter_tables import BATCH_STATES, BatchTable, LetterTable, batch_tone
from quittance.web.views.runs import allowed_scope

PULLED_SHOWN_MAX = 10
PDF_TYPE = "application/pdf"
STEPS: dict[str, Callable[..., Any]] = {
    "close": services.close_batch,
    "printed": services.mark_printed,
    "posted": services.mark_posted,
    "undo": services.undo_step,
}
_SAID = {
    "close": gettext_lazy("The batch is closed: print it now. Newer letters go into another one."),
    "printed": gettext_lazy("Noted: the letters are printed."),
    "posted": gettext_lazy("Noted: the letters are with the post."),
    "undo": gettext_lazy("The last step is taken back."),
}


@requires(Permission.SEE_RUNS)
def print_batch_list(request: HttpRequest) -> HttpResponseBase:
    """List the batches of letters, those to be done first in view."""
    table = BatchTable(request, queries.list_batches(scope=desk_of(request).scope))
    return render_table(request, "letters/print_batch_list.html", table, {})


def _get_batch(request: HttpRequest, print_batch_id: int) -> BatchRow:
    batch = queries.find_batch(batch_id=print_batch_id, scope=allowed_scope(request))
    if batch is None:
        raise Http404
    return batch


def _may_act(request: HttpRequest) -> bool:
    return Permission.COLLECT in permissions_of_request(request)


@requires(Permission.SEE_RUNS)
def print_batch_detail(request: HttpRequest, print_batch_id: int) -> HttpResponseBase:
    """Show a batch: where it stands, its file and manifest, its letters."""
    batch = _get_batch(request, print_batch_id)
    context = {
        "batch": batch,
        "state": BATCH_STATES[batch.state],
        "tone": batch_tone(batch.state),
        "may_act": _may_act(request),
    }
    table = LetterTable(request, queries.list_letters(batch_id=batch.id))
    return render_table(request, "letters/print_batch_detail.html", table, context)


@requires(Permission.COLLECT)
@require_POST
def print_batch_step(request: HttpRequest, print_batch_id: int) -> HttpResponse:
    """Close a batch, note that it is printed or posted, or take the last step back."""
    batch = _get_batch(request, print_batch_id)
    step = request.POST.get("step", "")
    if step not in STEPS:
        raise Http404
    if step in ("close", "printed"):
        _say_pulled(request, batched_letters.recheck_batch(batch_id=batch.id, actor=actor_of(request)), step)
    try:
        STEPS[step](batch_id=batch.id, actor=actor_of(request))
    except services.BatchRefused as error:
        notify(request, str(error), tone="late")
    else:
        notify(request, str(_SAID[step]))
    return redirect("print_batch_detail", batch.id)


def _say_pulled(request: HttpRequest, pulled: list[batched_letters.PulledLetter], step: str) -> None:
    """Name the letters that were pulled out of a batch, and the sheets to throw away once it is on paper."""
    if not pulled:
        return
    names = "; ".join(f"{one.position}: {one.recipient_name} ({one.reason})" for one in pulled[:PULLED_SHOWN_MAX])
    text = ngettext(
        "%(n)s letter was taken out, since it may not leave any more: %(names)s.",
        "%(n)s letters were taken out, since they may not leave any more: %(names)s.",
        len(pulled),
    ) % {"n": len(pulled), "names": names}
    if step == "printed":
        text += " " + _("Take their sheets out of the pile.")
    notify(request, text, tone="soon")


def _printout(request: HttpRequest) -> Printout:
    return Printout(
        has_separators=request.GET.get("sheets") != "no",
        is_two_sided=request.GET.get("sides") == "2",
    )


@requires(Permission.SEE_RUNS)
def print_batch_pdf(request: HttpRequest, print_batch_id: int) -> HttpResponse:
    """Send the printer's file of a batch."""
    batch = _get_batch(request, print_batch_id)
    try:
        pdf = assemble_pdf(batch=batch, printout=_printout(request), language=get_language() or "en")
    except LetterDamaged as error:
        text = _(
            "A letter's file is missing or has changed, so nothing was put together. Take this letter out: %(letter)s"
        )
        notify(request, text % {"letter": error}, tone="late")
        return redirect("print_batch_detail", batch.id)
    except LetterNotWritten:
        notify(request, _("The sheets between the letters could not be written. Try without them."), tone="late")
        return redirect("print_batch_detail", batch.id)
    return download(pdf, f"letters-{batch.number}.pdf", PDF_TYPE)


@requires(Permission.SEE_RUNS)
def print_batch_manifest(request: HttpRequest, print_batch_id: int) -> HttpResponse:
    """Send the list of a batch's letters with their fingerprints, as CSV or JSON."""
    batch = _get_batch(request, print_batch_id)
    lines = list_manifest(batch=batch, printout=_printout(request))
    if request.GET.get("form") == "json":
        content = write_manifest_json(batch=batch, lines=lines)
        return download(content, f"letters-{batch.number}.json", "application/json")
    return download(write_manifest_csv(lines=lines), f"letters-{batch.number}.csv", "text/csv; charset=utf-8")


def download(content: bytes, filename: str, content_type: str, *, is_shown: bool = False) -> HttpResponse:
    """Answer with a file, to be kept or (PDF, pictures) to be looked at."""
    response = HttpResponse(content, content_type=content_type)
    safe = "".join(character if character.isalnum() or character in "-._" else "-" for character in filename)
    ascii_name = safe.encode("ascii", "replace").decode().replace("?", "-")
    response["Content-Disposition"] = f'{"inline" if is_shown else "attachment"}; filename="{ascii_name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _get_letter(request: HttpRequest, letter_id: int) -> dict[str, Any]:
    letter = queries.find_letter(letter_id=letter_id, scope=allowed_scope(request))
    if letter is None:
        raise Http404
    return letter


@requires(Permission.SEE_RUNS)
def letter_detail(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Show a letter: its address, its file, its tracking number; take it out or put it back."""
    letter = _get_letter(request, letter_id)
    context = {
        "letter": letter,
        "state": BATCH_STATES[letter["batch_state"]],
        "tone": batch_tone(letter["batch_state"]),
        "may_act": _may_act(request),
        "is_movable": letter["batch_state"] in ("OPEN", "CLOSED"),
    }
    return render_page(request, "letters/letter_detail.html", "", context, panel="letters/_letter_panel.html")


@requires(Permission.SEE_RUNS)
def letter_pdf(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Show the very PDF of a letter."""
    letter = _get_letter(request, letter_id)
    try:
        pdf = queries.read_pdf(letter_id=letter_id)
    except OSError as error:
        raise Http404 from error
    return download(pdf, f"{letter['account_number']}-{letter['position']}.pdf", PDF_TYPE, is_shown=True)


@requires(Permission.SEE_RUNS)
def decision_letter(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Show the letter that a decision of a run would become now, whatever medium it goes by."""
    if dunning.find_decision(decision_id=decision_id, scope=allowed_scope(request)) is None:
        raise Http404
    try:
        pdf = render_decision_letter(decision_id=decision_id)
    except (LetterNotWritten, TextError) as error:
        notify(request, _("The letter could not be written: %(why)s") % {"why": error}, tone="late")
        return redirect("decision_detail", decision_id)
    if pdf is None:
        raise Http404
    return download(pdf, f"letter-{decision_id}.pdf", PDF_TYPE, is_shown=True)


@requires(Permission.SEE_RUNS)
def notice_letter(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Show the very letter that a reminder left as."""
    scope = allowed_scope(request)
    notice = dunning.find_notice(notice_id=notice_id, scope=scope)
    if notice is None or notice.transmission is None:
        raise Http404
    files = delivery.list_files(transmission_id=notice.transmission.id)
    file_id = next((file["id"] for file in files if file["media_type"] == PDF_TYPE), None)
    file = delivery.find_file(file_id=file_id, scope=scope) if file_id is not None else None
    if file is None:
        raise Http404
    return download(file.content, file.filename, PDF_TYPE, is_shown=True)


def _change(request: HttpRequest, letter_id: int, change: Callable[[Actor], None], said: str) -> HttpResponse:
    letter = _get_letter(request, letter_id)
    try:
        change(actor_of(request))
    except services.BatchRefused as error:
        notify(request, str(error), tone="late")
    except batched_letters.LetterHeld as error:
        notify(request, _("It may not leave any more: %(why)s") % {"why": error}, tone="late")
    else:
        notify(request, said)
    return redirect("print_batch_detail", letter["batch_id"])


@requires(Permission.COLLECT)
@require_POST
def letter_track(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Keep the post's number of a registered letter."""
    number = request.POST.get("tracking_number", "")

    def change(actor: Actor) -> None:
        services.set_tracking_number(letter_id=letter_id, tracking_number=number, actor=actor)

    return _change(request, letter_id, change, _("The tracking number is kept."))


@requires(Permission.COLLECT)
@require_POST
def letter_take_out(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Leave a letter out of its batch."""
    reason = request.POST.get("reason", "")

    def change(actor: Actor) -> None:
        batched_letters.take_letter_out(letter_id=letter_id, reason=reason, actor=actor)

    return _change(request, letter_id, change, _("The letter is not printed with this batch."))


@requires(Permission.COLLECT)
@require_POST
def letter_put_back(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Put a letter back into its batch."""

    def change(actor: Actor) -> None:
        batched_letters.put_letter_back(letter_id=letter_id, actor=actor)

    return _change(request, letter_id, change, _("The letter is printed with this batch again."))
