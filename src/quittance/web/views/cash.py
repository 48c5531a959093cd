"""The cash desk: what waits on the left, its explanations on the right, one key to accept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.cash import queries, returns, services
from quittance.foundation.permissions import Permission
from quittance.ledger.queries.matching import MatchableItem, list_matchable_items
from quittance.ledger.services import LedgerError
from quittance.parties.payments import AccountChoice, list_account_choices
from quittance.web.access import Desk, actor_of, desk_of, permissions_of_request, requires
from quittance.web.cash_words import (
    RETURN_EVIDENCE_WORDS,
    STRATEGY_WORDS,
    WAITING_WORDS,
    evidence_words,
    marked_text,
    return_reason_word,
)
from quittance.web.ledger_words import refusal_words
from quittance.web.rendering import notify, render_table
from quittance.web.views.cash_tables import LineTable, WaitingTable

PROGRESS_DAYS = 30


@requires(Permission.SEE_CASH)
def desk(request: HttpRequest) -> HttpResponseBase:
    """Show the desk with the first line that can be explained, else the first that waits."""
    return _desk_page(request, queries.find_first_waiting(scope=desk_of(request).scope), is_chosen=False)


@requires(Permission.SEE_CASH)
def line(request: HttpRequest, transaction_id: int) -> HttpResponseBase:
    """Show the desk with this line."""
    return _desk_page(request, transaction_id, is_chosen=True)


@requires(Permission.SEE_CASH)
def line_list(request: HttpRequest) -> HttpResponseBase:
    """List all bank lines."""
    table = LineTable(request, queries.transaction_rows(scope=desk_of(request).scope))
    return render_table(request, "cash/line_list.html", table)


def _desk_page(request: HttpRequest, transaction_id: int | None, *, is_chosen: bool) -> HttpResponseBase:
    seen = desk_of(request)
    rows = queries.transaction_rows(scope=seen.scope, states=["WAITING"])
    context: dict[str, Any] = {"is_chosen": is_chosen, "can_match": _can_match(request)}
    if transaction_id is not None:
        try:
            found = queries.get_transaction(transaction_id=transaction_id, scope=seen.scope)
        except services.TransactionNotFound:
            raise Http404 from None
        context |= _line_context(request, found, seen)
    context["totals"] = queries.waiting_totals(scope=seen.scope)
    context["progress"] = queries.get_progress(
        from_date=seen.today - timedelta(days=PROGRESS_DAYS), until_date=seen.today, scope=seen.scope
    )
    table = WaitingTable(request, rows, selected_id=transaction_id)
    return render_table(request, "cash/desk.html", table, context)


def _can_match(request: HttpRequest) -> bool:
    return Permission.MATCH_CASH in permissions_of_request(request) and not desk_of(request).is_past


def _line_context(request: HttpRequest, found: queries.TransactionRow, seen: Desk) -> dict[str, Any]:
    """Return what the right side shows of a line: its words, its explanations, and accounts to look into."""
    proposals = [_proposal(row, found) for row in queries.list_proposals(transaction_id=found.id)]
    facts = [fact for proposal in proposals for fact in proposal["row"].evidence]
    context: dict[str, Any] = {
        "line": found,
        "reason": WAITING_WORDS.get(found.waiting_reason, _("Not looked at yet")),
        "pieces": marked_text(found.text, facts),
        "payer_evidence": [evidence_words(fact) for fact in found.payer_evidence],
        "proposals": proposals,
        "is_undoable": found.state in ("MATCHED", "UNAPPLIED"),
    }
    if found.amount < 0 or found.state == "RETURNED":
        context |= _return_context(found)
    if found.is_waiting and found.amount > 0:
        context |= _search_context(request, found, seen)
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
    return {
        "row": row,
        "strategy": STRATEGY_WORDS.get(row.strategy, row.strategy),
        "confidence_pct": Decimal(row.confidence) / 10,
        "evidence": [evidence_words(fact) for fact in row.evidence],
        "rest": found.amount - row.amount,
        "short": max(-row.difference, Decimal(0)),
    }


def _search_context(request: HttpRequest, found: queries.TransactionRow, seen: Desk) -> dict[str, Any]:
    """Return the accounts the clerk may look into, and the open items of the one that was chosen."""
    text = request.GET.get("account_search", "").strip()
    choices = list_account_choices(company_id=found.company_id, customer_id=found.customer_id, text=text)
    wanted = request.GET.get("account", "")
    chosen = next((choice for choice in choices if str(choice.id) == wanted), None)
    items = _items_of(chosen, found, seen) if chosen else []
    return {
        "account_search": text,
        "choices": choices,
        "chosen": chosen,
        "items": items,
    }


def _items_of(chosen: AccountChoice, found: queries.TransactionRow, seen: Desk) -> Sequence[MatchableItem]:
    items = list_matchable_items(
        company_id=found.company_id,
        currencies=[found.currency],
        item_ids=[],
        customer_ids=[chosen.customer_id],
        as_of=seen.today,
    )
    return sorted((item for item in items if item.account_id == chosen.id), key=lambda item: (item.due_date, item.id))


def _decide(request: HttpRequest, work: Callable[[], object], done: str, *, line_id: int, undo: bool = False) -> bool:
    """Run a decision and say how it went; False when it was refused."""
    try:
        work()
    except (services.TransactionNotFound, services.ProposalNotFound):
        raise Http404 from None
    except services.NotWaiting:
        notify(request, _("Somebody has decided on this line meanwhile. Nothing was changed."), tone="soon")
    except services.ProposalOutdated:
        notify(request, _("Something in it is no longer open. Nothing was changed: choose again."), tone="late")
    except services.NotMatched:
        notify(request, _("There is nothing to undo on this line."), tone="soon")
    except services.ReturnDiffers:
        notify(request, _("The amounts are not the same. Nothing was changed."), tone="late")
    except LedgerError as error:
        notify(request, refusal_words(error), tone="late")
    else:
        notify(request, done, undo_url=reverse("cash_undo", args=[line_id]) if undo else "")
        return True
    return False


def _next(request: HttpRequest, line_id: int) -> HttpResponse:
    """Go on to the line that waits after this one."""
    after = queries.find_next_waiting(scope=desk_of(request).scope, after_id=line_id)
    return redirect("cash_line", after) if after else redirect("cash_desk")


def _refresh(request: HttpRequest, transaction_id: int) -> None:
    """Look for explanations of one line again, applying nothing."""
    seen = desk_of(request)
    found = queries.get_transaction(transaction_id=transaction_id, scope=seen.scope)
    services.match_transactions(
        company_id=found.company_id, as_of=seen.today, transaction_ids=[transaction_id], may_apply=False
    )


def _line_of_proposal(request: HttpRequest, proposal_id: int) -> int:
    found = queries.find_transaction_of_proposal(proposal_id=proposal_id, scope=desk_of(request).scope)
    if found is None:
        raise Http404
    return found


@require_POST
@requires(Permission.MATCH_CASH)
def proposal_accept(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Apply an explanation and go on."""
    line_id = _line_of_proposal(request, proposal_id)

    def work() -> None:
        services.accept_proposal(proposal_id=proposal_id, actor=actor_of(request), scope=desk_of(request).scope)

    if not _decide(request, work, _("Matched."), line_id=line_id, undo=True):
        _refresh(request, line_id)
        return redirect("cash_line", line_id)
    return _next(request, line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def proposal_reject(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Say that an explanation is wrong."""
    line_id = _line_of_proposal(request, proposal_id)

    def work() -> None:
        services.reject_proposal(proposal_id=proposal_id, actor=actor_of(request), scope=desk_of(request).scope)

    _decide(request, work, _("This explanation will not come back."), line_id=line_id)
    return redirect("cash_line", line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_pick(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Apply a line to the items that were picked, or post it on the account when none was."""
    seen = desk_of(request)
    item_ids = [int(text) for text in request.POST.getlist("item") if text.isdigit()]
    if "on_account" in request.POST:
        item_ids = []
    account = request.POST.get("account", "")

    def work() -> None:
        if item_ids:
            services.match_items(
                transaction_id=transaction_id,
                item_ids=item_ids,
                as_of=seen.today,
                actor=actor_of(request),
                scope=seen.scope,
            )
        else:
            services.post_on_account(
                transaction_id=transaction_id,
                account_id=int(account) if account.isdigit() else 0,
                actor=actor_of(request),
                scope=seen.scope,
            )

    done = _("Matched.") if item_ids else _("Posted on the account, applied to nothing yet.")
    if _decide(request, work, done, line_id=transaction_id, undo=True):
        return _next(request, transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_return(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Say which payment a return took back: what that had paid is open again."""
    original = request.POST.get("original", "")

    def work() -> None:
        services.reverse_returned(
            transaction_id=transaction_id,
            original_id=int(original) if original.isascii() and original.isdigit() else 0,
            actor=actor_of(request),
            scope=desk_of(request).scope,
        )

    if _decide(request, work, _("Taken back: what it had paid is open again."), line_id=transaction_id, undo=True):
        return _next(request, transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_undo(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Undo what was made of a line."""
    seen = desk_of(request)

    def work() -> None:
        services.undo_match(
            transaction_id=transaction_id,
            effective_date=seen.today,
            reason=request.POST.get("reason", "").strip() or _("Undone at the cash desk"),
            actor=actor_of(request),
            scope=seen.scope,
        )

    if _decide(request, work, _("Undone. The line waits again."), line_id=transaction_id):
        _refresh(request, transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_set_aside(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Take a line off the desk."""

    def work() -> None:
        services.set_aside(
            transaction_id=transaction_id,
            reason="NOT_A_CUSTOMER",
            actor=actor_of(request),
            scope=desk_of(request).scope,
        )

    _decide(request, work, _("Set aside."), line_id=transaction_id)
    return _next(request, transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_bring_back(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Put a line back on the desk."""

    def work() -> None:
        services.bring_back(transaction_id=transaction_id, actor=actor_of(request), scope=desk_of(request).scope)

    if _decide(request, work, _("Back on the desk."), line_id=transaction_id):
        _refresh(request, transaction_id)
    return redirect("cash_line", transaction_id)
