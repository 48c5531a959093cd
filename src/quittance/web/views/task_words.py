"""The words of the worklist: what to do, why, and the sentence of each part of a score."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from quittance.core.worklist import FAMILY_OF, RankReason
from quittance.web import formats
from quittance.worklist.candidates import strongest_first

ACTIONS: dict[str, str | Promise] = {
    "CALL": gettext_lazy("Call"),
    "FOLLOW_PROMISE": gettext_lazy("Follow the promise"),
    "ASK_CONTACT": gettext_lazy("Find a contact"),
    "HAND_OVER": gettext_lazy("Decide on litigation"),
    "RESOLVE_DISPUTE": gettext_lazy("Settle the dispute"),
    "SEND_REMINDER": gettext_lazy("Prepare the reminders"),
    "RUN_TO_RELEASE": gettext_lazy("Review the reminders"),
    "UNMATCHED_CASH": gettext_lazy("Match bank lines"),
    "UNAPPLIED_CASH": gettext_lazy("Apply cash"),
    "OVER_LIMIT": gettext_lazy("Decide on the limit"),
    "IMPORT_REJECTED": gettext_lazy("Correct rejected lines"),
    "COPY_WANTED": gettext_lazy("Send a copy"),
    "STEP_CALL": gettext_lazy("Call: a step of the policy"),
    "STEP_TASK": gettext_lazy("Do the step of the policy"),
    "SEND_UNCERTAIN": gettext_lazy("Find out whether it left"),
    "PLAN_BROKEN": gettext_lazy("Decide on the broken plan"),
    "LIMITATION": gettext_lazy("Interrupt the limitation"),
    "ACTION_LATE": gettext_lazy("Finish the corrective action"),
    "TO_VALIDATE": gettext_lazy("Validate the messages"),
    "VALIDATE_ANEW": gettext_lazy("Validate messages in a new run"),
}

REASONS: dict[str, str | Promise] = {
    "PROMISE_BROKEN": gettext_lazy("a promise was broken and nobody has called since"),
    "PROMISE_DUE": gettext_lazy("the promised day has come"),
    "OVER_LIMIT": gettext_lazy("the customer owes more than its limit"),
    "HABIT_BROKEN": gettext_lazy("later than this payer usually is"),
    "STRATEGIC": gettext_lazy("strategic customers get a call, not a reminder"),
    "REMINDERS_WITHOUT_EFFECT": gettext_lazy("reminders went out without effect"),
    "LARGE_AMOUNT": gettext_lazy("the amount is worth a call"),
    "NO_CONTACT": gettext_lazy("nobody can be reached: no e-mail address and no number that works"),
    "LAST_LEVEL_REACHED": gettext_lazy("the last reminder was sent and had its time"),
    "DISPUTE_LATE": gettext_lazy("the dispute is past its deadline"),
    "CASH_WAITING": gettext_lazy("the money is here and not yet matched"),
    "REMINDER_DUE": gettext_lazy("reminders are due and there is no run of today"),
    "CALL_BACK": gettext_lazy("the customer asked to be called now"),
    "COPY_WANTED": gettext_lazy("the customer asked for it on the phone"),
    "STEP_OF_POLICY": gettext_lazy("the policy leaves this step to a person"),
    "SEND_UNCERTAIN": gettext_lazy("nobody knows whether the customer has it; it is not sent again by itself"),
    "PLAN_BROKEN": gettext_lazy("an instalment was not paid; the plan no longer holds reminders"),
    "LIMITATION": gettext_lazy("the claim lapses soon unless something interrupts it"),
    "ACTION_LATE": gettext_lazy("it was to be done by now"),
    "VALIDATED_BY_MANAGER": gettext_lazy("the policy leaves these messages to the credit manager"),
    "RUN_READY": gettext_lazy("nothing leaves before somebody has looked"),
    "LINES_REJECTED": gettext_lazy("these lines are not in the ledger"),
}

# Why a kind of task counts by itself.
KINDS: dict[str, str | Promise] = {
    "RUN_TO_RELEASE": gettext_lazy("reminders wait for it"),
    "IMPORT_REJECTED": gettext_lazy("the ledger is incomplete"),
    "OVER_LIMIT": gettext_lazy("credit at risk"),
    "DISPUTE_LATE": gettext_lazy("a dispute blocks the money"),
    "UNMATCHED_CASH": gettext_lazy("paid customers may be chased"),
    "UNAPPLIED_CASH": gettext_lazy("money without an invoice"),
    "COPY_WANTED": gettext_lazy("no payment before the copy is there"),
    "STEP_TO_DO": gettext_lazy("the policy waits for it"),
    "SEND_UNCERTAIN": gettext_lazy("a message may not have left"),
    "PLAN_BROKEN": gettext_lazy("a plan was broken"),
    "LIMITATION": gettext_lazy("a claim is about to be lost"),
    "ACTION_LATE": gettext_lazy("causes of delay stay as they are"),
    "TO_VALIDATE": gettext_lazy("they do not leave without it"),
}

# What a score looks at.
FAMILIES: dict[str, str | Promise] = {
    "AMOUNT": pgettext_lazy("score", "Amount"),
    "LATENESS": pgettext_lazy("score", "Lateness"),
    "RISK": pgettext_lazy("score", "Risk"),
    "BEHAVIOUR": pgettext_lazy("score", "Behaviour"),
    "EFFECT": pgettext_lazy("score", "Effect of acting"),
    "DEADLINE": pgettext_lazy("score", "Deadline"),
}

# What each weight is given for.
WEIGHTS: dict[str, str | Promise] = {
    "amount": gettext_lazy("A large amount"),
    "lateness": gettext_lazy("Very late"),
    "over_limit": gettext_lazy("Over the credit limit"),
    "strategic": gettext_lazy("A strategic customer"),
    "habit_broken": gettext_lazy("Later than usual for this payer"),
    "promise_broken": gettext_lazy("A broken promise"),
    "effect": gettext_lazy("Much that can be claimed now"),
    "not_touched": gettext_lazy("No contact for long"),
    "unreached": gettext_lazy("Taken off for each call that reached nobody"),
    "call_back": gettext_lazy("A call agreed for now"),
    "promise_due": gettext_lazy("A promise for today"),
    "dispute_late": gettext_lazy("A dispute past its deadline"),
}
# What the columns beside say already.
_SAID = frozenset({"AMOUNT", "LATENESS", "KIND", "EFFECT"})

OUTCOMES: dict[str, str | Promise] = {
    "PROMISE": gettext_lazy("Promises to pay"),
    "DISPUTE": gettext_lazy("Contests"),
    "VOICEMAIL": gettext_lazy("Voicemail"),
    "WRONG_NUMBER": gettext_lazy("Wrong number"),
    "COPY_WANTED": gettext_lazy("Wants a copy"),
    "CALL_BACK": gettext_lazy("Call back later"),
    "INFORMED": gettext_lazy("Spoke, no commitment"),
}


def action_text(code: str) -> str:
    """Return what is to be done, in a few words."""
    return str(ACTIONS.get(code, code.replace("_", " ").capitalize()))


def reason_text(code: str) -> str:
    """Return why it is proposed; '' when nothing is to be said."""
    return str(REASONS.get(code, ""))


def part_text(part: Mapping[str, Any], *, currency: str, kind: str) -> str:
    """Return a part of the score of a task of that kind as a sentence with its figures."""
    params = part["params"]
    days = int(params.get("days", 0))
    match part["code"]:
        case "AMOUNT":
            return _("%(amount)s at stake") % {"amount": _money(params["amount"], currency)}
        case "LATENESS":
            return ngettext("oldest item %(count)d day late", "oldest item %(count)d days late", days) % {"count": days}
        case "HABIT_BROKEN":
            excess = days - max(int(params["usual_days"]), 0)
            return ngettext(
                "%(count)d day later than usual", "%(count)d days later than usual", excess
            ) % {"count": excess}  # fmt: skip
        case "OVER_LIMIT":
            return _("%(amount)s over the limit") % {"amount": _money(params["amount"], currency)}
        case "PROMISE_BROKEN":
            return _broken(days, int(params["count"]))
        case "PROMISE_DUE":
            return _("%(amount)s promised, expected now") % {"amount": _money(params["amount"], currency)}
        case "STRATEGIC":
            return _("strategic customer")
        case "NOT_TOUCHED" if not days:
            return _("nobody has been in touch yet")
        case "NOT_TOUCHED":
            return ngettext("no contact for %(count)d day", "no contact for %(count)d days", days) % {"count": days}
        case "TOUCHED_RECENTLY":
            return _("contacted in the last days")
        case "EFFECT":
            return _("%(amount)s can be claimed now") % {"amount": _money(params["amount"], currency)}
        case "CALL_BACK":
            return _("asked to be called now")
        case "UNREACHED":
            tries = int(params.get("count", 0))
            return ngettext(
                "%(count)d try without reaching anybody", "%(count)d tries without reaching anybody", tries
            ) % {"count": tries}  # fmt: skip
        case "DISPUTE_LATE":
            return ngettext(
                "dispute %(count)d day past its deadline", "dispute %(count)d days past its deadline", days
            ) % {"count": days}  # fmt: skip
        case "DEADLINE" if days and kind == "DISPUTE_LATE":
            return ngettext(
                "%(count)d day past its deadline", "%(count)d days past its deadline", days
            ) % {"count": days}  # fmt: skip
        case "DEADLINE" if days:
            return ngettext("waiting for %(count)d day", "waiting for %(count)d days", days) % {"count": days}
        case "DEADLINE":
            return _("due today")
        case _:
            return str(KINDS.get(params.get("kind", ""), _("this kind of task")))


def family_of(code: str) -> str:
    """Return what a part of a score looks at."""
    return str(FAMILIES[FAMILY_OF[RankReason(code)].value])


def short_why(row: Mapping[str, Any]) -> str:
    """Return the two strongest reasons that the other columns do not show; else why the action is proposed."""
    parts = [part for part in strongest_first(row["score_parts"]) if _is_news(part)]
    if not parts:
        return reason_text(row["action_reason"])
    return " · ".join(part_text(part, currency=row["currency"], kind=row["kind"]) for part in parts[:2])


def _is_news(part: Mapping[str, Any]) -> bool:
    """Say whether a part tells more than the columns beside: not the amount, nor that it is due today."""
    if part["code"] == "DEADLINE":
        return bool(part["params"].get("days"))
    return part["code"] not in _SAID and part["points"] > 0


def limit_text(exposure: Decimal, limit: Decimal, currency: str) -> str:
    """Return how much a customer owes of what it may."""
    return _("owes %(exposure)s with a limit of %(limit)s") % {
        "exposure": formats.money_text(exposure.quantize(Decimal(1)), currency, whole=True),
        "limit": formats.money_text(limit.quantize(Decimal(1)), currency, whole=True),
    }


def usual_text(usual_delay_days: int | None, paid_count: int | None) -> str:
    """Return how the account usually pays; '' when nothing is known."""
    if usual_delay_days is None or not paid_count:
        return ""
    if usual_delay_days > 0:
        return ngettext(
            "usually pays %(count)d day after the due date", "usually pays %(count)d days after the due date",
            usual_delay_days,
        ) % {"count": usual_delay_days}  # fmt: skip
    if usual_delay_days == 0:
        return _("usually pays on the day")
    return ngettext(
        "usually pays %(count)d day early", "usually pays %(count)d days early", -usual_delay_days
    ) % {"count": -usual_delay_days}  # fmt: skip


def late_text(days: int, count: int) -> str:
    """Return how late how many items are."""
    items = ngettext("%(count)d item", "%(count)d items", count) % {"count": count}
    late = ngettext("up to %(count)d day late", "up to %(count)d days late", days) % {"count": days}
    return _("%(items)s, %(late)s") % {"items": items, "late": late}


def _broken(days: int, count: int) -> str:
    when = _days_ago(days)
    if count > 1:
        return _("promise broken %(when)s, %(count)d in all") % {"when": when, "count": count}
    return _("promise broken %(when)s") % {"when": when}


def _days_ago(days: int) -> str:
    if days == 0:
        return _("today")
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def _money(value: str, currency: str) -> str:
    return formats.money_text(Decimal(value).quantize(Decimal(1)), currency, whole=True)
