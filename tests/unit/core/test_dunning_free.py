"""A message in a person's own words: a table of what holds it, and laws of what never does."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.dunning_facts import (
    ContactRules,
    DunningAccountFacts,
    DunningContact,
    DunningItemFact,
    DunningLevel,
    DunningMedium,
)
from quittance.core.dunning_free import decide_free

MONDAY = date(2026, 3, 9)
SATURDAY = date(2026, 3, 14)
RULES = ContactRules(touches_max=2, touches_days=30, is_quiet_on_weekends=True, is_quiet_on_holidays=True)

TABLE = """
medium | day      | facts                    | decision
EMAIL  | MONDAY   | email                    | SEND CHOSEN
EMAIL  | MONDAY   | -                        | PERSON NO_CONTACT
EMAIL  | MONDAY   | email opted_out          | HOLD OPTED_OUT
EMAIL  | MONDAY   | email refuses_email      | HOLD OPTED_OUT
EMAIL  | MONDAY   | email refuses_sms        | SEND CHOSEN
EMAIL  | MONDAY   | email refuses_courtesy   | SEND CHOSEN
EMAIL  | MONDAY   | email blocked            | HOLD ACCOUNT_BLOCKED
EMAIL  | MONDAY   | email handed_over        | HOLD HANDED_OVER
EMAIL  | MONDAY   | email touched            | SEND CHOSEN
EMAIL  | MONDAY   | email touched touched    | HOLD TOO_MANY_TOUCHES
EMAIL  | SATURDAY | email                    | HOLD QUIET_DAY
EMAIL  | MONDAY   | email holiday            | HOLD QUIET_DAY
EMAIL  | MONDAY   | email stale              | SEND CHOSEN
SMS    | MONDAY   | email                    | PERSON NO_CONTACT
SMS    | MONDAY   | mobile                   | SEND CHOSEN
SMS    | MONDAY   | mobile refuses_sms       | HOLD OPTED_OUT
SMS    | MONDAY   | mobile refuses_email     | SEND CHOSEN
LETTER | MONDAY   | address                  | SEND CHOSEN
LETTER | MONDAY   | email                    | PERSON NO_CONTACT
LETTER | MONDAY   | address email opted_out  | SEND CHOSEN
"""


def facts_of(words: list[str], *, day: date, items: tuple[DunningItemFact, ...] = ()) -> DunningAccountFacts:
    contact = DunningContact(
        role="ACCOUNTS_PAYABLE",
        has_email="email" in words,
        takes_sms="mobile" in words,
        is_opted_out="opted_out" in words,
        refuses_courtesy="refuses_courtesy" in words,
        refuses_email="refuses_email" in words,
        refuses_sms="refuses_sms" in words,
    )
    return DunningAccountFacts(
        account_id=1,
        items=items,
        contacts=(contact,) if {"email", "mobile"} & set(words) else (),
        has_postal_address="address" in words,
        is_blocked="blocked" in words,
        is_handed_over="handed_over" in words,
        bank_data_age_days=400 if "stale" in words else None,
        quiet_dates=frozenset({day} if "holiday" in words else ()),
        touch_dates=tuple(day - timedelta(days=n + 1) for n in range(words.count("touched"))),
        last_notice_date=day,
    )


def level_of(medium: str) -> DunningLevel:
    return DunningLevel(rank=-1, offset_days=1, code="FREE_TEXT", tone="FRIENDLY", medium=DunningMedium(medium))


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:])
def test_what_holds_it(line: str) -> None:
    medium, when, words, expected = (part.strip() for part in line.split("|"))
    day = SATURDAY if when == "SATURDAY" else MONDAY
    found = decide_free(facts=facts_of(words.split(), day=day), level=level_of(medium), as_of=day, rules=RULES)
    assert f"{found.outcome.value} {found.reason.value}" == expected
    assert found.items == () and found.amounts == ()


def test_at_sending_the_message_itself_is_no_touch_too_many_and_a_medium_must_be_there() -> None:
    facts = facts_of(["email", "touched", "touched"], day=MONDAY)
    again = decide_free(facts=facts, level=level_of("EMAIL"), as_of=MONDAY, rules=RULES, is_recheck=True)
    assert again.outcome == "SEND" and again.contact_index == 0
    none = decide_free(facts=facts, level=level_of("SMS"), as_of=MONDAY, media_ready=frozenset())
    assert (none.outcome, none.reason) == ("HOLD", "MEDIUM_NOT_READY")


ITEMS = st.builds(
    DunningItemFact,
    item_id=st.integers(1, 9),
    due_date=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
    amount_open=st.decimals(-1000, 1000, places=2).filter(bool),
    currency=st.sampled_from(["EUR", "USD"]),
    last_notice_date=st.one_of(st.none(), st.just(MONDAY)),
    disputed_amount=st.just(Decimal(0)),
    promised_until=st.one_of(st.none(), st.just(MONDAY + timedelta(days=3))),
    is_blocked=st.booleans(),
    in_payment_plan=st.booleans(),
)


@given(items=st.lists(ITEMS, max_size=5), words=st.lists(st.sampled_from(["email", "mobile", "opted_out", "blocked"])))
def test_no_item_ever_changes_it(items: list[DunningItemFact], words: list[str]) -> None:
    bare = decide_free(facts=facts_of(words, day=MONDAY), level=level_of("EMAIL"), as_of=MONDAY)
    with_items = decide_free(
        facts=facts_of(words, day=MONDAY, items=tuple(items)), level=level_of("EMAIL"), as_of=MONDAY
    )
    assert with_items == bare
