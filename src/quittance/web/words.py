"""The words that stand for stored codes, and the meaning (tone) each is shown with.

Tones: ``late``, ``soon``, ``settled``, ``disputed``, ``promised``, ``neutral``. A tone is never alone: the word is
always written, and the style adds a mark.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TONES = ("neutral", "late", "soon", "settled", "disputed", "promised")

# Open items and the work on them.
_ITEM_WORDS: dict[str, tuple[str | Promise, str]] = {
    "OPEN": (_("Open"), "neutral"),
    "PART_PAID": (_("Part paid"), "soon"),
    "SETTLED": (_("Settled"), "settled"),
    "CLOSED_BY_ERP": (_("Closed by the ERP"), "neutral"),
    "LATE": (_("Late"), "late"),
    "DUE_SOON": (_("Due soon"), "soon"),
    "NOT_DUE": (_("Not due"), "neutral"),
    "DISPUTED": (_("Disputed"), "disputed"),
    "PROMISED": (_("Promised"), "promised"),
    "RESOLVED": (_("Resolved"), "settled"),
    "KEPT": (_("Kept"), "settled"),
    "PART_KEPT": (_("Kept in part"), "soon"),
    "BROKEN": (_("Broken"), "late"),
    "WITHDRAWN": (pgettext_lazy("promise", "Withdrawn"), "neutral"),
    "DONE": (_("Done"), "settled"),
    "SNOOZED": (_("Snoozed"), "neutral"),
    "DISMISSED": (_("Dismissed"), "neutral"),
}
# Imports, jobs, messages and cash.
_FLOW_WORDS: dict[str, tuple[str | Promise, str]] = {
    "DRAFT": (_("Draft"), "neutral"),
    "WAITING": (_("Waiting"), "soon"),
    "RUNNING": (_("Running"), "promised"),
    "FINISHED": (_("Finished"), "settled"),
    "FINISHED_WITH_REJECTS": (_("Finished, some lines rejected"), "soon"),
    "FAILED": (_("Failed"), "late"),
    "CANCELLED": (_("Cancelled"), "neutral"),
    "UNCHANGED": (_("Nothing new"), "neutral"),
    "ACCEPTED": (_("Accepted"), "settled"),
    "REJECTED": (_("Rejected"), "late"),
    "PROPOSED": (_("Proposed"), "soon"),
    "APPROVED": (_("Approved"), "settled"),
    "HELD": (_("Held"), "soon"),
    "SEND": (_("Will go"), "settled"),
    "HOLD": (_("Held"), "soon"),
    "PERSON": (_("Needs a person"), "late"),
    "EXCLUDED": (_("Left out"), "neutral"),
    "PREPARING": (_("Being prepared"), "promised"),
    "READY": (_("To review"), "soon"),
    "RELEASED": (_("Sending"), "promised"),
    "QUEUED": (_("Queued"), "neutral"),
    "SENDING": (_("Sending"), "promised"),
    "SENT": (_("Sent"), "settled"),
    "DELIVERED": (_("Delivered"), "settled"),
    "READ": (_("Read"), "settled"),
    "BOUNCED": (_("Bounced"), "late"),
    "REFUSED": (_("Refused"), "late"),
    "UNCERTAIN": (_("Uncertain"), "soon"),
    "MATCHED": (_("Matched"), "settled"),
    "PART_MATCHED": (_("Matched in part"), "soon"),
    "UNAPPLIED": (_("Unapplied"), "soon"),
    "RETURNED": (pgettext_lazy("payment", "Sent back"), "late"),
    "UNIDENTIFIED": (_("Payer unknown"), "late"),
    "ACTIVE": (_("Active"), "settled"),
    "INACTIVE": (_("Inactive"), "neutral"),
}
STATUS_WORDS: dict[str, tuple[str | Promise, str]] = {**_ITEM_WORDS, **_FLOW_WORDS}


def status_word(code: str) -> tuple[str, str]:
    """Return the (word, tone) of a stored code; an unknown code is shown readable and neutral."""
    word, tone = STATUS_WORDS.get(code, (code.replace("_", " ").capitalize(), "neutral"))
    return str(word), tone
