"""Let an address stop the messages that nobody owes it: those before a due date (RFC 2369, RFC 8058).

Reminders of what is overdue, statements and formal notices belong to a contract that exists: they are transactional,
carry no List-Unsubscribe, and go on after an opt-out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction

from quittance.delivery.models import CourtesyOptOut, Transmission
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor

LINK_AGE = timedelta(days=180)
PATH = "stop/"
_signer = signing.TimestampSigner(salt="quittance.delivery.stop", sep=".")


class LinkNotValid(Exception):
    """The link was not written by us, or is too old, or its message is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutLink:
    """What a link to stop courtesy messages stands for."""

    account_id: int
    company_id: int
    company_name: str
    customer_id: int
    address: str
    language: str
    is_done: bool


def stop_url(*, transmission_id: int) -> str:
    """Return the public address that stops courtesy messages; "" when `QUITTANCE_PUBLIC_URL` is not set."""
    base = settings.QUITTANCE_PUBLIC_URL
    return f"{base.rstrip('/')}/{PATH}{_signer.sign(str(transmission_id))}/" if base else ""


def headers_of_courtesy(*, transmission_id: int) -> dict[str, str]:
    """Return the headers of a message that can be opted out of."""
    url = stop_url(transmission_id=transmission_id)
    if not url:
        return {}
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def read_link(*, token: str) -> OptOutLink:
    """Return what a link stands for. Two queries.

    :raises LinkNotValid: when we did not sign it, or more than 180 days ago.
    """
    try:
        transmission_id = int(_signer.unsign(token, max_age=LINK_AGE))
    except (signing.BadSignature, ValueError) as error:
        raise LinkNotValid(str(error)) from error
    found = Transmission.objects.filter(pk=transmission_id, is_courtesy=True).select_related("account__company")
    row = found.only("account__customer_id", "account__company__name", "recipient", "language").first()
    if row is None:
        raise LinkNotValid("its message is gone")
    account = row.account
    is_done = CourtesyOptOut.objects.filter(account=account, address=row.recipient.lower()).exists()
    return OptOutLink(
        account_id=account.pk,
        company_id=account.company_id,
        company_name=account.company.sender_name or account.company.name,
        customer_id=account.customer_id,
        address=row.recipient,
        language=row.language,
        is_done=is_done,
    )


def opt_out(*, token: str) -> OptOutLink:
    """Write that the link's address wants no more courtesy messages about its account; safe twice.

    :raises LinkNotValid: see `read_link`.
    """
    link = read_link(token=token)
    with transaction.atomic():
        _row, is_new = CourtesyOptOut.objects.get_or_create(
            account_id=link.account_id, address=link.address.lower(), defaults={"recorded_at": clock.now()}
        )
        if is_new:
            events.record(_event(link, "delivery.opted_out", Actor(label=link.address)))
    return link


def opt_in(*, account_id: int, address: str, actor: Actor) -> bool:
    """Let an address have courtesy messages again, at its own wish; False when it had not opted out."""
    with transaction.atomic():
        found = CourtesyOptOut.objects.filter(account_id=account_id, address=address.lower())
        row = found.select_related("account").first()
        if row is None:
            return False
        account = row.account
        found.delete()
        events.record(
            events.NewEvent(
                kind="delivery.opted_in",
                actor=actor,
                account_id=account_id,
                company_id=account.company_id,
                customer_id=account.customer_id,
                payload={"address": address},
            )
        )
    return True


def _event(link: OptOutLink, kind: str, actor: Actor) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        account_id=link.account_id,
        company_id=link.company_id,
        customer_id=link.customer_id,
        payload={"address": link.address},
    )


def list_opted_out(*, account_ids: Sequence[int]) -> set[tuple[int, str]]:
    """Return (account, address in small letters) of those that want no courtesy messages. One query."""
    found = CourtesyOptOut.objects.filter(account_id__in=list(account_ids))
    return set(found.values_list("account_id", "address"))
