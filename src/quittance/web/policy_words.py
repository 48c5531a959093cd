"""Policies of reminders in words: steps, days, conditions, who looks, and what is wrong with a draft."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from quittance.core.dunning import StepClock, StepCondition
from quittance.dunning.services.editing import PolicyDraft, Problem, StepDraft
from quittance.web import formats

Text = str | Promise
MEDIUM_WORDS: Mapping[str, Text] = {
    "EMAIL": lazy("E-mail"),
    "LETTER": lazy("Letter"),
    "SMS": lazy("Text message"),
    "CALL": pgettext_lazy("step", "Call"),
    "PORTAL": lazy("Portal message"),
    "TASK": lazy("Internal task"),
}
MEDIUM_ICONS = {
    "EMAIL": "mail", "LETTER": "print", "SMS": "messages", "CALL": "phone", "PORTAL": "link", "TASK": "check",
}  # fmt: skip
TONE_WORDS: Mapping[str, Text] = {
    "FRIENDLY": pgettext_lazy("tone", "Friendly"),
    "FIRM": pgettext_lazy("tone", "Firm"),
    "FORMAL": pgettext_lazy("tone", "Formal"),
}
VALIDATION_WORDS: Mapping[str, Text] = {
    "NOBODY": lazy("leaves by itself"),
    "COLLECTOR": lazy("the collector looks first"),
    "MANAGER": lazy("the credit manager looks first"),
}
MESSAGE_WORDS: Mapping[str, Text] = {
    "COURTESY": lazy("Courtesy before the due date"),
    "FIRST_REMINDER": lazy("First reminder"),
    "SECOND_REMINDER": lazy("Second reminder"),
    "FORMAL_NOTICE": lazy("Formal notice"),
    "STATEMENT": lazy("Statement of account"),
    "PUBLIC_REMINDER": lazy("Reminder to a public body"),
    "PUBLIC_SECOND_REMINDER": lazy("Second reminder to a public body"),
    "PUBLIC_FORMAL_NOTICE": lazy("Formal notice to a public body"),
}
FIELD_WORDS: Mapping[str, Text] = {
    "name": lazy("Name"),
    "description": lazy("In one sentence"),
    "interval_days_min": lazy("Days between two messages"),
    "amount_min": lazy("Smallest amount"),
    "bank_data_age_days_max": lazy("Age of bank data, days at most"),
    "validated_by": lazy("Who looks first"),
    "touches_max": lazy("Contacts at most"),
    "touches_days": lazy("within days"),
    "is_quiet_on_weekends": lazy("Quiet on weekends"),
    "is_quiet_on_holidays": lazy("Quiet on public holidays"),
    "is_statement": lazy("Statement of account"),
    "is_timing_learnt": lazy("Timing as learnt"),
    "tolerance_days_learnt": lazy("Days beyond the habit"),
    "steps": lazy("Steps"),
    "from_date": lazy("Applies from"),
    "offset_days": lazy("Days"),
    "tone": lazy("Tone"),
    "medium": lazy("Medium"),
    "counted_from": lazy("Counted from"),
    "condition": lazy("Condition"),
    "condition_amount": lazy("Amount late"),
    "recipient_roles": lazy("Written to"),
    "message_code": lazy("Text"),
    "is_registered": lazy("Registered letter"),
    "falls_back_to_email": lazy("E-mail when it can't go so"),
}
PROBLEM_WORDS: Mapping[str, Text] = {
    "NO_STEPS": lazy("A policy needs at least one step."),
    "TOO_MANY_STEPS": lazy("Twenty steps are the most."),
    "NOT_LATER": lazy("This step must come later than the one before it."),
    "NO_STEP_BEFORE": lazy("There is no step after the due date before it to count from."),
    "A_DAY_AT_LEAST": lazy("Counted from the step before, it is one day at least."),
    "NO_AMOUNT": lazy("Say from which amount on."),
    "NO_NAME": lazy("Give it a name."),
    "NAME_TAKEN": lazy("Another policy has this name."),
    "ONLY_LETTERS": lazy("Only a letter can be registered."),
    "FORMAL_TOO_EARLY": lazy("Before the due date nothing is owed: the tone can't be formal."),
    "IN_THE_PAST": lazy("Choose today or a later day: the past stays as it was."),
    "BEFORE_NEWEST": lazy("A later version is planned. Choose its day or a later one, or take it back first."),
    "UNKNOWN_VALUE": lazy("Choose one of the values offered."),
    "OUT_OF_RANGE": lazy("Between 60 days before and 400 days after."),
    "NO_CHANGE": lazy("Nothing is different from the version before."),
}  # fmt: skip


def problem_text(problem: Problem) -> str:
    """Return what is wrong, in words."""
    return str(PROBLEM_WORDS[problem.code])


def step_word(name: str) -> str:
    """Return the name of a step: a shipped one in the reader's language, one that a person gave as it is."""
    found = pgettext("step", name)
    return found if found != name else _(name) if name else ""


def day_text(day: int) -> str:
    """Return a day of the timeline: +12, 0, −5.

    >>> day_text(12), day_text(0), day_text(-5)
    ('+12', '0', '−5')
    """
    return f"+{day}" if day > 0 else f"−{-day}" if day else "0"


def when_text(step: StepDraft) -> str:
    """Return when a step is due."""
    days = step.offset_days
    if step.counted_from == StepClock.PREVIOUS_STEP:
        return ngettext("%(n)s day after the step before", "%(n)s days after the step before", days) % {"n": days}
    if days > 0:
        return ngettext("%(n)s day after the due date", "%(n)s days after the due date", days) % {"n": days}
    if days < 0:
        return ngettext("%(n)s day before the due date", "%(n)s days before the due date", -days) % {"n": -days}
    return _("on the due date")


def condition_text(step: StepDraft) -> str:
    """Return the condition of a step as a half sentence, "" when there is none."""
    match step.condition:
        case StepCondition.LAST_BOUNCED:
            return _("only when the last message came back")
        case StepCondition.PROMISE_BROKEN:
            return _("only when a promise was broken since")
        case StepCondition.NO_ANSWER:
            return _("only when nothing was answered since")
        case StepCondition.OVERDUE_AT_LEAST:
            return _("only from %(amount)s late on") % {"amount": formats.amount_text(step.condition_amount)}
        case _:
            return ""


def changes_of(
    before: PolicyDraft, after: PolicyDraft, *, labels: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str]]:
    """Return what differs between two drafts, for the diff; steps are told by their names."""
    found = [
        _change(str(FIELD_WORDS[name]), name, getattr(before, name), getattr(after, name), labels)
        for name in PolicyDraft.__dataclass_fields__
        if name != "steps" and getattr(before, name) != getattr(after, name)
    ]
    old = {step.code: step for step in before.steps}
    new = {step.code: step for step in after.steps}
    for code, step in new.items():
        name = step_word(step.name)
        if code not in old:
            found.append({"label": name, "before": "", "after": step_text(step)})
            continue
        found += [
            _change(f"{name} · {FIELD_WORDS[field]}", field, getattr(old[code], field), getattr(step, field), labels)
            for field in StepDraft.__dataclass_fields__
            if field != "code" and getattr(old[code], field) != getattr(step, field)
        ]
    gone = [step for code, step in old.items() if code not in new]
    return [*found, *({"label": step_word(step.name), "before": step_text(step), "after": ""} for step in gone)]


def step_text(step: StepDraft) -> str:
    """Return a step in one line."""
    return f"{when_text(step)}, {MEDIUM_WORDS[step.medium]}"


def _change(label: str, name: str, before: Any, after: Any, labels: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {"label": label, "before": _value(name, before, labels), "after": _value(name, after, labels)}


def _value(name: str, value: Any, labels: Mapping[str, Mapping[str, Any]]) -> str:
    if isinstance(value, bool):
        return formats.yes_no_text(value)
    if isinstance(value, Decimal):
        return formats.amount_text(value)
    if isinstance(value, tuple):
        return ", ".join(str(labels["recipient_roles"].get(one, one)) for one in value)
    if name == "name":
        return step_word(str(value))
    known = labels.get(name, {})
    return str(known.get(value, value)) if value is not None else ""
