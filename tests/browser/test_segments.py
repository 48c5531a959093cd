"""Building a segment by keyboard: conditions come and go, and the accounts are counted meanwhile."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible, watch


def test_a_segment_is_built_while_it_is_counted(page: Page, sign_in: SignIn) -> None:
    complaints = watch(page)
    sign_in("Credit manager").goto("/settings/segments/new/")
    page.get_by_label("Name").fill("Late in France")
    preview = page.locator("#segment-preview")
    expect(preview).to_contain_text("Finish the condition")
    page.locator("#field-r-0").select_option("country")
    page.get_by_label("France").check()
    expect(preview.locator("strong")).not_to_have_text("0")
    before = preview.locator("strong").inner_text()
    page.locator("#add-r").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#field-r-1")).to_be_focused()
    page.locator("#field-r-1").select_option("overdue")
    page.locator("#value-r-1").fill("1000")
    expect(preview.locator("strong")).not_to_have_text(before)
    expect(preview).to_contain_text("overdue amount of at least 1,000")
    expect(page.get_by_label("Name")).to_have_value("Late in France")
    assert_accessible(page)
    page.locator("#group-r").click()
    expect(page.locator("#field-r-2-1")).to_be_visible()
    page.locator("#remove-r-2").click()
    expect(page.locator("#field-r-2-0")).to_have_count(0)
    page.locator("#value-r-1").press("Enter")
    expect(page.get_by_role("heading", name="Late in France")).to_be_visible()
    page.locator("#table-segment-members tbody a").nth(1).click()
    expect(page.locator("#panel")).to_contain_text("Late in France")
    page.keyboard.press("Escape")
    assert complaints == []
