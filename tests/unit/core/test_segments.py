"""The language of segments: what it means, what it refuses, and that its stored form says the same."""

from __future__ import annotations

import contextlib
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.segments import (
    DEPTH_MAX,
    FIELDS,
    OPERATORS,
    Group,
    InvalidRule,
    PayerClass,
    Problem,
    RuleError,
    evaluate,
    list_conditions,
    payer_class_of,
    read_rule,
    write_rule,
)
from tests.rule_strategies import RULES

FACTS: dict[str, Any] = {
    "town": "Saint-Étienne",
    "country": "FR",
    "tags": ("Retail", "Nord"),
    "is_strategic": False,
    "overdue": Decimal("1000.00"),
    "mean_delay_days": -4,
    "payer_class": None,
}
TABLE = """
town            | CONTAINS    | etienne          | yes
town            | STARTS_WITH | SAINT-é          | yes
town            | STARTS_WITH | etienne          | no
town            | ONE_OF      | ["lyon","Saint-Etienne"] | yes
town            | NONE_OF     | ["Lyon"]         | yes
country         | ONE_OF      | ["DE","FR"]      | yes
country         | ONE_OF      | ["fr"]           | no
country         | IS_KNOWN    |                  | yes
payer_class     | IS_UNKNOWN  |                  | yes
payer_class     | NONE_OF     | ["LATE"]         | no
tags            | ONE_OF      | ["retail"]       | yes
tags            | NONE_OF     | ["retail","x"]   | no
is_strategic    | IS          | false            | yes
overdue         | AT_LEAST    | "1000"           | yes
overdue         | AT_MOST     | "999.99"         | no
overdue         | BETWEEN     | ["1000","1000"]  | yes
mean_delay_days | AT_MOST     | -4               | yes
mean_delay_days | AT_LEAST    | -3               | no
paid_count      | AT_MOST     | 5                | no
"""


def cases() -> list[tuple[dict[str, Any], bool]]:
    found = []
    for line in TABLE.strip().splitlines():
        field, operator, text, outcome = (part.strip() for part in line.split("|"))
        condition: dict[str, Any] = {"field": field, "is": operator}
        if text:
            is_json = text[0] in '["-0123456789' or text == "false"
            condition["value"] = json.loads(text) if is_json else text
        found.append((condition, outcome == "yes"))
    return found


@pytest.mark.parametrize(("condition", "outcome"), cases(), ids=lambda case: str(case))
def test_a_condition_means_what_it_says(condition: dict[str, Any], outcome: bool) -> None:
    assert evaluate(rule=read_rule({"all": [condition]}), facts=FACTS) is outcome


def test_all_needs_each_part_and_any_one_of_them() -> None:
    yes, no = {"field": "country", "is": "IS_KNOWN"}, {"field": "country", "is": "IS_UNKNOWN"}
    assert evaluate(rule=read_rule({"any": [no, {"all": [yes, yes]}]}), facts=FACTS)
    assert not evaluate(rule=read_rule({"all": [yes, {"any": [no, no]}]}), facts=FACTS)


REFUSED: list[tuple[Any, RuleError]] = [
    ([], RuleError(path=(), problem=Problem.NOT_A_RULE)),
    ({}, RuleError(path=(), problem=Problem.NOT_A_RULE)),
    ({"all": [], "any": []}, RuleError(path=(), problem=Problem.NOT_A_RULE)),
    ({"field": "country", "is": "IS_KNOWN"}, RuleError(path=(), problem=Problem.NOT_A_RULE)),
    ({"all": []}, RuleError(path=(), problem=Problem.EMPTY_GROUP)),
    ({"all": ["x"]}, RuleError(path=(0,), problem=Problem.NOT_A_RULE)),
    (
        {"all": [{"any": [{"field": "colour", "is": "IS_KNOWN"}]}]},
        RuleError(path=(0, 0), problem=Problem.UNKNOWN_FIELD, field="colour"),
    ),
]
REFUSED_CONDITIONS: list[tuple[dict[str, Any], Problem]] = [
    ({"field": "overdue", "is": "CONTAINS", "value": "1"}, Problem.UNKNOWN_OPERATOR),
    ({"field": "overdue", "is": "AT_LEAST", "value": "1", "extra": 1}, Problem.UNKNOWN_OPERATOR),
    ({"field": "overdue", "is": "AT_LEAST"}, Problem.VALUE_MISSING),
    ({"field": "overdue", "is": "AT_LEAST", "value": ""}, Problem.VALUE_MISSING),
    ({"field": "overdue", "is": "AT_LEAST", "value": "ten"}, Problem.VALUE_UNREADABLE),
    ({"field": "overdue", "is": "AT_LEAST", "value": "NaN"}, Problem.VALUE_UNREADABLE),
    ({"field": "overdue", "is": "AT_LEAST", "value": "1e99"}, Problem.VALUE_UNREADABLE),
    ({"field": "overdue", "is": "AT_LEAST", "value": 12}, Problem.VALUE_UNREADABLE),
    ({"field": "overdue", "is": "BETWEEN", "value": ["2", "1"]}, Problem.VALUES_REVERSED),
    ({"field": "overdue", "is": "BETWEEN", "value": ["2"]}, Problem.VALUE_MISSING),
    ({"field": "paid_count", "is": "AT_LEAST", "value": True}, Problem.VALUE_UNREADABLE),
    ({"field": "paid_count", "is": "AT_LEAST", "value": 10**9}, Problem.VALUE_UNREADABLE),
    ({"field": "kind", "is": "ONE_OF", "value": ["ROBOT"]}, Problem.VALUE_UNREADABLE),
    ({"field": "town", "is": "CONTAINS", "value": "  "}, Problem.VALUE_MISSING),
    ({"field": "town", "is": "CONTAINS", "value": "a\x00"}, Problem.VALUE_UNREADABLE),
    ({"field": "is_strategic", "is": "IS", "value": "yes"}, Problem.VALUE_UNREADABLE),
]


@pytest.mark.parametrize(("data", "error"), REFUSED)
def test_what_is_not_a_rule_is_refused_where_it_stands(data: Any, error: RuleError) -> None:
    with pytest.raises(InvalidRule) as refusal:
        read_rule(data)
    assert refusal.value.errors == (error,)


@pytest.mark.parametrize(("condition", "problem"), REFUSED_CONDITIONS)
def test_a_bad_condition_is_named(condition: dict[str, Any], problem: Problem) -> None:
    good = {"field": "country", "is": "IS_KNOWN"}
    with pytest.raises(InvalidRule) as refusal:
        read_rule({"all": [good, condition]})
    assert refusal.value.errors == (RuleError(path=(1,), problem=problem, field=condition["field"]),)


def test_every_error_is_named_at_once() -> None:
    bad = {"field": "overdue", "is": "AT_LEAST", "value": "x"}
    with pytest.raises(InvalidRule) as refusal:
        read_rule({"all": [bad, {"any": []}, bad]})
    assert [error.path for error in refusal.value.errors] == [(0,), (1,), (2,)]


def test_a_tree_has_a_greatest_depth_and_size() -> None:
    rule: dict[str, Any] = {"field": "country", "is": "IS_KNOWN"}
    for _level in range(DEPTH_MAX):
        rule = {"all": [rule]}
    read_rule(rule)
    with pytest.raises(InvalidRule, match="TOO_DEEP"):
        read_rule({"all": [rule]})
    with pytest.raises(InvalidRule, match="TOO_MANY"):
        read_rule({"all": [{"field": "country", "is": "IS_KNOWN"}] * 51})


@given(RULES)
def test_the_stored_form_says_the_same(rule: Any) -> None:
    written = json.loads(json.dumps(write_rule(rule)))
    assert read_rule(written) == rule
    assert write_rule(read_rule(written)) == written
    assert len(list(list_conditions(rule))) == json.dumps(written).count('"field"')


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.sampled_from(["all", "any", "field", "is", "value"]), x),
    )
)
def test_nothing_but_a_refusal_comes_of_nonsense(data: Any) -> None:
    with contextlib.suppress(InvalidRule):
        assert isinstance(read_rule(data), Group)


def test_equal_rules_are_stored_alike() -> None:
    left = read_rule({"all": [{"field": "country", "is": "ONE_OF", "value": ["FR", "DE", "FR"]}]})
    right = read_rule({"all": [{"field": "country", "is": "ONE_OF", "value": ["DE", "FR"]}]})
    assert write_rule(left) == write_rule(right)


@pytest.mark.parametrize(
    ("delay", "count", "found"),
    [
        (-3, 3, PayerClass.EARLY),
        (-2, 3, PayerClass.ON_TIME),
        (2, 3, PayerClass.ON_TIME),
        (3, 3, PayerClass.LATE),
        (30, 3, PayerClass.LATE),
        (31, 3, PayerClass.VERY_LATE),
        (31, 2, None),
        (None, 9, None),
    ],
)
def test_payers_are_classed_by_their_mean_delay(delay: int | None, count: int, found: PayerClass | None) -> None:
    assert payer_class_of(mean_delay_days=delay, paid_count=count) is found


def test_every_field_has_operators() -> None:
    assert all(OPERATORS[field.type] for field in FIELDS.values())
