"""Decide on accrued interest: claim it, waive it, note that it was paid, take a decision back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.core.interest_rules import ClaimState, can_change
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.interest.models import InterestClaim, InterestNotice
from quittance.interest.queries import ItemInterest, explain, list_accrued_items
from quittance.interest.rates import get_account_law
from quittance.ledger.services import lock_items
from quittance.parties.queries import AccountRow, find_company
from quittance.parties.services import lock_accounts

REASON_LENGTH_MAX = 200
_KINDS = {
    ClaimState.CLAIMED: "interest.claimed",
    ClaimState.PAID: "interest.paid",
    ClaimState.WAIVED: "interest.waived",
    ClaimState.WITHDRAWN: "interest.withdrawn",
}


class ClaimNotFound(LookupError):
    """No claim has this id."""


class ClaimRefused(ValueError):
    """The decision cannot be taken; the message says why."""


@transaction.atomic
def claim_interest(
    *, account_id: int, item_ids: Collection[int], until: date, actor: Actor, reason: str = ""
) -> list[int]:
    """Claim what accrued on items of an account up to a day, that day included; return the ids of the claims.

    Posts nothing: the debit note is the ERP's. What accrues later is proposed anew.

    :raises ItemNotFound: :raises ClaimRefused: nothing accrued, an item of another account, no rate known
    """
    return _decide(ClaimState.CLAIMED, account_id, item_ids, until, actor, reason)


@transaction.atomic
def waive_interest(*, account_id: int, item_ids: Collection[int], until: date, actor: Actor, reason: str) -> list[int]:
    """Waive what accrued on items of an account up to a day, indemnity included; a reason is necessary.

    :raises ItemNotFound: :raises ClaimRefused: as for a claim, or no reason
    """
    return _decide(ClaimState.WAIVED, account_id, item_ids, until, actor, reason)


@transaction.atomic
def change_claim(*, claim_id: int, state: ClaimState, on_date: date, actor: Actor, reason: str = "") -> None:
    """Note that a claim was paid, waive it, or take the decision back, on a day.

    :raises ClaimNotFound: :raises ClaimRefused: that change does not exist, no reason, a day before the decision
    """
    account_id = InterestClaim.objects.filter(id=claim_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise ClaimNotFound(f"no claim {claim_id}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    claim = InterestClaim.objects.select_for_update(no_key=True).get(id=claim_id)
    if not can_change(old=ClaimState(claim.state), new=state):
        raise ClaimRefused(_("This was decided otherwise meanwhile. Nothing changed."))
    if on_date < claim.decided_date:
        raise ClaimRefused(_("That day lies before the claim."))
    wanted = _checked_reason(reason, is_needed=state in (ClaimState.WAIVED, ClaimState.WITHDRAWN))
    claim.state = state.value
    claim.reason = wanted or claim.reason
    if state is ClaimState.WITHDRAWN:
        claim.withdrawn_date = on_date
    else:
        claim.settled_date = None if state is ClaimState.CLAIMED else on_date
    claim.save()
    events.record(_event(state, claim, account, actor, wanted))


@transaction.atomic
def show_interest_in_notices(*, company_id: int, shown_in: str, actor: Actor) -> None:
    """Choose in which reminders of a company interest is shown. :raises ClaimRefused: no such choice or company"""
    if shown_in not in InterestNotice.ShownIn.values or find_company(company_id=company_id) is None:
        raise ClaimRefused(_("Choose in which reminders it is shown."))
    row = InterestNotice.objects.select_for_update().filter(company_id=company_id).first()
    before = row.shown_in if row else InterestNotice.ShownIn.FORMAL.value
    if before == shown_in:
        return
    InterestNotice.objects.update_or_create(company_id=company_id, defaults={"shown_in": shown_in})
    events.record(
        events.NewEvent(
            kind="interest.shown_in_reminders",
            actor=actor,
            company_id=company_id,
            subject_kind="company",
            subject_id=str(company_id),
            payload={"before": before, "after": shown_in},
        )
    )


def _decide(
    state: ClaimState, account_id: int, item_ids: Collection[int], until: date, actor: Actor, reason: str
) -> list[int]:
    wanted = _checked_reason(reason, is_needed=state is ClaimState.WAIVED)
    items = lock_items(item_ids=item_ids)
    if not items or any(item.account.id != account_id for item in items.values()):
        raise ClaimRefused(_("Select items of this account."))
    accrued = list_accrued_items(item_ids=list(items), as_of=until)
    missing = [item for item in items.values() if item.id not in {row.item_id for row in accrued}]
    if missing:
        raise ClaimRefused(
            _("Nothing is left to decide on for %(document)s.") % {"document": missing[0].document_number}
        )
    account = items[accrued[0].item_id].account
    law = get_account_law(account_id=account_id)
    claims = [_claim(found, state, until, actor, wanted) for found in explain(accrued=accrued, law=law, as_of=until)]
    InterestClaim.objects.bulk_create(claims)
    events.record_all(_event(state, claim, account, actor, wanted) for claim in claims)
    return [claim.id for claim in claims]


def _claim(found: ItemInterest, state: ClaimState, until: date, actor: Actor, reason: str) -> InterestClaim:
    if found.story is None:
        raise ClaimRefused(
            _("No rate is known for a part of the delay of %(document)s.") % {"document": found.accrued.document_number}
        )
    return InterestClaim(
        account_id=found.accrued.account_id,
        item_id=found.accrued.item_id,
        document_number=found.accrued.document_number,
        first_date=found.accrued.first_day,
        last_date=until,
        currency=found.accrued.currency,
        interest=found.story.interest,
        indemnity=found.accrued.indemnity,
        indemnity_currency=found.accrued.indemnity_currency,
        stretches=[
            {
                "first_date": period.first_date.isoformat(),
                "last_date": period.last_date.isoformat(),
                "days": period.days,
                "amount_owed": f"{period.amount_owed:f}",
                "rate_pct": f"{period.rate_pct:f}",
                "interest": f"{period.interest:f}",
            }
            for period in found.story.periods
        ],
        state=state.value,
        decided_date=until,
        settled_date=until if state is ClaimState.WAIVED else None,
        reason=reason,
        decided_by_id=actor.user_id,
        decided_by_name=actor.label[:150],
        recorded_at=clock.now(),
    )


def _checked_reason(reason: str, *, is_needed: bool) -> str:
    wanted = " ".join(reason.split())[:REASON_LENGTH_MAX]
    if is_needed and not wanted:
        raise ClaimRefused(_("Say why."))
    return wanted


def _event(state: ClaimState, claim: InterestClaim, account: AccountRow, actor: Actor, reason: str) -> events.NewEvent:
    payload: Mapping[str, Any] = {
        "amount": f"{claim.interest:f}",
        "currency": claim.currency,
        "indemnity": f"{claim.indemnity:f}",
        "indemnity_currency": claim.indemnity_currency,
        "document": claim.document_number,
        "first_date": claim.first_date.isoformat(),
        "last_date": claim.last_date.isoformat(),
        "text": reason,
    }
    return events.NewEvent(
        kind=_KINDS[state],
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        item_id=claim.item_id,
        subject_kind="interest_claim",
        subject_id=str(claim.id),
        payload=payload,
    )
