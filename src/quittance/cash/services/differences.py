"""What a payment was less or more than what it pays: posted with its reason, disputed, and undone with the match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils import translation
from django.utils.translation import gettext

from quittance.cases.services import DisputeAlreadyClosed, close_dispute, open_dispute
from quittance.cash.errors import DifferenceAboveLimit, DifferenceOfOtherKind
from quittance.cash.limits import get_limit
from quittance.cash.models import BankTransaction, CashDifference, MatchProposal
from quittance.core.payment_split import PaymentSplit
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.ledger.queries.allocations import list_allocations_in_force
from quittance.ledger.services import convert_to_company, reverse_many
from quittance.ledger.services.differences import post_difference, withdraw_difference
from quittance.parties.queries import AccountRow

Reason = CashDifference.Reason
LEAVE: Final = "LEAVE"
WAYS: Final = (LEAVE, *Reason.values)
_SHORT_ONLY: Final = frozenset({Reason.BANK_FEE.value, Reason.DISCOUNT.value, Reason.DEDUCTION.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedDifference:
    """An item posted for a difference: `amount` missing (+) of `short_item_id`, or too much (-) without one."""

    item_id: int
    short_item_id: int | None
    amount: Decimal
    amount_company: Decimal

    @property
    def pairs(self) -> list[tuple[int, int, Decimal]]:
        """Return (debit, credit, amount) to apply besides the payment; nothing for what the payment itself settles."""
        return [(self.short_item_id, self.item_id, self.amount)] if self.short_item_id is not None else []


def check_difference(
    *, split: PaymentSplit, way: str, row: BankTransaction, company_currency: str, day: date, actor: Actor
) -> Decimal:
    """Return the difference in company currency when this person may post it.

    :raises CashError: DifferenceOfOtherKind, DifferenceAboveLimit
    :raises LedgerError: RateMissing
    """
    if split.left and way in _SHORT_ONLY:
        raise DifferenceOfOtherKind(f"{way} is for a payment that is short; this one has {split.left} left")
    amount = convert_to_company(
        amount=split.missing or split.left, currency=row.currency, company_currency=company_currency, on=day
    )
    if way == Reason.DEDUCTION or actor.user_id is None:
        return amount
    limit = get_limit(user_id=actor.user_id, company_id=row.bank_account.company_id)
    if amount > limit:
        raise DifferenceAboveLimit(amount=amount, limit=limit, currency=company_currency)
    return amount


def post_differences(
    *,
    split: PaymentSplit,
    way: str,
    proposal: MatchProposal,
    row: BankTransaction,
    accounts: dict[int, AccountRow],
    documents: dict[int, str],
    day: date,
    actor: Actor,
    first_number: int = 1,
) -> list[PostedDifference]:
    """Post an item for what is missing of each debit, or one for what is left of the payment.

    `accounts` are those of the short items by item id, and of the payment by 0. `first_number` is of the first item
    among those of the proposal.
    """
    wanted: list[tuple[int | None, Decimal]] = [*split.shortfalls]
    if split.left:
        wanted.append((None, -split.left))
    posted = []
    for number, (item_id, amount) in enumerate(wanted, start=first_number):
        account = accounts[item_id or 0]
        posted_id = post_difference(
            account_id=account.id,
            amount=-amount,
            currency=row.currency,
            effective_date=day,
            is_write_off=is_write_off(reason=way),
            document_number=documents.get(item_id or 0, "") or f"B{row.id}",
            label=label_of(reason=way, language=account.language),
            external_id=external_id_of_difference(proposal_id=proposal.id, number=number),
            actor=actor,
        )
        value = convert_to_company(
            amount=abs(amount), currency=row.currency, company_currency=account.company_currency, on=day
        )
        posted.append(
            PostedDifference(
                item_id=posted_id, short_item_id=item_id, amount=amount, amount_company=value.copy_sign(amount)
            )
        )
    return posted


def is_write_off(*, reason: str) -> bool:
    """Say whether what a payment lacks for this reason is borne by ourselves."""
    return reason in (Reason.SMALL_DIFFERENCE, Reason.EXCHANGE)


def label_of(*, reason: str, language: str) -> str:
    """Return what the item of a difference says in the language of its account."""
    with translation.override(language):
        return gettext(str(Reason(reason).label))


def external_id_of_difference(*, proposal_id: int, number: int) -> str:
    """Return the name under which the item of a difference stands in the ledger."""
    return f"difference-{proposal_id}-{number}"


def keep_differences(
    *,
    posted: Sequence[PostedDifference],
    way: str,
    proposal: MatchProposal,
    row: BankTransaction,
    comment: str,
    actor: Actor,
) -> None:
    """Write down which items were posted for which difference."""
    CashDifference.objects.bulk_create(
        CashDifference(
            transaction=row,
            proposal=proposal,
            reason=way,
            short_item_id=one.short_item_id,
            posted_item_id=one.item_id,
            amount=one.amount,
            currency=row.currency,
            amount_company=one.amount_company,
            comment=comment[:200],
            created_at=clock.now(),
            created_by_id=actor.user_id,
        )
        for one in posted
    )


def dispute_shortfalls(
    *,
    split: PaymentSplit,
    dispute_reason: str,
    proposal: MatchProposal,
    row: BankTransaction,
    company_currencies: dict[int, str],
    comment: str,
    day: date,
    actor: Actor,
) -> None:
    """Open a dispute over what is missing of each debit: it stays open there, out of dunning and matching.

    :raises DisputeRefused: the item is disputed already, or the reason is none
    """
    for item_id, amount in split.shortfalls:
        dispute_id = open_dispute(
            item_id=item_id,
            amount=amount,
            reason_code=dispute_reason,
            opened_date=day,
            actor=actor,
            comment=comment,
        )
        value = convert_to_company(
            amount=amount, currency=row.currency, company_currency=company_currencies[item_id], on=day
        )
        CashDifference.objects.create(
            transaction=row,
            proposal=proposal,
            reason=Reason.DEDUCTION,
            short_item_id=item_id,
            dispute_id=dispute_id,
            amount=amount,
            currency=row.currency,
            amount_company=value,
            comment=comment[:200],
            created_at=clock.now(),
            created_by_id=actor.user_id,
        )


def undo_differences(*, row: BankTransaction, day: date, reason: str, actor: Actor) -> None:
    """Take back what was posted or disputed for the differences of a bank line, as of a day.

    A dispute that somebody has closed meanwhile stays closed.
    """
    found = list(CashDifference.objects.filter(transaction=row, undone_at=None).select_related("proposal", "dispute"))
    posted = {one.posted_item_id for one in found} - {None}
    ids = {id_ for one in found for id_ in one.proposal.allocation_ids}
    held = [
        one["id"]
        for one in list_allocations_in_force(allocation_ids=ids)
        if {one["debit_item_id"], one["credit_item_id"]} & posted
    ]
    if held:
        reverse_many(allocation_ids=held, effective_date=day, reason=reason, actor=actor)
    for one in found:
        if one.posted_item_id is not None:
            withdraw_difference(item_id=one.posted_item_id, effective_date=day, reason=reason, actor=actor)
        elif one.dispute is not None and one.dispute.closed_date is None:
            _withdraw_dispute(one.dispute_id or 0, max(day, one.dispute.opened_date), reason, actor)
    CashDifference.objects.filter(pk__in=[one.pk for one in found]).update(undone_at=clock.now())


def _withdraw_dispute(dispute_id: int, day: date, reason: str, actor: Actor) -> None:
    try:
        close_dispute(dispute_id=dispute_id, outcome="WITHDRAWN", closed_date=day, actor=actor, comment=reason)
    except DisputeAlreadyClosed:
        return
