"""The pages of segments: the list, the builder with and without a script, members of any day, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.core.segments import read_rule
from quittance.foundation.permissions import Actor
from quittance.parties.models import Customer
from quittance.segments import queries, services
from quittance.segments.models import Membership, Segment
from tests.cast import Cast, make_account, make_cast
from tests.web.desk import assert_guarded, browser, late_items, today

pytestmark = pytest.mark.django_db

MAYA = Actor(label="Maya")
FRENCH = read_rule({"all": [{"field": "country", "is": "ONE_OF", "value": ["FR"]}]})
TYPED = {
    "do": "save", "name": "Late in France", "description": "", "policy_code": "STANDARD",
    "joint.r": "all",
    "field.r-0": "country", "was.r-0": "country", "is.r-0": "ONE_OF", "value.r-0": "FR",
    "joint.r-1": "any",
    "field.r-1-0": "overdue", "was.r-1-0": "overdue", "is.r-1-0": "AT_LEAST", "value.r-1-0": "1 000,50",
    "field.r-1-1": "oldest_days_late", "was.r-1-1": "oldest_days_late", "is.r-1-1": "BETWEEN",
    "value.r-1-1": ["5", "25"],
}  # fmt: skip
RULE = {
    "all": [
        {"field": "country", "is": "ONE_OF", "value": ["FR"]},
        {
            "any": [
                {"field": "overdue", "is": "AT_LEAST", "value": "1000.5"},
                {"field": "oldest_days_late", "is": "BETWEEN", "value": [5, 25]},
            ]
        },
    ]
}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def segment_id(code: str) -> int:
    return Segment.objects.get(code=code).id


def text(client: Client, path: str, status: int = 200, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == status
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def sent(client: Client, path: str, data: dict[str, Any], status: int = 200, **headers: str) -> str:
    answer = client.post(path, data, headers=headers)
    assert answer.status_code == status
    return answer.content.decode().replace("\u202f", " ").replace("\xa0", " ")


def test_the_list_says_each_segment_in_a_sentence(cast: Cast) -> None:
    Customer.objects.filter(id=cast.durand.id).update(is_strategic=True)
    page = text(browser(cast.manager), reverse("segment_list"))
    assert "was not worked out yet" in page
    browser(cast.manager).post(reverse("segment_refresh"))
    page = text(browser(cast.manager), reverse("segment_list"))
    assert "was not worked out yet" not in page
    assert "Accounts with a strategic customer." in page
    assert "1 account" in page
    assert (
        "Accounts with overdue amount of at least 1,000, and delay of the oldest item of at least 90 days, and"
        " (manner of paying: pays very late, or promises broken over a year: at least 1, or invoices paid in six"
        " months: at most 0)." in page
    )
    assert "New segment" in page
    assert "New segment" not in text(browser(cast.alice), reverse("segment_list"))


def test_a_new_segment_begins_with_one_condition(cast: Cast) -> None:
    page = text(browser(cast.manager), reverse("segment_new"))
    assert 'name="joint.r"' in page
    assert 'name="field.r-0"' in page


def test_a_segment_is_built_by_a_plain_form(cast: Cast) -> None:
    late_items(cast)
    client = browser(cast.manager)
    answer = client.post(reverse("segment_new"), TYPED)
    made = Segment.objects.get(name="Late in France")
    assert answer["Location"] == reverse("segment_detail", args=[made.id])
    assert (made.rule, made.code, made.policy_code) == (RULE, "LATE_IN_FRANCE", "STANDARD")
    page = text(client, reverse("segment_detail", args=[made.id]))
    assert "Durand" not in page  # 30 days late, and 600 in all
    answer = client.post(reverse("segment_edit", args=[made.id]), {**TYPED, "value.r-1-1": ["5", "30"]})
    assert answer.status_code == 302
    page = text(client, reverse("segment_detail", args=[made.id]))
    assert "Durand" in page
    assert "between 5 and 25 days" in page  # what it said before


def test_the_form_shows_what_is_kept(cast: Cast) -> None:
    browser(cast.manager).post(reverse("segment_new"), TYPED)
    page = text(browser(cast.manager), reverse("segment_edit", args=[segment_id("LATE_IN_FRANCE")]))
    for expected in ('value="1000.5"', 'name="value.r-1-1" id="other-r-1-1" value="25"', "France", "Late in France"):
        assert expected in page
    assert '<option value="oldest_days_late" selected>' in page


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"value.r-1-0": "much"}, "This value cannot be read."),
        ({"value.r-1-0": ""}, "Say which value."),
        ({"value.r-1-1": ["25", "5"]}, "The first value is greater than the second."),
        ({"field.r-0": ""}, "Choose what the condition is about."),
        ({"joint.r-1": "any", "do": "save", "name": ""}, "This field is required."),
        ({"name": "Strategic"}, "Another segment is called like this already."),
    ],
)
def test_what_is_wrong_is_said_where_it_is(cast: Cast, change: dict[str, Any], expected: str) -> None:
    page = sent(browser(cast.manager), reverse("segment_new"), {**TYPED, **change}, 422)
    assert expected in page
    assert 'value="1 000,50"' in page or "value.r-1-0" in change  # what was typed is still there
    assert not Segment.objects.filter(code="LATE_IN_FRANCE").exists()


def test_buttons_change_the_draft_without_keeping_it(cast: Cast) -> None:
    client, path = browser(cast.manager), reverse("segment_new")
    page = sent(client, path, {**TYPED, "do": "add:r-1"})
    assert 'name="field.r-1-2"' in page
    page = sent(client, path, {**TYPED, "do": "group:r"})
    assert 'name="field.r-2-1"' in page
    page = sent(client, path, {**TYPED, "do": "remove:r-0"})
    assert 'name="field.r-0-1"' in page  # the group has moved up
    assert 'name="field.r-1' not in page
    page = sent(client, path, {**TYPED, "do": "remove:r-0", "name": ""})
    assert "This field is required." not in page
    page = sent(client, path, {**TYPED, "do": "add:nonsense"})
    assert 'name="field.r-1-1"' in page
    page = sent(client, path, {"do": "show"})
    assert 'name="field.r-0"' in page
    assert Segment.objects.count() == 6


def test_another_field_brings_its_own_comparisons(cast: Cast) -> None:
    page = sent(browser(cast.manager), reverse("segment_draft"), {**TYPED, "field.r-0": "town", "do": "show"})
    assert '<option value="CONTAINS" selected>' in page
    assert 'value="FR"' not in page


def test_the_builder_counts_while_one_edits(cast: Cast) -> None:
    late_items(cast)
    client = browser(cast.manager)
    headers = {"HX-Request": "true", "HX-Target": "segment-preview"}
    page = sent(client, reverse("segment_draft"), {**TYPED, "value.r-1-1": ["5", "30"]}, **headers)
    assert page.lstrip().startswith('<section id="segment-preview"')
    assert "Durand" in page
    assert "<strong>1</strong> account" in page
    page = sent(client, reverse("segment_draft"), {**TYPED, "value.r-1-0": ""}, **headers)
    assert "Finish the condition" in page
    parts = sent(
        client, reverse("segment_draft"), {**TYPED, "do": "add:r"},
        **{"HX-Request": "true", "HX-Target": "segment-parts"},
    )  # fmt: skip
    assert 'id="segment-parts"' in parts
    assert 'hx-swap-oob="true"' in parts


def test_members_of_a_past_day(cast: Cast) -> None:
    yesterday = today() - timedelta(days=1)
    made = services.create_segment(name="French", rule=FRENCH, as_of=yesterday, actor=MAYA)
    services.use_segment(segment_id=made, is_active=False, as_of=today(), actor=MAYA)
    path = reverse("segment_detail", args=[made])
    client = browser(cast.alice)
    assert "Durand" not in text(client, path)
    assert "Durand" in text(client, f"{path}?desk_as_of={yesterday}")
    answer = client.get(f"{path}?export=csv")
    assert b"".join(answer.streaming_content).count(b"411DURAND") == 1  # type: ignore[attr-defined]
    assert "411DURAND" in text(client, f"{path}?q=dur&sort=-overdue")
    assert "411DURAND" not in text(client, f"{path}?q=nobody")
    client.get(f"{path}?desk_as_of=")


def test_order_and_archive(cast: Cast) -> None:
    client = browser(cast.manager)
    client.post(reverse("segment_move", args=[segment_id("PUBLIC_SECTOR")]), {"to": "up"})
    client.post(reverse("segment_move", args=[segment_id("PUBLIC_SECTOR")]), {"to": "up"})  # nowhere to go
    client.post(reverse("segment_move", args=[segment_id("LATE_PAYERS")]), {"to": "down"})
    codes = [row.code for row in queries.list_segments()]
    assert codes[:2] == ["PUBLIC_SECTOR", "STRATEGIC"]
    assert codes[-2:] == ["RELIABLE_PAYERS", "LATE_PAYERS"]
    client.post(reverse("segment_use", args=[segment_id("STRATEGIC")]), {"is_active": "0"})
    assert not Segment.objects.get(code="STRATEGIC").is_active
    assert "Use again" in text(client, reverse("segment_list"))


def test_who_may(cast: Cast) -> None:
    assert_guarded(cast, reverse("account_segments", args=[cast.account.id]))
    for person in (cast.alice, cast.clara, cast.diane):
        client = browser(person)
        assert text(client, reverse("segment_list"))
        assert client.get(reverse("segment_new")).status_code == 403
        assert client.post(reverse("segment_draft"), TYPED).status_code == 403
        assert client.post(reverse("segment_refresh")).status_code == 403
        for name in ("segment_edit", "segment_use", "segment_move"):
            assert client.post(reverse(name, args=[segment_id("STRATEGIC")]), TYPED).status_code == 403


def test_a_stranger_sees_no_account_of_another_company(cast: Cast) -> None:
    made = services.create_segment(name="French", rule=FRENCH, as_of=today(), actor=MAYA)
    page = text(browser(cast.charlie), reverse("segment_detail", args=[made]))
    assert "Durand" not in page
    assert ">1 account<" not in text(browser(cast.charlie), reverse("segment_list"))


def test_the_customer_says_its_segments_and_why(cast: Cast) -> None:
    Customer.objects.filter(id=cast.durand.id).update(is_strategic=True)
    services.refresh_memberships(as_of=today())
    page = text(browser(cast.alice), reverse("customer_detail", args=[cast.durand.id]))
    assert reverse("account_segments", args=[cast.account.id]) in page
    assert "Strategic" in page
    why = text(browser(cast.alice), reverse("account_segments", args=[cast.account.id]))
    for expected in (
        "“Strategic” decides which reminders are sent",
        "a strategic customer",
        "belongs since",
        "at least one of these conditions",
    ):
        assert expected in why


def test_words_follow_the_language(cast: Cast) -> None:
    cast.manager.language = "fr"
    cast.manager.save()
    page = text(browser(cast.manager), reverse("segment_list"))
    assert "Secteur public" in page
    assert "Accounts with" not in page


def test_counts_stay_within_the_scope(cast: Cast) -> None:
    make_account(cast.durand, cast.other_company, cast.department, number="X")
    services.create_segment(name="French", rule=FRENCH, as_of=today(), actor=MAYA)
    assert Membership.objects.count() == 2
    page = text(browser(cast.alice), reverse("segment_list"))
    assert "2 accounts" not in page
    assert "1 account" in page
