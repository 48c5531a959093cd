"""One message to many, by keyboard: chosen among the customers, reviewed, read, given up; a policy given and undone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible, assert_fits
from tests.browser.site import Site

SIZES = [(390, 844), (1440, 900)]


def assert_looks(page: Page) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert_fits(page)
    assert_accessible(page)


def press(page: Page, name: str) -> None:
    """Press a button as who uses no mouse."""
    button = page.get_by_role("button", name=name).last
    button.focus()
    page.keyboard.press("Enter")


def test_a_message_to_those_who_are_late(page: Page, site: Site, sign_in: SignIn) -> None:
    sign_in("Credit manager").goto("/customers/?overdue_from=0.01&size=25")
    # Space selects, with the keyboard as with the mouse.
    page.locator("[data-pick-page]").first.focus()
    page.keyboard.press("Space")
    bulk = page.locator("[data-bulk]")
    expect(bulk).to_be_visible()
    assert_looks(page)
    press(page, "Send a message…")
    expect(page.get_by_role("heading", name=re.compile("Send a message to .* accounts"))).to_be_visible()
    expect(page.locator("[name=message]")).to_have_value("STATEMENT")
    assert_looks(page)
    press(page, "See who gets it")

    send = page.locator("summary", has_text=re.compile(r"Send \d+ messages?"))
    expect(send).to_be_visible(timeout=30_000)
    expect(page.locator(".page-line")).to_contain_text("E-mail · chosen accounts")
    expect(page.locator("[data-outcome='HOLD'] .run-reasons li").first).to_contain_text(re.compile(r"[a-z]{5}"))
    assert_looks(page)
    page.get_by_role("link", name="Will go").first.click()
    page.locator("tbody tr").first.get_by_role("link").first.click()
    panel = page.locator("#panel")
    number = panel.locator(".run-items tbody th").first.inner_text()
    expect(panel.frame_locator("iframe").locator("body")).to_contain_text(number)
    page.keyboard.press("Escape")
    # Nothing has left, and the run can be given up.
    run_id = int(page.url.split("/reminders/")[1].split("/")[0])
    queued = "SELECT count(*) FROM dunning_dunningnotice n JOIN dunning_dunningdecision d ON d.id = n.decision_id"
    assert site.rows(f"{queued} WHERE d.run_id = {run_id}")[0][0] == 0
    page.locator("summary", has_text="Cancel the run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.locator(".page-line .status")).to_have_text("Cancelled")


def test_own_words_are_read_before_the_run_sent_and_watched(page: Page, site: Site, sign_in: SignIn) -> None:
    sign_in("Credit manager").goto("/items/?size=25")
    page.locator("[data-pick]").nth(0).focus()
    page.keyboard.press("Space")
    press(page, "Send a message…")
    frame = page.frame_locator("iframe[name=text-frame]").locator("body")
    expect(frame).to_contain_text(re.compile("[A-Z]"))
    expect(page.get_by_label("Subject").first).to_be_hidden()
    page.locator("[name=message]").select_option("FREE_TEXT")
    page.locator("[name=subject_en]").fill("{{ company }}: our offices are closed")
    page.locator("[name=body_en]").fill("We are closed on Friday. Yours, {{ customer }}.")
    # The preview follows what is typed, and the language that is chosen beside it.
    expect(frame).to_contain_text("We are closed on Friday")
    page.locator("#text-language").select_option("fr")
    expect(frame).to_contain_text(re.compile("Bonjour|Madame|We are closed"))
    assert_looks(page)
    page.locator("[name=body_en]").fill("Owed: {{ total }}")
    expect(frame).to_contain_text("There is no variable “total”")
    press(page, "See who gets it")
    expect(page.get_by_text("There is no variable “total”").first).to_be_visible()
    page.locator("[name=body_en]").fill("We are closed on Friday.")
    press(page, "See who gets it")
    expect(page.get_by_role("heading", name=re.compile("Message in your own words"))).to_be_visible(timeout=30_000)
    expect(page.get_by_text("What was written")).to_be_visible(timeout=30_000)
    assert_looks(page)
    # Sent and watched to its end; what has left can no longer be taken back, and the page does not offer it.
    expect(page.locator("summary", has_text="Cancel the run")).to_be_visible()
    page.locator("summary", has_text="Send 1 message").click()
    page.get_by_role("dialog").get_by_role("button", name="Send 1 message").click()
    expect(page.locator(".page-line .status")).to_have_text("Sent", timeout=30_000)
    expect(page.locator("summary", has_text="Cancel the run")).to_have_count(0)
    expect(page.locator(".run-figures")).to_contain_text("Sent")


@pytest.mark.parametrize("is_all", [False, True])
def test_a_policy_is_given_and_taken_back(page: Page, site: Site, sign_in: SignIn, is_all: bool) -> None:
    before = site.rows("SELECT account_id, policy_code FROM dunning_accountpolicy ORDER BY 1")
    sign_in("Credit manager").goto("/customers/?size=25")
    page.locator("[data-pick]").nth(1).focus()
    page.keyboard.press("Space")
    if is_all:
        page.locator("[data-bulk-all]").check()
    press(page, "Policy of reminders…")
    page.get_by_label("Policy of reminders").select_option(label="Litigation-bound")
    assert_looks(page)
    press(page, "follow it")
    toast = page.locator(".toast", has_text="their policy" if is_all else "policy")
    expect(toast).to_be_visible()
    assert site.rows("SELECT count(*) FROM dunning_accountpolicy")[0][0] > len(before)
    toast.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast", has_text=re.compile("before"))).to_be_visible()
    assert site.rows("SELECT account_id, policy_code FROM dunning_accountpolicy ORDER BY 1") == before
