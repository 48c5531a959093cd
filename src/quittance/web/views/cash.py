"""The cash desk: what waits on the left; its explanations, items to pick and what was made of it on the right."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from quittance.cash import desk as desk_queries
from quittance.cash import queries, returns, services
from quittance.foundation import clock
from quittance.foundation.permissions import Permission
from quittance.parties.people import list_people
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.cash_event_words import history_entries
from quittance.web.cash_words import (
    DIFFERENCE_WORDS,
    PLANNED_WORDS,
    RETURN_EVIDENCE_WORDS,
    WAITING_WORDS,
    evidence_words,
    marked_text,
    return_reason_word,
)
from quittance.web.match_words import STRATEGY_WORDS
from quittance.web.rendering import render_table
from quittance.web.views.cash_picking import picking_context
from quittance.web.views.cash_tables import LineTable, WaitingTable

PROGRESS_DAYS = 30


@requires(Permission.SEE_CASH)
def desk(request: HttpRequest) -> HttpResponseBase:
    """Show the desk with the first line that can be explained, else the first that waits."""
    found = queries.find_first_waiting(scope=desk_of(request).scope, now=clock.now())
    return desk_page(request, found, is_chosen=False)


@requires(Permission.SEE_CASH)
def line(request: HttpRequest, transaction_id: int) -> HttpResponseBase:
    """Show the desk with this line."""
    return desk_page(request, transaction_id, is_chosen=True)


@requires(Permission.SEE_CASH)
def line_list(request: HttpRequest) -> HttpResponseBase:
    """List all bank lines."""
    table = LineTable(request, queries.transaction_rows(scope=desk_of(request).scope))
    return render_table(request, "cash/line_list.html", table)


def desk_page(
    request: HttpRequest, transaction_id: int | None, *, is_chosen: bool, more: dict[str, Any] | None = None
) -> HttpResponseBase:
    """Show the desk with a line; `more` is what a decision that was refused has to say (answered with 422)."""
    seen = desk_of(request)
    rows = queries.transaction_rows(scope=seen.scope, states=["WAITING"])
    context: dict[str, Any] = {"is_chosen": is_chosen, "can_match": may_match(request)}
    if transaction_id is not None:
        try:
            found = queries.get_transaction(transaction_id=transaction_id, scope=seen.scope)
        except services.TransactionNotFound:
            raise Http404 from None
        context |= _holding(request, found)
        context |= _line_context(request, found, seen) | (more or {})
        context["next_id"] = queries.find_next_waiting(after_id=found.id, scope=seen.scope, now=clock.now())
    context |= _for_me(request, seen)
    context["totals"] = queries.waiting_totals(scope=seen.scope)
    context["progress"] = queries.get_progress(
        from_date=seen.today - timedelta(days=PROGRESS_DAYS), until_date=seen.today, scope=seen.scope
    )
    context["day"] = queries.get_day_progress(today=seen.today, scope=seen.scope)
    table = WaitingTable(request, rows, selected_id=transaction_id)
    response = render_table(request, "cash/desk.html", table, context)
    if more:
        response.status_code = 422
    return response


def may_match(request: HttpRequest) -> bool:
    """Say whether this person decides on lines, looking at today."""
    return Permission.MATCH_CASH in permissions_of_request(request) and not desk_of(request).is_past


def _holding(request: HttpRequest, found: queries.TransactionRow) -> dict[str, Any]:
    """Hold the line for who may decide on it; say who has it when it is somebody else."""
    if not found.is_waiting:
        return {}
    if may_match(request):
        holder = services.hold_line(transaction_id=found.id, actor=actor_of(request))
    else:
        holder = services.find_holder(transaction_id=found.id)
    if holder is None or holder.user_id == actor_of(request).user_id:
        return {"is_held": holder is not None}
    return {"holder": holder, "can_match": False, "can_take": may_match(request)}


def _for_me(request: HttpRequest, seen: Desk) -> dict[str, Any]:
    """Return what waits for this very person: requests to decide, questions, answers."""
    user_id = seen.scope.user_id or 0
    asked, answers = desk_queries.list_questions_for(user_id=user_id, scope=seen.scope)
    return {
        "requests_for_me": desk_queries.list_requests_for(user_id=user_id, scope=seen.scope)
        if may_match(request)
        else [],
        "asked_of_me": asked,
        "answers_for_me": answers,
    }


def _line_context(request: HttpRequest, found: queries.TransactionRow, seen: Desk) -> dict[str, Any]:
    """Return what the right side shows of a line: its words, its explanations, and items to pick."""
    proposals = [_proposal(row, found) for row in queries.list_proposals(transaction_id=found.id)]
    context: dict[str, Any] = {
        "line": found,
        "reason": WAITING_WORDS.get(found.waiting_reason, _("Not looked at yet")),
        "pieces": marked_text(found.text, [proposal["row"].evidence for proposal in proposals]),
        "payer_evidence": [evidence_words(fact) for fact in found.payer_evidence],
        "proposals": proposals,
        "is_undoable": found.state in ("MATCHED", "UNAPPLIED"),
        "parent": desk_queries.find_parent(transaction_id=found.id),
        "differences": [
            {**one, "word": DIFFERENCE_WORDS[one["reason"]]}
            for one in desk_queries.list_differences(transaction_id=found.id)
        ],
        "history": history_entries(desk_queries.list_history(transaction_id=found.id, scope=seen.scope)),
        "questions": desk_queries.list_questions(transaction_id=found.id),
    }
    if found.state == "SPLIT":
        context["parts"] = desk_queries.list_parts(transaction_id=found.id)
    if found.amount < 0 or found.state == "RETURNED":
        context |= _return_context(found)
    if found.is_waiting and found.amount > 0:
        user_id = seen.scope.user_id or 0
        context["asked"] = desk_queries.find_request(transaction_id=found.id, user_id=user_id, as_of=seen.today)
        people = list_people(scope=seen.scope)
        context["colleagues"] = [one for one in people if one[0] != user_id]
        context |= picking_context(request, found, seen, request.POST or request.GET)
    return context


def _return_context(found: queries.TransactionRow) -> dict[str, Any]:
    """Return what a returned payment shows: why it came back, what it may undo, and what it undid."""
    candidates = [
        {"row": row, "evidence": [RETURN_EVIDENCE_WORDS[name] for name in row.evidence]}
        for row in returns.list_return_candidates(transaction_id=found.id)
    ]
    return {
        "return_reason": return_reason_word(found.return_reason) if found.amount < 0 else "",
        "candidates": candidates,
        "returned": returns.get_return(transaction_id=found.id),
        "proposals": [],
    }


def _proposal(row: queries.ProposalRow, found: queries.TransactionRow) -> dict[str, Any]:
    planned = sum((amount for _reason, amount in row.planned), Decimal(0))
    return {
        "row": row,
        "planned": [{"word": PLANNED_WORDS[reason], "amount": amount} for reason, amount in row.planned],
        "strategy": STRATEGY_WORDS.get(row.strategy, row.strategy),
        "confidence_pct": Decimal(row.confidence) / 10,
        "evidence": [evidence_words(fact) for fact in row.evidence],
        "rest": found.amount - row.amount + min(planned, Decimal(0)),
        "short": max(-row.difference - max(planned, Decimal(0)), Decimal(0)),
        "sum_open": sum((part.amount_open for part in row.lines), Decimal(0)),
    }
