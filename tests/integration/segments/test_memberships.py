"""Who belongs, day by day: rows open and close, the past stays, a person's changes are versions and events."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from quittance.core.segments import read_rule, write_rule
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger.models import AccountBalance
from quittance.parties.models import Customer
from quittance.segments import queries, services
from quittance.segments.models import Membership, Segment, SegmentVersion
from tests.cast import Cast, make_account, make_cast

pytestmark = pytest.mark.django_db

MAYA = Actor(label="Maya")
MONDAY, TUESDAY, WEDNESDAY, FRIDAY = (date(2026, 6, day) for day in (1, 2, 3, 5))
STRATEGIC = read_rule({"all": [{"field": "is_strategic", "is": "IS", "value": True}]})
FRENCH = read_rule({"all": [{"field": "country", "is": "ONE_OF", "value": ["FR"]}]})


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def mark(cast: Cast, *, strategic: bool) -> None:
    Customer.objects.filter(id=cast.durand.id).update(is_strategic=strategic)


def spans(code: str) -> list[tuple[date, date | None]]:
    found = Membership.objects.filter(segment__code=code).order_by("account_id", "from_date")
    return list(found.values_list("from_date", "until_date"))


def create(name: str = "French", rule: Any = FRENCH, **values: Any) -> int:
    return services.create_segment(name=name, rule=rule, as_of=MONDAY, actor=MAYA, **values)


def codes_on(cast: Cast, day: date) -> list[str]:
    found = queries.segments_of_accounts(account_ids=[cast.account.id], as_of=day)
    return [one.code for one in found[cast.account.id]]


def test_shipped_segments_work_untouched(cast: Cast) -> None:
    mark(cast, strategic=True)
    AccountBalance.objects.create(
        account=cast.account, debtor_id=cast.durand.id, as_of=MONDAY, currency="EUR", open_total=90
    )
    counts = services.refresh_memberships(as_of=MONDAY)
    assert list(counts) == [
        "STRATEGIC", "PUBLIC_SECTOR", "LITIGATION_BOUND", "SMALL_AMOUNTS", "LATE_PAYERS", "RELIABLE_PAYERS",
    ]  # fmt: skip
    assert {code for code, count in counts.items() if count} == {"STRATEGIC", "SMALL_AMOUNTS"}
    found = queries.segments_of_accounts(account_ids=[cast.account.id], as_of=MONDAY)[cast.account.id]
    deciding = queries.deciding_segment(found)
    assert deciding is not None
    assert (deciding.code, deciding.policy_code) == ("STRATEGIC", "STRATEGIC")
    for row in queries.list_segments():  # what is stored is what the language writes
        assert write_rule(row.rule) == Segment.objects.get(id=row.id).rule


def test_an_account_belongs_from_the_day_it_does_until_the_day_it_does_not(cast: Cast) -> None:
    services.refresh_memberships(as_of=MONDAY)
    mark(cast, strategic=True)
    services.refresh_memberships(as_of=TUESDAY)
    services.refresh_memberships(as_of=TUESDAY)
    services.refresh_memberships(as_of=WEDNESDAY)
    mark(cast, strategic=False)
    services.refresh_memberships(as_of=FRIDAY)
    assert spans("STRATEGIC") == [(TUESDAY, FRIDAY)]
    belonged = ["STRATEGIC" in codes_on(cast, day) for day in (MONDAY, TUESDAY, WEDNESDAY, FRIDAY)]
    assert belonged == [False, True, True, False]


def test_a_day_that_changes_its_mind_leaves_no_trace(cast: Cast) -> None:
    mark(cast, strategic=True)
    services.refresh_memberships(as_of=MONDAY)
    services.refresh_memberships(as_of=TUESDAY)
    mark(cast, strategic=False)
    services.refresh_memberships(as_of=TUESDAY)
    assert spans("STRATEGIC") == [(MONDAY, TUESDAY)]
    mark(cast, strategic=True)
    services.refresh_memberships(as_of=TUESDAY)
    assert spans("STRATEGIC") == [(MONDAY, None)]
    other = make_account(cast.durand, cast.company, cast.services, number="411S")
    services.refresh_memberships(as_of=WEDNESDAY)
    mark(cast, strategic=False)
    services.refresh_memberships(as_of=WEDNESDAY)
    assert spans("STRATEGIC") == [(MONDAY, WEDNESDAY)]
    assert not Membership.objects.filter(account=other).exists()


def test_the_past_is_not_worked_out_again(cast: Cast) -> None:
    services.refresh_memberships(as_of=TUESDAY)
    with pytest.raises(services.RefreshTooEarly):
        services.refresh_memberships(as_of=MONDAY)
    assert not services.ensure_memberships_fresh(today=MONDAY)
    assert not services.ensure_memberships_fresh(today=TUESDAY)
    assert services.ensure_memberships_fresh(today=WEDNESDAY)
    assert queries.find_last_refresh() == WEDNESDAY


def test_another_rule_is_another_version_and_members_change_at_once(cast: Cast) -> None:
    segment_id = create(description="Of France", policy_code="STANDARD")
    assert queries.count_members(as_of=MONDAY) == {segment_id: 1}
    services.change_segment(
        segment_id=segment_id, name="Strategic ones", rule=STRATEGIC, as_of=FRIDAY, actor=MAYA, policy_code="STANDARD"
    )
    assert spans("FRENCH") == [(MONDAY, FRIDAY)]
    versions = queries.list_versions(segment_id=segment_id)
    assert [(one.version, one.name, one.rule, one.from_date) for one in versions] == [
        (2, "Strategic ones", STRATEGIC, FRIDAY),
        (1, "French", FRENCH, MONDAY),
    ]
    event = Event.objects.get(kind="segment.changed")
    assert event.payload["name"] == ["French", "Strategic ones"]
    assert event.payload["rule_changed"] is True
    services.change_segment(
        segment_id=segment_id, name="Strategic ones", rule=STRATEGIC, as_of=FRIDAY, actor=MAYA, policy_code="STANDARD"
    )
    assert SegmentVersion.objects.filter(segment_id=segment_id).count() == 2


def test_an_archived_segment_has_nobody_until_it_is_used_again(cast: Cast) -> None:
    segment_id = create()
    services.use_segment(segment_id=segment_id, is_active=False, as_of=TUESDAY, actor=MAYA)
    services.use_segment(segment_id=segment_id, is_active=False, as_of=TUESDAY, actor=MAYA)
    assert services.refresh_memberships(as_of=WEDNESDAY)["FRENCH"] == 0
    services.use_segment(segment_id=segment_id, is_active=True, as_of=FRIDAY, actor=MAYA)
    assert spans("FRENCH") == [(MONDAY, TUESDAY), (FRIDAY, None)]
    kinds = list(Event.objects.filter(kind__startswith="segment.").order_by("id").values_list("kind", flat=True))
    assert kinds == ["segment.created", "segment.archived", "segment.restored"]


def test_the_first_in_order_that_names_a_policy_decides(cast: Cast) -> None:
    mark(cast, strategic=True)
    services.refresh_memberships(as_of=MONDAY)
    french = create(policy_code="")
    mine = create("Mine", FRENCH, policy_code="MINE")
    services.reorder_segments(segment_ids=[french, mine], actor=MAYA)
    assert codes_on(cast, MONDAY) == ["FRENCH", "MINE", "STRATEGIC"]
    found = queries.segments_of_accounts(account_ids=[cast.account.id], as_of=MONDAY)[cast.account.id]
    deciding = queries.deciding_segment(found)
    assert deciding is not None
    assert deciding.code == "MINE"
    services.reorder_segments(segment_ids=[french, mine], actor=MAYA)
    assert Event.objects.filter(kind="segment.reordered").count() == 1
    with pytest.raises(services.SegmentNotFound):
        services.reorder_segments(segment_ids=[10**9], actor=MAYA)


def test_why_an_account_belongs_or_not(cast: Cast) -> None:
    AccountBalance.objects.create(
        account=cast.account, debtor_id=cast.durand.id, as_of=MONDAY, currency="EUR", overdue=2000, paid_count=0,
        oldest_due_date=date(2026, 4, 1),
    )  # fmt: skip
    found = {one.segment.code: one for one in queries.explain_account(account_id=cast.account.id, as_of=MONDAY)}
    bound = found["LITIGATION_BOUND"]
    assert not bound.holds
    assert [(one.path, one.condition.field, one.fact, one.holds) for one in bound.conditions] == [
        ((0,), "overdue", Decimal(2000), True),
        ((1,), "oldest_days_late", 61, False),
        ((2, 0), "payer_class", None, False),
        ((2, 1), "promises_broken_count", 0, False),
        ((2, 2), "paid_count", 0, True),
    ]
    later = {
        one.segment.code: one for one in queries.explain_account(account_id=cast.account.id, as_of=date(2026, 7, 1))
    }
    assert later["LITIGATION_BOUND"].holds


def test_a_preview_counts_sums_and_shows_those_that_owe_most(cast: Cast) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411S")
    for account, amount in ((cast.account, 100), (other, 300)):
        AccountBalance.objects.create(
            account=account, debtor_id=cast.durand.id, as_of=MONDAY, currency="EUR", open_total=amount
        )
    preview = queries.preview_rule(rule=FRENCH, as_of=MONDAY, limit=1)
    assert (preview.count, preview.open_total) == (2, {"EUR": Decimal(400)})
    assert [row["account_number"] for row in preview.sample] == ["411S"]
    nothing = queries.preview_rule(rule=FRENCH, as_of=MONDAY, scope=Scope(company_ids=frozenset()))
    assert (nothing.count, list(nothing.sample)) == (0, [])


def test_members_are_listed_for_any_day_and_within_the_scope(cast: Cast) -> None:
    segment_id = create()
    services.use_segment(segment_id=segment_id, is_active=False, as_of=TUESDAY, actor=MAYA)
    assert [row["account_id"] for row in queries.list_members(segment_id=segment_id, as_of=MONDAY)] == [cast.account.id]
    assert not queries.list_members(segment_id=segment_id, as_of=TUESDAY)
    foreign = Scope(company_ids=frozenset({cast.other_company.id}))
    assert not queries.list_members(segment_id=segment_id, as_of=MONDAY, scope=foreign)
    assert queries.count_members(as_of=MONDAY, scope=foreign) == {}


@pytest.mark.parametrize(
    ("values", "field"),
    [({"name": " "}, "name"), ({"name": "strategic"}, "name"), ({"policy_code": "x'; --"}, "policy_code")],
)
def test_what_cannot_be_kept_is_refused(cast: Cast, values: dict[str, str], field: str) -> None:
    with pytest.raises(services.SegmentRefused) as refusal:
        create(**{"name": "Mine", **values})  # type: ignore[arg-type]
    assert refusal.value.field == field
    with pytest.raises(services.SegmentNotFound):
        services.use_segment(segment_id=10**9, is_active=False, as_of=MONDAY, actor=MAYA)


def test_known_values_come_from_the_books(cast: Cast) -> None:
    found = queries.list_known_values(fields=["country", "company", "department", "collector", "payment_terms", "town"])
    assert found["country"] == [("FR", "")]
    assert ("ARV/WHO", "Arvor Distribution · Wholesale") in found["department"]
    assert found["collector"] == [("alice@example.com", "Alice")]
    assert "town" not in found
    assert ("STANDARD", "Standard") in queries.list_policies()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE segments_segmentversion SET name = 'x'",
        "DELETE FROM segments_segmentversion",
        "UPDATE segments_membership SET from_date = '2020-01-01'",
        "UPDATE segments_membership SET until_date = from_date",
        (
            "INSERT INTO segments_membership (segment_id, account_id, from_date)"
            " SELECT segment_id, account_id, '2020-01-01' FROM segments_membership"
        ),
        "UPDATE segments_segment SET name = ''",
    ],
)
def test_the_database_guards_what_was(cast: Cast, sql: str) -> None:
    create()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
