"""What a message is made of as it leaves: its text, its files, what it takes and costs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quittance.core.ports.channels import OutgoingAttachment, OutgoingMessage
from quittance.core.sms import count_sms
from quittance.delivery import tokens
from quittance.delivery.models import ATTACHMENT_BYTES_MAX, Attachment, Medium, MediumPrice, Transmission
from quittance.delivery.services.opting_out import headers_of_courtesy
from quittance.delivery.services.reports import report_url
from quittance.foundation import clock

MESSAGE_BYTES_MAX = 15 * 1024 * 1024
SMS_SEGMENTS_MAX = 10


class AttachmentTooLarge(ValueError):
    """A file, or the files of one message together, are larger than a message may carry."""


class MessageTooLong(ValueError):
    """An SMS has no text, or needs more parts than anybody would read (10)."""


class WrongMedium(ValueError):
    """The content is for another medium than the transmission was queued for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """The message as it leaves; `inline_images` are PNG files by content id.

    The files of `attachments` are bounded (`check_content`). A letter is its first attachment, a PDF, and has
    `postal_lines`; an SMS is its `body_text`, its `recipient` a number as E.164. `is_courtesy` says that nothing is
    overdue in it: such messages can be opted out of. `missing_copies` are documents whose copy was asked for and does
    not go with it, each with why (ABSENT, TOO_LARGE, UNREADABLE).
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
    medium: str = Medium.EMAIL
    missing_copies: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a message takes and costs; `amount` None when no price is set."""

    segments: int | None = None
    amount: Decimal | None = None
    currency: str = ""


def check_content(*, content: MessageContent) -> None:
    """Refuse what no message may carry.

    :raises AttachmentTooLarge: when a file has more than 10 MiB, or all of them more than 15 MiB.
    :raises MessageTooLong: when an SMS has no text or more than ten segments.
    """
    sizes = [len(attachment.content) for attachment in content.attachments]
    if max(sizes, default=0) > ATTACHMENT_BYTES_MAX or sum(sizes) > MESSAGE_BYTES_MAX:
        raise AttachmentTooLarge(f"{len(sizes)} files of {sum(sizes)} bytes are more than one message may carry")
    if content.medium == Medium.SMS:
        segments = count_sms(text=content.body_text).segments
        if not 0 < segments <= SMS_SEGMENTS_MAX:
            raise MessageTooLong(f"an SMS has between 1 and {SMS_SEGMENTS_MAX} parts, not {segments}")


def estimate_cost(*, content: MessageContent) -> Cost:
    """Return what a message will take and cost by the prices of today; no query for an e-mail, one for the others."""
    if content.medium == Medium.SMS:
        return price_of(unit=MediumPrice.Unit.SMS_SEGMENT, segments=count_sms(text=content.body_text).segments)
    if content.medium == Medium.LETTER:
        is_registered = content.is_registered
        return price_of(unit=MediumPrice.Unit.REGISTERED_LETTER if is_registered else MediumPrice.Unit.LETTER)
    return Cost()


def price_of(*, unit: str, segments: int | None = None) -> Cost:
    """Return the price of today of one unit, or of so many segments of SMS. One query."""
    prices = MediumPrice.objects.filter(unit=unit, from_date__lte=clock.today()).order_by("-from_date")
    price = prices.values_list("price", "currency").first()
    if price is None:
        return Cost(segments=segments)
    return Cost(segments=segments, amount=price[0] * (1 if segments is None else segments), currency=price[1])


def price_of_sms(*, segments: int) -> Cost:
    """Return the price of today of so many parts of SMS. One query."""
    return price_of(unit=MediumPrice.Unit.SMS_SEGMENT, segments=segments)


def columns_of(*, transmission_id: int, content: MessageContent) -> dict[str, Any]:
    """Return what a claim writes of the content."""
    cost = estimate_cost(content=content)
    return {
        "recipient": content.recipient,
        "recipient_name": content.recipient_name,
        "language": content.language,
        "subject": content.subject,
        "body_text": content.body_text,
        "body_html": content.body_html,
        "inline_images": {name: base64.b64encode(image).decode() for name, image in content.inline_images.items()},
        "postal_lines": list(content.postal_lines),
        "is_registered": content.is_registered,
        "is_courtesy": content.is_courtesy,
        "headers": headers_of_courtesy(transmission_id=transmission_id) if content.is_courtesy else {},
        "segments": cost.segments,
        "cost": cost.amount,
        "cost_currency": cost.currency,
        "is_cost_told": False,
        "missing_copies": [list(pair) for pair in content.missing_copies],
    }


def keep_attachments(*, transmission_id: int, attachments: Sequence[OutgoingAttachment]) -> None:
    """Keep what goes with a message; a later try writes it anew."""
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


def outgoing(*, row: Transmission, has_attachments: bool) -> OutgoingMessage:
    """Return the message for its channel."""
    bounce = row.envelope_sender
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
        attachments=_attachments(row.pk) if has_attachments else (),
        headers=row.headers,
        envelope_sender=tokens.bounce_address(address=bounce, transmission_id=row.pk) if bounce else "",
        postal_lines=tuple(row.postal_lines),
        is_registered=row.is_registered,
        report_url=report_url(channel=row.channel, message_id=row.message_id) if row.medium == Medium.SMS else "",
    )


def _attachments(transmission_id: int) -> tuple[OutgoingAttachment, ...]:
    found = Attachment.objects.filter(transmission_id=transmission_id).order_by("pk")
    return tuple(
        OutgoingAttachment(filename=name, media_type=media_type, content=bytes(content))
        for name, media_type, content in found.values_list("filename", "media_type", "content")
    )
