"""Read mailboxes: keep what came in once, and write on our messages what the reports say of them."""

from __future__ import annotations

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from quittance.core.ports.mailboxes import Mailbox, MailboxDown, RawMessage
from quittance.delivery import tokens
from quittance.delivery.incoming import Incoming, Report, read_incoming
from quittance.delivery.models import Attachment, InboundMessage, SenderIdentity, Transmission
from quittance.delivery.models import Mailbox as MailboxRow
from quittance.foundation import clock, events, jobs, registry
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.parties.company_settings import list_company_settings
from quittance.parties.queries import AccountRow, get_accounts

logger = logging.getLogger(__name__)
MAILBOXES = "quittance.mailboxes"
KEEP_ADVICES_TASK = "delivery.keep_advices"
MESSAGES_PER_FETCH = 50
FILES_BYTES_MAX = 15 * 1024 * 1024
Kind = InboundMessage.Kind
FoundBy = InboundMessage.FoundBy
State = Transmission.State
# What a report of a failure can be about: an uncertain message has left after all.
_CAN_BOUNCE = (State.SENT, State.UNCERTAIN, State.DELIVERED)
_CAN_ARRIVE = (State.SENT, State.UNCERTAIN)


class MessageNotFound(LookupError):
    """No message that came in has this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a message is about."""

    account_id: int | None = None
    transmission_id: int | None = None
    found_by: str = ""


def read_mailboxes() -> dict[str, int]:
    """Read all mailboxes of the installation; return how many messages each gave. One that is down stops no other."""
    found: dict[str, int] = {}
    for adapter in registry.adapters_of(MAILBOXES).values():
        for mailbox in adapter.all_of_installation():
            try:
                found[mailbox.name] = sum(read_mailbox(mailbox=mailbox).values())
            finally:
                mailbox.close()
    return found


def read_mailbox(*, mailbox: Mailbox) -> Counter[str]:
    """Keep what came since the last time; return how many of each kind. When it is down that is written down."""
    row, _is_new = MailboxRow.objects.get_or_create(name=mailbox.name)
    counts: Counter[str] = Counter()
    validity, after = row.uid_validity, row.last_uid
    while True:
        try:
            fetched = mailbox.fetch(uid_validity=validity, after_uid=after, limit=MESSAGES_PER_FETCH)
        except MailboxDown as error:
            logger.warning("mailbox %s can't be read: %s", mailbox.name, error)
            MailboxRow.objects.filter(pk=row.pk).update(failure=str(error), failed_at=clock.now())
            return counts
        for message in fetched.messages:
            counts[_take(row.pk, fetched.uid_validity, message)] += 1
        validity = fetched.uid_validity
        after = fetched.messages[-1].uid if fetched.messages else after
        if len(fetched.messages) < MESSAGES_PER_FETCH:
            break
    MailboxRow.objects.filter(pk=row.pk).update(read_at=clock.now(), failure="", failed_at=None)
    del counts[""]
    return counts


def _take(mailbox_id: int, uid_validity: int, message: RawMessage) -> str:
    """Keep one message and the position behind it, in one transaction; return its kind, "" when it was skipped."""
    incoming = read_incoming(message.raw)
    with transaction.atomic():
        row = MailboxRow.objects.select_for_update().get(pk=mailbox_id)
        if row.uid_validity == uid_validity and message.uid <= row.last_uid:
            return ""
        MailboxRow.objects.filter(pk=mailbox_id).update(uid_validity=uid_validity, last_uid=message.uid)
        if _is_known(mailbox_id, incoming) or tokens.account_of_message_id(message_id=f"{incoming.message_id}"):
            return ""  # read before the mailbox was numbered anew, or a copy of what we sent
        return _keep(mailbox_id, uid_validity, message, incoming)


def _is_known(mailbox_id: int, incoming: Incoming) -> bool:
    known = InboundMessage.objects.filter(mailbox_id=mailbox_id, message_id=incoming.message_id)
    return bool(incoming.message_id) and known.exists()


def _keep(mailbox_id: int, uid_validity: int, message: RawMessage, incoming: Incoming) -> str:
    subject = _subject_of(incoming)
    kind = Kind.REPORT if incoming.report else Kind.AUTOMATIC if incoming.is_automatic else Kind.REPLY
    now = clock.now()
    row = InboundMessage.objects.create(
        mailbox_id=mailbox_id,
        uid_validity=uid_validity,
        uid=message.uid,
        kind=kind,
        sender=incoming.sender,
        sender_name=incoming.sender_name,
        subject=incoming.subject,
        body_text=incoming.body_text,
        message_id=incoming.message_id,
        sent_at=incoming.sent_at,
        received_at=now,
        account_id=subject.account_id,
        company_id=_company_of(subject, incoming),
        transmission_id=subject.transmission_id,
        found_by=subject.found_by,
        bounce_code=incoming.report.code if incoming.report else "",
        read_at=None if kind == Kind.REPLY else now,
    )
    _keep_files(row.pk, incoming)
    if kind != Kind.REPORT:
        jobs.app.configure_task(KEEP_ADVICES_TASK).defer(inbound_id=row.pk)
    told = []
    if incoming.report is not None and subject.transmission_id is not None:
        told = _apply(incoming.report, subject.transmission_id)
    elif kind == Kind.REPLY and subject.account_id is not None:
        told = [_received(row, subject.account_id)]
    events.record(*told)
    return str(kind)


def _keep_files(inbound_id: int, incoming: Incoming) -> None:
    room = FILES_BYTES_MAX
    for file in incoming.files:
        room -= len(file.content)
        if room < 0:
            return
        Attachment.objects.create(
            inbound_id=inbound_id,
            filename=file.filename,
            media_type=file.media_type,
            content=file.content,
            sha256=hashlib.sha256(file.content).hexdigest(),
            size_bytes=len(file.content),
        )


def _subject_of(incoming: Incoming) -> _Subject:
    """Find what a message is about by what only we can have written."""
    transmissions = [tokens.transmission_of_address(address=address) for address in incoming.addressed]
    for transmission_id in filter(None, transmissions):
        row = Transmission.objects.filter(pk=transmission_id).values("id", "account_id").first()
        if row is not None:
            return _Subject(account_id=row["account_id"], transmission_id=row["id"], found_by=FoundBy.BOUNCE_ADDRESS)
    for message_id in incoming.answers:
        row = Transmission.objects.filter(message_id=message_id).values("id", "account_id").first()
        if row is not None:
            return _Subject(account_id=row["account_id"], transmission_id=row["id"], found_by=FoundBy.MESSAGE_ID)
        if account_id := _existing(tokens.account_of_message_id(message_id=message_id)):
            return _Subject(account_id=account_id, found_by=FoundBy.MESSAGE_ID)
    accounts = (tokens.account_of_address(address=address) for address in incoming.addressed)
    if account_id := next(filter(None, map(_existing, accounts)), None):
        return _Subject(account_id=account_id, found_by=FoundBy.REPLY_ADDRESS)
    return _Subject()


def _company_of(subject: _Subject, incoming: Incoming) -> int | None:
    """Return the account's company, else the one whose mailbox was written to, else the only one there is."""
    if subject.account_id is not None:
        return get_accounts(account_ids=[subject.account_id])[subject.account_id].company_id
    plain = {re.sub(r"\+[^@]*@", "@", address.lower()) for address in incoming.addressed}
    companies = list_company_settings(today=clock.today())
    own = {company.id: {company.sender_email} for company in companies}
    for company_id, *addresses in SenderIdentity.objects.values_list("company_id", "reply_address", "bounce_address"):
        own[company_id].update(addresses)
    owners = [company_id for company_id, addresses in own.items() if plain & {text.lower() for text in addresses}]
    if not owners and len(own) == 1:
        owners = list(own)
    return owners[0] if len(owners) == 1 else None


def _existing(account_id: int | None) -> int | None:
    return account_id if account_id and get_accounts(account_ids=[account_id]) else None


def _apply(report: Report, transmission_id: int) -> list[events.NewEvent]:
    """Write on a transmission what a report says; what is settled otherwise stays."""
    found = Transmission.objects.filter(pk=transmission_id)
    if report.action == "failed":
        changed = found.filter(state__in=_CAN_BOUNCE).update(
            state=State.BOUNCED,
            bounced_at=clock.now(),
            bounce_code=report.code,
            failure_code=Transmission.FailureCode.CAME_BACK,
            failure=report.text,
            is_failure_permanent=report.is_address_bad,
        )
        kind = "transmission.bounced"
    elif report.action in ("delivered", "relayed", "expanded"):
        changed = found.filter(state__in=_CAN_ARRIVE).update(state=State.DELIVERED, delivered_at=clock.now())
        kind = "transmission.delivered"
    else:
        return []  # delayed: the server still tries
    if not changed:
        return []
    row = found.values("account_id", "recipient").get()
    payload = {"recipient": row["recipient"], "code": report.code, "text": report.text,
               "is_permanent": report.is_address_bad}  # fmt: skip
    return [_event(kind, row["account_id"], SYSTEM, "transmission", transmission_id, payload)]


def _received(row: InboundMessage, account_id: int) -> events.NewEvent:
    payload: dict[str, Any] = {"sender": row.sender, "subject": row.subject}
    return _event("inbound.received", account_id, SYSTEM, "inbound_message", row.pk, payload)


def _event(
    kind: str, account_id: int, actor: Actor, subject_kind: str, subject_id: int, payload: dict[str, Any]
) -> events.NewEvent:
    account: AccountRow = get_accounts(account_ids=[account_id])[account_id]
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id,
        customer_id=account.customer_id,
        account_id=account_id,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        payload=payload,
    )


def mark_read(*, inbound_ids: Iterable[int], is_read: bool = True) -> int:
    """Write that messages were read, or were not after all; return how many that changed."""
    found = InboundMessage.objects.filter(pk__in=list(inbound_ids), read_at__isnull=is_read)
    return found.update(read_at=clock.now() if is_read else None)


def assign(*, inbound_id: int, user_id: int | None, actor: Actor) -> None:
    """Give a message to a person, or to nobody.

    :raises MessageNotFound:
    """
    with transaction.atomic():
        row = _get(inbound_id)
        InboundMessage.objects.filter(pk=inbound_id).update(assignee_id=user_id)
        if row.account_id is not None:
            payload: dict[str, Any] = {"assignee_id": user_id, "subject": row.subject}
            events.record(_event("inbound.assigned", row.account_id, actor, "inbound_message", row.pk, payload))


def file_with_account(*, inbound_id: int, account_id: int, actor: Actor) -> None:
    """Say which account a message is about, where no signature did or a person knows better.

    :raises MessageNotFound: also when there is no such account.
    """
    with transaction.atomic():
        row = _get(inbound_id)
        if _existing(account_id) is None:
            raise MessageNotFound(f"no account {account_id}")
        company_id = get_accounts(account_ids=[account_id])[account_id].company_id
        InboundMessage.objects.filter(pk=inbound_id).update(
            account_id=account_id, company_id=company_id, found_by=FoundBy.PERSON
        )
        payload: dict[str, Any] = {"sender": row.sender, "subject": row.subject}
        events.record(_event("inbound.filed", account_id, actor, "inbound_message", row.pk, payload))


def _get(inbound_id: int) -> InboundMessage:
    row = InboundMessage.objects.select_for_update().filter(pk=inbound_id).first()
    if row is None:
        raise MessageNotFound(f"no message {inbound_id}")
    return row
