"""Write down a call and everything that came of it, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from quittance.cases.services import open_dispute
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import lock_items
from quittance.parties.queries import AccountRow, list_contacts
from quittance.parties.services import lock_accounts
from quittance.promises.services import take_promise
from quittance.worklist.models import Call, Task
from quittance.worklist.services.deciding import snooze_tasks
from quittance.worklist.services.refreshing import refresh_tasks

Outcome = Call.Outcome
SATURDAY = 5


class CallRefused(ValueError):
    """The call cannot be written down like this; the message says what is missing."""


class OutcomeIncomplete(CallRefused):
    """The outcome needs something more: the promise, the dispute or the day to call back."""


class ContactUnknown(CallRefused):
    """The contact is not one of this customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseDraft:
    """What was promised on the phone; all that is open on the items when `amount` is None."""

    item_ids: Collection[int]
    promised_date: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDraft:
    """What was contested on the phone; the whole of each item when `amount` is None (an amount needs one item)."""

    item_ids: Collection[int]
    reason_code: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """What was written."""

    call_id: int
    promise_id: int | None = None
    dispute_ids: tuple[int, ...] = ()


@transaction.atomic
def log_call(
    *,
    account_id: int,
    outcome: str,
    actor: Actor,
    as_of: date,
    contact_id: int | None = None,
    comment: str = "",
    promise: PromiseDraft | None = None,
    dispute: DisputeDraft | None = None,
    call_back_date: date | None = None,
    call_back_at: datetime | None = None,
    documents: str = "",
) -> LoggedCall:
    """Write down a call made on `as_of` and what follows from its outcome.

    PROMISE takes the promise, DISPUTE opens a dispute for each item, CALL_BACK puts the account's task off to its day,
    or to the moment `call_back_at` of it, and VOICEMAIL to the next working day; WRONG_NUMBER marks the number (until
    it is changed); COPY_WANTED makes a task, `documents` being the numbers wanted. The account is ranked again at once.

    :raises AccountNotFound: :raises CallRefused: OutcomeIncomplete, ContactUnknown
    :raises PromiseRefused: :raises DisputeRefused: :raises ItemNotFound: as their services do
    """
    if outcome not in Outcome.values:
        raise CallRefused(f"{outcome!r} is not an outcome of a call")
    account = lock_accounts(account_ids=[account_id])[account_id]
    moment = call_back_at if outcome == Outcome.CALL_BACK else None
    back_on = _call_back_day(outcome, call_back_date, as_of) if moment is None else _day_of_moment(moment)
    name, phone = _contact(account, contact_id)
    call = Call.objects.create(
        account_id=account_id,
        contact_id=contact_id,
        outcome=outcome,
        phone=phone,
        comment=comment,
        call_back_date=back_on,
        call_back_at=moment,
        documents=documents if outcome == Outcome.COPY_WANTED else "",
        made_by_id=actor.user_id,
        made_at=clock.now(),
    )
    promise_id = _take_promise(outcome, promise, account_id, name, comment, as_of, actor)
    dispute_ids = open_disputes(
        draft=_needed_dispute(outcome, dispute), account_id=account_id, as_of=as_of, actor=actor, comment=comment
    )
    if back_on is not None:
        task_ids = Task.objects.filter(key=f"account:{account_id}").values_list("id", flat=True)
        snooze_tasks(task_ids=list(task_ids), until=back_on, as_of=as_of, actor=actor, wake_at=moment)
    refresh_tasks(as_of=as_of, account_ids=[account_id])
    events.record(_event(call, account, name, actor, promise_id))
    return LoggedCall(call_id=call.id, promise_id=promise_id, dispute_ids=dispute_ids)


@transaction.atomic
def open_disputes(
    *, draft: DisputeDraft | None, account_id: int, as_of: date, actor: Actor, comment: str = ""
) -> tuple[int, ...]:
    """Open a dispute over each item of the draft, items in the order of their ids; return the ids.

    :raises OutcomeIncomplete: no item, an amount for several items, or an item of another account
    :raises DisputeRefused: :raises ItemNotFound: as `cases` does
    """
    if draft is None:
        return ()
    if not draft.item_ids or (draft.amount is not None and len(draft.item_ids) > 1):
        raise OutcomeIncomplete("choose what is disputed: items, or one item with its amount")
    items = lock_items(item_ids=draft.item_ids)
    if any(item.account.id != account_id for item in items.values()):
        raise OutcomeIncomplete(f"an item is not on account {account_id}")
    return tuple(
        open_dispute(
            item_id=item.id,
            amount=item.amount_open if draft.amount is None else draft.amount,
            reason_code=draft.reason_code,
            opened_date=as_of,
            actor=actor,
            comment=comment,
        )
        for _, item in sorted(items.items())
    )


def next_working_day(*, day: date) -> date:
    """Return the day after, or Monday when that is a weekend.

    >>> next_working_day(day=date(2026, 3, 5)), next_working_day(day=date(2026, 3, 6))
    (datetime.date(2026, 3, 6), datetime.date(2026, 3, 9))
    """
    following = day + timedelta(days=1)
    return following + timedelta(days=max(0, 7 - following.weekday())) if following.weekday() >= SATURDAY else following


def _call_back_day(outcome: str, wanted: date | None, as_of: date) -> date | None:
    if outcome == Outcome.VOICEMAIL:
        return max(wanted, next_working_day(day=as_of)) if wanted else next_working_day(day=as_of)
    if outcome != Outcome.CALL_BACK:
        return None
    if wanted is None or wanted <= as_of:
        raise OutcomeIncomplete(f"say when to call back: a day after {as_of}")
    return wanted


def _day_of_moment(moment: datetime) -> date:
    if moment <= clock.now():
        raise OutcomeIncomplete(f"say when to call back: a moment to come, not {moment}")
    return timezone.localdate(moment)


def _contact(account: AccountRow, contact_id: int | None) -> tuple[str, str]:
    """Return name and number of the contact. :raises ContactUnknown:"""
    if contact_id is None:
        return "", ""
    for contact in list_contacts(customer_id=account.customer_id, account_id=account.id):
        if contact["id"] == contact_id:
            return contact["name"], contact["phone"]
    raise ContactUnknown(f"contact {contact_id} is not one of customer {account.customer_id}")


def _take_promise(
    outcome: str, draft: PromiseDraft | None, account_id: int, contact: str, comment: str, as_of: date, actor: Actor
) -> int | None:
    if outcome != Outcome.PROMISE:
        return None
    if draft is None or not draft.item_ids:
        raise OutcomeIncomplete("say what was promised: items and a day")
    return take_promise(
        account_id=account_id,
        item_ids=draft.item_ids,
        promised_date=draft.promised_date,
        made_on=as_of,
        actor=actor,
        amount=draft.amount,
        contact_name=contact,
        comment=comment,
    )


def _needed_dispute(outcome: str, draft: DisputeDraft | None) -> DisputeDraft | None:
    if outcome != Outcome.DISPUTE:
        return None
    if draft is None:
        raise OutcomeIncomplete("say what is disputed and why")
    return draft


def _event(call: Call, account: AccountRow, contact: str, actor: Actor, promise_id: int | None) -> events.NewEvent:
    return events.NewEvent(
        kind="call.logged",
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account.id,
        subject_kind="call",
        subject_id=str(call.id),
        payload={
            "outcome": call.outcome,
            "contact": contact,
            "phone": call.phone,
            "text": call.comment,
            "call_back_date": call.call_back_date.isoformat() if call.call_back_date else "",
            "call_back_at": call.call_back_at.isoformat() if call.call_back_at else "",
            "documents": call.documents,
            "promise_id": promise_id,
        },
    )
