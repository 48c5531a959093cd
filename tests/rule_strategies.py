"""Rules of segments at random, over values that the test data has and values that it has not."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from quittance.core.segments import FIELDS, OPERATORS, Condition, Field, FieldType, Group, Joint, Operator, fold

TEXTS = ("lyon", "Saint-Étienne", "paris", "e", "nord", "Retail", "x'; --", "100%")
CODES = {
    "country": ("FR", "DE", "ES", "XX"),
    "company": ("ARV", "OTH", "NONE"),
    "department": ("ARV/WHO", "ARV/SRV", "ARV/NONE"),
    "collector": ("alice@example.com", "bob@example.com", "nobody@example.com"),
    "payment_terms": ("30N", "60N"),
}
NUMBERS = st.sampled_from([-10, -3, 0, 1, 2, 3, 15, 31, 50, 67, 90, 100, 400])
AMOUNTS = st.sampled_from([Decimal(text) for text in ("-50", "0", "0.01", "150", "999.99", "1000", "25000.5")])


def _value(field: Field, operator: Operator) -> st.SearchStrategy[object]:
    if operator in (Operator.IS_KNOWN, Operator.IS_UNKNOWN):
        return st.none()
    if field.type is FieldType.FLAG:
        return st.booleans()
    if field.type in (FieldType.NUMBER, FieldType.AMOUNT):
        one = NUMBERS if field.type is FieldType.NUMBER else AMOUNTS
        return st.tuples(one, one).map(lambda pair: tuple(sorted(pair))) if operator is Operator.BETWEEN else one
    texts = field.choices or CODES.get(field.name) or tuple(fold(text) for text in TEXTS)
    one_text = st.sampled_from(texts)
    if operator in (Operator.CONTAINS, Operator.STARTS_WITH):
        return one_text
    return st.sets(one_text, min_size=1).map(lambda found: tuple(sorted(found)))


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    """Draw one condition."""
    field = draw(st.sampled_from(list(FIELDS.values())))
    operator = draw(st.sampled_from(OPERATORS[field.type]))
    return Condition(field=field.name, operator=operator, value=draw(_value(field, operator)))  # type: ignore[arg-type]


def _groups(parts: st.SearchStrategy[Condition | Group]) -> st.SearchStrategy[Group]:
    return st.builds(
        lambda joint, found: Group(joint=joint, parts=tuple(found)),
        st.sampled_from(list(Joint)),
        st.lists(parts, min_size=1, max_size=4),
    )


RULES = _groups(conditions() | _groups(conditions() | _groups(conditions())))
