"""The language of segments: a tree of `all` and `any` over conditions on what is known of an account.

A condition names a field of the closed table `FIELDS`, an operator of the field's type, and a value. What is not
known of an account meets no condition but `IS_UNKNOWN`. The stored form is plain JSON::

    {"all": [{"field": "is_strategic", "is": "IS", "value": true},
             {"any": [{"field": "overdue", "is": "AT_LEAST", "value": "1000"},
                      {"field": "oldest_days_late", "is": "AT_LEAST", "value": 60}]}]}

Amounts are in the currency of the account's company, percentages in points, delays in days (early is negative).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from quittance.core.behaviour import COUNT_MIN, EARLY_DAYS_MIN, ON_TIME_DAYS_MAX, VERY_LATE_DAYS_MIN

DEPTH_MAX: Final = 4
CONDITIONS_MAX: Final = 50
TEXT_LENGTH_MAX: Final = 100
VALUES_MAX: Final = 200
AMOUNT_MAX: Final = Decimal(10) ** 14
NUMBER_MAX: Final = 1_000_000


class FieldType(StrEnum):
    """What a field holds, and so which operators it has."""

    CHOICE = "CHOICE"
    TEXT = "TEXT"
    TAGS = "TAGS"
    FLAG = "FLAG"
    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"


class Operator(StrEnum):
    """How a value is compared with a field."""

    ONE_OF = "ONE_OF"
    NONE_OF = "NONE_OF"
    CONTAINS = "CONTAINS"
    STARTS_WITH = "STARTS_WITH"
    IS = "IS"
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    BETWEEN = "BETWEEN"
    IS_KNOWN = "IS_KNOWN"
    IS_UNKNOWN = "IS_UNKNOWN"


class Joint(StrEnum):
    """Whether all parts of a group must hold, or any of them."""

    ALL = "all"
    ANY = "any"


class Topic(StrEnum):
    """What a field speaks of; the builder groups fields by it."""

    CUSTOMER = "CUSTOMER"
    ACCOUNT = "ACCOUNT"
    BEHAVIOUR = "BEHAVIOUR"
    EXPOSURE = "EXPOSURE"


class PayerClass(StrEnum):
    """How an account pays, by its mean delay over six rolling months."""

    EARLY = "EARLY"
    ON_TIME = "ON_TIME"
    LATE = "LATE"
    VERY_LATE = "VERY_LATE"


class Problem(StrEnum):
    """Why a rule is refused."""

    NOT_A_RULE = "NOT_A_RULE"
    EMPTY_GROUP = "EMPTY_GROUP"
    TOO_DEEP = "TOO_DEEP"
    TOO_MANY = "TOO_MANY"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_OPERATOR = "UNKNOWN_OPERATOR"
    VALUE_MISSING = "VALUE_MISSING"
    VALUE_UNREADABLE = "VALUE_UNREADABLE"
    VALUES_REVERSED = "VALUES_REVERSED"


_PRESENCE = (Operator.IS_KNOWN, Operator.IS_UNKNOWN)
_RANGES = (Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN)
OPERATORS: Final[Mapping[FieldType, tuple[Operator, ...]]] = {
    FieldType.CHOICE: (Operator.ONE_OF, Operator.NONE_OF, *_PRESENCE),
    FieldType.TEXT: (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ONE_OF, Operator.NONE_OF, *_PRESENCE),
    FieldType.TAGS: (Operator.ONE_OF, Operator.NONE_OF),
    FieldType.FLAG: (Operator.IS,),
    FieldType.NUMBER: (*_RANGES, *_PRESENCE),
    FieldType.AMOUNT: (*_RANGES, *_PRESENCE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A fact of an account that rules may speak of; `choices` are its codes where the list is closed."""

    name: str
    type: FieldType
    topic: Topic
    choices: tuple[str, ...] = ()
    unit: str = ""


def _fields(topic: Topic, *rows: tuple[Any, ...]) -> Iterator[Field]:
    for name, kind, *rest in rows:
        choices = rest[0] if rest and isinstance(rest[0], tuple) else ()
        unit = rest[0] if rest and isinstance(rest[0], str) else ""
        yield Field(name=name, type=kind, topic=topic, choices=choices, unit=unit)


_LANGUAGES = ("fr", "en", "es")
_ALL_FIELDS: Final[tuple[Field, ...]] = (
    *_fields(
        Topic.CUSTOMER,
        ("country", FieldType.CHOICE),
        ("town", FieldType.TEXT),
        ("kind", FieldType.CHOICE, ("COMPANY", "SOLE_TRADER", "PUBLIC")),
        ("industry", FieldType.TEXT),
        ("tags", FieldType.TAGS),
        ("is_strategic", FieldType.FLAG),
        ("is_in_group", FieldType.FLAG),
    ),
    *_fields(
        Topic.ACCOUNT,
        ("company", FieldType.CHOICE),
        ("department", FieldType.CHOICE),
        ("collector", FieldType.CHOICE),
        ("payment_terms", FieldType.CHOICE),
        ("payment_method", FieldType.CHOICE, ("TRANSFER", "DIRECT_DEBIT", "CARD", "CHEQUE", "BILL")),
        ("delivery_preference", FieldType.CHOICE, ("EMAIL", "LETTER", "PORTAL", "EDI")),
        ("language", FieldType.CHOICE, _LANGUAGES),
    ),
    *_fields(
        Topic.BEHAVIOUR,
        ("payer_class", FieldType.CHOICE, tuple(PayerClass)),
        ("mean_delay_days", FieldType.NUMBER, "days"),
        ("paid_count", FieldType.NUMBER),
        ("promises_kept_pct", FieldType.NUMBER, "%"),
        ("promises_broken_count", FieldType.NUMBER),
    ),
    *_fields(
        Topic.EXPOSURE,
        ("open_total", FieldType.AMOUNT),
        ("overdue", FieldType.AMOUNT),
        ("disputed", FieldType.AMOUNT),
        ("oldest_days_late", FieldType.NUMBER, "days"),
        ("open_count", FieldType.NUMBER),
        ("overdue_count", FieldType.NUMBER),
        ("credit_limit_use_pct", FieldType.NUMBER, "%"),
    ),
)
FIELDS: Final[Mapping[str, Field]] = {field.name: field for field in _ALL_FIELDS}

Value = None | bool | int | Decimal | str | tuple[str, ...] | tuple[int, int] | tuple[Decimal, Decimal]
Fact = None | bool | int | Decimal | str | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison; `value` is canonical: sorted texts, an int or a Decimal, a pair of them, a bool, or None."""

    field: str
    operator: Operator
    value: Value = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions and groups of which all or any must hold; never empty in a rule that was read."""

    joint: Joint
    parts: tuple[Condition | Group, ...]


Rule = Group


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleError:
    """What is wrong and where: `path` counts parts from 0 down the tree, () is the rule itself."""

    path: tuple[int, ...]
    problem: Problem
    field: str = ""


class InvalidRule(ValueError):
    """The rule cannot be read; `errors` names every condition at fault."""

    def __init__(self, errors: Iterable[RuleError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            "; ".join(f"{'.'.join(map(str, e.path)) or 'rule'}: {e.problem} {e.field}" for e in self.errors)
        )


def read_rule(data: object) -> Rule:
    """Return the rule of its JSON form. :raises InvalidRule: with every error found

    >>> read_rule({"all": [{"field": "overdue", "is": "AT_LEAST", "value": "10.50"}]}).parts[0].value
    Decimal('10.5')
    """
    errors: list[RuleError] = []
    rule = _read_part(data, (), errors)
    if isinstance(rule, Condition):
        errors.append(RuleError(path=(), problem=Problem.NOT_A_RULE))
    elif rule is not None and sum(1 for _one in list_conditions(rule)) > CONDITIONS_MAX:
        errors.append(RuleError(path=(), problem=Problem.TOO_MANY))
    if errors or not isinstance(rule, Group):
        raise InvalidRule(errors)
    return rule


def write_rule(rule: Condition | Group) -> dict[str, Any]:
    """Return the JSON form: `read_rule(write_rule(rule)) == rule`, and equal rules give equal JSON."""
    if isinstance(rule, Group):
        return {rule.joint.value: [write_rule(part) for part in rule.parts]}
    written: dict[str, Any] = {"field": rule.field, "is": rule.operator.value}
    if rule.value is not None:
        written["value"] = _write_value(rule.value)
    return written


def list_conditions(rule: Condition | Group, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Condition]]:
    """Go through the conditions of a rule in reading order, each with its path."""
    if isinstance(rule, Condition):
        yield path, rule
        return
    for number, part in enumerate(rule.parts):
        yield from list_conditions(part, (*path, number))


def group_at(rule: Group, path: tuple[int, ...]) -> Group:
    """Return the group at a path of the tree; that of a condition is the group it stands in."""
    group = rule
    for number in path:
        inner = group.parts[number]
        group = inner if isinstance(inner, Group) else group
    return group


def evaluate(*, rule: Condition | Group, facts: Mapping[str, Fact]) -> bool:
    """Tell whether an account with these facts belongs; a fact that is missing or None is not known.

    >>> rule = read_rule({"any": [{"field": "town", "is": "CONTAINS", "value": "lyon"}]})
    >>> evaluate(rule=rule, facts={"town": "LYON 03"}), evaluate(rule=rule, facts={})
    (True, False)
    """
    if isinstance(rule, Condition):
        return _holds(rule, facts.get(rule.field))
    held = (evaluate(rule=part, facts=facts) for part in rule.parts)
    return all(held) if rule.joint is Joint.ALL else any(held)


def payer_class_of(*, mean_delay_days: int | None, paid_count: int) -> PayerClass | None:
    """Return how an account pays; None with fewer than three payments in six months.

    >>> payer_class_of(mean_delay_days=12, paid_count=9), payer_class_of(mean_delay_days=12, paid_count=2)
    (<PayerClass.LATE: 'LATE'>, None)
    """
    if mean_delay_days is None or paid_count < COUNT_MIN:
        return None
    if mean_delay_days <= -EARLY_DAYS_MIN:
        return PayerClass.EARLY
    if mean_delay_days <= ON_TIME_DAYS_MAX:
        return PayerClass.ON_TIME
    return PayerClass.VERY_LATE if mean_delay_days >= VERY_LATE_DAYS_MIN else PayerClass.LATE


def fold(text: str) -> str:
    """Return a text as rules compare it, and as the database's `quittance_fold` does: no accents, no capitals.

    >>> fold("Saint-Étienne")
    'saint-etienne'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not "\u0300" <= mark <= "\u036f").lower()


def _holds(condition: Condition, fact: Fact) -> bool:
    operator, value = condition.operator, condition.value
    kind = FIELDS[condition.field].type
    if kind is FieldType.TAGS:
        has_one = bool({fold(tag) for tag in _texts(fact)} & set(_texts(value)))
        return has_one is (operator is Operator.ONE_OF)
    if operator in _PRESENCE:
        return (fact is not None) is (operator is Operator.IS_KNOWN)
    if fact is None:
        return False
    if kind is FieldType.FLAG:
        return fact is value
    if kind in (FieldType.CHOICE, FieldType.TEXT):
        return _text_holds(operator, fold(str(fact)) if kind is FieldType.TEXT else str(fact), value)
    return _range_holds(operator, fact, value)


def _text_holds(operator: Operator, fact: str, value: Value) -> bool:
    if operator is Operator.CONTAINS:
        return str(value) in fact
    if operator is Operator.STARTS_WITH:
        return fact.startswith(str(value))
    return (fact in _texts(value)) is (operator is Operator.ONE_OF)


def _range_holds(operator: Operator, fact: Any, value: Any) -> bool:
    if operator is Operator.AT_LEAST:
        return bool(fact >= value)
    if operator is Operator.AT_MOST:
        return bool(fact <= value)
    return bool(value[0] <= fact <= value[1])


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, tuple) else ()


def _read_part(data: object, path: tuple[int, ...], errors: list[RuleError]) -> Condition | Group | None:
    if isinstance(data, Mapping) and "field" in data:
        return _read_condition(data, path, errors)
    joint = next((one for one in Joint if isinstance(data, Mapping) and set(data) == {one.value}), None)
    if joint is None or not isinstance(data, Mapping) or not isinstance(data[joint.value], list):
        errors.append(RuleError(path=path, problem=Problem.NOT_A_RULE))
        return None
    parts = data[joint.value]
    if not parts or len(path) >= DEPTH_MAX or len(parts) > CONDITIONS_MAX:
        problem = (
            Problem.TOO_MANY if len(parts) > CONDITIONS_MAX else Problem.TOO_DEEP if parts else Problem.EMPTY_GROUP
        )
        errors.append(RuleError(path=path, problem=problem))
        return None
    read = [_read_part(part, (*path, number), errors) for number, part in enumerate(parts)]
    return Group(joint=joint, parts=tuple(part for part in read if part is not None))


def _read_condition(data: Mapping[Any, Any], path: tuple[int, ...], errors: list[RuleError]) -> Condition | None:
    name = str(data["field"])
    field = FIELDS.get(name)
    if field is None:
        errors.append(RuleError(path=path, problem=Problem.UNKNOWN_FIELD, field=name))
        return None
    operator = next((one for one in OPERATORS[field.type] if one.value == data.get("is")), None)
    if operator is None or set(data) - {"field", "is", "value"}:
        errors.append(RuleError(path=path, problem=Problem.UNKNOWN_OPERATOR, field=name))
        return None
    try:
        value = None if operator in _PRESENCE else _read_value(field, operator, data.get("value"))
    except _Unreadable as error:
        errors.append(RuleError(path=path, problem=error.problem, field=name))
        return None
    return Condition(field=name, operator=operator, value=value)


class _Unreadable(ValueError):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem)


def _read_value(field: Field, operator: Operator, value: object) -> Value:
    if value is None or value == "" or value == []:
        raise _Unreadable(Problem.VALUE_MISSING)
    if field.type is FieldType.FLAG:
        if not isinstance(value, bool):
            raise _Unreadable(Problem.VALUE_UNREADABLE)
        return value
    if field.type in (FieldType.NUMBER, FieldType.AMOUNT):
        return _read_range(field.type, operator, value)
    if operator in (Operator.CONTAINS, Operator.STARTS_WITH):
        return _read_text(field, value)
    if not isinstance(value, list) or len(value) > VALUES_MAX:
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    return tuple(sorted({_read_text(field, one) for one in value}))


def _read_text(field: Field, value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_LENGTH_MAX or "\x00" in value:
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    text = value.strip() if field.type is FieldType.CHOICE else fold(value).strip()
    if not text:
        raise _Unreadable(Problem.VALUE_MISSING)
    if field.choices and text not in field.choices:
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    return text


def _read_range(kind: FieldType, operator: Operator, value: object) -> Value:
    read = _read_amount if kind is FieldType.AMOUNT else _read_number
    if operator is not Operator.BETWEEN:
        return read(value)
    if not isinstance(value, list) or len(value) != 2:
        raise _Unreadable(Problem.VALUE_MISSING)
    low, high = read(value[0]), read(value[1])
    if low > high:
        raise _Unreadable(Problem.VALUES_REVERSED)
    return (low, high)  # type: ignore[return-value]


def _read_number(value: object) -> int:
    if value is None or value == "":
        raise _Unreadable(Problem.VALUE_MISSING)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > NUMBER_MAX:
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    return value


def _read_amount(value: object) -> Decimal:
    if value is None or value == "":
        raise _Unreadable(Problem.VALUE_MISSING)
    if not isinstance(value, str) or len(value) > 30:
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise _Unreadable(Problem.VALUE_UNREADABLE) from None
    if not amount.is_finite() or abs(amount) > AMOUNT_MAX or amount != round(amount, 4):
        raise _Unreadable(Problem.VALUE_UNREADABLE)
    return Decimal(f"{amount.normalize():f}") + 0


def _write_value(value: Value) -> Any:
    if isinstance(value, tuple):
        return [_write_value(one) for one in value]
    return f"{value:f}" if isinstance(value, Decimal) else value
