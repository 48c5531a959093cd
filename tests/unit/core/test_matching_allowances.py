"""What is posted of a difference without a person: which kind, up to how much, and never beyond its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching import (
    BankLine,
    CandidatePool,
    DifferenceKind,
    DifferenceLimits,
    DifferenceRules,
    EvidenceKind,
    FamilyRules,
    MatchDecision,
    MatchOutcome,
    MatchReason,
    Strategy,
    decide_line,
    discount_minor,
    limits_of_payment,
    propose_line,
)
from tests.unit.core.test_matching import DISCOUNTED, TODAY, item, line, payer

INVOICE = item(1, 100_000, "FA2024001")
ALL = DifferenceLimits(small_minor=100, fee_minor=2_500, exchange_minor=1_000)


def decided(amount_minor: int, text: str, *, limits: DifferenceLimits = ALL, **more: Any) -> MatchDecision:
    one = line(amount_minor, text, limits=limits, **more)
    return decide_line(line=one, payers=[payer(1)], pool=CandidatePool([INVOICE]))


# What is paid of 1,000.00, with which words, and what is posted for the difference (lacking +).
TABLE = """
99900  | FA2024001                            | SMALL_DIFFERENCE | 100
99899  | FA2024001                            | -                | -
100100 | FA2024001                            | SMALL_DIFFERENCE | -100
98500  | FA2024001 FRAIS 15,00                | BANK_FEE         | 1500
98500  | FA2024001 less bank charges          | BANK_FEE         | 1500
98500  | FA2024001 SHA                        | BANK_FEE         | 1500
98500  | FA2024001 comisión                   | BANK_FEE         | 1500
98500  | FA2024001 loyer et charges           | -                | -
98500  | FA2024001 sha                        | -                | -
97499  | FA2024001 FRAIS 25,01                | -                | -
101500 | FA2024001 FRAIS                      | -                | -
99900  | FA2024001 FRAIS                      | BANK_FEE         | 100
99100  | FA2024001 taux de change 1,08        | EXCHANGE         | 900
100900 | FA2024001 USD 1,089.72               | EXCHANGE         | -900
99100  | FA2024001 EUR 991.00                 | -                | -
99100  | FA2024001 ABC 991.00                 | -                | -
98900  | FA2024001 exchange rate              | -                | -
"""


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
def test_what_a_difference_is_posted_as(row: str) -> None:
    paid, text, kind, kept_back = (part.strip() for part in row.split("|"))
    decision = decided(int(paid), text)
    proposal = decision.proposal
    if kind == "-":
        assert proposal is None or proposal.differences == ()
        return
    assert proposal is not None, decision
    (difference,) = proposal.differences
    assert (difference.kind.value, difference.amount_minor) == (kind, int(kept_back))
    assert difference.item_id == (1 if int(kept_back) > 0 else 0)


def test_the_strategy_and_the_words_tell_why() -> None:
    proposal = decided(98_500, "FA2024001 FRAIS 15,00").proposal
    assert proposal is not None
    assert proposal.strategy is Strategy.REFERENCE_WITH_BANK_FEE
    (fact,) = [one for one in proposal.evidence if one.kind is EvidenceKind.FEE_SHOWN]
    assert (fact.text, fact.start, fact.end) == ("FRAIS", 10, 15)


def test_a_payment_in_another_currency_than_ours_may_lack_a_fee_or_differ_by_its_exchange() -> None:
    short = decided(98_500, "FA2024001", is_foreign=True).proposal
    over = decided(100_900, "FA2024001", is_foreign=True).proposal
    assert short is not None
    assert over is not None
    assert (short.strategy, over.strategy) == (Strategy.REFERENCE_WITH_BANK_FEE, Strategy.REFERENCE_WITH_EXCHANGE)


def test_nothing_is_posted_where_the_rules_are_off() -> None:
    for text in ("FA2024001", "FA2024001 FRAIS", "FA2024001 USD 1,089.72"):
        proposal = decided(99_950, text, limits=DifferenceLimits()).proposal
        assert proposal is not None
        assert (proposal.strategy, proposal.differences) == (Strategy.REFERENCE_WITH_DIFFERENCE, ())


def test_a_fee_of_a_payer_who_is_not_sure_waits_for_a_person() -> None:
    one = line(98_500, "FA2024001 FRAIS", limits=ALL)
    decision = decide_line(line=one, payers=[payer(1, 700)], pool=CandidatePool([INVOICE]))
    assert decision.outcome is MatchOutcome.ASK
    assert decision.alternatives[0].differences


def test_one_item_of_a_payer_but_for_a_small_difference_is_proposed() -> None:
    one = line(123_406, "virement", limits=DifferenceLimits(small_minor=100))
    found = propose_line(line=one, payers=[payer(1)], pool=CandidatePool([item(1, 123_456)]))
    assert found[0].strategy is Strategy.AMOUNT_WITH_SMALL_DIFFERENCE


@pytest.mark.parametrize(("days_over", "is_applied"), [(2, True), (3, True), (4, False), (200, False)])
def test_a_discount_after_its_days_is_only_proposed(days_over: int, *, is_applied: bool) -> None:
    taken = replace(DISCOUNTED, discount_until=TODAY - timedelta(days=days_over))
    for text in ("FA2024001", "virement"):
        decision = decide_line(line=line(98_000, text), payers=[payer(1)], pool=CandidatePool([taken]))
        best = decision.proposal or decision.alternatives[0]
        assert (decision.outcome is MatchOutcome.APPLY) == (
            is_applied and (text != "virement" or best.confidence >= 990)
        )
        assert best.differences[0].kind is DifferenceKind.DISCOUNT
        kinds = {one.kind for one in best.evidence}
        assert (EvidenceKind.DISCOUNT_LATE in kinds) == (not is_applied)


def test_who_is_never_to_be_matched_by_itself_is_not() -> None:
    for rules in (FamilyRules(threshold=1000), FamilyRules(threshold=1000, is_oldest_first=True)):
        for text in ("FA2024001", "acompte"):
            one = line(100_000, text)
            decision = decide_line(line=one, payers=[payer(1)], pool=CandidatePool([INVOICE]), rules={1: rules})
            assert decision.outcome is MatchOutcome.ASK
    assert decision.reason is MatchReason.BELOW_THRESHOLD


@given(
    paid=st.integers(1, 120_000),
    words=st.sampled_from(["", " FRAIS", " USD 1,089.72", " taux de change", " FRAIS USD 1,000.00"]),
    small=st.integers(0, 2_000),
    per_mille=st.integers(0, 50),
    fee=st.integers(0, 3_000),
    exchange=st.integers(0, 50),
    is_foreign=st.booleans(),
)
def test_law_differences_stay_within_their_limits_and_add_up(
    paid: int, words: str, small: int, per_mille: int, fee: int, exchange: int, *, is_foreign: bool
) -> None:
    rules = DifferenceRules(small_minor=small, small_per_mille=per_mille, fee_minor=fee, exchange_per_mille=exchange)
    limits = limits_of_payment(rules=rules, amount_minor=paid)
    items = [INVOICE, item(2, 7_000, "FA2024002"), item(3, -2_000, "AV2024003")]
    one = line(paid, "FA2024001 FA2024002" + words, limits=limits, is_foreign=is_foreign)
    most = {
        DifferenceKind.SMALL_DIFFERENCE: min(small, paid * per_mille // 1000),
        DifferenceKind.BANK_FEE: fee,
        DifferenceKind.EXCHANGE: paid * exchange // 1000,
    }
    for proposal in propose_line(line=one, payers=[payer(1)], pool=CandidatePool(items)):
        assert all(abs(difference.amount_minor) <= most[difference.kind] for difference in proposal.differences)
        assert len({difference.kind for difference in proposal.differences}) <= 1
        if proposal.differences:
            over = -sum(difference.amount_minor for difference in proposal.differences if not difference.item_id)
            assert proposal.amount_matched_minor + over == one.amount_minor


@given(amount=st.integers(-(10**9), 10**9), per_mille=st.integers(0, 1000))
def test_law_a_discount_is_a_share_of_a_debit(amount: int, per_mille: int) -> None:
    found = discount_minor(amount_minor=amount, per_mille=per_mille)
    assert 0 <= found <= max(amount, 0)
    if amount > 0:
        assert abs(found * 1000 - amount * per_mille) <= 500


def test_a_line_without_limits_allows_nothing() -> None:
    assert BankLine(id=1, amount_minor=1, currency="EUR", booking_date=TODAY).limits == DifferenceLimits()


# One item of 12,000.00 less 2 %, paid by a text that names it (R) or by one that names nothing (-); what is posted.
TWO_AT_ONCE = """
paid    | text            | late | small | outcome | differences
1176000 | FA2024001       | no   | 100   | APPLY   | DISCOUNT 24000
1175960 | FA2024001       | no   | 100   | APPLY   | DISCOUNT 24000, SMALL_DIFFERENCE 40
1176040 | FA2024001       | no   | 100   | APPLY   | DISCOUNT 24000, SMALL_DIFFERENCE -40
1175900 | FA2024001       | no   | 100   | APPLY   | DISCOUNT 24000, SMALL_DIFFERENCE 100
1175899 | FA2024001       | no   | 100   | -       | -
1175960 | FA2024001       | no   | 0     | -       | -
1175960 | FA2024001       | yes  | 100   | ASK     | DISCOUNT 24000, SMALL_DIFFERENCE 40
1199960 | FA2024001       | no   | 100   | APPLY   | SMALL_DIFFERENCE 40
1175960 | virement        | no   | 100   | -       | -
"""


@pytest.mark.parametrize("row", TWO_AT_ONCE.strip().splitlines()[1:])
def test_a_discount_and_a_small_difference_in_one_payment(row: str) -> None:
    paid, text, late, small, outcome, differences = (part.strip() for part in row.split("|"))
    until = TODAY - timedelta(days=90 if late == "yes" else 0)
    owed = item(1, 1_200_000, "FA2024001", discount_minor=24_000, discount_until=until)
    one = line(int(paid), text, limits=DifferenceLimits(small_minor=int(small)))
    decision = decide_line(line=one, payers=[payer(1)], pool=CandidatePool([owed]))
    best = decision.proposal or next(iter(decision.alternatives), None)
    found = ", ".join(f"{part.kind} {part.amount_minor}" for part in best.differences) if best else ""
    assert (found or "-") == differences
    if outcome != "-":
        assert decision.outcome.value == outcome
        assert best is not None
        kept_back = sum(part.amount_minor for part in best.differences)
        assert int(paid) + kept_back == owed.amount_open_minor


# Items open (each of a payer that names nothing), what is paid with which words, and what is posted by itself.
UNNAMED_TABLE = """
open            | paid    | text                | limits | decision
1234567         | 1234067 | virement FRAIS 5,00 | fee    | APPLY BANK_FEE 500
1234567         | 1234067 | virement            | fee    | WAIT -
1234567         | 1231567 | virement FRAIS      | fee    | WAIT -
1234567         | 1234067 | virement FRAIS      | none   | WAIT -
1234567 1234560 | 1234067 | virement FRAIS      | fee    | ASK -
1234567         | 1238067 | USD 13,089.72       | change | APPLY EXCHANGE -3500
1234567         | 1230067 | taux de change 1,08 | change | APPLY EXCHANGE 4500
1234567         | 1238067 | virement            | change | WAIT -
100000          | 99500   | virement FRAIS      | fee    | ASK -
"""
LIMITS = {
    "fee": DifferenceLimits(fee_minor=2_500),
    "change": DifferenceLimits(exchange_minor=5_000),
    "none": DifferenceLimits(),
}


@pytest.mark.parametrize("row", UNNAMED_TABLE.strip().splitlines()[1:])
def test_a_fee_or_exchange_of_a_payment_that_names_nothing(row: str) -> None:
    owed, paid, text, limits, wanted = (part.strip() for part in row.split("|"))
    items = [item(place, int(amount)) for place, amount in enumerate(owed.split(), 1)]
    one = line(int(paid), text, limits=LIMITS[limits])
    for sure in (True, False):
        decision = decide_line(line=one, payers=[payer(1, 980 if sure else 850)], pool=CandidatePool(items))
        if not sure:
            assert decision.outcome is not MatchOutcome.APPLY
            return
        parts = decision.proposal.differences if decision.proposal else ()
        found = ", ".join(f"{part.kind} {part.amount_minor}" for part in parts) or "-"
        assert f"{decision.outcome} {found}" == wanted
