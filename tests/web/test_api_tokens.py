"""The page of the API's tokens: shown once, bounded by the companies of who makes it, ended by a click."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from quittance.foundation import clock
from quittance.foundation.models import ApiToken
from tests.cast import Cast, make_cast
from tests.web.desk import browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def values(cast: Cast, **more: object) -> dict[str, object]:
    return {"name": "ERP", "companies": [cast.company.id], "scopes": ["items:read"], **more}


def test_a_token_is_shown_once_and_opens_what_it_is_for(cast: Cast) -> None:
    adam, path = browser(cast.adam), reverse("settings_api_tokens")
    made = adam.post(path, values(cast))
    assert (made.status_code, made["Cache-Control"]) == (200, "no-store")
    secret = made.content.decode().partition('<code id="secret">')[2].partition("<")[0]
    assert secret.startswith("qtk_")
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/items", headers=headers).status_code == 200
    again = adam.get(path).content.decode()
    assert secret not in again and secret[:12] in again
    adam.post(reverse("settings_api_token_revoke", args=[ApiToken.objects.get().pk]))
    assert Client().get("/api/v1/items", headers=headers).status_code == 401
    assert "Revoked" in adam.get(path).content.decode()


def test_what_cannot_be_a_token_is_not_made(cast: Cast) -> None:
    adam, path = browser(cast.adam), reverse("settings_api_tokens")
    for wrong in (
        {"name": ""}, {"companies": []}, {"scopes": ["all"]}, {"expires_on": "2001-01-01"},
        {"companies": [cast.other_company.id]},
    ):  # fmt: skip
        assert adam.post(path, values(cast, **wrong)).status_code == 422
    assert not ApiToken.objects.exists()
    assert adam.post(path, values(cast, expires_on=clock.today().isoformat())).status_code == 200


def test_only_an_administrator_makes_tokens(cast: Cast) -> None:
    for person in (cast.manager, cast.diane, cast.clara):
        assert browser(person).get(reverse("settings_api_tokens")).status_code == 403
        assert browser(person).post(reverse("settings_api_tokens"), values(cast)).status_code == 403


def test_a_token_for_another_company_is_neither_seen_nor_revoked(cast: Cast) -> None:
    browser(cast.adam).post(reverse("settings_api_tokens"), values(cast, name="Ours"))
    cast.adam.companies.set([cast.other_company])
    other = browser(cast.adam)
    assert "Ours" not in other.get(reverse("settings_api_tokens")).content.decode()
    token = ApiToken.objects.get()
    assert other.post(reverse("settings_api_token_revoke", args=[token.pk])).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
