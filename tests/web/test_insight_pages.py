"""The dashboard, each indicator explained, the aged balance: seen by whom, and what they say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.foundation import clock
from quittance.web.insight_words import INDICATORS
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    today = clock.today()
    make_item(cast.account, "3000", issued=today - timedelta(days=60), due=today - timedelta(days=30))
    make_item(cast.account, "6000", issued=today - timedelta(days=20), due=today + timedelta(days=10))
    return cast


def test_dashboard_shows_the_day(cast: Cast, client: Client, django_assert_max_num_queries: object) -> None:
    client.force_login(cast.diane)
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page = client.get(reverse("insight")).content.decode()
    assert "€9,000" in page
    assert "€3,000" in page
    assert "90.0" in page  # 9,000 / 9,000 sold in 90 days x 90


def test_a_past_day_shows_what_was_owed_then(cast: Cast, client: Client) -> None:
    client.force_login(cast.diane)
    day = (clock.today() - timedelta(days=40)).isoformat()
    page = client.get(reverse("insight"), {"desk_as_of": day}).content.decode()
    assert "€3,000" in page
    assert "€9,000" not in page


def test_history_draws_charts_with_their_tables(cast: Cast, client: Client) -> None:
    client.force_login(cast.diane)
    page = client.get(reverse("insight_history")).content.decode()
    assert "Owed at month end" in page
    assert "<table" in page


@pytest.mark.parametrize("code", sorted(INDICATORS))
def test_each_indicator_is_explained(cast: Cast, client: Client, code: str) -> None:
    client.force_login(cast.diane)
    page = client.get(reverse("insight_indicator", args=[code])).content.decode()
    assert "Formula" in page
    assert reverse("item_list") in page


def test_an_unknown_indicator_is_not_found(cast: Cast, client: Client) -> None:
    client.force_login(cast.diane)
    assert client.get(reverse("insight_indicator", args=["luck"])).status_code == 404


@pytest.mark.parametrize(
    "by", ["CUSTOMER", "ACCOUNT", "GROUP", "DEPARTMENT", "COMPANY", "CURRENCY", "COMPANY_CURRENCY", "nonsense"]
)
def test_aged_balance_by_everything(cast: Cast, client: Client, by: str) -> None:
    client.force_login(cast.diane)
    page = client.get(reverse("aged_balance"), {"by": by}).content.decode()
    assert "9,000.00" in page


def test_strangers_see_nothing_of_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.charlie)
    assert "€9,000" not in client.get(reverse("insight")).content.decode()
    client.force_login(cast.petra)
    assert client.get(reverse("insight")).status_code == 403
