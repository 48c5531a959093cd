"""The builder of a rule: a plain form whose fields are named by their place in the tree.

`joint.r` is how the parts of the whole rule are joined, `field.r-0` what its first condition is about, and so on.
Buttons named `do` change the draft (`add:r`, `group:r`, `remove:r-0`) without keeping it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from quittance.core.segments import (
    CONDITIONS_MAX,
    DEPTH_MAX,
    FIELDS,
    OPERATORS,
    Condition,
    FieldType,
    Group,
    InvalidRule,
    Joint,
    Operator,
    Rule,
    Topic,
    read_rule,
    write_rule,
)
from quittance.segments.services import DESCRIPTION_LENGTH_MAX, NAME_LENGTH_MAX
from quittance.web.segment_words import OPERATOR_WORDS, PROBLEM_WORDS, TOPICS, Names, field_word

ROOT: Final = "r"
_PATH = re.compile(r"r(?:-[0-9]{1,2}){0,4}")
_NUMBERS = (FieldType.NUMBER, FieldType.AMOUNT)


class SegmentForm(forms.Form):
    """What a segment is called and which policy of reminders its accounts follow."""

    name = forms.CharField(label=lazy("Name"), max_length=NAME_LENGTH_MAX)
    description = forms.CharField(label=lazy("What it is for"), max_length=DESCRIPTION_LENGTH_MAX, required=False)
    policy_code = forms.ChoiceField(label=lazy("Policy of reminders"), required=False)

    def __init__(self, *arguments: Any, policies: list[tuple[str, str]], kept: str = "", **options: Any) -> None:
        super().__init__(*arguments, **options)
        policy: Any = self.fields["policy_code"]
        known = {code for code, _name in policies}
        more = [(kept, kept)] if kept and kept not in known else []
        policy.choices = [("", _("None: the segment groups accounts only")), *policies, *more]


@dataclass(slots=True)
class Draft:
    """A part of a rule as it was typed: a group with `parts`, or a condition with a field, operator and values."""

    path: str
    joint: str = ""
    parts: list[Draft] = field(default_factory=list)
    name: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)
    is_new: bool = False

    @property
    def is_group(self) -> bool:
        """Tell whether this is a group."""
        return bool(self.joint)

    def walk(self) -> Iterator[Draft]:
        """Go through this part and all that are in it."""
        yield self
        for part in self.parts:
            yield from part.walk()


def new_draft() -> Draft:
    """Return a rule with one condition to fill in."""
    return Draft(path=ROOT, joint=Joint.ALL.value, parts=[Draft(path=f"{ROOT}-0")])


def draft_of_rule(part: Condition | Group, path: str = ROOT) -> Draft:
    """Return a rule as the form shows it."""
    if isinstance(part, Group):
        parts = [draft_of_rule(one, f"{path}-{number}") for number, one in enumerate(part.parts)]
        return Draft(path=path, joint=part.joint.value, parts=parts)
    value = write_rule(part).get("value")
    many = value if isinstance(value, list) else [] if value is None else [value]
    texts = [("yes" if one else "no") if isinstance(one, bool) else str(one) for one in many]
    if FIELDS[part.field].type in (FieldType.TEXT, FieldType.TAGS) and len(texts) > 1:
        texts = [", ".join(texts)]
    return Draft(path=path, name=part.field, operator=part.operator.value, values=texts)


def read_draft(posted: QueryDict) -> Draft:
    """Return the rule as it was typed, changed by the button that was pressed."""
    draft = _read(posted, ROOT, 1)
    if not draft.is_group:
        draft = new_draft()
    verb, _colon, path = posted.get("do", "").partition(":")
    if _PATH.fullmatch(path):
        _change(draft, verb, path)
    _number(draft, ROOT)
    return draft


def rule_of_draft(draft: Draft) -> Rule:
    """Return the rule that was typed. :raises InvalidRule: with the paths of the draft"""
    return read_rule(_data(draft))


def errors_by_path(error: InvalidRule) -> dict[str, str]:
    """Return what is wrong by the path of the form."""
    return {"-".join([ROOT, *map(str, one.path)]): str(PROBLEM_WORDS[one.problem]) for one in error.errors}


def _blank(*, is_new: bool = False) -> Draft:
    return Draft(path="", is_new=is_new)


def _read(posted: QueryDict, path: str, depth: int) -> Draft:
    joint = posted.get(f"joint.{path}", "")
    if joint in list(Joint):
        pattern = re.compile(rf"(?:joint|field)\.{re.escape(path)}-([0-9]{{1,2}})")
        numbers = sorted({int(found[1]) for name in posted if (found := pattern.fullmatch(name))})
        parts = [_read(posted, f"{path}-{number}", depth + 1) for number in numbers] if depth <= DEPTH_MAX else []
        return Draft(path=path, joint=joint, parts=parts)
    name, operator = posted.get(f"field.{path}", ""), posted.get(f"is.{path}", "")
    values = posted.getlist(f"value.{path}")
    known = FIELDS.get(name)
    if posted.get(f"was.{path}", name) != name:  # another field: what was typed for the old one says nothing
        operator, values = "", []
    if known and operator not in OPERATORS[known.type]:
        operator = OPERATORS[known.type][0].value
    return Draft(path=path, name=name, operator=operator, values=values)


def _change(draft: Draft, verb: str, path: str) -> None:
    found = next((part for part in draft.walk() if part.path == path), None)
    if found is None:
        return
    if verb == "remove":
        for group in draft.walk():
            group.parts = [part for part in group.parts if part is not found]
    elif verb in ("add", "group") and found.is_group and sum(1 for _one in draft.walk()) < 2 * CONDITIONS_MAX:
        other = Joint.ANY if found.joint == Joint.ALL.value else Joint.ALL
        first = _blank(is_new=True)
        found.parts.append(first if verb == "add" else Draft(path="", joint=other.value, parts=[first, _blank()]))


def _number(draft: Draft, path: str) -> None:
    draft.path = path
    for number, part in enumerate(draft.parts):
        _number(part, f"{path}-{number}")


def _data(draft: Draft) -> dict[str, Any]:
    if draft.is_group:
        return {draft.joint: [_data(part) for part in draft.parts]}
    data: dict[str, Any] = {"field": draft.name, "is": draft.operator}
    known = FIELDS.get(draft.name)
    if known is None or draft.operator in (Operator.IS_KNOWN.value, Operator.IS_UNKNOWN.value):
        return data
    return {**data, "value": _value(known.type, draft.operator, draft.values)}


def _value(kind: FieldType, operator: str, values: list[str]) -> Any:
    if kind is FieldType.FLAG:
        return {"yes": True, "no": False}.get(values[0]) if values else None
    if kind in _NUMBERS:
        read = [_number_value(kind, one) for one in values]
        return read[:2] if operator == Operator.BETWEEN.value and any(values) else next(iter(read), None)
    if operator in (Operator.CONTAINS.value, Operator.STARTS_WITH.value):
        return next(iter(values), None)
    if kind is FieldType.CHOICE:
        return values
    return [text.strip() for one in values for text in one.split(",") if text.strip()]


def _number_value(kind: FieldType, text: str) -> Any:
    plain = re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", ".").replace("\u2212", "-")
    if kind is FieldType.AMOUNT:
        return plain
    return int(plain) if re.fullmatch(r"-?[0-9]{1,9}", plain) else plain


def shown(draft: Draft, names: Names, errors: Mapping[str, str]) -> dict[str, Any]:
    """Return a part for the template, with its choices and what is wrong with it."""
    error = errors.get(draft.path, "")
    label = draft.path.count("-") and draft.path.rsplit("-", 1)[1]
    base = {"path": draft.path, "error": error, "number": int(label) + 1 if label else 0}
    if draft.is_group:
        depth = draft.path.count("-") + 1
        parts = [shown(part, names, errors) for part in draft.parts]
        may_group = depth < DEPTH_MAX
        return {**base, "is_group": True, "joint": draft.joint, "parts": parts, "may_group": may_group, "depth": depth}
    known = FIELDS.get(draft.name)
    operators = OPERATORS[known.type] if known else ()
    control = _control(known.type, draft.operator) if known else ""
    return {
        **base,
        "is_group": False,
        "is_new": draft.is_new,
        "name": draft.name,
        "label": field_word(draft.name) if known else _("Condition"),
        "operator": draft.operator,
        "operators": [(one.value, str(OPERATOR_WORDS[one])) for one in operators],
        "control": control,
        "values": draft.values,
        "value": draft.values[0] if draft.values else "",
        "other": draft.values[1] if len(draft.values) > 1 else "",
        "choices": _choices(draft, names) if control == "choices" else [],
        "unit": {"days": _("days"), "%": "%"}.get(known.unit, "") if known else "",
    }


def _control(kind: FieldType, operator: str) -> str:
    if operator in (Operator.IS_KNOWN.value, Operator.IS_UNKNOWN.value):
        return ""
    if kind is FieldType.CHOICE:
        return "choices"
    if kind is FieldType.FLAG:
        return "flag"
    if kind in _NUMBERS:
        return "range" if operator == Operator.BETWEEN.value else "number"
    return "text" if operator in (Operator.CONTAINS.value, Operator.STARTS_WITH.value) else "texts"


def _choices(draft: Draft, names: Names) -> list[tuple[str, str, bool]]:
    found = names.choices(draft.name)
    unknown = [(value, value) for value in draft.values if value not in {code for code, _name in found}]
    return [(code, name, code in draft.values) for code, name in [*found, *unknown]]


def field_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields to choose from, by what they speak of."""
    return [
        (str(TOPICS[topic]), [(one.name, field_word(one.name)) for one in FIELDS.values() if one.topic is topic])
        for topic in Topic
    ]
