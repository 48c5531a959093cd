"""Queue, claim and send: the only writer of transmissions.

QUEUED -> SENDING -> SENT | REFUSED | UNCERTAIN, or back to QUEUED after a temporary failure. Each step is one guarded
update, so two workers never hold the same transmission. What stays in SENDING when a worker dies becomes UNCERTAIN:
the message may have left, so only a person sends it again.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.db import transaction
from django.db.models import F, Q

from quittance.core.ports.channels import Channel, OutgoingMessage, PermanentFailure, TemporaryFailure, UncertainFailure
from quittance.delivery.models import DemoMessage, Transmission
from quittance.foundation import clock, events, registry
from quittance.foundation.permissions import Actor

CHANNELS = "quittance.channels"
RETRY_MINUTES = (1, 5, 15, 60, 240)
ATTEMPTS_MAX = len(RETRY_MINUTES) + 1
INTERRUPTED_AFTER = timedelta(minutes=10)
State = Transmission.State


class TransmissionNotUncertain(Exception):
    """Somebody has already said what became of the transmission."""


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
    medium: str = Transmission.Medium.EMAIL
    channel: str = "smtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The message as it leaves; `inline_images` are PNG files by content id."""

    recipient: str
    recipient_name: str
    language: str
    subject: str
    body_text: str
    body_html: str = ""
    inline_images: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What became of a claimed transmission; `retry_at` when it waits for another try."""

    state: str
    failure: str = ""
    is_permanent: bool = False
    retry_at: datetime | None = None


def queue_transmissions(*, drafts: Sequence[NewTransmission]) -> list[int]:
    """Write QUEUED transmissions and return their ids, in the order given; one statement a thousand."""
    at = clock.now()
    rows = [
        Transmission(
            account_id=draft.account_id,
            medium=draft.medium,
            channel=draft.channel,
            purpose=draft.purpose,
            sender=draft.sender,
            reply_to=draft.reply_to,
            recipient=draft.recipient,
            recipient_name=draft.recipient_name,
            language=draft.language,
            message_id=_message_id(draft),
            queued_at=at,
        )
        for draft in drafts
    ]
    return [row.pk for row in Transmission.objects.bulk_create(rows, batch_size=1000)]


def _message_id(draft: NewTransmission) -> str:
    domain = parseaddr(draft.sender)[1].partition("@")[2] or "quittance.invalid"
    return f"{uuid.uuid4().hex}.{draft.account_id}@{domain}"


def claim(*, transmission_id: int, content: MessageContent) -> bool:
    """Take the transmission for sending with this content; False when it is no longer, or not yet, to be sent."""
    at = clock.now()
    waiting = Transmission.objects.filter(pk=transmission_id, state=State.QUEUED)
    images = {name: base64.b64encode(image).decode() for name, image in content.inline_images.items()}
    taken = waiting.filter(Q(not_before=None) | Q(not_before__lte=at)).update(
        state=State.SENDING,
        claimed_at=at,
        attempts=F("attempts") + 1,
        recipient=content.recipient,
        recipient_name=content.recipient_name,
        language=content.language,
        subject=content.subject,
        body_text=content.body_text,
        body_html=content.body_html,
        inline_images=images,
    )
    return taken == 1


def send_claimed(*, transmission_id: int, channel: Channel) -> SendResult:
    """Hand a claimed transmission to its channel and write what became of it; call it outside any transaction."""
    row = Transmission.objects.get(pk=transmission_id, state=State.SENDING)
    try:
        channel.send(_outgoing(row))
    except PermanentFailure as error:
        result = SendResult(state=State.REFUSED, failure=str(error), is_permanent=True)
    except TemporaryFailure as error:
        result = _postponed(row.attempts, str(error))
    except UncertainFailure as error:
        result = SendResult(state=State.UNCERTAIN, failure=str(error))
    else:
        result = SendResult(state=State.SENT)
    Transmission.objects.filter(pk=transmission_id, state=State.SENDING).update(
        state=result.state,
        failure=result.failure,
        is_failure_permanent=result.is_permanent,
        not_before=result.retry_at,
        sent_at=clock.now() if result.state == State.SENT else None,
    )
    return result


def _outgoing(row: Transmission) -> OutgoingMessage:
    return OutgoingMessage(
        message_id=row.message_id,
        sender=row.sender,
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        reply_to=row.reply_to,
        subject=row.subject,
        body_text=row.body_text,
        body_html=row.body_html,
        language=row.language,
        inline_images={name: base64.b64decode(image) for name, image in row.inline_images.items()},
    )


def _postponed(attempts: int, failure: str) -> SendResult:
    """Wait longer after each try; after the last one the message counts as refused."""
    if attempts >= ATTEMPTS_MAX:
        return SendResult(state=State.REFUSED, failure=failure)
    retry_at = clock.now() + timedelta(minutes=RETRY_MINUTES[attempts - 1])
    return SendResult(state=State.QUEUED, failure=failure, retry_at=retry_at)


def cancel(*, transmission_ids: Sequence[int]) -> list[int]:
    """Cancel those that have not begun to leave; return their ids."""
    with transaction.atomic():
        found = Transmission.objects.select_for_update().filter(pk__in=transmission_ids, state=State.QUEUED)
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        Transmission.objects.filter(pk__in=ids).update(state=State.CANCELLED)
    return ids


def recover_interrupted() -> list[int]:
    """Mark as UNCERTAIN what a worker was sending when it died; return the ids."""
    before = clock.now() - INTERRUPTED_AFTER
    with transaction.atomic():
        found = Transmission.objects.select_for_update(skip_locked=True)
        found = found.filter(state=State.SENDING, claimed_at__lt=before)
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        Transmission.objects.filter(pk__in=ids).update(
            state=State.UNCERTAIN, failure="the worker stopped while the message was leaving"
        )
    return ids


def resolve_uncertain(*, transmission_id: int, has_left: bool, actor: Actor) -> str:
    """Write what a person found out: it has left, or it is queued again; return the new state.

    :raises TransmissionNotUncertain: when its state is another by now.
    """
    state = State.SENT if has_left else State.QUEUED
    with transaction.atomic():
        changed = Transmission.objects.filter(pk=transmission_id, state=State.UNCERTAIN).update(
            state=state, sent_at=F("claimed_at") if has_left else None, not_before=None, failure=""
        )
        if not changed:
            raise TransmissionNotUncertain("this message is no longer uncertain; look at its state again")
        row = Transmission.objects.only("account_id").get(pk=transmission_id)
        events.record(
            events.NewEvent(
                kind="transmission.resolved",
                actor=actor,
                account_id=row.account_id,
                subject_kind="transmission",
                subject_id=str(transmission_id),
                payload={"has_left": has_left},
            )
        )
    return state


@contextmanager
def open_channel(*, identifier: str = "smtp") -> Iterator[Channel]:
    """Give a channel and close it at the end.

    :raises UnknownAdapter: when no such channel is installed.
    """
    channel: Channel = registry.adapter(CHANNELS, identifier)()
    try:
        yield channel
    finally:
        channel.close()


def keep_demo_message(*, sender: str, recipients: Sequence[str], subject: str, raw: bytes) -> int:
    """Keep a message that the demo's mail server took in; return its id."""
    row = DemoMessage.objects.create(
        received_at=clock.now(),
        sender=sender[:200],
        recipients=", ".join(recipients),
        subject=" ".join(subject.replace("\x00", "").split())[:250],
        raw=raw,
    )
    return row.pk


def forget_demo_messages() -> int:
    """Empty the demo's mailbox; return how many messages it held."""
    return DemoMessage.objects.all().delete()[0]
