"""The words of hand-overs, their results and proposals, of dossiers, and of the clock of limitation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

HANDOVER_STATES: Mapping[str, tuple[Any, str]] = {
    "PREPARED": (pgettext_lazy("hand-over", "Prepared"), "soon"),
    "HANDED_OVER": (pgettext_lazy("hand-over", "Handed over"), "promised"),
    "RETURNED": (pgettext_lazy("hand-over", "Came back"), "late"),
    "CLOSED": (pgettext_lazy("hand-over", "Closed"), "settled"),
    "CANCELLED": (pgettext_lazy("hand-over", "Cancelled"), "neutral"),
}
TO_KINDS = (
    ("AGENCY", _("Collection agency")),
    ("LAWYER", _("Lawyer")),
    ("COMMISSAIRE_DE_JUSTICE", _("Commissaire de justice")),
)
RESULTS = (
    ("RECOVERED", _("Recovered")),
    ("PART_RECOVERED", _("Recovered in part")),
    ("AGREEMENT", _("Agreement with the customer")),
    ("NOT_RECOVERED", _("Not recovered")),
    ("INSOLVENT", _("Customer insolvent")),
    ("CALLED_BACK", _("Called back by us")),
)
ENDS = (("RETURNED", _("It comes back to us")), ("CLOSED", _("It is over")))
PROPOSALS: Mapping[str, Any] = {
    "": _("Nothing"),
    "DUNNING": _("Chase it again"),
    "WRITE_OFF": _("Write it off"),
}
DOSSIER_STATES: Mapping[str, tuple[Any, str]] = {
    "QUEUED": (_("Waiting"), "neutral"),
    "WRITING": (_("Being written"), "promised"),
    "READY": (pgettext_lazy("dossier", "Ready"), "settled"),
    "FAILED": (_("Failed"), "late"),
}
EVENT_KINDS: Mapping[str, Any] = {
    "START": _("Delivery or service completed"),
    "ACKNOWLEDGEMENT": _("Debt acknowledged by the customer"),
    "PART_PAYMENT": _("Payment"),
    "LAWSUIT": _("Court action"),
    "ENFORCEMENT": _("Enforcement by a bailiff"),
    "FORMAL_NOTICE": _("Formal notice"),
    "MEDIATION": _("Mediation"),
    "OTHER_SUSPENSION": _("Another suspension"),
}
RECORDED_KINDS = tuple((code, word) for code, word in EVENT_KINDS.items() if code != "PART_PAYMENT")
EFFECTS: Mapping[str, Any] = {
    "STARTED": _("the period runs from here"),
    "INTERRUPTED": _("the period begins anew"),
    "SUSPENDED": _("the period stands still meanwhile"),
    "NONE": _("moves nothing"),
    "TOO_LATE": _("came too late"),
}
