"""Segments in words: fields, operators, values, and a whole rule as one sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from quittance.core.segments import (
    FIELDS,
    Condition,
    Fact,
    Field,
    FieldType,
    Group,
    Joint,
    Operator,
    Problem,
    RuleError,
    Topic,
    list_conditions,
)
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.labels import ACCOUNT_LABELS
from quittance.segments.queries import list_known_values
from quittance.web import formats
from quittance.web.behaviour_words import PAYS_WORDS

Text = str | Promise

TOPICS: Mapping[Topic, Text] = {
    Topic.CUSTOMER: lazy("Customer"),
    Topic.ACCOUNT: lazy("Account"),
    Topic.BEHAVIOUR: lazy("Behaviour"),
    Topic.EXPOSURE: lazy("What it owes"),
}
FIELD_WORDS: Mapping[str, Text] = {
    "country": pgettext_lazy("segment", "country"),
    "town": pgettext_lazy("segment", "town"),
    "kind": pgettext_lazy("segment", "kind of customer"),
    "industry": pgettext_lazy("segment", "industry"),
    "tags": pgettext_lazy("segment", "tags"),
    "is_strategic": pgettext_lazy("segment", "strategic customer"),
    "is_in_group": pgettext_lazy("segment", "customer of a group"),
    "company": pgettext_lazy("segment", "company"),
    "department": pgettext_lazy("segment", "department"),
    "collector": pgettext_lazy("segment", "collector"),
    "payment_terms": pgettext_lazy("segment", "terms of payment"),
    "payment_method": pgettext_lazy("segment", "method of payment"),
    "delivery_preference": pgettext_lazy("segment", "way of sending"),
    "language": pgettext_lazy("segment", "language"),
    "payer_class": pgettext_lazy("segment", "manner of paying"),
    "mean_delay_days": pgettext_lazy("segment", "mean delay over six months"),
    "paid_count": pgettext_lazy("segment", "invoices paid in six months"),
    "promises_kept_pct": pgettext_lazy("segment", "promises kept over a year"),
    "promises_broken_count": pgettext_lazy("segment", "promises broken over a year"),
    "open_total": pgettext_lazy("segment", "open amount"),
    "overdue": pgettext_lazy("segment", "overdue amount"),
    "disputed": pgettext_lazy("segment", "disputed amount"),
    "oldest_days_late": pgettext_lazy("segment", "delay of the oldest item"),
    "open_count": pgettext_lazy("segment", "open items"),
    "overdue_count": pgettext_lazy("segment", "overdue items"),
    "credit_limit_use_pct": pgettext_lazy("segment", "use of the credit limit"),
}
OPERATOR_WORDS: Mapping[Operator, Text] = {
    Operator.ONE_OF: pgettext_lazy("segment", "is one of"),
    Operator.NONE_OF: pgettext_lazy("segment", "is none of"),
    Operator.CONTAINS: pgettext_lazy("segment", "contains"),
    Operator.STARTS_WITH: pgettext_lazy("segment", "begins with"),
    Operator.IS: pgettext_lazy("segment", "is"),
    Operator.AT_LEAST: pgettext_lazy("segment", "at least"),
    Operator.AT_MOST: pgettext_lazy("segment", "at most"),
    Operator.BETWEEN: pgettext_lazy("segment", "between"),
    Operator.IS_KNOWN: pgettext_lazy("segment", "is known"),
    Operator.IS_UNKNOWN: pgettext_lazy("segment", "is not known"),
}
# A count reads better after a colon: "open items: at least 3".
_COUNT_PHRASES: Mapping[Operator, Text] = {
    Operator.AT_LEAST: pgettext_lazy("segment", "%(field)s: at least %(value)s"),
    Operator.AT_MOST: pgettext_lazy("segment", "%(field)s: at most %(value)s"),
    Operator.BETWEEN: pgettext_lazy("segment", "%(field)s: between %(value)s and %(other)s"),
}
# The condition as a part of a sentence; the field comes without article.
_PHRASES: Mapping[Operator, Text] = {
    Operator.ONE_OF: pgettext_lazy("segment", "%(field)s: %(value)s"),
    Operator.NONE_OF: pgettext_lazy("segment", "%(field)s other than %(value)s"),
    Operator.CONTAINS: pgettext_lazy("segment", "%(field)s containing “%(value)s”"),
    Operator.STARTS_WITH: pgettext_lazy("segment", "%(field)s beginning with “%(value)s”"),
    Operator.AT_LEAST: pgettext_lazy("segment", "%(field)s of at least %(value)s"),
    Operator.AT_MOST: pgettext_lazy("segment", "%(field)s of at most %(value)s"),
    Operator.BETWEEN: pgettext_lazy("segment", "%(field)s between %(value)s and %(other)s"),
    Operator.IS_KNOWN: pgettext_lazy("segment", "%(field)s: known"),
    Operator.IS_UNKNOWN: pgettext_lazy("segment", "%(field)s: not known"),
}
_FLAGS: Mapping[tuple[str, bool], Text] = {
    ("is_strategic", True): pgettext_lazy("segment", "a strategic customer"),
    ("is_strategic", False): pgettext_lazy("segment", "a customer that is not strategic"),
    ("is_in_group", True): pgettext_lazy("segment", "a customer that belongs to a group"),
    ("is_in_group", False): pgettext_lazy("segment", "a customer that belongs to no group"),
}
_KINDS: Mapping[str, Text] = {
    "COMPANY": lazy("Company"),
    "SOLE_TRADER": lazy("Sole trader"),
    "PUBLIC": lazy("Public body"),
}
# What is shipped under English names; a segment that was renamed keeps the name it was given.
_SHIPPED_NAMES: Mapping[tuple[str, str], Text] = {
    ("STRATEGIC", "Strategic"): lazy("Strategic"),
    ("PUBLIC_SECTOR", "Public sector"): lazy("Public sector"),
    ("LITIGATION_BOUND", "Litigation-bound"): lazy("Litigation-bound"),
    ("SMALL_AMOUNTS", "Small amounts"): lazy("Small amounts"),
    ("LATE_PAYERS", "Late payers"): lazy("Late payers"),
    ("RELIABLE_PAYERS", "Reliable payers"): lazy("Reliable payers"),
}
# The descriptions of what is shipped, for the catalogues.
_DESCRIPTIONS = (
    lazy("Customers marked as strategic: a statement of account instead of reminders."),
    lazy("Public bodies, which pay by their own calendar."),
    lazy("Large amounts late for three months or more, by payers who pay very late, broke a promise or went silent."),
    lazy("Accounts that owe little: few messages, no calls."),
    lazy("Accounts that paid late over the last six months."),
    lazy("Accounts that paid early or on time over the last six months."),
)
PROBLEM_WORDS: Mapping[Problem, Text] = {
    Problem.NOT_A_RULE: lazy("This part cannot be read."),
    Problem.EMPTY_GROUP: lazy("This group has no condition: add one, or take the group away."),
    Problem.TOO_DEEP: lazy("Groups stand too deep in each other."),
    Problem.TOO_MANY: lazy("There are too many conditions."),
    Problem.UNKNOWN_FIELD: lazy("Choose what the condition is about."),
    Problem.UNKNOWN_OPERATOR: lazy("Choose how to compare."),
    Problem.VALUE_MISSING: lazy("Say which value."),
    Problem.VALUE_UNREADABLE: lazy("This value cannot be read."),
    Problem.VALUES_REVERSED: lazy("The first value is greater than the second."),
}


def segment_name(code: str, name: str) -> str:
    """Return the name of a segment; that of a shipped one in the reader's language."""
    return str(_SHIPPED_NAMES.get((code, name), name))


def segment_description(text: str) -> str:
    """Return the description of a segment; that of a shipped one in the reader's language."""
    return _(text) if text else ""


def error_text(error: RuleError) -> str:
    """Say what is wrong with a condition, naming it."""
    word = str(PROBLEM_WORDS[error.problem])
    return f"{field_word(error.field)}: {word}" if error.field in FIELDS else word


def field_word(name: str) -> str:
    """Return what a field is called at the beginning of a line."""
    word = str(FIELD_WORDS.get(name, name))
    return word[:1].upper() + word[1:]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of the values of fields, read once for all rules of a page."""

    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def choices(self, name: str) -> list[tuple[str, str]]:
        """Return code and name of the values that a field may have, a closed list in its order; [] for texts."""
        found = self.known.get(name, {})
        if FIELDS[name].choices:
            return [(code, found[code]) for code in FIELDS[name].choices if code in found]
        return sorted(found.items(), key=lambda pair: pair[1].casefold())

    def value(self, name: str, code: str) -> str:
        """Return what a value is called."""
        return self.known.get(name, {}).get(code, code)


def names_of(fields: Collection[str] = tuple(FIELDS), *, scope: Scope = EVERYTHING) -> Names:
    """Read the names of the values of these fields. One query a field whose values stand in the books."""
    known = {
        name: {code: label or code for code, label in pairs}
        for name, pairs in list_known_values(fields=fields, scope=scope).items()
    }
    territories = formats.current_locale().territories
    known["country"] = {code: str(territories.get(code, code)) for code in known.get("country", {})}
    known["kind"] = {code: str(word) for code, word in _KINDS.items()}
    known["payer_class"] = {code: str(PAYS_WORDS[code]) for code in FIELDS["payer_class"].choices}
    known |= {name: {code: str(word) for code, word in words.items()} for name, words in ACCOUNT_LABELS.items()}
    return Names({name: found for name, found in known.items() if name in fields})


def names_for(rules: Iterable[Group], *, scope: Scope = EVERYTHING) -> Names:
    """Read the names that these rules need."""
    return names_of({one.field for rule in rules for _path, one in list_conditions(rule)}, scope=scope)


def rule_text(rule: Group, names: Names) -> str:
    """Return a rule as one sentence."""
    return _("Accounts with %(conditions)s.") % {"conditions": _group_text(rule, names)}


def _group_text(group: Group, names: Names) -> str:
    parts = [
        condition_text(part, names) if isinstance(part, Condition) else _inner_text(part, names) for part in group.parts
    ]
    word = _(", and %(part)s") if group.joint is Joint.ALL else _(", or %(part)s")
    return parts[0] + "".join(word % {"part": part} for part in parts[1:])


def _inner_text(group: Group, names: Names) -> str:
    text = _group_text(group, names)
    return text if len(group.parts) == 1 else f"({text})"


def condition_text(condition: Condition, names: Names) -> str:
    """Return a condition as a part of a sentence."""
    known = FIELDS[condition.field]
    if known.type is FieldType.FLAG:
        return str(_FLAGS[condition.field, condition.value is True])
    words = {"field": str(FIELD_WORDS[condition.field]), "value": "", "other": ""}
    value = condition.value
    if condition.operator is Operator.BETWEEN and isinstance(value, tuple):
        words |= {"value": _plain_number(value[0]), "other": value_text(known, value[1], names)}
    elif isinstance(value, tuple):
        texts = [_inside(known, value_text(known, one, names)) for one in value]
        words["value"] = _(" or ").join(texts)
    else:
        words["value"] = value_text(known, value, names)
    is_count = known.type is FieldType.NUMBER and not known.unit
    phrase = _COUNT_PHRASES.get(condition.operator) if is_count else None
    return str(phrase or _PHRASES[condition.operator]) % words


def _inside(known: Field, text: str) -> str:
    """Return a word of a closed list as it stands inside a sentence; names keep their capitals."""
    return text[:1].lower() + text[1:] if known.choices and known.name != "language" else text


def value_text(known: Field, value: Any, names: Names) -> str:
    """Return a value of a rule, or a fact of an account, as a reader writes it."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return formats.yes_no_text(value)
    if isinstance(value, tuple):
        return ", ".join(value) or formats.DASH
    if isinstance(value, int | Decimal):
        number = _plain_number(value)
        if known.unit == "days":
            return ngettext("%(number)s day", "%(number)s days", abs(int(value))) % {"number": number}
        return f"{number}\u202f%" if known.unit == "%" else number
    return names.value(known.name, str(value))


def fact_text(name: str, fact: Fact, names: Names) -> str:
    """Return what is known of an account."""
    return value_text(FIELDS[name], fact, names)


def _plain_number(value: Any) -> str:
    if not value:
        return "0"
    digits = 0 if value == int(value) else 2
    return formats.number_text(value, digits)
