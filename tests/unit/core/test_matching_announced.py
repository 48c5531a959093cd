"""What a payer announced weighs as much as all other ways to pay together, and never makes a guess certain."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching import (
    BankLine,
    CandidateItem,
    CandidatePool,
    EvidenceKind,
    MatchOutcome,
    PayerIdentity,
    Strategy,
    decide_line,
    propose_line,
)

TODAY = date(2026, 9, 15)
PAYER = PayerIdentity(account_family=1, confidence=980, evidence=())


def item(item_id: int, amount: int, *, family: int = 1, disputed: bool = False) -> CandidateItem:
    return CandidateItem(
        item_id=item_id, account_id=family, account_family=family, amount_open_minor=amount, currency="EUR",
        due_date=TODAY - timedelta(days=item_id), document_date=TODAY - timedelta(days=60),
        references=(f"FA20260{item_id:02}",), disputed=disputed,
    )  # fmt: skip


def line(amount: int, text: str = "") -> BankLine:
    return BankLine(id=1, amount_minor=amount, currency="EUR", booking_date=TODAY, payer_name="X", text=text)


ITEMS = [item(number, 1_000 * number + number) for number in range(1, 13)]

# amount | announced | text | outcome | strategy of the best
TABLE = """
21021   | 4 8 9      |          | APPLY | ANNOUNCED_ITEMS
21021   | 4 8 9; 10 11 |        | ASK   | ANNOUNCED_ITEMS
21021   | 4 8 9; 10 11; 3 7 11 | | ASK  | ANNOUNCED_ITEMS
21021   | 4 8        |          | ASK   | CONSECUTIVE_ITEMS
21021   | 4 8 9 99   |          | ASK   | CONSECUTIVE_ITEMS
21021   | -          |          | ASK   | CONSECUTIVE_ITEMS
3003    | 4          | FA202603 | APPLY | EXACT_REFERENCE
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_announced(row: str) -> None:
    amount, announced, text, outcome, strategy = (cell.strip() for cell in row.split("|"))
    sets = [] if announced == "-" else [[int(id_) for id_ in one.split()] for one in announced.split(";")]
    decision = decide_line(line=line(int(amount), text), payers=[PAYER], pool=CandidatePool(ITEMS, announced=sets))
    best = decision.proposal or decision.alternatives[0]
    assert (decision.outcome.value, best.strategy.value) == (outcome, strategy)


def test_the_evidence_names_the_documents() -> None:
    pool = CandidatePool(ITEMS, announced=[[4, 8]])
    best = propose_line(line=line(12_012), payers=[PAYER], pool=pool)[0]
    (fact,) = [one for one in best.evidence if one.kind is EvidenceKind.ANNOUNCED]
    assert fact.text == "FA2026004, FA2026008"


def test_what_is_disputed_is_not_paid_by_an_announcement() -> None:
    pool = CandidatePool([item(1, 5_000, disputed=True)], announced=[[1]])
    assert all(
        one.strategy is not Strategy.ANNOUNCED_ITEMS
        for one in propose_line(line=line(5_000), payers=[PAYER], pool=pool)
    )


def test_one_of_two_equal_items_is_likelier_and_not_certain() -> None:
    pool = CandidatePool([item(1, 5_000), item(2, 5_000)], announced=[[2]])
    decision = decide_line(line=line(5_000), payers=[PAYER], pool=pool)
    assert decision.outcome is MatchOutcome.ASK
    assert decision.alternatives[0].lines == ((2, 5_000),)


def test_sets_across_families_say_nothing() -> None:
    pool = CandidatePool([item(1, 5_000), item(2, 5_000, family=2)], announced=[[1, 2]])
    assert pool.announced_of(account_family=1, currency="EUR") == ()


@given(
    amounts=st.lists(st.integers(1, 50_000), min_size=1, max_size=8),
    picked=st.lists(st.sets(st.integers(1, 8), min_size=1), max_size=5),
    paid=st.integers(1, 100_000),
)
def test_law_an_announcement_changes_no_amount_and_proposes_only_what_adds_up(
    amounts: list[int], picked: list[set[int]], paid: int
) -> None:
    items = [item(number, amount) for number, amount in enumerate(amounts, start=1)]
    by_id = {one.item_id: one.amount_open_minor for one in items}
    pool = CandidatePool(items, announced=picked)
    for proposal in propose_line(line=line(paid), payers=[PAYER], pool=pool):
        assert proposal.amount_matched_minor <= paid
        if proposal.strategy is Strategy.ANNOUNCED_ITEMS:
            assert {id_ for id_, _ in proposal.lines} in picked
            assert sum(by_id[id_] for id_, _ in proposal.lines) == paid
