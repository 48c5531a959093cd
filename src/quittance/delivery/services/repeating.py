"""Send a message once more, as it was: a person's decision, for messages that no other app judges before they leave."""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import transaction

from quittance.core.ports.channels import Channel
from quittance.delivery.models import Medium, Transmission
from quittance.delivery.services.contents import (
    MessageContent,
    check_content,
    columns_of,
    keep_attachments,
    outgoing,
)
from quittance.delivery.services.sending import LeaseLost, NewTransmission, claim, queue_transmissions, send_claimed
from quittance.delivery.services.settling import resolve_uncertain
from quittance.foundation import events, jobs
from quittance.foundation.permissions import Actor

SEND_STORED_TASK = "delivery.send_stored"
# Messages of these are sent by the app that decides, at the moment of sending, whether they still may leave.
JUDGED_PURPOSES = frozenset({"DUNNING_NOTICE"})
State = Transmission.State
_OVER = (State.SENT, State.DELIVERED, State.BOUNCED, State.REFUSED)


class CannotRepeat(ValueError):
    """The message is judged by another app, still on its way, a letter, or has no text yet."""


def can_repeat(*, purpose: str, medium: str, state: str) -> bool:
    """Say whether a person may send such a message once more."""
    return purpose not in JUDGED_PURPOSES and medium in (Medium.EMAIL, Medium.SMS) and state in _OVER


def repeat(*, transmission_id: int, actor: Actor) -> int:
    """Queue a copy of a message, files and all, under a Message-ID of its own; return the copy's id.

    :raises CannotRepeat:
    """
    with transaction.atomic():
        row = Transmission.objects.select_for_update().get(pk=transmission_id)
        if not can_repeat(purpose=row.purpose, medium=row.medium, state=row.state) or not row.body_text:
            raise CannotRepeat(f"transmission {transmission_id} can't be sent once more")
        draft = NewTransmission(
            account_id=row.account_id,
            purpose=row.purpose,
            sender=row.sender,
            recipient=row.recipient,
            recipient_name=row.recipient_name,
            reply_to=row.reply_to,
            language=row.language,
            medium=row.medium,
            channel=row.channel,
        )
        copy_id = send_written(draft=draft, content=_content_of(row))
        events.record(
            events.NewEvent(
                kind="transmission.repeated",
                actor=actor,
                account_id=row.account_id,
                subject_kind="transmission",
                subject_id=str(copy_id),
                payload={"of": transmission_id, "recipient": row.recipient},
            )
        )
    return copy_id


@transaction.atomic
def send_written(*, draft: NewTransmission, content: MessageContent) -> int:
    """Queue a message whose text is known already, and the job that sends it; return its id.

    For what a person sends: nothing about it is judged again before it leaves.

    :raises AttachmentTooLarge: :raises MessageTooLong:
    """
    check_content(content=content)
    (transmission_id,) = queue_transmissions(drafts=[draft])
    columns = columns_of(transmission_id=transmission_id, content=content)
    Transmission.objects.filter(pk=transmission_id).update(**columns)
    keep_attachments(transmission_id=transmission_id, attachments=content.attachments)
    _defer(transmission_id)
    return transmission_id


def resolve_own_uncertain(*, transmission_id: int, has_left: bool, actor: Actor) -> str:
    """Write what a person found out about an uncertain message that no other app judges; return its new state.

    What has not left leaves again as it was, under its Message-ID.

    :raises CannotRepeat: when another app judges it. :raises TransmissionNotUncertain:
    """
    with transaction.atomic():
        row = Transmission.objects.only("purpose").get(pk=transmission_id)
        if row.purpose in JUDGED_PURPOSES:
            raise CannotRepeat(f"transmission {transmission_id} is judged by another app")
        state = resolve_uncertain(transmission_id=transmission_id, has_left=has_left, actor=actor)
        if not has_left:
            _defer(transmission_id)
    return state


def send_stored(*, transmission_id: int, channel: Channel) -> None:
    """Send a queued message with the text that it has; after a temporary failure a job is queued for its time."""
    row = Transmission.objects.get(pk=transmission_id)
    if row.state != State.QUEUED:
        return
    lease = claim(transmission_id=transmission_id, content=_content_of(row))
    if lease is None:
        return
    try:
        result = send_claimed(lease=lease, channel=channel)
    except LeaseLost:
        return
    if result.retry_at is not None and result.is_written:
        _defer(transmission_id, at=result.retry_at)


def channel_of(*, transmission_id: int) -> str:
    """Return the identifier of a transmission's channel. One query."""
    return Transmission.objects.values_list("channel", flat=True).get(pk=transmission_id)


def _defer(transmission_id: int, *, at: datetime | None = None) -> None:
    jobs.app.configure_task(SEND_STORED_TASK, schedule_at=at).defer(transmission_id=transmission_id)


def _content_of(row: Transmission) -> MessageContent:
    message = outgoing(row=row, has_attachments=True)
    return MessageContent(
        recipient=row.recipient,
        recipient_name=row.recipient_name,
        language=row.language,
        subject=row.subject,
        body_text=row.body_text,
        body_html=row.body_html,
        inline_images={name: base64.b64decode(image) for name, image in row.inline_images.items()},
        attachments=message.attachments,
        postal_lines=tuple(row.postal_lines),
        is_registered=row.is_registered,
        is_courtesy=row.is_courtesy,
        medium=row.medium,
    )
