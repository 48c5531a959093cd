"""An account that one customer alone is told: given and taken back on its page, by those who match cash."""

from __future__ import annotations

import pytest
from django.urls import reverse

from quittance.parties.models import VirtualIban
from tests.cast import Cast, make_cast
from tests.web.desk import browser

pytestmark = pytest.mark.django_db
IBAN = "DE89370400440532013000"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_it_is_given_and_taken_back(cast: Cast) -> None:
    clara, page = browser(cast.clara), reverse("virtual_iban_list", args=[cast.durand.id])
    assert "No account is this customer" in clara.get(page).content.decode()
    values = {"company": cast.company.pk, "iban": "DE89 3704 0044 0532 0130 00"}
    shown = clara.post(page, values, follow=True).content.decode()
    assert IBAN in shown
    assert "What comes in on this account is this customer" in shown
    row = VirtualIban.objects.get()
    story = clara.get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    assert "Account DE89370400440532013000 given to this customer alone" in story
    assert page in story
    taken = clara.post(page, {"take_back": row.pk}, follow=True).content.decode()
    assert "tells nothing any more" in taken
    assert not VirtualIban.objects.exists()


@pytest.mark.parametrize(("iban", "says"), [("DE00", "not an IBAN"), ("", "required"), ("OURS", "own account")])
def test_what_cannot_be_given_is_said(cast: Cast, iban: str, says: str) -> None:
    page = reverse("virtual_iban_list", args=[cast.durand.id])
    given = {"OURS": cast.bank_account.iban}.get(iban, iban)
    answer = browser(cast.clara).post(page, {"company": cast.company.pk, "iban": given})
    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_who_does_not_match_cash_gives_none(cast: Cast) -> None:
    page = reverse("virtual_iban_list", args=[cast.durand.id])
    assert browser(cast.diane).post(page, {"company": cast.company.pk, "iban": IBAN}).status_code == 403
    assert browser(cast.charlie).get(page).status_code in (403, 404)
    other = browser(cast.clara).post(page, {"company": cast.other_company.pk, "iban": IBAN})
    assert other.status_code == 422
    assert not VirtualIban.objects.exists()


def test_one_of_another_customer_is_not_taken_back_here(cast: Cast) -> None:
    clara, page = browser(cast.clara), reverse("virtual_iban_list", args=[cast.durand.id])
    clara.post(page, {"take_back": "999999"})
    clara.post(page, {"take_back": "x"})
    assert clara.get(page).status_code == 200
