"""Claiming, waiving, paying and taking back: each once, by a person, kept as decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.core.interest_rules import ClaimState, FloorReason
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.interest.models import InterestClaim
from quittance.interest.queries import (
    find_claim,
    list_accrued_items,
    list_claims,
    list_owed_beside,
    shown_in_notices,
    sum_claimed,
)
from quittance.interest.rates import LateRateRefused, agree_rate, list_late_rates, set_late_rate
from quittance.interest.services import (
    ClaimNotFound,
    ClaimRefused,
    change_claim,
    claim_interest,
    show_interest_in_notices,
    waive_interest,
)
from quittance.ledger.models import OpenItem
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db

MAYA = Actor(label="Maya", user_id=None)
DUE = date(2026, 3, 31)
DAY = date(2026, 4, 30)
LATER = date(2026, 5, 31)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def item(cast: Cast) -> OpenItem:
    return make_item(cast.account, "36500", due=DUE, number="F1")


def claim(item: OpenItem, until: date = DAY) -> int:
    return claim_interest(account_id=item.account_id, item_ids=[item.id], until=until, actor=MAYA)[0]


def test_a_claim_keeps_its_amounts_and_leaves_the_principal_alone(item: OpenItem) -> None:
    claim_id = claim(item)
    row = InterestClaim.objects.get(id=claim_id)
    assert (row.state, row.interest, row.indemnity) == ("CLAIMED", Decimal("364.50"), 40)
    assert [(one["days"], one["rate_pct"]) for one in row.stretches] == [(30, "12.1500")]
    item.refresh_from_db()
    assert item.amount_open == 36500
    assert OpenItem.objects.count() == 1
    event = Event.objects.get(kind="interest.claimed")
    assert (event.item_id, event.actor_label, event.payload["amount"]) == (item.id, "Maya", "364.50")


def test_what_accrues_later_is_proposed_anew_without_the_indemnity(item: OpenItem) -> None:
    claim(item)
    assert list_accrued_items(item_ids=[item.id], as_of=DAY) == []
    [rest] = list_accrued_items(item_ids=[item.id], as_of=LATER)
    assert (rest.first_day, rest.late_days, rest.interest, rest.indemnity) == (
        date(2026, 5, 1), 31, Decimal("376.65"), Decimal(0),
    )  # fmt: skip
    assert [row.interest for row in list_owed_beside(item_ids=[item.id], as_of=LATER)] == [Decimal("741.15")]
    with pytest.raises(ClaimRefused):
        claim(item)


def test_a_day_before_the_claim_knows_nothing_of_it(item: OpenItem) -> None:
    claim(item)
    [then] = list_accrued_items(item_ids=[item.id], as_of=date(2026, 4, 29))
    assert (then.late_days, then.indemnity) == (29, Decimal(40))
    assert list_claims(as_of=date(2026, 4, 29)) == []


def test_a_waiver_says_why_and_counts_no_more(item: OpenItem) -> None:
    with pytest.raises(ClaimRefused):
        waive_interest(account_id=item.account_id, item_ids=[item.id], until=DAY, actor=MAYA, reason="  ")
    waive_interest(account_id=item.account_id, item_ids=[item.id], until=DAY, actor=MAYA, reason="our late delivery")
    assert list_accrued_items(item_ids=[item.id], as_of=DAY) == []
    assert list_owed_beside(item_ids=[item.id], as_of=DAY) == []
    [row] = list_claims(as_of=DAY)
    assert (row["last_date"], row["last_late_date"]) == (DAY, DAY)
    assert (row["state"], row["reason"], row["decided_by_name"]) == ("WAIVED", "our late delivery", "Maya")


def test_paid_then_not_paid_after_all_then_waived(item: OpenItem) -> None:
    claim_id = claim(item)
    assert sum_claimed(account_ids=[item.account_id], as_of=DAY) == {item.account_id: {"EUR": Decimal("404.50")}}
    change_claim(claim_id=claim_id, state=ClaimState.PAID, on_date=LATER, actor=MAYA)
    assert sum_claimed(account_ids=[item.account_id], as_of=LATER) == {}
    assert [row["state"] for row in list_claims(as_of=DAY)] == ["CLAIMED"]
    with pytest.raises(ClaimRefused):
        change_claim(claim_id=claim_id, state=ClaimState.WAIVED, on_date=LATER, actor=MAYA, reason="x")
    change_claim(claim_id=claim_id, state=ClaimState.CLAIMED, on_date=LATER, actor=MAYA)
    with pytest.raises(ClaimRefused):
        change_claim(claim_id=claim_id, state=ClaimState.WAIVED, on_date=LATER, actor=MAYA)
    change_claim(claim_id=claim_id, state=ClaimState.WAIVED, on_date=LATER, actor=MAYA, reason="settled by both")
    assert list(Event.objects.filter(kind__startswith="interest.").order_by("id").values_list("kind", flat=True)) == [
        "interest.claimed", "interest.paid", "interest.claimed", "interest.waived",
    ]  # fmt: skip


def test_what_is_taken_back_is_proposed_again_indemnity_too(item: OpenItem) -> None:
    claim_id = claim(item)
    with pytest.raises(ClaimRefused):
        change_claim(claim_id=claim_id, state=ClaimState.WITHDRAWN, on_date=date(2026, 4, 29), actor=MAYA, reason="x")
    change_claim(claim_id=claim_id, state=ClaimState.WITHDRAWN, on_date=LATER, actor=MAYA, reason="wrong item")
    [again] = list_accrued_items(item_ids=[item.id], as_of=LATER)
    assert (again.late_days, again.indemnity) == (61, Decimal(40))
    claim(item, LATER)
    with pytest.raises(ClaimNotFound):
        change_claim(claim_id=0, state=ClaimState.PAID, on_date=LATER, actor=MAYA)


def test_decisions_are_refused_for_what_is_not_there(cast: Cast, item: OpenItem) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411SRV")
    with pytest.raises(ClaimRefused):
        claim_interest(account_id=other.id, item_ids=[item.id], until=DAY, actor=MAYA)
    with pytest.raises(ClaimRefused):
        claim_interest(account_id=item.account_id, item_ids=[], until=DAY, actor=MAYA)
    with pytest.raises(ClaimRefused):
        claim(item, DUE)
    cast.company.country = "US"
    cast.company.save()
    with pytest.raises(ClaimRefused):
        claim(item)
    assert not InterestClaim.objects.exists()


def test_a_claim_of_another_company_is_not_found(cast: Cast, item: OpenItem) -> None:
    claim_id = claim(item)
    stranger = Scope(company_ids=frozenset({cast.other_company.id}))
    assert find_claim(claim_id=claim_id, scope=stranger) is None
    assert list_claims(as_of=LATER, scope=stranger) == []
    assert find_claim(claim_id=claim_id) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE interest_interestclaim SET interest = 1",
        "UPDATE interest_interestclaim SET last_date = last_date + 1",
        "DELETE FROM interest_interestclaim",
        "UPDATE interest_interestclaim SET state = 'WAIVED', settled_date = decided_date, reason = ''",
        "UPDATE interest_interestclaim SET state = 'PAID'",
        """INSERT INTO interest_interestclaim (account_id, item_id, document_number, first_date, last_date, currency,
           interest, indemnity, indemnity_currency, stretches, state, decided_date, reason, decided_by_name,
           recorded_at)
           SELECT account_id, item_id, 'other', last_date, last_date + 5, currency, 1, 0, 'EUR', '[]', 'CLAIMED',
           decided_date, '', 'x', recorded_at FROM interest_interestclaim""",
        """INSERT INTO interest_interestclaim (account_id, item_id, document_number, first_date, last_date, currency,
           interest, indemnity, indemnity_currency, stretches, state, decided_date, reason, decided_by_name,
           recorded_at)
           SELECT account_id, item_id, document_number, last_date + 1, last_date + 5, currency, 1, 40, 'EUR', '[]',
           'CLAIMED', decided_date, '', 'x', recorded_at FROM interest_interestclaim""",
    ],
)
def test_the_database_guards_decisions(item: OpenItem, statement: str) -> None:
    claim(item)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_agreed_rate_is_checked_against_the_floor(cast: Cast, item: OpenItem) -> None:
    with pytest.raises(LateRateRefused, match=r"7\.86"):
        agree_rate(account_id=cast.account.id, from_date=DUE, rate_pct=Decimal("5"), source="terms", actor=MAYA)
    with pytest.raises(LateRateRefused):
        agree_rate(account_id=cast.account.id, from_date=DUE, rate_pct=Decimal("9"), source=" ", actor=MAYA)
    values = {"account_id": cast.account.id, "source": "terms of 2026", "actor": MAYA}
    assert agree_rate(from_date=DUE, rate_pct=Decimal("10"), **values) is FloorReason.ALLOWED  # type: ignore[arg-type]
    assert (
        agree_rate(from_date=date(2024, 1, 1), rate_pct=Decimal("10"), **values)  # type: ignore[arg-type]
        is FloorReason.FLOOR_UNKNOWN
    )
    assert [row.interest for row in list_accrued_items(item_ids=[item.id], as_of=DAY)] == [Decimal("300.00")]
    assert Event.objects.filter(kind="interest.rate_agreed", account_id=cast.account.id).count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "FRA"), ("country", "F1"), ("regime", "CONSUMER"), ("source", " "), ("rate_pct", Decimal(-1)),
        ("rate_pct", Decimal("100.01")), ("floor_pct", Decimal(101)), ("indemnity", Decimal(-40)),
        ("indemnity_currency", "EURO"),
    ],
)  # fmt: skip
def test_a_rate_of_the_law_is_checked(field: str, value: object) -> None:
    good = {"country": "fr", "regime": "BUSINESS", "from_date": date(2027, 1, 1), "rate_pct": Decimal("12.4"),
            "source": "BCE", "actor": MAYA}  # fmt: skip
    with pytest.raises(LateRateRefused) as refused:
        set_late_rate(**{**good, field: value})  # type: ignore[arg-type]
    assert refused.value.field == field
    set_late_rate(**good)  # type: ignore[arg-type]
    assert [row["rate_pct"] for row in list_late_rates() if row["from_date"] == date(2027, 1, 1)] == [Decimal("12.4")]


def test_entering_a_shipped_rate_again_confirms_it_and_claims_stay(item: OpenItem) -> None:
    claim_id = claim(item)
    shipped = next(row for row in list_late_rates() if row["country"] == "FR" and row["from_date"] == date(2026, 1, 1))
    assert (shipped["rate_pct"], shipped["floor_pct"], shipped["next_date"]) == (
        Decimal("12.15"), Decimal("7.86"), date(2026, 7, 1),
    )  # fmt: skip
    checked = next(row for row in list_late_rates() if row["is_to_be_checked"])
    set_late_rate(
        country=checked["country"], regime=checked["regime"], from_date=checked["from_date"], rate_pct=Decimal("11"),
        source="seen at ecb.europa.eu", actor=MAYA,
    )  # fmt: skip
    after = next(row for row in list_late_rates() if row["id"] == checked["id"])
    assert (after["is_to_be_checked"], after["rate_pct"]) == (False, 11)
    assert InterestClaim.objects.get(id=claim_id).interest == Decimal("364.50")
    assert Event.objects.filter(kind="late_rate.set").count() == 1


def test_a_company_chooses_where_interest_is_shown(cast: Cast) -> None:
    assert shown_in_notices(company_id=cast.company.id) == "FORMAL"
    show_interest_in_notices(company_id=cast.company.id, shown_in="NEVER", actor=MAYA)
    show_interest_in_notices(company_id=cast.company.id, shown_in="NEVER", actor=MAYA)
    assert shown_in_notices(company_id=cast.company.id) == "NEVER"
    assert Event.objects.filter(kind="interest.shown_in_reminders").count() == 1
    with pytest.raises(ClaimRefused):
        show_interest_in_notices(company_id=cast.company.id, shown_in="ALWAYS", actor=MAYA)
