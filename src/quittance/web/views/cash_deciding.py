"""What a click on the cash desk does: one decision, then the next line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from quittance.cases.services import DisputeAlreadyOpen, DisputeRefused
from quittance.cash import queries, services
from quittance.core.amount_text import UnreadableAmount
from quittance.core.payment_split import SplitRefused
from quittance.foundation import clock
from quittance.foundation.permissions import Permission
from quittance.ledger.services import LedgerError
from quittance.web.access import actor_of, desk_of, requires
from quittance.web.cash_event_words import last_decision
from quittance.web.ledger_words import refusal_words
from quittance.web.rendering import notify
from quittance.web.views.cash import desk_page
from quittance.web.views.cash_picking import LEAVE, Picked, read_picked, refusal_of_split, split_amounts


class _AboveLimit(Exception):
    """Carries a refusal past `decide` to the form, which offers to propose it to somebody."""

    def __init__(self, error: services.DifferenceAboveLimit) -> None:
        self.error = error
        super().__init__(str(error))


def decide(
    request: HttpRequest, work: Callable[[], object], done: str, *, line_id: int, undo: bool = False
) -> HttpResponse | None:
    """Run a decision and say how it went; return where to go when it was refused, None when it was done."""
    try:
        work()
    except (services.TransactionNotFound, services.ProposalNotFound, services.RequestNotFound):
        raise Http404 from None
    except services.NotWaiting:
        return _settled_meanwhile(request, line_id)
    except services.LineHeld as held:
        notify(request, _("%(name)s has this line open. Nothing was changed.") % {"name": held.name}, tone="soon")
    except (services.CashError, SplitRefused, DisputeRefused, LedgerError) as error:
        notify(request, _refusal(error), tone="late")
    else:
        notify(request, done, undo_url=reverse("cash_undo", args=[line_id]) if undo else "")
        return None
    return redirect("cash_line", line_id)


def go_on(request: HttpRequest, line_id: int) -> HttpResponse:
    """Go on to the line that waits after this one."""
    after = queries.find_next_waiting(scope=desk_of(request).scope, after_id=line_id, now=clock.now())
    return redirect("cash_line", after) if after else redirect("cash_desk")


def look_again(request: HttpRequest, transaction_id: int) -> None:
    """Look for explanations of one line again, applying nothing."""
    seen = desk_of(request)
    found = queries.get_transaction(transaction_id=transaction_id, scope=seen.scope)
    services.match_transactions(
        company_id=found.company_id, as_of=seen.today, transaction_ids=[transaction_id], may_apply=False
    )


def _settled_meanwhile(request: HttpRequest, line_id: int) -> HttpResponse:
    """Say who was quicker and with what, and go on."""
    who, what = last_decision(transaction_id=line_id, scope=desk_of(request).scope)
    text = _("%(who)s has decided on this line meanwhile (%(what)s). Nothing was changed; here is the next one.")
    plain = _("Somebody has decided on this line meanwhile. Nothing was changed; here is the next one.")
    notify(request, text % {"who": who, "what": what} if who else plain, tone="soon")
    return go_on(request, line_id)


def _refusal(error: Exception) -> str:
    if isinstance(error, SplitRefused):
        return refusal_of_split(error.reason.value) + " " + _("Nothing was changed.")
    if isinstance(error, services.ProposalOutdated):
        return _("Something in it is no longer open. Nothing was changed: choose again.")
    if isinstance(error, services.NotMatched):
        return _("There is nothing to undo on this line.")
    if isinstance(error, services.ReturnDiffers):
        return _("The amounts are not the same. Nothing was changed.")
    if isinstance(error, services.DifferenceOfOtherKind):
        return _("A fee, a discount or a deduction makes a payment short; this one is too much. Nothing was changed.")
    if isinstance(error, services.PartsDiffer):
        return _("Write two parts or more that add up to the payment. Nothing was changed.")
    if isinstance(error, services.CollectionNotFound):
        return _("It is no longer the sum of a collection at the bank. Nothing was changed.")
    if isinstance(error, services.PartInUse):
        return _("One of the parts is matched: undo it first. Nothing was changed.")
    if isinstance(error, services.DifferenceAboveLimit):
        return _("The difference is above your limit. Nothing was changed: use “Change” to propose it to a manager.")
    if isinstance(error, services.NotForYou):
        return _("Somebody else has to do this. Nothing was changed.")
    if isinstance(error, DisputeAlreadyOpen):
        return _("The item is disputed already. Nothing was changed.")
    if isinstance(error, DisputeRefused):
        return _("Choose a reason for the deduction. Nothing was changed.")
    return refusal_words(error)


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
        try:
            services.accept_proposal(proposal_id=proposal_id, actor=actor_of(request), scope=desk_of(request).scope)
        except services.ProposalOutdated:
            look_again(request, line_id)
            raise

    refused = decide(request, work, _("Matched."), line_id=line_id, undo=True)
    return refused or go_on(request, line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def proposal_reject(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Say that an explanation is wrong."""
    line_id = _line_of_proposal(request, proposal_id)

    def work() -> None:
        services.reject_proposal(proposal_id=proposal_id, actor=actor_of(request), scope=desk_of(request).scope)

    refused = decide(request, work, _("This explanation will not come back."), line_id=line_id)
    return refused or redirect("cash_line", line_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_pick(request: HttpRequest, transaction_id: int) -> HttpResponseBase:
    """Apply a line to the items that were picked, or post it on the account when none was."""
    seen = desk_of(request)
    picked = read_picked(request.POST)
    if picked.unreadable:
        text = _("“%(text)s” is not an amount. Nothing was changed.") % {"text": picked.unreadable}
        return desk_page(request, transaction_id, is_chosen=True, more={"pick_problem": text})
    if "on_account" in request.POST or not picked.choices:
        return _post_on_account(request, transaction_id)
    if "propose" in request.POST:
        return _propose(request, transaction_id, picked)

    def work() -> None:
        try:
            services.settle_items(
                transaction_id=transaction_id, choices=picked.choices, as_of=seen.today, actor=actor_of(request),
                scope=seen.scope, way=picked.way, dispute_reason=picked.dispute_reason, comment=picked.comment,
            )  # fmt: skip
        except services.DifferenceAboveLimit as error:
            raise _AboveLimit(error) from error

    done = _("Matched.") if picked.way == LEAVE else _("Matched, and the difference is dealt with.")
    try:
        refused = decide(request, work, done, line_id=transaction_id, undo=True)
    except _AboveLimit as above:
        return desk_page(request, transaction_id, is_chosen=True, more={"above_limit": above.error})
    return refused or go_on(request, transaction_id)


def _post_on_account(request: HttpRequest, transaction_id: int) -> HttpResponse:
    account = request.POST.get("account", "")
    if not account.isdigit():
        notify(request, _("Pick an item, or choose the account that the money is for."), tone="soon")
        return redirect("cash_line", transaction_id)

    def work() -> None:
        services.post_on_account(
            transaction_id=transaction_id,
            account_id=int(account),
            actor=actor_of(request),
            scope=desk_of(request).scope,
        )

    done = _("Posted on the account, applied to nothing yet.")
    refused = decide(request, work, done, line_id=transaction_id, undo=True)
    return refused or go_on(request, transaction_id)


def _propose(request: HttpRequest, transaction_id: int, picked: Picked) -> HttpResponse:
    seen = desk_of(request)

    def work() -> None:
        services.request_difference(
            transaction_id=transaction_id, choices=picked.choices, way=picked.way, comment=picked.comment,
            as_of=seen.today, actor=actor_of(request), scope=seen.scope,
        )  # fmt: skip

    done = _("Proposed. The line waits until somebody decides.")
    refused = decide(request, work, done, line_id=transaction_id)
    return refused or go_on(request, transaction_id)


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

    done = _("Taken back: what it had paid is open again.")
    refused = decide(request, work, done, line_id=transaction_id, undo=True)
    return refused or go_on(request, transaction_id)


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

    refused = decide(request, work, _("Undone. The line waits again."), line_id=transaction_id)
    if refused is None:
        look_again(request, transaction_id)
    return redirect("cash_line", transaction_id)


def _simple(request: HttpRequest, transaction_id: int, work: Callable[..., Any], done: str, **more: Any) -> Any:
    """Run a service of one line; return where to go when it was refused."""

    def run() -> None:
        work(transaction_id=transaction_id, actor=actor_of(request), scope=desk_of(request).scope, **more)

    return decide(request, run, done, line_id=transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_set_aside(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Take a line off the desk."""
    refused = _simple(request, transaction_id, services.set_aside, _("Set aside."), reason="NOT_A_CUSTOMER")
    return refused or go_on(request, transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_keep_unidentified(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Keep a receipt as nobody's for now."""
    comment = request.POST.get("comment", "").strip()
    done = _("Kept as unidentified: it stands among the suspense.")
    refused = _simple(request, transaction_id, services.keep_unidentified, done, comment=comment)
    return refused or go_on(request, transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_bring_back(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Put a line back on the desk."""
    refused = _simple(request, transaction_id, services.bring_back, _("Back on the desk."))
    if refused is None:
        look_again(request, transaction_id)
    return redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_split(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Decide on a receipt in parts."""
    try:
        total = queries.get_transaction(transaction_id=transaction_id, scope=desk_of(request).scope).amount
        amounts = split_amounts(request.POST.get("parts", ""), total=total)
    except services.TransactionNotFound:
        raise Http404 from None
    except UnreadableAmount:
        notify(request, _("Write the amounts of the parts, with + between them."), tone="late")
        return redirect("cash_line", transaction_id)
    ids: list[int] = []

    def work() -> None:
        ids.extend(
            services.split_line(
                transaction_id=transaction_id, amounts=amounts, actor=actor_of(request), scope=desk_of(request).scope
            )
        )

    refused = decide(request, work, _("Split: each part waits on the desk."), line_id=transaction_id)
    if refused is not None:
        return refused
    for part_id in ids:
        look_again(request, part_id)
    return redirect("cash_line", ids[0])


@require_POST
@requires(Permission.MATCH_CASH)
def line_split_by_debits(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Split a receipt in the debits of its collection, of which some items were paid meanwhile."""

    def work() -> None:
        services.split_by_debits(transaction_id=transaction_id, actor=actor_of(request), scope=desk_of(request).scope)

    done = _("Split: what could not be applied waits part by part.")
    return decide(request, work, done, line_id=transaction_id) or redirect("cash_line", transaction_id)


@require_POST
@requires(Permission.MATCH_CASH)
def line_merge(request: HttpRequest, transaction_id: int) -> HttpResponse:
    """Put the parts of a receipt together again."""
    refused = _simple(request, transaction_id, services.merge_parts, _("One receipt again."))
    if refused is None:
        look_again(request, transaction_id)
    return refused or redirect("cash_line", transaction_id)
