"""Proposals and decisions for bank lines, as tables, and the laws that hold for any input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from quittance.core.matching import (
    AnnouncedLine,
    BankLine,
    CandidateItem,
    CandidatePool,
    Difference,
    DifferenceKind,
    Evidence,
    EvidenceKind,
    FamilyRules,
    MatchOutcome,
    MatchReason,
    PayerIdentity,
    ReferenceIndex,
    Strategy,
    decide_line,
    decide_lines,
    decide_named_line,
    gather_inputs,
    propose_line,
    replay,
)

TODAY = date(2026, 9, 15)


def line(amount_minor: int, text: str = "", *, line_id: int = 1, **more: object) -> BankLine:
    values: dict[str, object] = {"currency": "EUR", "booking_date": TODAY, "text": text, **more}
    return BankLine(id=line_id, amount_minor=amount_minor, **values)  # type: ignore[arg-type]


def item(item_id: int, amount: int, *references: str, family: int = 1, due: int = 0, **more: object) -> CandidateItem:
    values: dict[str, object] = {"currency": "EUR", "document_date": TODAY - timedelta(days=60), **more}
    return CandidateItem(
        item_id=item_id,
        account_id=family,
        account_family=family,
        amount_open_minor=amount,
        due_date=TODAY - timedelta(days=due),
        references=references,
        **values,  # type: ignore[arg-type]
    )


def payer(family: int, confidence: int = 980) -> PayerIdentity:
    evidence = (Evidence(kind=EvidenceKind.PAYER_IBAN_KNOWN, text="FR76"),)
    return PayerIdentity(account_family=family, confidence=confidence, evidence=evidence)


POOL = [
    item(1, 10_000, "FA2024001"),
    item(2, 25_000, "FA2024002"),
    item(3, -4_000, "AV2024003"),
    item(4, 12_000, "12345"),
    # One document in three instalments, two of them equal.
    item(51, 3_000, "FA2024005", due=30),
    item(52, 3_000, "FA2024005", due=0),
    item(53, 5_000, "FA2024005", due=-30),
    # The same number used by two customers.
    item(61, 7_700, "FA2024006", family=6),
    item(62, 7_700, "FA2024006", family=7),
    item(7, 9_900, "FA2024007", disputed=True),
    item(8, 8_800, "FA2024008", currency="GBP"),
    item(9, 6_600, "FA2024009", document_date=TODAY + timedelta(days=1)),
    # Amounts only.
    item(101, 4_242, family=10),
    item(111, 1_000, family=11, due=5),
    item(112, 1_000, family=11, due=1),
    item(121, 2_000, family=12),
    item(122, 2_000, family=12, disputed=True),
]

DECISIONS = """
amount | text                          | payer  | decision                       | items
10000  | FA2024001                     | -      | APPLY CONFIDENT                | 1:10000
10000  | facture fa 2024 001           | -      | APPLY CONFIDENT                | 1:10000
35000  | FA2024001 + FA2024002         | -      | APPLY CONFIDENT                | 1:10000 2:25000
31000  | FA2024001 FA2024002 AV2024003 | -      | APPLY CONFIDENT                | 1:10000 2:25000 3:-4000
35000  | FA2024001 FA2024002 AV2024003 | -      | ASK BELOW_THRESHOLD            | 1:10000 2:25000
12000  | votre ref 12345               | -      | APPLY CONFIDENT                | 4:12000
11000  | FA2024005                     | -      | APPLY CONFIDENT                | 51:3000 52:3000 53:5000
3000   | FA2024005                     | -      | APPLY CONFIDENT                | 51:3000
6000   | FA2024005                     | -      | APPLY CONFIDENT                | 51:3000 52:3000
5000   | FA2024005                     | -      | APPLY CONFIDENT                | 53:5000
9999   | FA2024001                     | -      | ASK AMOUNT_DIFFERS             | 1:9999
15000  | FA2024001                     | -      | ASK BELOW_THRESHOLD            | 1:10000 53:5000
5000   | FA2024001 AV2024003           | -      | ASK AMOUNT_DIFFERS             | 1:9000 3:-4000
10000  | FA2024001 FA2024002           | -      | ASK BELOW_THRESHOLD            | 1:10000
10000  | FA2024001 FA2024002           | 1      | ASK BELOW_THRESHOLD            | 1:10000
7700   | FA2024006                     | -      | ASK AMBIGUOUS                  | 61:7700
7700   | FA2024006                     | 7      | APPLY CONFIDENT                | 62:7700
10000  | FA2024001                     | 2      | APPLY CONFIDENT                | 1:10000
10000  | FA2024001                     | 2@700  | APPLY CONFIDENT                | 1:10000
9900   | FA2024007                     | -      | ASK DISPUTED_ITEM_REFERENCED   | -
4242   | FA2024007                     | 10     | ASK DISPUTED_ITEM_REFERENCED   | 101:4242
8800   | FA2024008                     | -      | WAIT NO_EXPLANATION            | -
6600   | FA2024009                     | -      | ASK BELOW_THRESHOLD            | 9:6600
4242   | virement                      | 10     | APPLY CONFIDENT                | 101:4242
4242   | virement                      | 10@850 | APPLY CONFIDENT                | 101:4242
4242   | virement                      | -      | ASK BELOW_THRESHOLD            | 101:4242
4242   | FA2024001                     | 10     | ASK BELOW_THRESHOLD            | 101:4242
1000   | virement                      | 11     | ASK AMBIGUOUS                  | 111:1000
2000   | virement                      | 12     | ASK BELOW_THRESHOLD            | 121:2000
-500   | FA2024001                     | 1      | WAIT NOT_A_RECEIPT             | -
0      | FA2024001                     | 1      | WAIT NOT_A_RECEIPT             | -
"""


def told(lines: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{item_id}:{amount}" for item_id, amount in lines) or "-"


def payers_of(cell: str) -> list[PayerIdentity]:
    if cell == "-":
        return []
    family, _, confidence = cell.partition("@")
    return [payer(int(family), int(confidence or 980))]


@pytest.mark.parametrize(
    "row", [tuple(c.strip() for c in r.split("|")) for r in DECISIONS.strip().splitlines()[1:]], ids=" | ".join
)
def test_decisions(row: tuple[str, ...]) -> None:
    amount, text, who, expected, items = row
    decision = decide_line(line=line(int(amount), text), payers=payers_of(who), pool=CandidatePool(POOL))
    best = decision.proposal or next(iter(decision.alternatives), None)
    assert f"{decision.outcome} {decision.reason}" == expected
    assert told(best.lines if best else ()) == items
    assert (decision.proposal is not None) == (decision.outcome is MatchOutcome.APPLY)


def test_evidence_points_into_the_text() -> None:
    text = "Virement pour FA-2024-001, merci"
    (proposal,) = propose_line(line=line(10_000, text), payers=[payer(1)], pool=CandidatePool(POOL))
    reference = proposal.evidence[0]
    assert reference.kind is EvidenceKind.REFERENCE_IN_TEXT
    assert text[reference.start : reference.end] == reference.text == "FA-2024-001"
    assert {one.kind for one in proposal.evidence} >= {EvidenceKind.AMOUNT_EQUAL, EvidenceKind.PAYER_IBAN_KNOWN}
    assert proposal.strategy is Strategy.EXACT_REFERENCE


@pytest.mark.parametrize(
    "more", [{"structured_references": ("RF40FA2024001",)}, {"end_to_end_id": "FA2024001"}], ids=str
)
def test_references_in_fields_of_their_own(more: dict[str, object]) -> None:
    decision = decide_line(line=line(10_000, **more), payers=(), pool=CandidatePool(POOL))
    assert decision.outcome is MatchOutcome.APPLY


def test_end_to_end_id_that_says_nothing_is_no_reference() -> None:
    pool = CandidatePool([item(1, 10_000, "NOTPROVIDED1", "NONREF")])
    assert pool.find_references(line(10_000, end_to_end_id="NOTPROVIDED")) == ()


def test_two_lines_that_want_one_item_are_both_left_to_a_person() -> None:
    lines = [
        line(10_000, "FA2024001", line_id=2),
        line(10_000, "FA2024001", line_id=1),
        line(25_000, "FA2024002", line_id=3),
    ]
    decisions = decide_lines(lines=lines, payers={}, pool=CandidatePool(POOL))
    assert [(one.line_id, one.reason) for one in decisions] == [
        (1, MatchReason.ITEM_WANTED_TWICE),
        (2, MatchReason.ITEM_WANTED_TWICE),
        (3, MatchReason.CONFIDENT),
    ]
    assert decisions[0].alternatives


def test_an_index_of_more_than_the_pool_is_allowed() -> None:
    index = ReferenceIndex([("FA2024001", 1), ("FA2024999", 999)])
    pool = CandidatePool(POOL[:1], index)
    assert propose_line(line=line(10_000, "FA2024999"), payers=(), pool=pool) == ()
    assert len(propose_line(line=line(10_000, "FA2024001"), payers=(), pool=pool)) == 1


def test_an_item_twice_is_an_error() -> None:
    with pytest.raises(ValueError, match="twice"):
        CandidatePool([POOL[0], POOL[0]])


def test_many_references_do_not_explode() -> None:
    items = [item(number, 100 + number, f"FA{number:06}") for number in range(200)]
    text = " ".join(one.references[0] for one in items)
    total = sum(one.amount_open_minor for one in items)
    decision = decide_line(line=line(total, text), payers=(), pool=CandidatePool(items))
    assert decision.outcome is MatchOutcome.APPLY
    assert len(decision.proposal.lines if decision.proposal else ()) == 200


def rent(item_id: int, amount: int, days: int = 60, **more: object) -> CandidateItem:
    return item(item_id, amount, document_date=TODAY - timedelta(days=days), due=days - 30, **more)


MARCH = [rent(1, 61_111, 20), rent(2, 72_222, 20), rent(3, 83_333, 50), rent(4, 94_444, 51), rent(5, 15_555, 110)]
# Amount and items of a payer that names nothing; how it is explained.
UNNAMED = [
    (61_111 + 72_222, MARCH, "APPLY WHOLE_MONTH", [1, 2]),
    (61_111 + 72_222 + 83_333 + 94_444 + 15_555, MARCH, "APPLY WHOLE_BALANCE", [1, 2, 3, 4, 5]),
    (15_555 + 94_444 + 83_333, MARCH, "APPLY DUE_UNTIL", [3, 4, 5]),
    (83_333 + 61_111, MARCH, "APPLY CONSECUTIVE_ITEMS", [1, 3]),
    (94_444 + 72_222, MARCH, "APPLY SUM_OF_ITEMS", [2, 4]),
    (94_444, [*MARCH, rent(6, 20_000), rent(7, -20_000)], "APPLY AMOUNT_WITH_PAYER", [4]),
    (61_111 - 5_000, [*MARCH, rent(6, -5_000)], "APPLY SUM_OF_ITEMS", [1, 6]),
    (60_000, MARCH, "WAIT -", []),
]


@pytest.mark.parametrize(("amount", "items", "expected", "ids"), UNNAMED)
def test_payments_that_name_nothing(amount: int, items: list[CandidateItem], expected: str, ids: list[int]) -> None:
    decision = decide_line(line=line(amount, "virement"), payers=[payer(1)], pool=CandidatePool(items))
    chosen = decision.proposal
    assert f"{decision.outcome} {chosen.strategy if chosen else '-'}" == expected
    assert [item_id for item_id, _ in chosen.lines] == ids if chosen else not ids


def test_one_of_too_many_sums_proves_nothing() -> None:
    items = [rent(number, 10_007 * number % 9_973 + 4_000, 20 + number) for number in range(1, 61)]
    target = sum(one.amount_open_minor for one in items if one.item_id in (3, 17, 29, 44, 58))
    decision = decide_line(line=line(target, "virement"), payers=[payer(1)], pool=CandidatePool(items))
    assert decision.outcome is not MatchOutcome.APPLY


DISCOUNTED = item(1, 100_000, "FA2024001", discount_minor=2_000, discount_until=TODAY - timedelta(days=2))


def test_a_discount_within_its_days_of_grace_settles_the_item() -> None:
    decision = decide_line(line=line(98_000, "FA2024001"), payers=[payer(1)], pool=CandidatePool([DISCOUNTED]))
    assert decision.proposal is not None
    assert decision.proposal.lines == ((1, 98_000),)
    assert decision.proposal.differences == (Difference(kind=DifferenceKind.DISCOUNT, item_id=1, amount_minor=2_000),)


@pytest.mark.parametrize(("paid", "kept_back"), [(99_000, 1_000), (100_500, -500)])
def test_a_small_difference_is_posted_where_the_rules_allow_it(paid: int, kept_back: int) -> None:
    pool = CandidatePool([item(1, 100_000, "FA2024001")])
    rules = {1: FamilyRules(small_difference_minor=2_500)}
    decision = decide_line(line=line(paid, "FA2024001"), payers=[payer(1)], pool=pool, rules=rules)
    assert decision.proposal is not None
    (difference,) = decision.proposal.differences
    assert (difference.kind, difference.amount_minor) == (DifferenceKind.SMALL_DIFFERENCE, kept_back)
    without = decide_line(line=line(paid, "FA2024001"), payers=[payer(1)], pool=pool)
    assert without.proposal is not None
    assert without.proposal.differences == ()


def test_the_oldest_are_paid_first_only_where_that_is_agreed() -> None:
    one = line(130_000, "acompte")
    assert decide_line(line=one, payers=[payer(1)], pool=CandidatePool(MARCH)).outcome is MatchOutcome.WAIT
    rules = {1: FamilyRules(is_oldest_first=True)}
    decision = decide_line(line=one, payers=[payer(1)], pool=CandidatePool(MARCH), rules=rules)
    assert decision.proposal is not None
    assert decision.proposal.strategy is Strategy.OLDEST_FIRST
    assert decision.proposal.lines == ((3, 20_001), (4, 94_444), (5, 15_555))


def test_what_people_confirmed_makes_a_way_likelier() -> None:
    items = [rent(1, 40_000, 20), rent(2, 60_000, 25), rent(3, 100_000, 80)]
    one = line(100_000, "virement")
    plain = propose_line(line=one, payers=[payer(1)], pool=CandidatePool(items))
    rules = {1: FamilyRules(habits=((Strategy.WHOLE_MONTH, 30),))}
    taught = propose_line(line=one, payers=[payer(1)], pool=CandidatePool(items), rules=rules)
    assert (plain[0].strategy, taught[0].strategy) == (Strategy.AMOUNT_WITH_PAYER, Strategy.WHOLE_MONTH)


def test_a_remittance_advice_says_what_is_paid_of_each() -> None:
    announced = (
        AnnouncedLine(reference="FA2024001", amount_minor=9_000, deduction_minor=1_000),
        AnnouncedLine(reference="FA2024002", amount_minor=25_000),
        AnnouncedLine(reference="AV2024003", amount_minor=-4_000),
    )
    decision = decide_line(line=line(30_000, announced=announced), payers=[payer(1)], pool=CandidatePool(POOL))
    assert decision.proposal is not None
    assert decision.proposal.lines == ((1, 9_000), (2, 25_000), (3, -4_000))
    unknown = (*announced[:2], AnnouncedLine(reference="FA9999999", amount_minor=-4_000))
    left = decide_line(line=line(30_000, announced=unknown), payers=[payer(1)], pool=CandidatePool(POOL))
    assert left.outcome is MatchOutcome.ASK


def test_a_document_that_is_paid_is_no_reason_to_pay_another() -> None:
    pool = CandidatePool([item(1, 10_000, "FA2024001")], closed_references=["FA2023999"])
    decision = decide_line(line=line(10_000, "FA2023999"), payers=[payer(1)], pool=pool)
    assert (decision.outcome, decision.reason) == (MatchOutcome.ASK, MatchReason.DOCUMENT_NOT_OPEN)
    assert decision.alternatives[0].confidence < 500


def test_how_people_confirmed_a_payer_to_write_is_doubted_less() -> None:
    items = [item(number, 10_000, f"FA2024-{number:04d}", family=1) for number in range(100, 140)]
    one = line(10_000, "abonnement 112")
    before = decide_line(line=one, payers=[payer(1)], pool=CandidatePool(items))
    rules = {1: FamilyRules(readings=((EvidenceKind.REFERENCE_PART, 200),))}
    after = decide_line(line=one, payers=[payer(1)], pool=CandidatePool(items), rules=rules)
    best = before.proposal or before.alternatives[0]
    likelier = after.proposal or after.alternatives[0]
    assert likelier.lines == best.lines == ((112, 10_000),)
    assert likelier.confidence > best.confidence


# Laws

references = st.sampled_from(["FA2024001", "FA2024002", "AV2024003", "12345"])
amounts = st.sampled_from([100, 200, 300, 400, 1_000, -100, -300, 0])
candidate_items = st.builds(
    lambda amount, refs, family, due, disputed, currency: item(
        0, amount, *refs, family=family, due=due, disputed=disputed, currency=currency
    ),
    amounts,
    st.lists(references, max_size=2),
    st.integers(1, 2),
    st.integers(-30, 60),
    st.sampled_from([False, False, False, True]),
    st.sampled_from(["EUR", "EUR", "EUR", "GBP"]),
)
pools = st.lists(candidate_items, max_size=8).map(
    lambda items: [replace(one, item_id=number) for number, one in enumerate(items, 1)]
)
bank_lines = st.builds(
    lambda amount, refs, number: line(amount, " ".join(refs), line_id=number),
    st.integers(-100, 1_500).map(lambda cents: cents // 100 * 100),
    st.lists(references, max_size=4),
    st.integers(1, 10**6),
)
identities = st.lists(
    st.builds(payer, st.integers(1, 3), st.integers(500, 990)), max_size=2, unique_by=lambda one: one.account_family
)


# Of these something may stay open of the items.
SHARED_OUT = {Strategy.REFERENCE_WITH_DIFFERENCE, Strategy.OLDEST_FIRST, Strategy.REMITTANCE}
family_rules = st.dictionaries(
    st.integers(1, 2),
    st.builds(
        FamilyRules,
        small_difference_minor=st.sampled_from([0, 50, 150]),
        is_oldest_first=st.booleans(),
        habits=st.lists(st.tuples(st.sampled_from(list(Strategy)), st.integers(1, 40)), max_size=3).map(tuple),
        readings=st.lists(st.tuples(st.sampled_from(list(EvidenceKind)), st.integers(1, 40)), max_size=2).map(tuple),
    ),
)


@given(items=pools, one=bank_lines, payers=identities, rules=family_rules)
def test_law_proposals_stay_within_payment_and_items(
    items: list[CandidateItem], one: BankLine, payers: list[PayerIdentity], rules: dict[int, FamilyRules]
) -> None:
    known = {candidate.item_id: candidate for candidate in items}
    for proposal in propose_line(line=one, payers=payers, pool=CandidatePool(items), rules=rules):
        assert 0 < proposal.amount_matched_minor <= one.amount_minor
        assert 0 <= proposal.confidence <= 1000
        if not proposal.difference_minor:
            assert proposal.amount_matched_minor == one.amount_minor
        open_minor = sum(known[item_id].amount_open_minor for item_id, _ in proposal.lines)
        if proposal.strategy not in SHARED_OUT:
            kept_back = sum(difference.amount_minor for difference in proposal.differences if difference.item_id)
            assert proposal.amount_matched_minor + kept_back == open_minor
        assert len({item_id for item_id, _ in proposal.lines}) == len(proposal.lines)
        for item_id, amount in proposal.lines:
            assert amount != 0
            assert 0 < amount <= known[item_id].amount_open_minor or known[item_id].amount_open_minor <= amount < 0
            assert not known[item_id].disputed
            assert known[item_id].currency == one.currency
        assert len({known[item_id].account_family for item_id, _ in proposal.lines}) == 1


@given(
    items=pools,
    lines=st.lists(bank_lines, max_size=5, unique_by=lambda one: one.id),
    payers=identities,
    data=st.data(),
)
def test_law_order_of_inputs_does_not_matter(
    items: list[CandidateItem], lines: list[BankLine], payers: list[PayerIdentity], data: st.DataObject
) -> None:
    who = {one.id: payers for one in lines}
    first = decide_lines(lines=lines, payers=who, pool=CandidatePool(items))
    shuffled = decide_lines(
        lines=data.draw(st.permutations(lines)),
        payers={one.id: payers[::-1] for one in lines},
        pool=CandidatePool(data.draw(st.permutations(items))),
    )
    assert first == shuffled
    applied = [item_id for one in first if one.proposal for item_id, _ in one.proposal.lines]
    assert len(applied) == len(set(applied))


@given(items=pools.filter(bool), payers=identities, rules=family_rules, data=st.data())
def test_law_what_is_decided_by_names_alone_stands_whatever_else_is_owed(
    items: list[CandidateItem], payers: list[PayerIdentity], rules: dict[int, FamilyRules], data: st.DataObject
) -> None:
    meant = data.draw(st.lists(st.sampled_from(items), min_size=1, max_size=2, unique_by=lambda one: one.item_id))
    paid = sum(one.amount_open_minor for one in meant) + data.draw(st.sampled_from([0, 0, 0, -100]))
    one = line(paid, " ".join(reference for item in meant for reference in item.references))
    whole = CandidatePool(items)
    named = {item_id for hit in whole.find_references(one) for item_id in hit.item_ids}
    pool = CandidatePool(
        [item for item in items if item.item_id in named],
        index=whole.index,
        amount_counts={("EUR", paid): whole.count_of_amount(currency="EUR", amount_minor=paid)},
        item_count=whole.item_count,
    )
    decision = decide_named_line(line=one, payers=payers, pool=pool, rules=rules)
    event("by names alone" if decision and decision.proposal else "by all that is owed")
    assert decision in (None, decide_line(line=one, payers=payers, pool=whole, rules=rules))


@given(
    items=pools,
    lines=st.lists(bank_lines, min_size=1, max_size=4, unique_by=lambda one: one.id),
    payers=identities,
    rules=family_rules,
    closed=st.lists(references, max_size=2),
)
def test_law_a_decision_taken_again_is_the_same(
    items: list[CandidateItem],
    lines: list[BankLine],
    payers: list[PayerIdentity],
    rules: dict[int, FamilyRules],
    closed: list[str],
) -> None:
    pool = CandidatePool(items, closed_references=closed)
    for decision in decide_lines(lines=lines, payers={one.id: payers for one in lines}, pool=pool, rules=rules):
        inputs = gather_inputs(
            line=next(one for one in lines if one.id == decision.line_id),
            payers=payers,
            pool=pool,
            rules=rules,
            is_wanted_twice=decision.reason is MatchReason.ITEM_WANTED_TWICE,
        )
        assert replay(inputs=inputs) == decision
