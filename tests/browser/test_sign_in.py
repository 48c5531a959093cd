"""Signing in by the form, and the doors that stay closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from quittance.cli.demo import SIGN_INS
from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible


@pytest.mark.parametrize("role", [person.role for person in SIGN_INS])
def test_everybody_of_the_demo_finds_a_page(page: Page, sign_in: SignIn, role: str) -> None:
    sign_in(role)
    page.goto("/")
    expect(page.locator("h1").first).to_be_visible()
    assert "/account/login" not in page.url


def test_a_person_signs_in_by_the_form(page: Page) -> None:
    person = next(person for person in SIGN_INS if person.role == "CFO")
    page.goto("/insight/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill("not-this")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".error, .notice").first).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/insight/")
    expect(page.locator("h1")).to_be_visible()


def test_strangers_are_asked_to_sign_in(page: Page) -> None:
    page.goto("/")
    assert "/account/login" in page.url
