"""The living page, the frame, the sign-in page and the error pages, as a browser gets them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from quittance.parties import preferences
from quittance.parties.models import User
from quittance.web.rendering import render_page
from quittance.web.views import ui

PASSWORD = "correct horse battery"
FORBIDDEN = [r"\sstyle=", r"\son\w+=", r"<script(?![^>]*(src=|application/json))", r"javascript:", r"<style"]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user(
        "alice@example.test",
        PASSWORD,
        name="Alice Martin",
        roles=["COLLECTOR"],
        sees_all_companies=True,
        language="en",
    )


@pytest.fixture
def browser(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.parametrize("language", ["fr", "en", "es"])
def test_the_living_page_shows_everything_under_the_strict_policy(browser: Client, alice: User, language: str) -> None:
    preferences.set_preference(user_id=alice.pk, name="language", value=language)
    answer = browser.get(reverse("ui"))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in html
    for piece in ("ageing-bar", "sparkline", "data-drop", "stepper", "timeline", "data-chart", "palette", "data-ask"):
        assert piece in html
    for pattern in FORBIDDEN:
        assert not re.search(pattern, html), pattern


def test_every_id_on_the_living_page_is_unique(browser: Client) -> None:
    ids = re.findall(r'\sid="([^"]+)"', browser.get(reverse("ui")).content.decode())
    assert len(ids) == len(set(ids))


def test_the_living_page_is_for_people_who_signed_in(client: Client, db: None) -> None:
    answer = client.get(reverse("ui"))
    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


def test_a_preference_is_kept_with_the_person_and_in_a_cookie(browser: Client, alice: User) -> None:
    answer = browser.post(reverse("preference"), {"theme": "dark", "next": "/ui/?a=1"})
    assert answer["Location"] == "/ui/?a=1"
    assert answer.cookies["quittance_theme"].value == "dark"
    alice.refresh_from_db()
    assert alice.theme == "dark"
    assert 'data-theme="dark"' in browser.get(reverse("ui")).content.decode()


@pytest.mark.parametrize("data", [{"theme": "pink"}, {"language": "xx"}, {"density": ""}])
def test_an_unknown_preference_is_refused(browser: Client, data: dict[str, str]) -> None:
    assert browser.post(reverse("preference"), data).status_code == 400


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_a_form_never_leads_to_another_site(client: Client, db: None, target: str) -> None:
    assert client.post(reverse("preference"), {"theme": "dark", "next": target})["Location"] == "/"


def test_the_sign_in_page_speaks_the_language_chosen_there(client: Client, db: None) -> None:
    client.post(reverse("preference"), {"language": "es"})
    assert '<html lang="es"' in client.get(reverse("account_login")).content.decode()


def test_a_view_is_saved_listed_replaced_and_deleted_by_its_owner_only(browser: Client, alice: User) -> None:
    form = {"table_key": "samples", "name": "Mine", "query": "status=LATE", "path": "/ui/"}
    assert browser.post(reverse("saved_view_create"), form)["Location"] == "/ui/?status=LATE"
    browser.post(reverse("saved_view_create"), {**form, "query": "status=DISPUTED"})
    views = preferences.list_saved_views(user_id=alice.pk, table_key="samples")
    assert [(view["name"], view["query"]) for view in views] == [("Mine", "status=DISPUTED")]
    assert "Mine" in browser.get("/ui/?status=DISPUTED").content.decode()

    stranger = Client()
    charlie = User.objects.create_user("charlie@example.test", PASSWORD, name="Charlie", roles=["COLLECTOR"])
    stranger.force_login(charlie)
    stranger.post(reverse("saved_view_delete", args=[views[0]["id"]]))
    assert preferences.list_saved_views(user_id=alice.pk, table_key="samples")
    browser.post(reverse("saved_view_delete", args=[views[0]["id"]]))
    assert not preferences.list_saved_views(user_id=alice.pk, table_key="samples")


def test_there_is_an_end_to_saved_views(browser: Client, alice: User) -> None:
    for n in range(preferences.VIEWS_MAX):
        preferences.save_view(user_id=alice.pk, table_key="samples", name=f"v{n}", query="")
    with pytest.raises(preferences.TooManyViews):
        preferences.save_view(user_id=alice.pk, table_key="samples", name="one more", query="")
    form = {"table_key": "samples", "name": "one more", "query": "", "path": "/ui/"}
    assert "no room" in browser.post(reverse("saved_view_create"), form, follow=True).content.decode()


def test_a_toast_stays_for_the_next_page_and_can_be_undone(browser: Client) -> None:
    html = browser.post(reverse("ui_toast"), {"selected": ["1", "2"]}, follow=True).content.decode()
    assert "2 rows selected." in html
    assert f'action="{reverse("ui_toast")}"' in html


def test_the_panel_is_a_fragment_to_htmx_and_a_page_to_everybody_else(browser: Client) -> None:
    url = reverse("ui_panel")
    part = browser.get(url, headers={"HX-Request": "true", "HX-Target": "panel"})
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    assert "<html" in browser.get(url).content.decode()
    for header in ("HX-Boosted", "HX-History-Restore-Request"):
        headers = {"HX-Request": "true", "HX-Target": "panel", header: "true"}
        assert "<html" in browser.get(url, headers=headers).content.decode(), header


def test_the_frame_says_that_one_looks_at_the_past(browser: Client) -> None:
    html = browser.get("/ui/?desk_as_of=2026-03-01").content.decode()
    assert "data-past" in html
    assert "1 Mar 2026" in html
    assert "data-past" not in browser.get("/ui/?desk_as_of=").content.decode()


def test_signing_in_with_a_wrong_password_says_so_and_nothing_more(client: Client, alice: User) -> None:
    answer = client.post(reverse("account_login"), {"login": alice.email, "password": "no"})
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("name", ["account_login", "account_reset_password", "account_reset_password_done"])
def test_the_pages_at_the_door_are_ours(client: Client, db: None, name: str) -> None:
    html = client.get(reverse(name)).content.decode()
    assert 'class="door"' in html
    for pattern in FORBIDDEN:
        assert not re.search(pattern, html), pattern


@override_settings(DEBUG=False)
def test_every_error_page_says_what_to_do(browser: Client, db: None) -> None:
    missing = browser.get("/nothing/here/")
    assert missing.status_code == 404
    assert "Go to the first page" in missing.content.decode()
    untrusted = Client(enforce_csrf_checks=True)
    form = untrusted.post(reverse("preference"), {"theme": "dark"})
    assert form.status_code == 403
    request = RequestFactory().get("/")
    assert ui.server_error(request).status_code == 500


def test_a_page_is_rendered_whole_without_htmx(browser: Client) -> None:
    request = RequestFactory().get("/")
    request.user = User()
    answer = render_page(request, "403.html", "components/empty.html", {"title": "x"})
    assert "<html" in answer.content.decode()


PERSON = {"name": "Alice", "role": "Collector", "email": "alice@example.test", "password": PASSWORD}


@override_settings(QUITTANCE_DEMO=True)
def test_the_demo_offers_its_people_and_lets_them_in(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quittance.cli.demo.SIGN_INS", [PERSON], raising=False)
    html = client.get(reverse("account_login")).content.decode()
    assert f'name="login" value="{alice.email}"' in html
    answer = client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(alice.pk)


@override_settings(QUITTANCE_DEMO=False)
def test_no_password_is_shown_outside_the_demo(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quittance.cli.demo.SIGN_INS", [PERSON], raising=False)
    assert PASSWORD not in client.get(reverse("account_login")).content.decode()


def test_changing_the_company_keeps_the_filters_but_not_the_page(browser: Client) -> None:
    html = browser.get("/ui/?status=LATE&cursor=x&desk_as_of=").content.decode()
    form = html[html.index('class="scope"') : html.index("scope-company")]
    assert 'name="status" value="LATE"' in form
    assert "cursor" not in form
    assert "desk_as_of" not in form


def test_the_frame_needs_few_queries(browser: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        assert browser.get(reverse("ui")).status_code == 200
