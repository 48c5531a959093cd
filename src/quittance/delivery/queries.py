"""Read what left, and the demo's mailbox."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Left

from quittance.delivery.models import Attachment, DemoMessage, InboundMessage, Mailbox, Transmission
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter


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
    headers: dict[str, str]
    postal_lines: list[str]
    is_registered: bool
    segments: int | None
    cost: Decimal | None
    cost_currency: str
    is_cost_told: bool
    provider_reference: str
    missing_copies: list[list[str]]
    delivered_at: datetime | None
    bounced_at: datetime | None
    bounce_code: str
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT state, not_before, failure FROM delivery_transmission WHERE id = %s", [transmission_id])
        row = cursor.fetchone()
    if row is None:
        raise Transmission.DoesNotExist(f"there is no transmission {transmission_id}")
    return Standing(state=row[0], not_before=row[1], failure=row[2])


def list_transmissions_of_account(*, account_id: int) -> QuerySet[Transmission, Any]:
    """Return what left for an account, newest first."""
    found = Transmission.objects.filter(account_id=account_id).order_by("-queued_at", "-id")
    return found.values("id", "purpose", "medium", "state", "recipient", "subject", "failure_code", "failure",
                        "queued_at", "sent_at")  # fmt: skip


def list_transmissions(*, scope: Scope = EVERYTHING) -> QuerySet[Transmission, Any]:
    """Return everything that left, waits or failed, for the list of messages; newest first."""
    found = Transmission.objects.filter(account_filter(scope=scope, prefix="account__"))
    return found.order_by("-queued_at", "-id").values(
        "id", "medium", "purpose", "state", "recipient", "recipient_name", "account_id", "segments", "cost",
        "cost_currency", "is_registered", "failure_code", "failure", "bounce_code", "queued_at", "sent_at",
        company_id=F("account__company_id"),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
        account_number=F("account__number"),
        words=Case(When(subject="", then=Left("body_text", 80)), default=F("subject"), output_field=TextField()),
        file_count=_count_of(Attachment, "transmission"),
    )  # fmt: skip


def _count_of(model: type[Attachment], owner: str) -> Coalesce:
    files = model.objects.filter(**{owner: OuterRef("pk")}).order_by().values(owner).annotate(count=Count("id"))
    return Coalesce(Subquery(files.values("count")), 0)


def find_transmission(*, transmission_id: int, scope: Scope = EVERYTHING) -> TransmissionRow | None:
    """Return one transmission, None when there is none or it is out of scope. One query."""
    found = Transmission.objects.filter(account_filter(scope=scope, prefix="account__"), pk=transmission_id)
    row = found.values(*TransmissionRow.__dataclass_fields__).first()
    return TransmissionRow(**row) if row else None


def list_files(*, transmission_id: int | None = None, inbound_id: int | None = None) -> list[dict[str, Any]]:
    """Return the files of a message, out or in, without their content. One query."""
    owner = {"transmission_id": transmission_id} if transmission_id is not None else {"inbound_id": inbound_id}
    found = Attachment.objects.filter(**owner).order_by("id")
    return [dict(row) for row in found.values("id", "filename", "media_type", "size_bytes", "sha256")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file that went out or came in."""

    filename: str
    media_type: str
    content: bytes


def find_file(*, file_id: int, scope: Scope = EVERYTHING) -> FileContent | None:
    """Return a file with its content, None when there is none or its message is out of scope. One query."""
    sent = account_filter(scope=scope, prefix="transmission__account__") & Q(transmission__isnull=False)
    found = Attachment.objects.filter(sent | (_inbound_filter(scope, "inbound__") & Q(inbound__isnull=False)))
    row = found.filter(pk=file_id).values("filename", "media_type", "content").first()
    if row is None:
        return None
    return FileContent(filename=row["filename"], media_type=row["media_type"], content=bytes(row["content"]))


def list_uncertain(*, scope: Scope = EVERYTHING) -> QuerySet[Transmission, Any]:
    """Return what a person has to look after: it may have left or not."""
    found = Transmission.objects.filter(account_filter(scope=scope, prefix="account__"), state="UNCERTAIN")
    return found.order_by("id").values(
        "id", "account_id", "medium", "purpose", "recipient", "subject", "failure_code", "failure", "claimed_at"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainTask:
    """What makes a task of an uncertain message: whose it is and since when."""

    transmission_id: int
    account_id: int
    customer_id: int
    company_id: int
    collector_id: int | None
    medium: str
    purpose: str
    recipient: str
    since: datetime


def list_uncertain_tasks(*, scope: Scope = EVERYTHING) -> list[UncertainTask]:
    """Return the uncertain messages as tasks for the worklist, oldest first. One query."""
    rows = list_uncertain(scope=scope).values(
        "account_id", "medium", "purpose", "recipient",
        transmission_id=F("id"),
        customer_id=F("account__customer_id"),
        company_id=F("account__company_id"),
        collector_id=F("account__collector_id"),
        since=F("claimed_at"),
    )  # fmt: skip
    return [UncertainTask(**row) for row in rows]


def _inbound_filter(scope: Scope, prefix: str = "") -> Q:
    """Return what a scope may see: messages of its companies, and with all companies those of none."""
    if scope.company_ids is None and scope.department_id is None:
        return Q()
    with_account = account_filter(scope=scope, prefix=f"{prefix}account__") & Q(**{f"{prefix}account__isnull": False})
    if scope.company_ids is None:
        return with_account | Q(**{f"{prefix}account": None})
    return with_account | Q(**{f"{prefix}account": None, f"{prefix}company_id__in": scope.company_ids})


def list_inbound(*, scope: Scope = EVERYTHING) -> QuerySet[InboundMessage, Any]:
    """Return what came in, newest first."""
    found = InboundMessage.objects.filter(_inbound_filter(scope)).order_by("-received_at", "-id")
    return found.values(
        "id", "kind", "sender", "sender_name", "subject", "body_text", "account_id", "transmission_id", "found_by",
        "bounce_code", "sent_at", "received_at", "read_at", "assignee_id",
        customer_id=F("account__customer_id"),
        customer_name=Coalesce("account__customer__name", Value("")),
        account_number=Coalesce("account__number", Value("")),
        assignee_name=Coalesce("assignee__name", Value("")),
        is_read=Case(When(read_at=None, then=Value(False)), default=Value(True), output_field=BooleanField()),
        file_count=_count_of(Attachment, "inbound"),
    )  # fmt: skip


def find_inbound(*, inbound_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one message that came in, None when there is none or it is out of scope. One query."""
    return list_inbound(scope=scope).filter(pk=inbound_id).first()


def count_unread(*, scope: Scope = EVERYTHING, count_max: int = 999) -> int:
    """Return how many replies nobody has read, at most `count_max`. One query."""
    return unread(scope=scope).order_by()[:count_max].count()


def unread(*, scope: Scope = EVERYTHING) -> QuerySet[InboundMessage]:
    """Return the replies nobody has read, to be counted."""
    return InboundMessage.objects.filter(_inbound_filter(scope), read_at=None)


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
