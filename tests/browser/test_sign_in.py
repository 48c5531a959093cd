"""Everybody of the demo signs in and finds a page without a single complaint of the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from quittance.cli.demo import SIGN_INS
from tests.browser.conftest import SignIn


@pytest.mark.parametrize("role", [person.role for person in SIGN_INS])
def test_a_person_signs_in_and_finds_a_page(page: Page, sign_in: SignIn, role: str) -> None:
    sign_in(role)
    page.goto("/")
    expect(page.locator("h1").first).to_be_visible()
    assert "/account/login" not in page.url


def test_strangers_are_asked_to_sign_in(page: Page) -> None:
    page.goto("/")
    assert "/account/login" in page.url
