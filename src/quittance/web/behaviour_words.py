"""How an account pays, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quittance.core.behaviour import BehaviourReason, PaymentBehaviour

PAYS_WORDS = {
    "EARLY": gettext_lazy("Pays early"),
    "ON_TIME": gettext_lazy("Pays on time"),
    "LATE": gettext_lazy("Pays late"),
    "VERY_LATE": gettext_lazy("Pays very late"),
    "UNKNOWN": gettext_lazy("No history"),
}


def behaviour_text(behaviour: PaymentBehaviour) -> str:
    """Return the manners of an account as a sentence: what it usually does, how steadily, and where it is going."""
    parts = [_part(reason, dict(values)) for reason, values in behaviour.reasons]
    return " ".join(part for part in parts if part)


def _part(reason: BehaviourReason, values: dict[str, int]) -> str:
    days = values.get("days", 0)
    match reason:
        case BehaviourReason.NO_HISTORY:
            return _("Nothing was paid in the last twelve months.")
        case BehaviourReason.FEW_PAYMENTS:
            count = values.get("count", 0)
            return ngettext("Only %(count)d payment so far.", "Only %(count)d payments so far.", count) % {
                "count": count
            }
        case BehaviourReason.PAYS_EARLY:
            return ngettext(
                "Usually pays %(days)d day early.", "Usually pays %(days)d days early.", days
            ) % {"days": days}  # fmt: skip
        case BehaviourReason.PAYS_ON_TIME:
            return _("Usually pays on time.")
        case BehaviourReason.PAYS_LATE | BehaviourReason.PAYS_VERY_LATE:
            return ngettext("Usually pays %(days)d day late.", "Usually pays %(days)d days late.", days) % {
                "days": days
            }
        case BehaviourReason.IRREGULAR:
            return _("Irregular: half of the payments lie %(days)d days apart.") % {"days": days}
        case BehaviourReason.GETS_WORSE:
            return _("Slower by %(days)d days in the last three months.") % {"days": days}
        case BehaviourReason.GETS_BETTER:
            return _("Faster by %(days)d days in the last three months.") % {"days": days}
    return ""
