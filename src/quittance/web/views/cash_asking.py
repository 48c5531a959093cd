"""Several people at one cash desk: who has a line open, what is asked of whom, and what a manager decides."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.cash import queries, services
from quittance.foundation.permissions import Permission
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.rendering import notify, render_page
from quittance.web.views.cash import may_match
from quittance.web.views.cash_deciding import decide, go_on


@require_POST
@requires(Permission.MATCH_CASH)
def line_hold(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Go on holding a line; say who has it, or that it is settled."""
    try:
        found = queries.get_transaction(transaction_id=transaction_id, scope=desk_of(request).scope)
    except services.TransactionNotFound:
        raise Http404 from None
    holder = services.hold_line(transaction_id=transaction_id, actor=actor_of(request)) if found.is_waiting else None
    is_mine = holder is not None and holder.user_id == actor_of(request).user_id
    context = {
        "line": found,
        "is_free_now": is_mine and request.GET.get("was") == "held",
        "can_take": may_match(request),
        "is_held": True,
        "is_settled": not found.is_waiting,
        "holder": None if is_mine else holder,
    }
    return render_page(request, "cash/_holder.html", "cash/_holder.html", context)


@require_POST
@requires(Permission.MATCH_CASH)
def line_take(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Take a line over from who has it open."""

    def work() -> None:
        services.take_over(transaction_id=transaction_id, actor=actor_of(request), scope=desk_of(request).scope)

    decide(request, work, _("You have this line now."), line_id=transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.SEE_CASH)
def line_ask(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Ask a colleague about a line."""
    to, text = request.POST.get("to", ""), request.POST.get("question", "").strip()
    if not text or not to.isdigit():
        found = queries.find_line(transaction_id=transaction_id, scope=desk_of(request).scope)
        if found is None:
            raise Http404
        notify(request, _("Choose whom to ask, and write the question."), tone="soon")
        return redirect("cash_line", transaction_id)

    def work() -> None:
        services.ask_colleague(
            transaction_id=transaction_id, asked_to_id=int(to), text=text, actor=actor_of(request),
            scope=desk_of(request).scope,
        )  # fmt: skip

    decide(request, work, _("Asked. The answer will stand here."), line_id=transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.SEE_CASH)
def question_answer(request: HttpRequest, question_id: int) -> HttpResponse:
    """Answer a question about a line."""
    text = request.POST.get("answer", "").strip()
    line_id = queries.find_transaction_of_question(question_id=question_id, scope=desk_of(request).scope)
    if line_id is None:
        raise Http404
    if not text:
        notify(request, _("Write an answer."), tone="soon")
        return redirect("cash_line", line_id)

    def work() -> None:
        services.answer_question(
            question_id=question_id, text=text, actor=actor_of(request), scope=desk_of(request).scope
        )

    decide(request, work, _("Answered."), line_id=line_id)
    return redirect("cash_line", line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def request_approve(request: HttpRequest, request_id: int) -> HttpResponse:
    """Post the difference that somebody proposed."""
    line_id = _line_of_request(request, request_id)

    def work() -> None:
        services.approve_request(
            request_id=request_id, as_of=desk_of(request).today, actor=actor_of(request), scope=desk_of(request).scope
        )

    done = _("Matched, and the difference is posted.")
    return decide(request, work, done, line_id=line_id, undo=True) or go_on(request, line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def request_refuse(request: HttpRequest, request_id: int) -> HttpResponse:
    """Say no to a difference that somebody proposed."""
    line_id = _line_of_request(request, request_id)

    def work() -> None:
        services.refuse_request(
            request_id=request_id, answer=request.POST.get("answer", "").strip(), actor=actor_of(request),
            scope=desk_of(request).scope,
        )  # fmt: skip

    decide(request, work, _("Refused. The line waits."), line_id=line_id)
    return redirect("cash_line", line_id)


def _line_of_request(request: HttpRequest, request_id: int) -> int:
    found = queries.find_transaction_of_request(request_id=request_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found
