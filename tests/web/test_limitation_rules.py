"""The settings page of limitation: the periods with their sources, and the countries of which none is known."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from quittance.litigation.models import LimitationRule
from tests.cast import Cast, make_cast
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_the_periods_are_listed_with_their_sources_and_what_is_not_known_is_said(cast: Cast) -> None:
    page = browser(cast.diane).get(reverse("settings_limitation")).content.decode()
    for expected in (
        "France",
        "5 years",
        "2 years",
        "4 years",
        "L110-4",
        "To be checked",
        "1 January of the next year",
    ):
        assert expected in page
    unknown = page.split("Not known")[1]
    assert "Germany" in unknown and "Spain" in unknown and "France" not in unknown
    assert reverse("settings_limitation") in browser(cast.diane).get(reverse("settings")).content.decode()


def test_a_rule_that_replaces_another_says_until_when_that_one_counted(cast: Cast) -> None:
    for day, months in ((date(2000, 1, 1), 30), (date(2020, 5, 1), 36)):
        LimitationRule.objects.create(
            country="DE", debtor_kind="BUSINESS", from_date=day, months=months, interrupting=["LAWSUIT"], source="BGB"
        )
    page = browser(cast.diane).get(reverse("settings_limitation")).content.decode()
    assert "30 months" in page and "3 years" in page and page.count("before <") == 1
    assert "Germany" not in page.split("Not known")[1]
