"""The list of disputes, closing one, and the search over everything."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from quittance.cases.models import Dispute
from quittance.cases.services import open_dispute
from quittance.foundation.permissions import Actor
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import assert_guarded, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def dispute_id(cast: Cast) -> int:
    return open_dispute(
        item_id=late_items(cast, 1)[0].id,
        amount=Decimal("40"),
        reason_code="PRICE",
        opened_date=today() - timedelta(days=20),
        actor=Actor(label="Alice", user_id=cast.alice.id),
        comment="The price of March.",
    )


def test_the_list_of_cases(cast: Cast, dispute_id: int, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    path = reverse("case_list")
    assert_guarded(cast, path, stranger=200)
    assert b"INV-001" not in browser(cast.charlie).get(path).content
    alice = browser(cast.alice)
    with django_assert_max_num_queries(15):
        assert b"INV-001" in alice.get(path + "?late=yes&owner=me").content
    assert b"INV-001" not in browser(cast.bob).get(path + "?owner=me").content
    assert b"INV-001" not in alice.get(path + "?state=closed").content
    assert b"INV-001" in alice.get(path + "?q=durand").content


def test_a_dispute_is_closed_with_an_outcome(cast: Cast, dispute_id: int) -> None:
    page = reverse("case_detail", args=[dispute_id])
    assert_guarded(cast, page)
    alice = browser(cast.alice)
    close = reverse("case_close", args=[dispute_id])
    assert browser(cast.charlie).post(close, {"outcome": "REJECTED"}).status_code == 404
    assert browser(cast.diane).post(close, {"outcome": "REJECTED"}).status_code == 403
    assert alice.post(close, {"outcome": ""}).status_code == 422
    assert alice.post(close, {"outcome": "REJECTED", "comment": "Signed."}).status_code == 302
    dispute = Dispute.objects.get()
    assert (dispute.outcome, dispute.closed_date, dispute.closed_by_id) == ("REJECTED", today(), cast.alice.id)
    assert "Signed." in alice.get(page).content.decode()
    assert "€40.00" in alice.get(f"{page}?desk_as_of={today() - timedelta(days=1)}").content.decode()


def test_a_dispute_is_handed_over(cast: Cast, dispute_id: int) -> None:
    path = reverse("case_assign", args=[dispute_id])
    browser(cast.alice).post(path, {"assign-owner": cast.bob.id, "assign-due_date": "2030-01-31"})
    assert Dispute.objects.get().owner_id == cast.bob.id
    stranger = {"assign-owner": cast.charlie.id, "assign-due_date": "2030-01-31"}
    assert browser(cast.alice).post(path, stranger).status_code == 422


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("durand", {"Durand"}),
        ("DÜRAND", {"Durand"}),
        ("C0001", {"Durand"}),
        ("411dur", {"Durand"}),
        ("inv-00", {"INV-001", "INV-002", "Durand"}),
        ("PO-99", {"INV-002", "Durand"}),
        ("1 234,56", {"INV-002", "Durand"}),
        ("1,234.56", {"INV-002", "Durand"}),
        ("d", set()),
        ("zzz", set()),
        ("' OR 1=1 --", set()),
    ],
)
def test_search_finds_what_was_meant(cast: Cast, text: str, found: set[str]) -> None:
    make_item(cast.account, "100", due=today(), number="INV-001")
    item = make_item(cast.account, "1234.56", due=today(), number="INV-002")
    item.reference, item.version = "PO-99", 2
    item.save()
    words = {"Durand", "INV-001", "INV-002"}
    for user, expected in ((cast.alice, found), (cast.charlie, set())):
        html = browser(user).get(reverse("search"), {"q": text}).content.decode().split('class="search-form"')[1]
        assert {word for word in words if f">{word}" in html} == expected


def test_search_for_the_palette_and_for_strangers(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_account(cast.durand, cast.other_company, cast.services, number="X-1")
    make_item(cast.account, "100", due=today(), number="INV-001")
    assert_guarded(cast, reverse("search"), stranger=200)
    alice = browser(cast.alice)
    with django_assert_max_num_queries(15):
        answer = alice.get(reverse("search"), {"q": "inv"}, headers={"Accept": "application/json"}).json()
    assert answer["results"][0]["label"] == "INV-001"
    assert answer["results"][0]["href"].startswith("/items/")
    theirs = browser(cast.charlie).get(reverse("search"), {"q": "inv"}, headers={"Accept": "application/json"})
    assert theirs.json() == {"results": []}
