"""A run of reminders: prepared, reviewed, released; the messages arrive over SMTP."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible
from tests.browser.site import Site


def test_from_the_run_to_the_letter_box(page: Page, site: Site, sign_in: SignIn) -> None:
    already = site.rows("SELECT count(*) FROM delivery_demomessage")[0][0]
    sign_in("Credit manager").goto("/reminders/")
    page.get_by_role("button", name="Prepare today's reminders").click()

    send = page.locator("summary", has_text=re.compile(r"Send \d+ messages?"))
    expect(send).to_be_visible(timeout=30_000)
    count = int(re.sub(r"\D", "", send.inner_text()))
    assert count > 0
    held = page.locator("[data-outcome='HOLD']")
    expect(held.locator(".run-reasons li").first).to_contain_text(re.compile(r"[a-z]{5}"))
    assert_accessible(page)

    page.get_by_role("link", name="Will go").first.click()
    row = page.locator("tbody tr").first
    customer = row.get_by_role("link").first.inner_text()
    row.get_by_role("link").first.click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name=customer)).to_be_visible()
    number = panel.locator(".run-items tbody th").first.inner_text()
    expect(panel.frame_locator("iframe").locator("body")).to_contain_text(number)
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()

    send.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("whoever has paid, promised or disputed in the meantime gets nothing")
    assert_accessible(page)
    dialog.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.locator(".page-line .status")).to_have_text("Sent", timeout=30_000)

    page.goto("/mailbox/")
    assert site.rows("SELECT count(*) FROM delivery_demomessage")[0][0] == already + count
    page.locator("tbody a").first.click()
    expect(panel.frame_locator("iframe").locator("img").first).to_be_visible()
