"""Everything from the keyboard by Ctrl-K; the same screens in three languages, light and dark."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible


def _open_palette(page: Page) -> None:
    page.wait_for_load_state()  # a page can be read before it listens to keys
    page.keyboard.press("Control+k")


def test_the_palette_finds_customers_and_commands(page: Page, sign_in: SignIn) -> None:
    sign_in("Collector").goto("/items/")
    _open_palette(page)
    palette = page.get_by_role("dialog")
    palette.get_by_role("combobox").fill("durand")
    expect(palette.get_by_role("option").first).to_contain_text("Durand & Fils")
    assert_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Durand & Fils")

    _open_palette(page)
    palette.get_by_role("combobox").fill("reminders")
    expect(palette.get_by_role("option").first).to_contain_text("Reminders")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reminders/")

    _open_palette(page)
    expect(palette).to_be_visible()
    page.keyboard.press("Escape")
    expect(palette).to_be_hidden()


def test_the_search_page_works_without_the_palette(page: Page, sign_in: SignIn) -> None:
    sign_in("Collector").goto("/search/?q=C00001")
    page.locator("#main").get_by_role("link", name="Durand & Fils").click()
    expect(page.locator("h1")).to_have_text("Durand & Fils")


def test_the_language_is_chosen_and_kept(page: Page, sign_in: SignIn) -> None:
    sign_in("Collector, stands in for Inès").goto("/customers/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    for name, code, heading in (
        ("Français", "fr", "Clients"),
        ("Español", "es", "Clientes"),
        ("English", "en", "Customers"),
    ):
        page.locator(".person-menu").click()
        page.get_by_role("button", name=name).click()
        expect(page.locator("html")).to_have_attribute("lang", code)
        expect(page.locator("h1")).to_have_text(heading)
        page.goto("/customers/")
        expect(page.locator("h1")).to_have_text(heading)
        assert_accessible(page)


def test_the_theme_changes_at_once_and_is_kept(page: Page, sign_in: SignIn) -> None:
    sign_in("Collector, stands in for Inès").goto("/items/")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.locator(".person-menu").click()
    with page.expect_response("**/preference/"):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) != light
    page.reload()
    assert page.evaluate(paper) != light
    assert_accessible(page)
    page.locator(".person-menu").click()
    with page.expect_response("**/preference/"):
        page.get_by_role("button", name="As the system").click()
    assert page.evaluate(paper) == light
