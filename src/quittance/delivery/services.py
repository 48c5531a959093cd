"""Queue, claim and send: the only writer of transmissions.

QUEUED -> SENDING -> SENT | REFUSED | UNCERTAIN, or back to QUEUED after a temporary failure. Each step is one guarded
update, so two workers never hold the same transmission: a claim gives a lease, and only its holder writes what became
of the message. When a lease ends without an answer the worker is dead and the message UNCERTAIN: it may have left, so
only a person sends it again.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.db import transaction
from django.db.models import F, Q

from quittance.core.ports.channels import (
    SEND_SECONDS_MAX,
    Channel,
    ChannelDown,
    MessageRefused,
    OutgoingAttachment,
    OutgoingMessage,
    PermanentFailure,
    TemporaryFailure,
    UncertainFailure,
)
from quittance.delivery.models import ATTACHMENT_BYTES_MAX, Attachment, DemoMessage, Medium, Transmission
from quittance.foundation import clock, events, registry
from quittance.foundation.permissions import Actor

logger = logging.getLogger(__name__)
CHANNELS = "quittance.channels"
RETRY_MINUTES = (1, 5, 15, 60, 240)
MESSAGE_BYTES_MAX = 15 * 1024 * 1024
ATTEMPTS_MAX = len(RETRY_MINUTES) + 1
LEASE = timedelta(seconds=SEND_SECONDS_MAX) + timedelta(minutes=2)
State = Transmission.State
Code = Transmission.FailureCode


class TransmissionNotUncertain(Exception):
    """Somebody has already said what became of the transmission."""


class AttachmentTooLarge(Exception):
    """A file, or the files of one message together, are larger than a message may carry."""


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
class MessageContent:
    """The message as it leaves; `inline_images` are PNG files by content id.

    The files of `attachments` are bounded (`check_attachments`). A letter is its first attachment, a PDF, and has
    `postal_lines`. `is_courtesy` says that nothing is overdue in it: such messages can be opted out of.
    """

    recipient: str
    recipient_name: str
    language: str
    subject: str
    body_text: str
    body_html: str = ""
    inline_images: Mapping[str, bytes] = field(default_factory=dict)
    attachments: Sequence[OutgoingAttachment] = ()
    postal_lines: Sequence[str] = ()
    is_registered: bool = False
    is_courtesy: bool = False


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
    somebody has decided about the message since: their word stands.
    """

    state: str
    failure_code: str = ""
    failure: str = ""
    is_address_bad: bool = False
    is_channel_down: bool = False
    retry_at: datetime | None = None
    is_written: bool = True


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


def claim(*, transmission_id: int, content: MessageContent) -> Lease | None:
    """Take the transmission for sending with this content; None when it is no longer, or not yet, to be sent.

    :raises AttachmentTooLarge: before anything is written.
    """
    at = clock.now()
    check_attachments(attachments=content.attachments)
    lease = Lease(transmission_id=transmission_id, token=uuid.uuid4(), until=at + LEASE)
    waiting = Transmission.objects.filter(pk=transmission_id, state=State.QUEUED)
    images = {name: base64.b64encode(image).decode() for name, image in content.inline_images.items()}
    taken = waiting.filter(Q(not_before=None) | Q(not_before__lte=at)).update(
        state=State.SENDING,
        claimed_at=at,
        lease_token=lease.token,
        lease_until=lease.until,
        attempts=F("attempts") + 1,
        recipient=content.recipient,
        recipient_name=content.recipient_name,
        language=content.language,
        subject=content.subject,
        body_text=content.body_text,
        body_html=content.body_html,
        inline_images=images,
        postal_lines=list(content.postal_lines),
        is_registered=content.is_registered,
        is_courtesy=content.is_courtesy,
    )
    if taken:
        _keep_attachments(transmission_id, content.attachments)
    return lease if taken else None


def check_attachments(*, attachments: Sequence[OutgoingAttachment]) -> None:
    """Refuse what no message may carry.

    :raises AttachmentTooLarge: when a file has more than 10 MiB, or all of them more than 15 MiB.
    """
    sizes = [len(attachment.content) for attachment in attachments]
    if max(sizes, default=0) > ATTACHMENT_BYTES_MAX or sum(sizes) > MESSAGE_BYTES_MAX:
        raise AttachmentTooLarge(f"{len(sizes)} files of {sum(sizes)} bytes are more than one message may carry")


def _keep_attachments(transmission_id: int, attachments: Sequence[OutgoingAttachment]) -> None:
    """Keep what goes with the message; a second try writes it anew."""
    Attachment.objects.filter(transmission_id=transmission_id).delete()
    Attachment.objects.bulk_create(
        Attachment(
            transmission_id=transmission_id,
            filename=attachment.filename[:150],
            media_type=attachment.media_type[:100],
            content=attachment.content,
            sha256=hashlib.sha256(attachment.content).hexdigest(),
            size_bytes=len(attachment.content),
        )
        for attachment in attachments
    )


def send_claimed(*, lease: Lease, channel: Channel) -> SendResult:
    """Hand a claimed transmission to its channel and write what became of it; call it outside any transaction.

    :raises LeaseLost: when the lease has ended, or was used, before anything was handed over.
    """
    held = Transmission.objects.filter(pk=lease.transmission_id, lease_token=lease.token)
    row = held.filter(state=State.SENDING, lease_until__gt=clock.now()).first()
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
    )
    if not changed:
        logger.warning("transmission %s: %s came after its lease had ended", lease.transmission_id, result.state)
        return replace(result, is_written=False)
    return result


def _hand_over(row: Transmission, channel: Channel) -> SendResult:
    """Send it and put the channel's answer into our states; what nobody foresaw is uncertain."""
    try:
        channel.send(_outgoing(row))
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
    return SendResult(state=State.SENT)


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
        attachments=_attachments(row.pk),
        headers=row.headers,
        envelope_sender=row.envelope_sender,
        postal_lines=tuple(row.postal_lines),
        is_registered=row.is_registered,
    )


def _attachments(transmission_id: int) -> tuple[OutgoingAttachment, ...]:
    found = Attachment.objects.filter(transmission_id=transmission_id).order_by("pk")
    return tuple(
        OutgoingAttachment(filename=name, media_type=media_type, content=bytes(content))
        for name, media_type, content in found.values_list("filename", "media_type", "content")
    )


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


def fail_unwritten(*, transmission_id: int, failure: str) -> bool:
    """Give up a waiting message whose text could not be written; False when it is no longer waiting."""
    waiting = Transmission.objects.filter(pk=transmission_id, state=State.QUEUED)
    return bool(waiting.update(state=State.FAILED, failure_code=Code.TEXT_WRONG, failure=failure, not_before=None))


def cancel(*, transmission_ids: Sequence[int]) -> list[int]:
    """Cancel those that have not begun to leave; return their ids."""
    with transaction.atomic():
        found = Transmission.objects.select_for_update().filter(pk__in=transmission_ids, state=State.QUEUED)
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        Transmission.objects.filter(pk__in=ids).update(state=State.CANCELLED)
    return ids


def recover_interrupted() -> list[int]:
    """Mark as UNCERTAIN what a worker was sending when it died, once its lease has ended; return the ids."""
    with transaction.atomic():
        found = Transmission.objects.select_for_update(skip_locked=True)
        found = found.filter(state=State.SENDING, lease_until__lte=clock.now())
        ids = list(found.order_by("pk").values_list("pk", flat=True))
        # The token stays: should the worker be alive after all, its answer is better than no answer.
        Transmission.objects.filter(pk__in=ids).update(
            state=State.UNCERTAIN, failure_code=Code.WORKER_STOPPED, failure=""
        )
    return ids


def resolve_uncertain(*, transmission_id: int, has_left: bool, actor: Actor) -> str:
    """Write what a person found out: it has left, or it is queued again; return the new state.

    Queued again it keeps its Message-ID, so that a mailbox that has it already can tell; its tries start anew.

    :raises TransmissionNotUncertain: when its state is another by now.
    """
    state = State.SENT if has_left else State.QUEUED
    with transaction.atomic():
        changed = Transmission.objects.filter(pk=transmission_id, state=State.UNCERTAIN).update(
            state=state,
            sent_at=F("claimed_at") if has_left else None,
            attempts=F("attempts") if has_left else 0,
            not_before=None,
            failure_code="",
            failure="",
            lease_token=None,
            lease_until=None,
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
