"""Word from the customer that it is paid: reminders wait for the money until a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from quittance.dunning import events
from quittance.dunning.models import PaymentAnnouncement
from quittance.dunning.services.policies import BlockDatesWrong, ItemNotOnAccount
from quittance.foundation import clock
from quittance.foundation.events import NewEvent, record_all
from quittance.foundation.permissions import Actor
from quittance.ledger.services import lock_items
from quittance.parties.queries import get_accounts
from quittance.parties.services import lock_accounts

ANNOUNCED_DAYS = 5
# A customer's own word on an item holds it once in so many days, and can speak of a payment so long ago.
ANNOUNCED_AGAIN_DAYS = 30
PAID_DAYS_AGO_MAX = 366
Source = PaymentAnnouncement.Source


class AnnouncementOver(Exception):
    """The word does not hold anything any more."""


class NotLate(ValueError):
    """Nothing of the item is late: it was paid, or is not due yet."""


class PaidDayWrong(ValueError):
    """The day of the payment lies too far ahead, or too long ago."""


class AnnouncedBefore(ValueError):
    """The customer said so of this item a short while ago."""


def announce_payment(
    *,
    account_id: int,
    announced_on: date,
    until_date: date,
    actor: Actor,
    item_ids: Sequence[int] = (),
    said: str = "",
    source: str = Source.PERSON,
) -> list[int]:
    """Write that the customer says it is paid; return the ids, one for each item.

    Without items it speaks of everything on the account that is due by `announced_on`. Reminders wait until
    `until_date`, that day included; when the money has not come by then they go on.

    :raises BlockDatesWrong: when it would end before it begins.
    :raises ItemNotFound: :raises ItemNotOnAccount: an item hangs on another account.
    """
    if until_date < announced_on:
        raise BlockDatesWrong("the word would end before it was given")
    with transaction.atomic():
        lock_accounts(account_ids=[account_id])
        found = lock_items(item_ids=item_ids) if item_ids else {}
        for item_id in item_ids:
            if found[item_id].account.id != account_id:
                raise ItemNotOnAccount(f"item {item_id} is not on account {account_id}")
        rows = PaymentAnnouncement.objects.bulk_create(
            PaymentAnnouncement(
                account_id=account_id,
                item_id=item_id,
                announced_on=announced_on,
                until_date=until_date,
                source=source,
                said=said[:200],
                created_by_id=actor.user_id,
                created_at=clock.now(),
            )
            for item_id in (item_ids or (None,))
        )
        payload = {"text": said[:200], "until_date": until_date.isoformat(), "source": source}
        record_all(_event(events.PAYMENT_ANNOUNCED, row, row.pk, actor, payload) for row in rows)
    return [row.pk for row in rows]


def announce_from_portal(*, item_id: int, paid_on: date, as_of: date, said: str, actor: Actor) -> int:
    """Write that the customer itself says one late item was paid, or is being paid, on a day; return the id.

    Reminders wait until ANNOUNCED_DAYS after that day, never less than so many from today. The same item can be
    announced again after ANNOUNCED_AGAIN_DAYS, so that no word is renewed for ever.

    :raises ItemNotFound: :raises NotLate: :raises AnnouncedBefore:
    :raises PaidDayWrong: more than ANNOUNCED_DAYS ahead, or more than PAID_DAYS_AGO_MAX ago.
    """
    wait = timedelta(days=ANNOUNCED_DAYS)
    with transaction.atomic():
        item = lock_items(item_ids=[item_id])[item_id]
        if item.amount_open <= 0 or item.due_date >= as_of:
            raise NotLate(f"nothing of item {item_id} is late on {as_of}")
        if not as_of - timedelta(days=PAID_DAYS_AGO_MAX) <= paid_on <= as_of + wait:
            raise PaidDayWrong(f"{paid_on} is not a day of a payment announced on {as_of}")
        since = as_of - timedelta(days=ANNOUNCED_AGAIN_DAYS)
        if PaymentAnnouncement.objects.filter(item_id=item_id, source=Source.PORTAL, announced_on__gt=since).exists():
            raise AnnouncedBefore(f"item {item_id} was announced less than {ANNOUNCED_AGAIN_DAYS} days ago")
        (announcement_id,) = announce_payment(
            account_id=item.account.id, item_ids=[item_id], announced_on=as_of, until_date=max(as_of, paid_on) + wait,
            said=said, source=Source.PORTAL, actor=actor,
        )  # fmt: skip
    return announcement_id


def end_announcement(*, announcement_id: int, actor: Actor) -> None:
    """Let the word no longer hold anything from today on: the money did not come, or it was a mistake.

    :raises AnnouncementOver: when its last day is past already.
    """
    today = clock.today()
    with transaction.atomic():
        row = PaymentAnnouncement.objects.select_for_update().get(pk=announcement_id)
        if row.until_date < today:
            raise AnnouncementOver("that word holds nothing any more")
        event = _event(events.ANNOUNCEMENT_ENDED, row, row.pk, actor, {"text": row.said})
        if row.announced_on >= today:
            row.delete()
        else:
            row.until_date = today - timedelta(days=1)
            row.save(update_fields=["until_date"])
        record_all([event])


def _event(kind: str, row: PaymentAnnouncement, row_id: int, actor: Actor, payload: dict[str, str]) -> NewEvent:
    account = get_accounts(account_ids=[row.account_id])[row.account_id]
    return events.account_event(
        kind=kind,
        actor=actor,
        account_id=account.id,
        company_id=account.company_id,
        customer_id=account.customer_id,
        item_id=row.item_id,
        subject_kind="dunning_announcement",
        subject_id=row_id,
        payload=payload,
    )
