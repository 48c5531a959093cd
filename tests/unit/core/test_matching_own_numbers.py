"""A payer that names its own numbers of our documents: learnt from people, read later, never guessed from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching import (
    CandidatePool,
    EvidenceKind,
    FamilyRules,
    MatchOutcome,
    MatchReason,
    Strategy,
    decide_line,
    names_own_numbers,
)
from tests.unit.core.test_matching import item, line, payer

OWN = EvidenceKind.REFERENCE_OWN_NUMBER

TABLE = """
text                          | named
Cde A12                       | A12
order a-12 of May             | a-12
A12 for FA2024001             | -
LYON NORD, A12                | LYON NORD; A12
LYONNAIS NORDIQUE             | -
BA12 A123                     | -
paid 12/01/2024 for 812       | -
A12: 100.00                   | A12
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines()[1:])
def test_which_texts_teach_it(row: str) -> None:
    text, named = (part.strip() for part in row.split("|"))
    paid = [("FA2024001", "A12"), ("FA2024002", "Lyon-Nord"), ("FA2024003", "2024"), ("FA2024004", "X1")]
    found = [one.text for one in names_own_numbers(text=text, paid=paid)]
    assert found == ([] if named == "-" else named.split("; "))


def learnt(count: int) -> dict[int, FamilyRules]:
    return {1: FamilyRules(readings=((OWN, count),))}


ITEMS = [item(1, 10_000, "FA2024001", "A12"), item(2, 25_017, "FA2024002", "Lyon-Nord"), item(3, 99_900, "FA2024003")]


@pytest.mark.parametrize(
    ("text", "amount", "item_id"), [("Commande A12", 10_000, 1), ("chantier Lyon Nord", 25_017, 2)]
)
def test_what_was_learnt_is_read(text: str, amount: int, item_id: int) -> None:
    def decided(rules: dict[int, FamilyRules]) -> tuple[Strategy | None, set[EvidenceKind]]:
        decision = decide_line(line=line(amount, text), payers=[payer(1)], pool=CandidatePool(ITEMS), rules=rules)
        best = decision.proposal or decision.alternatives[0]
        assert best.lines == ((item_id, amount),)
        return best.strategy, {one.kind for one in best.evidence}

    assert OWN not in decided({})[1]
    assert OWN not in decided(learnt(1))[1]
    strategy, kinds = decided(learnt(5))
    assert strategy is Strategy.EXACT_REFERENCE
    assert OWN in kinds


def test_nobody_else_is_read_so() -> None:
    decision = decide_line(
        line=line(10_000, "Commande A12"), payers=[payer(2)], pool=CandidatePool(ITEMS), rules=learnt(50)
    )
    assert all(one.kind is not OWN for found in decision.alternatives for one in found.evidence)


@given(
    number=st.sampled_from(["A12", "PO4711", "LYON NORD", "4500012345"]),
    amounts=st.lists(st.sampled_from([10_000, 12_345, 50_000]), min_size=2, max_size=5),
    habits=st.lists(st.tuples(st.sampled_from(list(Strategy)), st.integers(1, 40)), max_size=2).map(tuple),
    count=st.integers(0, 200),
    data=st.data(),
)
def test_law_two_documents_under_one_number_are_never_told_apart_silently(
    number: str,
    amounts: list[int],
    habits: tuple[tuple[Strategy, int], ...],
    count: int,
    data: st.DataObject,
) -> None:
    """Whatever was learnt: of documents of one amount under one number none is chosen without a person."""
    items = [item(place, amount, f"FA202400{place}", number, due=place) for place, amount in enumerate(amounts, 1)]
    some = data.draw(st.sets(st.sampled_from(items), min_size=1, max_size=len(items)))
    paid = sum(one.amount_open_minor for one in some)
    rules = {1: FamilyRules(readings=((OWN, count),), habits=habits, threshold=data.draw(st.sampled_from([900, 990])))}
    decision = decide_line(
        line=line(paid, f"order {number}"), payers=[payer(1)], pool=CandidatePool(items), rules=rules
    )
    if decision.outcome is not MatchOutcome.APPLY or decision.proposal is None:
        return
    chosen = {item_id for item_id, _ in decision.proposal.lines}
    left = [one for one in items if one.item_id not in chosen]
    taken = {one.amount_open_minor for one in items if one.item_id in chosen}
    assert not [one for one in left if one.amount_open_minor in taken], decision


def test_two_of_one_amount_are_ambiguous() -> None:
    items = [item(1, 10_000, "FA2024001", "PO4711"), item(2, 10_000, "FA2024002", "PO4711")]
    for rules in ({}, learnt(100)):
        decision = decide_line(line=line(10_000, "PO4711"), payers=[payer(1)], pool=CandidatePool(items), rules=rules)
        assert decision.reason is MatchReason.AMBIGUOUS
