"""By what a step really goes, and to whom: the medium that is set up, the first role that can be reached by it."""

from __future__ import annotations

from dataclasses import dataclass

from quittance.core.dunning_facts import (
    DunningAccountFacts,
    DunningContact,
    DunningLevel,
    DunningMedium,
)

_EMAIL, _LETTER, _SMS, _CALL = DunningMedium.EMAIL, DunningMedium.LETTER, DunningMedium.SMS, DunningMedium.CALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a message goes to: ``index`` among the contacts of the account, None when nobody is named."""

    is_found: bool
    is_opted_out: bool = False
    index: int | None = None


NOBODY = Recipient(is_found=False)
UNNAMED = Recipient(is_found=True)


def choose_medium(
    *, level: DunningLevel, facts: DunningAccountFacts, media_ready: frozenset[DunningMedium]
) -> DunningMedium | None:
    """Return the medium of the step, EMAIL where it falls back on it, None where nothing can carry it.

    A step falls back when its medium is not set up, or when the customer has no address for it.
    """
    if not level.medium.is_sent:
        return level.medium
    medium, is_ready = level.medium, level.medium in media_ready
    if not level.falls_back_to_email or _EMAIL not in media_ready:
        return medium if is_ready else None
    is_found = is_ready and choose_recipient(level=level, medium=medium, facts=facts).is_found
    return medium if is_found else _EMAIL


def choose_recipient(*, level: DunningLevel, medium: DunningMedium, facts: DunningAccountFacts) -> Recipient:
    """Return the first contact, by the order of the roles, that has an address for the medium.

    A letter needs the customer's postal address and names a contact where there is one; what a person does needs
    nobody to be named either. Who opted out still counts as the recipient: nobody else is bothered instead.
    """
    if medium is _LETTER and not facts.has_postal_address:
        return NOBODY
    if facts.contacts is None:
        return _by_flags(facts, medium)
    for role in level.recipient_roles:
        for index, contact in enumerate(facts.contacts):
            if contact.role == role and _can_take(contact, medium):
                refuses = _refuses(contact, medium) or (contact.refuses_courtesy and level.is_courtesy)
                return Recipient(is_found=True, is_opted_out=refuses and _asks_leave(medium), index=index)
    return NOBODY if _asks_leave(medium) else UNNAMED


def _by_flags(facts: DunningAccountFacts, medium: DunningMedium) -> Recipient:
    if not _asks_leave(medium):
        return UNNAMED
    return Recipient(is_found=facts.has_contact, is_opted_out=facts.opted_out)


def _can_take(contact: DunningContact, medium: DunningMedium) -> bool:
    if medium is _EMAIL:
        return contact.has_email
    if medium is _SMS:
        return contact.takes_sms
    if medium is _CALL:
        return contact.has_phone
    return True


def _refuses(contact: DunningContact, medium: DunningMedium) -> bool:
    if medium is _SMS:
        return contact.is_opted_out or contact.refuses_sms
    return contact.is_opted_out or contact.refuses_email


def _asks_leave(medium: DunningMedium) -> bool:
    """Say whether a contact may refuse the medium, and must be known for it."""
    return medium is _EMAIL or medium is _SMS
