"""Queue, claim and send: the only writer of transmissions.

QUEUED -> SENDING -> SENT | REFUSED | UNCERTAIN, or back to QUEUED after a temporary failure. Each step is one guarded
update, so two workers never hold the same transmission: a claim gives a lease, and only its holder writes what became
of the message. When a lease ends without an answer the worker is dead and the message UNCERTAIN: it may have left, so
only a person sends it again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, cast

from django.db import transaction
from django.db.models import F, Q

from quittance.core.ports.channels import (
    SEND_SECONDS_MAX,
    Channel,
    ChannelDown,
    MessageRefused,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)
from quittance.delivery import tokens
from quittance.delivery.models import Medium, Transmission
from quittance.delivery.services.contents import (
    MessageContent,
    WrongMedium,
    check_content,
    columns_of,
    keep_attachments,
    outgoing,
)
from quittance.delivery.services.reports import take_early_report
from quittance.delivery.services.senders import Identity, list_identities_of_accounts
from quittance.foundation import clock

logger = logging.getLogger(__name__)
RETRY_MINUTES = (1, 5, 15, 60, 240)
ATTEMPTS_MAX = len(RETRY_MINUTES) + 1
LEASE = timedelta(seconds=SEND_SECONDS_MAX) + timedelta(minutes=2)
State = Transmission.State
Code = Transmission.FailureCode


class LeaseLost(Exception):
    """The lease on a transmission has ended before anything was handed over: it must not be sent by this worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTransmission:
    """What is to leave, before its text is known."""

    account_id: int
    purpose: str
    sender: str
    recipient: str
    recipient_name: str = ""
    reply_to: str = ""
    language: str = "en"
    medium: str = Medium.EMAIL
    channel: str = "smtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right of one worker to send one transmission; nobody else may until it ends."""

    transmission_id: int
    token: uuid.UUID
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of a claimed transmission.

    `retry_at` when it waits for another try. `is_address_bad` when the provider refuses the recipient for good.
    `is_channel_down` when no other message would leave now either. `is_written` is False when the lease had ended and
    somebody has decided about the message since: their word stands. `receipt` is the provider's when it took it.
    """

    state: str
    failure_code: str = ""
    failure: str = ""
    is_address_bad: bool = False
    is_channel_down: bool = False
    retry_at: datetime | None = None
    is_written: bool = True
    receipt: Receipt | None = None


def queue_transmissions(*, drafts: Sequence[NewTransmission]) -> list[int]:
    """Write QUEUED transmissions and return their ids, in the order given; one statement a thousand.

    Where the company of the account has a mailbox that is read, replies go there, to an address that names the account.
    """
    at = clock.now()
    identities = list_identities_of_accounts(account_ids=[draft.account_id for draft in drafts])
    rows = [_row(draft, identities.get(draft.account_id), at) for draft in drafts]
    return [row.pk for row in Transmission.objects.bulk_create(rows, batch_size=1000)]


def _row(draft: NewTransmission, identity: Identity | None, at: datetime) -> Transmission:
    sender, reply_to, bounce = draft.sender, draft.reply_to, ""
    if draft.medium == Medium.EMAIL and identity is not None:
        reply_to = identity.reply_to(account_id=draft.account_id) or reply_to
        bounce = identity.bounce_address
    elif draft.medium == Medium.SMS and identity is not None:
        sender = identity.sms_sender or sender
    domain = parseaddr(draft.sender)[1].rpartition("@")[2] or "quittance.invalid"
    return Transmission(
        account_id=draft.account_id,
        medium=draft.medium,
        channel=draft.channel,
        purpose=draft.purpose,
        sender=sender,
        reply_to=reply_to,
        envelope_sender=bounce,
        recipient=draft.recipient,
        recipient_name=draft.recipient_name,
        language=draft.language,
        message_id=tokens.new_message_id(account_id=draft.account_id, domain=domain),
        queued_at=at,
    )


def claim(*, transmission_id: int, content: MessageContent) -> Lease | None:
    """Take the transmission for sending with this content; None when it is no longer, or not yet, to be sent.

    :raises AttachmentTooLarge, MessageTooLong, WrongMedium: before anything is written.
    """
    at = clock.now()
    check_content(content=content)
    lease = Lease(transmission_id=transmission_id, token=uuid.uuid4(), until=at + LEASE)
    waiting = Transmission.objects.filter(pk=transmission_id, state=State.QUEUED)
    due = waiting.filter(Q(not_before=None) | Q(not_before__lte=at), medium=content.medium)
    values = columns_of(transmission_id=transmission_id, content=content) | {
        "state": State.SENDING,
        "claimed_at": at,
        "lease_token": lease.token,
        "lease_until": lease.until,
        "attempts": F("attempts") + 1,
    }
    with transaction.atomic(savepoint=False):  # nothing in it fails on purpose: a savepoint would cost two statements
        is_first = bool(due.filter(claimed_at=None).update(**values))
        is_ours = is_first or bool(due.update(**values))
        if is_ours and (content.attachments or not is_first):
            keep_attachments(transmission_id=transmission_id, attachments=content.attachments)
    if not is_ours and waiting.exclude(medium=content.medium).exists():
        raise WrongMedium(f"transmission {transmission_id} was not queued as {content.medium}")
    return lease if is_ours else None


_OURS = """
SELECT t.*, EXISTS (SELECT FROM delivery_attachment x WHERE x.transmission_id = t.id) AS has_attachments
FROM delivery_transmission t
WHERE t.id = %(id)s AND t.lease_token = %(token)s AND t.state = 'SENDING' AND t.lease_until > %(now)s
"""


def send_claimed(*, lease: Lease, channel: Channel) -> SendResult:
    """Hand a claimed transmission to its channel and write what became of it; call it outside any transaction.

    :raises LeaseLost: when the lease has ended, or was used, before anything was handed over.
    """
    held = Transmission.objects.filter(pk=lease.transmission_id, lease_token=lease.token)
    ours = {"id": lease.transmission_id, "token": lease.token, "now": clock.now()}
    row = next(iter(Transmission.objects.raw(_OURS, ours)), None)
    if row is None:
        raise LeaseLost(f"transmission {lease.transmission_id} is no longer ours to send")
    result = _hand_over(row, channel)
    # An answer that comes after the lease has ended settles what was uncertain, unless a person has by then.
    changed = held.filter(state__in=(State.SENDING, State.UNCERTAIN)).update(
        state=result.state,
        failure_code=result.failure_code,
        failure=result.failure,
        is_failure_permanent=result.is_address_bad,
        not_before=result.retry_at,
        lease_token=None,
        lease_until=None,
        sent_at=clock.now() if result.state == State.SENT else None,
        **_told_columns(row, result.receipt),
    )
    if not changed:
        logger.warning("transmission %s: %s came after its lease had ended", lease.transmission_id, result.state)
        return replace(result, is_written=False)
    if row.medium == Medium.SMS and result.receipt is not None:
        take_early_report(transmission_id=row.pk, channel=row.channel, reference=result.receipt.reference[:200])
    return result


def _hand_over(row: Transmission, channel: Channel) -> SendResult:
    """Send it and put the channel's answer into our states; what nobody foresaw is uncertain."""
    try:
        receipt = channel.send(outgoing(row=row, has_attachments=cast(Any, row).has_attachments))
    except PermanentFailure as error:
        is_address_bad = not isinstance(error, MessageRefused)
        return SendResult(
            state=State.REFUSED, failure_code=Code.REFUSED, failure=str(error), is_address_bad=is_address_bad
        )
    except TemporaryFailure as error:
        return _postponed(row.attempts, error)
    except UncertainFailure as error:
        return SendResult(state=State.UNCERTAIN, failure_code=Code.ANSWER_LOST, failure=str(error))
    except Exception as error:
        logger.exception("transmission %s: the channel failed in a way of its own", row.pk)
        failure = f"{type(error).__name__}: {error}"
        return SendResult(state=State.UNCERTAIN, failure_code=Code.ANSWER_LOST, failure=failure)
    return SendResult(state=State.SENT, receipt=receipt)


def _told_columns(row: Transmission, receipt: Receipt | None) -> dict[str, Any]:
    """Return what the provider said about a message that it took: its name for it, its parts, its price."""
    if receipt is None:
        return {}
    told: dict[str, Any] = {"provider_reference": receipt.reference[:200]}
    if receipt.segments and row.medium == Medium.SMS:
        told["segments"] = receipt.segments
        if row.cost is not None and row.segments:
            told["cost"] = row.cost / row.segments * receipt.segments
    if receipt.cost is not None and receipt.currency:
        told |= {"cost": receipt.cost, "cost_currency": receipt.currency, "is_cost_told": True}
    return told


def _postponed(attempts: int, error: TemporaryFailure) -> SendResult:
    """Wait longer after each try; after the last one the message counts as refused."""
    is_down = isinstance(error, ChannelDown)
    result = SendResult(
        state=State.REFUSED,
        failure_code=Code.UNREACHABLE if is_down else Code.POSTPONED,
        failure=str(error),
        is_channel_down=is_down,
    )
    if attempts >= ATTEMPTS_MAX:
        return result
    retry_at = clock.now() + timedelta(minutes=RETRY_MINUTES[attempts - 1])
    return replace(result, state=State.QUEUED, retry_at=retry_at)
