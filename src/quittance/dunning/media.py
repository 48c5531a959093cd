"""By which media messages can leave here, and by which channel each goes."""

from __future__ import annotations

from quittance.core.dunning import DunningMedium
from quittance.delivery.services import sms_channel
from quittance.letters.sending import letter_channel

EMAIL_CHANNEL = "smtp"
_BY_PEOPLE = frozenset({DunningMedium.CALL, DunningMedium.PORTAL, DunningMedium.TASK})


def channel_of(medium: DunningMedium) -> str:
    """Return the identifier of the channel that carries a medium; "" when none is set up."""
    if medium is DunningMedium.LETTER:
        return letter_channel()
    if medium is DunningMedium.SMS:
        return sms_channel()
    return EMAIL_CHANNEL if medium is DunningMedium.EMAIL else ""


def media_ready() -> frozenset[DunningMedium]:
    """Return the media by which a step can be taken today: those with a channel, and those that people do."""
    return _BY_PEOPLE | {medium for medium in DunningMedium if medium.is_sent and channel_of(medium)}
