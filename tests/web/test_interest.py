"""The pages of late-payment interest: what accrued, deciding on it, rates, and who may."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.interest.models import AgreedRate, InterestClaim, InterestNotice, LateRate
from quittance.interest.services import claim_interest
from quittance.parties.models import User
from tests.cast import Cast, make_cast
from tests.web.desk import assert_guarded, browser, late_items, pay, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def stranger(cast: Cast) -> User:
    """A credit manager of the other company: may decide, but not here."""
    person = User.objects.create(email="x@example.com", name="X", roles=["CREDIT_MANAGER"], language="en")
    person.companies.set([cast.other_company])
    return person


def text(client: object, path: str) -> str:
    answer = client.get(path)  # type: ignore[attr-defined]
    assert answer.status_code == 200
    return str(answer.content.decode()).replace("\u202f", " ").replace("\xa0", " ")


def test_the_account_lists_what_accrued(cast: Cast) -> None:
    item = late_items(cast)[2]
    pay(cast, item, "100", today() - timedelta(days=10))
    path = reverse("account_interest", args=[cast.account.id])
    page = text(browser(cast.manager), path)
    for expected in ("INV-001", "INV-003", "€40.00", "€120.00", "Claim the selected"):
        assert expected in page
    assert "Claim the selected" not in text(browser(cast.alice), path)
    assert_guarded(cast, path)


def test_the_item_explains_days_base_and_rate(cast: Cast) -> None:
    item = late_items(cast)[2]
    pay(cast, item, "100", today() - timedelta(days=10))
    page = text(browser(cast.alice), reverse("item_detail", args=[item.id]))
    section = page[page.index('id="interest"') :]
    for expected in ("Amount owed × rate × days ÷ 365", "300.00", "200.00", "12.40 %", ">20<", ">10<"):
        assert expected in section
    assert "Claim or waive it" not in section


def test_the_customer_shows_it_beside_the_account(cast: Cast) -> None:
    late_items(cast, 1)
    page = text(browser(cast.alice), reverse("customer_detail", args=[cast.durand.id]))
    assert "Late interest" in page
    assert f'href="{reverse("account_interest", args=[cast.account.id])}">' in page
    assert "€0.34" in page


def test_claim_waive_and_change(cast: Cast) -> None:
    items = late_items(cast)
    manager = browser(cast.manager)
    path = reverse("interest_decide", args=[cast.account.id])
    answer = manager.post(path, {"item": [items[0].id, items[1].id], "decision": "claim"})
    assert answer.status_code == 302
    assert list(InterestClaim.objects.order_by("id").values_list("item_id", "state", "decided_by_name")) == [
        (items[1].id, "CLAIMED", "Manager"), (items[0].id, "CLAIMED", "Manager"),
    ]  # fmt: skip
    manager.post(path, {"item": [items[2].id], "decision": "waive"})
    assert InterestClaim.objects.count() == 2  # a waiver says why
    manager.post(path, {"item": [items[2].id], "decision": "waive", "reason": "goodwill"})
    change = reverse("interest_change", args=[InterestClaim.objects.order_by("id")[0].pk])
    manager.post(change, {"state": "PAID", "on_date": today().isoformat()})
    assert list(InterestClaim.objects.order_by("id").values_list("state", flat=True)) == ["PAID", "CLAIMED", "WAIVED"]
    page = text(manager, reverse("account_interest", args=[cast.account.id]))
    for expected in ("goodwill", "No invoice was late, or all interest is decided on.", "Paid", "Waived", "Claimed"):
        assert expected in page
    for bad in ({"state": "LOST"}, {"state": "PAID", "on_date": "never"}, {"state": "WAIVED"}):
        assert manager.post(change, bad).status_code == 302
    assert InterestClaim.objects.order_by("id")[0].state == "PAID"


def test_the_timeline_and_the_audit_trail_tell_it(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    claim_interest(account_id=cast.account.id, item_ids=[item.id], until=today(), actor=Actor(label="Maya"))
    sentence = "Interest on INV-001 claimed: €0.34"
    assert sentence in text(browser(cast.alice), reverse("item_detail", args=[item.id]))
    assert sentence in text(browser(cast.manager), reverse("audit"))


def test_nobody_decides_without_the_right_or_elsewhere(cast: Cast, stranger: User) -> None:
    item = late_items(cast, 1)[0]
    [claim_id] = claim_interest(
        account_id=cast.account.id, item_ids=[item.id], until=today() - timedelta(days=5), actor=Actor(label="Maya")
    )
    decide = reverse("interest_decide", args=[cast.account.id])
    change = reverse("interest_change", args=[claim_id])
    rate = reverse("agreed_rate_add", args=[cast.account.id])
    for path in (decide, change, rate):
        assert browser(cast.alice).post(path, {"item": item.id, "state": "PAID"}).status_code == 403
        assert browser(stranger).post(path, {"item": item.id, "state": "PAID"}).status_code == 404
        assert browser(cast.manager).get(path).status_code == 405
    assert browser(stranger).get(reverse("account_interest", args=[cast.account.id])).status_code == 404
    assert InterestClaim.objects.values_list("state", flat=True).get() == "CLAIMED"


def test_a_past_day_is_only_looked_at(cast: Cast) -> None:
    late_items(cast)
    manager = browser(cast.manager)
    day = (today() - timedelta(days=15)).isoformat()
    page = text(manager, reverse("account_interest", args=[cast.account.id]) + f"?desk_as_of={day}")
    assert "INV-001" not in page
    assert "INV-003" in page
    assert "Claim the selected" not in page


def test_an_agreed_rate_below_the_floor_is_refused(cast: Cast) -> None:
    manager = browser(cast.manager)
    path = reverse("agreed_rate_add", args=[cast.account.id])
    answer = manager.post(path, {"from_date": "2026-02-01", "rate_pct": "5", "source": "terms"})
    assert answer.status_code == 422
    assert "The law allows no rate below 7.86 % on that day." in answer.content.decode()
    assert manager.post(path, {"from_date": "2026-02-01", "rate_pct": "9,5", "source": "terms"}).status_code == 302
    assert AgreedRate.objects.get().rate_pct == Decimal("9.5")


def test_settings_list_rates_with_sources_and_take_new_ones(cast: Cast) -> None:
    path = reverse("settings_late_rates")
    page = text(browser(cast.diane), path)
    for expected in ("L441-10", "12.40 %", "To be checked", "European directive", "€40.00", "France"):
        assert expected in page
    assert "Add a rate" not in page
    values = {
        "country": "de", "regime": "BUSINESS", "from_date": "2026-07-01", "rate_pct": "11,27", "indemnity": "40",
        "indemnity_currency": "eur", "source": "BGB § 288",
    }  # fmt: skip
    assert browser(cast.diane).post(path, values).status_code == 403
    assert browser(cast.adam).post(path, values).status_code == 302
    row = LateRate.objects.get(country="DE")
    assert (row.rate_pct, row.floor_pct, row.indemnity_currency) == (Decimal("11.27"), None, "EUR")
    assert Event.objects.filter(kind="late_rate.set").count() == 1
    assert browser(cast.adam).post(path, {**values, "country": "D1"}).status_code == 422
    assert browser(cast.adam).post(path, {**values, "rate_pct": "101"}).status_code == 422
    assert "Germany" in text(browser(cast.diane), path)
    assert browser(cast.alice).get(path).status_code == 403


def test_a_company_chooses_where_it_is_shown(cast: Cast, stranger: User) -> None:
    path = reverse("settings_interest_notices", args=[cast.company.id])
    assert browser(cast.manager).post(path, {"shown_in": "NEVER"}).status_code == 403
    assert browser(cast.adam).post(path, {"shown_in": "SOMETIMES"}).status_code == 302
    assert not InterestNotice.objects.exists()
    browser(cast.adam).post(path, {"shown_in": "NEVER"})
    assert InterestNotice.objects.get().shown_in == "NEVER"
    stranger.roles = ["ADMINISTRATOR"]
    stranger.save()
    assert browser(stranger).post(path, {"shown_in": "FORMAL"}).status_code == 404
