"""Read what left, and the demo's mailbox."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from django.db.models import Count, QuerySet

from quittance.delivery.models import DemoMessage, Mailbox, Transmission


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmissionRow:
    """One transmission with its content."""

    id: int
    account_id: int
    medium: str
    channel: str
    purpose: str
    state: str
    sender: str
    reply_to: str
    recipient: str
    recipient_name: str
    language: str
    subject: str
    body_text: str
    body_html: str
    inline_images: dict[str, str]
    message_id: str
    attempts: int
    failure_code: str
    failure: str
    is_failure_permanent: bool
    queued_at: datetime
    not_before: datetime | None
    claimed_at: datetime | None
    sent_at: datetime | None


def list_refused_addresses(*, account_ids: Sequence[int]) -> set[str]:
    """Return the addresses that refused a message for good: nothing is sent to them any more. One query."""
    found = Transmission.objects.filter(
        account_id__in=list(account_ids),
        state__in=[Transmission.State.REFUSED, Transmission.State.BOUNCED],
        is_failure_permanent=True,
    )
    return set(found.values_list("recipient", flat=True))


def get_transmission(*, transmission_id: int) -> TransmissionRow:
    """Return one transmission. One query.

    :raises Transmission.DoesNotExist: when there is none of that id.
    """
    names = TransmissionRow.__dataclass_fields__
    return TransmissionRow(**Transmission.objects.values(*names).get(pk=transmission_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a transmission stands; `not_before` is when it may be tried again."""

    state: str
    not_before: datetime | None
    failure: str


def get_standing(*, transmission_id: int) -> Standing:
    """Return where one transmission stands. One query.

    :raises Transmission.DoesNotExist: when there is none of that id.
    """
    return Standing(**Transmission.objects.values("state", "not_before", "failure").get(pk=transmission_id))


def list_transmissions_of_account(*, account_id: int) -> QuerySet[Transmission, Any]:
    """Return what left for an account, newest first."""
    found = Transmission.objects.filter(account_id=account_id).order_by("-queued_at", "-id")
    return found.values("id", "purpose", "medium", "state", "recipient", "subject", "failure_code", "failure",
                        "queued_at", "sent_at")  # fmt: skip


def list_uncertain() -> QuerySet[Transmission, Any]:
    """Return what a person has to look after: it may have left or not."""
    found = Transmission.objects.filter(state=Transmission.State.UNCERTAIN).order_by("id")
    return found.values("id", "account_id", "purpose", "recipient", "subject", "failure_code", "failure", "claimed_at")


def list_mailboxes() -> list[dict[str, Any]]:
    """Return the mailboxes that are read: how far, since when, and what keeps us out. One query."""
    found = Mailbox.objects.order_by("name", "id")
    return [dict(row) for row in found.values("id", "name", "read_at", "failure", "failed_at")]


def count_by_state() -> dict[str, int]:
    """Return how many transmissions wait, are leaving, failed or are uncertain. One query."""
    watched = (
        Transmission.State.QUEUED,
        Transmission.State.SENDING,
        Transmission.State.REFUSED,
        Transmission.State.UNCERTAIN,
    )
    found = Transmission.objects.filter(state__in=watched).values("state").annotate(count=Count("id"))
    return {row["state"]: row["count"] for row in found.order_by("state")}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxMessage:
    """A message of the demo's mailbox, taken apart."""

    id: int
    received_at: datetime
    sender: str
    recipients: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[str, ...]


def list_demo_messages() -> QuerySet[DemoMessage, Any]:
    """Return the mailbox, newest first."""
    found = DemoMessage.objects.order_by("-received_at", "-id")
    return found.values("id", "received_at", "sender", "recipients", "subject")


def find_demo_message(*, message_id: int) -> MailboxMessage | None:
    """Return one message of the mailbox, its inline images as data: addresses. One query."""
    row = DemoMessage.objects.filter(pk=message_id).first()
    if row is None:
        return None
    parsed = BytesParser(policy=policy.default).parsebytes(bytes(row.raw))
    return MailboxMessage(
        id=row.pk,
        received_at=row.received_at,
        sender=row.sender,
        recipients=row.recipients,
        subject=row.subject,
        headers=tuple((name, str(value)) for name, value in parsed.items()),
        text=_body(parsed, "plain"),
        html=_with_images(parsed, _body(parsed, "html")),
        attachments=tuple(part.get_filename() or "" for part in parsed.iter_attachments() if not part["Content-ID"]),
    )


def _body(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def inline_images(html: str, images: Mapping[str, str | bytes]) -> str:
    """Put PNG images, in base64 or as bytes by content id, into a message's HTML: nothing is fetched to show it."""
    for content_id, image in images.items():
        encoded = image if isinstance(image, str) else base64.b64encode(image).decode()
        html = html.replace(f"cid:{content_id}", f"data:image/png;base64,{encoded}")
    return html


def _with_images(parsed: EmailMessage, html: str) -> str:
    """Put the images of the message itself into its HTML, so that nothing needs to be fetched."""
    for part in parsed.walk():
        content_id = (part["Content-ID"] or "").strip().strip("<>")
        payload = part.get_payload(decode=True)
        if content_id and part.get_content_maintype() == "image" and isinstance(payload, bytes):
            html = html.replace(f"cid:{content_id}", _data_address(part.get_content_type(), payload))
    return html


def _data_address(content_type: str, payload: bytes) -> str:
    return f"data:{content_type};base64,{base64.b64encode(payload).decode()}"
