"""The portal shows a customer its own items and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.foundation import clock
from quittance.parties.models import Customer
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def petra(cast: Cast, client: Client) -> Client:
    client.force_login(cast.petra)
    return client


def test_home_sums_what_is_owed_and_late(cast: Cast, petra: Client) -> None:
    today = clock.today()
    make_item(cast.account, "1200", due=today - timedelta(days=3), number="LATE-1")
    make_item(cast.account, "300", due=today + timedelta(days=3), number="SOON-1")
    make_item(cast.account, "-50", due=today, kind="CREDIT_NOTE", number="CN-1")
    stranger = Customer.objects.create(number="C2", name="Somebody else")
    make_item(make_account(stranger, cast.company, cast.department, number="X"), "777", due=today, number="OTHER-1")
    page = petra.get(reverse("portal:home")).content.decode()
    assert "LATE-1" in page
    assert "SOON-1" in page
    assert "OTHER-1" not in page
    assert "1,450.00" in page
    assert "1,200.00" in page


def test_an_empty_account_says_thank_you(petra: Client) -> None:
    assert "Thank you" in petra.get(reverse("portal:home")).content.decode()


def test_statement_is_the_same_as_a_file(cast: Cast, petra: Client) -> None:
    make_item(cast.account, "1200", due=clock.today(), number="=1+1")
    response = petra.get(reverse("portal:statement"))
    assert response["Content-Type"].startswith("text/csv")
    assert "'=1+1;INVOICE" in response.content.decode()
    assert "1200.00" in response.content.decode()


@pytest.mark.parametrize("name", ["portal:home", "portal:statement"])
def test_staff_and_strangers_stay_out(cast: Cast, client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(cast.alice)
    assert client.get(reverse(name)).status_code == 403


def test_query_count_is_bounded(cast: Cast, petra: Client, django_assert_max_num_queries: object) -> None:
    for n in range(5):
        make_item(cast.account, "10", due=clock.today(), number=f"N{n}")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        petra.get(reverse("portal:home"))
