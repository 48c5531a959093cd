"""Who may be written by which medium: what contacts said, on which day, and where their word comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.delivery.models import ContactConsent, CourtesyOptOut
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.editing import find_contact

COMMENT_LENGTH_MAX = 200


class ConsentRefused(ValueError):
    """The word can't be kept; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One word of a contact about a medium."""

    id: int
    medium: str
    is_allowed: bool
    said_on: date
    origin: str
    comment: str
    recorded_at: datetime
    recorded_by_label: str


def consent_media() -> list[tuple[str, Any]]:
    """Return the media that a contact may refuse, each with its label."""
    return list(ContactConsent.Medium.choices)


def consent_origins() -> list[tuple[str, Any]]:
    """Return where a word may come from, each with its label."""
    return list(ContactConsent.Origin.choices)


def list_consents(*, contact_id: int) -> list[Consent]:
    """Return what a contact said, the last word of each medium first. One query."""
    found = ContactConsent.objects.filter(contact_id=contact_id).order_by("-said_on", "-id")
    return [Consent(**row) for row in found.values(*Consent.__dataclass_fields__)]


def list_refused_media(*, contact_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the media that each contact refuses. One query."""
    found = ContactConsent.objects.filter(contact_id__in=list(contact_ids))
    last = found.order_by("contact_id", "medium", "-said_on", "-id").distinct("contact_id", "medium")
    refused: dict[int, set[str]] = {}
    for contact_id, medium, is_allowed in last.values_list("contact_id", "medium", "is_allowed"):
        if not is_allowed:
            refused.setdefault(contact_id, set()).add(medium)
    return refused


def list_courtesy_opt_outs(*, account_ids: Sequence[int], address: str) -> list[dict[str, Any]]:
    """Return the accounts about which an address wants nothing before the due date, and since when. One query."""
    found = CourtesyOptOut.objects.filter(account_id__in=list(account_ids), address=address.lower())
    return [dict(row) for row in found.order_by("account_id").values("account_id", "recorded_at")]


@transaction.atomic
def record_consent(
    *, contact_id: int, medium: str, is_allowed: bool, said_on: date, origin: str, comment: str, actor: Actor
) -> int:
    """Keep what a contact said about a medium; the word of the latest day counts.

    :raises ConsentRefused: no such contact, medium or origin, or a day to come.
    """
    contact = find_contact(contact_id=contact_id)
    if contact is None:
        raise ConsentRefused(_("There is no such contact."))
    if medium not in ContactConsent.Medium.values or origin not in ContactConsent.Origin.values:
        raise ConsentRefused(_("There is no such choice."), field="medium")
    if said_on > clock.today():
        raise ConsentRefused(_("Choose today or an earlier day."), field="said_on")
    row = ContactConsent.objects.create(
        contact_id=contact_id,
        medium=medium,
        is_allowed=is_allowed,
        said_on=said_on,
        origin=origin,
        comment=" ".join(comment.split())[:COMMENT_LENGTH_MAX],
        recorded_at=clock.now(),
        recorded_by_label=actor.label[:150],
    )
    events.record(
        events.NewEvent(
            kind="contact.consented" if is_allowed else "contact.refused",
            actor=actor,
            customer_id=contact["customer_id"],
            account_id=contact["account_id"],
            subject_kind="contact",
            subject_id=str(contact_id),
            payload={
                "contact": contact["name"] or contact["email"],
                "medium": medium,
                "said_on": said_on.isoformat(),
                "origin": origin,
                "text": row.comment,
            },
        )
    )
    return row.pk
