"""Journal lines for the ERP: even in each entry of each journal, and each customer's account even under its letter."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.writeback import (
    TRANSITIONS,
    EntryFact,
    EntryKind,
    EntryState,
    ErpAccount,
    ItemSide,
    Journal,
    JournalLine,
    JournalPlan,
    Purpose,
    Role,
    journal_lines,
    letter_code,
    may_become,
)

DAY = date(2026, 3, 2)
PLAN = JournalPlan(
    accounts={role: ErpAccount(number=f"9{place}", name=role.lower()) for place, role in enumerate(Role)},
    journals={journal: (journal.value[:3], journal.value) for journal in Journal},
    bank_numbers={7: "512100"},
)
CENTS = st.integers(min_value=1, max_value=10**9).map(lambda cents: Decimal(cents) / 100)


def side(
    amount: str | Decimal, *, company: Decimal | None = None, account: str = "C1", document: str = "F1"
) -> ItemSide:
    value = Decimal(amount)
    return ItemSide(
        erp_key="K", receivable_account="", account_number=account, customer_name="Durand", document_number=document,
        document_date=DAY, amount=value, amount_company=value if company is None else company,
    )  # fmt: skip


def fact(
    kind: EntryKind, *items: ItemSide, currency: str = "EUR", reason: str = "", is_gain: bool = False
) -> EntryFact:
    return EntryFact(
        number=12, kind=kind, day=DAY, currency=currency, company_currency="EUR", items=items, letter="QAAA",
        letter_date=DAY, reason=reason, is_gain=is_gain, bank_account_id=7 if reason == "BANK" else None,
    )  # fmt: skip


def shown(lines: tuple[JournalLine, ...]) -> list[tuple[str, str, str, str, str]]:
    return [(str(one.journal), one.account.number, one.auxiliary, f"{one.debit}", f"{one.credit}") for one in lines]


def test_a_payment_goes_from_the_bank_to_the_customer() -> None:
    lines = journal_lines(fact(EntryKind.PAYMENT, side("-100"), reason="BANK"), PLAN)
    assert shown(lines) == [("BANK", "512100", "", "100", "0"), ("BANK", "90", "C1", "0", "100")]
    assert {(one.letter, one.erp_key, one.currency) for one in lines} == {("", "", "")}


@pytest.mark.parametrize(
    ("reason", "amount", "is_gain", "role"),
    [
        ("SMALL_DIFFERENCE", "-5", False, Role.LOSS),
        ("SMALL_DIFFERENCE", "5", True, Role.GAIN),
        ("BANK_FEE", "-5", False, Role.BANK_FEE),
        ("DISCOUNT", "-5", False, Role.DISCOUNT),
        ("EXCHANGE", "-5", False, Role.EXCHANGE_LOSS),
        ("EXCHANGE", "5", True, Role.EXCHANGE_GAIN),
        ("OTHER", "-5", False, Role.LOSS),
    ],
)
def test_each_difference_has_its_account_and_goes_back_to_it(
    reason: str, amount: str, is_gain: bool, role: Role
) -> None:
    posted = journal_lines(fact(EntryKind.DIFFERENCE, side(amount), reason=reason, is_gain=is_gain), PLAN)
    back = journal_lines(fact(EntryKind.WITHDRAWAL, side(-Decimal(amount)), reason=reason, is_gain=is_gain), PLAN)
    for lines in (posted, back):
        assert {one.account for one in lines if not one.auxiliary} == {PLAN.accounts[role]}
    total: dict[str, Decimal] = defaultdict(Decimal)
    for one in (*posted, *back):
        total[one.account.number] += one.debit - one.credit
    assert set(total.values()) == {0}


def test_a_pair_is_named_under_its_letter_and_posts_nothing() -> None:
    lines = journal_lines(fact(EntryKind.ALLOCATION, side("100"), side("100", document="B1")), PLAN)
    assert [(one.purpose, one.document_number, one.debit, one.credit, one.letter) for one in lines] == [
        (Purpose.LETTER, "F1", 100, 0, "QAAA"),
        (Purpose.LETTER, "B1", 0, 100, "QAAA"),
    ]


def test_who_pays_for_another_is_transferred() -> None:
    lines = journal_lines(fact(EntryKind.ALLOCATION, side("100"), side("100", account="C2", document="B1")), PLAN)
    posted = [one for one in lines if one.purpose == Purpose.POST]
    assert shown(tuple(posted)) == [("OTHER", "90", "C2", "100", "0"), ("OTHER", "90", "C1", "0", "100")]


def test_what_a_rate_makes_of_it_is_posted() -> None:
    pair = side("100", company=Decimal(90)), side("100", company=Decimal(94), document="B1")
    lines = journal_lines(fact(EntryKind.ALLOCATION, *pair, currency="USD"), PLAN)
    gain = PLAN.accounts[Role.EXCHANGE_GAIN].number
    assert [(one.account.number, one.debit, one.credit) for one in lines if one.purpose == Purpose.POST] == [
        ("90", 4, 0), (gain, 0, 4),
    ]  # fmt: skip
    assert [(one.amount, one.currency) for one in lines] == [(0, ""), (0, ""), (100, "USD"), (0, ""), (-100, "USD")]


PAIRS = st.tuples(CENTS, CENTS, CENTS, st.sampled_from(["C1", "C2"]), st.sampled_from(["EUR", "USD"]))


@given(drawn=PAIRS)
def test_every_entry_is_even_and_an_undo_takes_back_all_of_it(
    drawn: tuple[Decimal, Decimal, Decimal, str, str],
) -> None:
    amount, company_debit, company_credit, payer, currency = drawn
    if currency == "EUR":
        company_debit = company_credit = amount
    pair = side(amount, company=company_debit), side(amount, company=company_credit, account=payer, document="B1")
    done = journal_lines(fact(EntryKind.ALLOCATION, *pair, currency=currency), PLAN)
    undone = journal_lines(fact(EntryKind.REVERSAL, *pair, currency=currency), PLAN)
    for lines in (done, undone):
        by_journal: dict[Journal, Decimal] = defaultdict(Decimal)
        by_letter: dict[str, Decimal] = defaultdict(Decimal)
        for one in lines:
            assert one.debit >= 0
            assert one.credit >= 0
            by_journal[one.journal] += one.debit - one.credit
            if one.letter:
                by_letter[one.auxiliary] += one.debit - one.credit
        assert set(by_journal.values()) == {0}
        assert set(by_letter.values()) == {0}
    key = [(one.account, one.auxiliary, one.document_number, one.debit, one.credit) for one in done]
    back = [(one.account, one.auxiliary, one.document_number, one.credit, one.debit) for one in undone]
    assert key == back


@given(number=st.integers(min_value=1, max_value=10**9))
def test_letters_are_never_given_twice(number: int) -> None:
    assert letter_code(number) != letter_code(number + 1)
    assert len(letter_code(number)) <= len(letter_code(number + 1))


def test_letters_begin_at_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        letter_code(0)


def test_only_what_left_is_answered_and_what_was_taken_stays() -> None:
    assert set(TRANSITIONS) == set(EntryState)
    assert not any(may_become(EntryState.ACKNOWLEDGED, state) for state in EntryState)
    answered = {before for before in EntryState if may_become(before, EntryState.ACKNOWLEDGED)}
    assert answered == {EntryState.EXPORTED}
