"""The dashboard on a past day; each figure opens what is behind it."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page, expect

from quittance.foundation import clock
from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible

DAYS_AGO = 60


def test_a_past_day_and_what_is_behind_a_figure(page: Page, sign_in: SignIn) -> None:
    sign_in("CFO", is_fresh=True).goto("/insight/")
    overdue = page.locator(".figure-tile", has=page.get_by_text("Overdue", exact=True)).first.get_by_role("link")
    now = overdue.inner_text()
    day = clock.today() - timedelta(days=DAYS_AGO)
    page.get_by_label("as of").fill(day.isoformat())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("You are looking at the past")
    expect(page.locator("body[data-past]")).to_be_visible()
    assert overdue.inner_text() != now
    expect(page.locator("[data-drawn]").first).to_be_visible()
    assert_accessible(page)

    overdue.click()
    page.wait_for_url("**/items/**")
    expect(page.locator("body[data-past]")).to_be_visible()
    days = page.locator("td[data-label='Due'] time, td[data-label='Due']").all()
    assert days
    assert_accessible(page)
    page.locator("tbody td a").first.click()
    expect(page.locator("#panel, h1").first).to_be_visible()
    page.goto("/insight/")
    page.get_by_role("link", name="Back to today").click()
    expect(page.locator("body[data-past]")).to_have_count(0)
    assert overdue.inner_text() == now
