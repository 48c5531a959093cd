"""A collector's morning by keyboard, and a colleague's list that follows by itself."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible, watch

# A list may wait for the ranking of the whole ledger that the worker is at.
LIVE_MS_MAX = 30_000


def _calls(page: Page) -> Locator:
    """Return the rows whose task is a call."""
    what = page.locator("td[data-label='What']", has_text=re.compile(r"^\s*Call\s*$"))
    return page.locator("#table-today tbody tr").filter(has=what)


def _focus_id(row: Locator) -> str:
    href = row.locator("a[data-focus-link]").get_attribute("href") or ""
    found = re.search(r"focus=(\d+)", href)
    assert found, href
    return found[1]


def _row(rows: Locator, task_id: str) -> Locator:
    link = f"a[href$='focus={task_id}'], a[href*='focus={task_id}&']"
    return rows.filter(has=rows.page.locator(link))


def test_a_call_with_a_promise_by_keyboard(page: Page, sign_in: SignIn) -> None:
    sign_in("Collector").goto("/today/")
    row = _calls(page).first
    task_id, customer = _focus_id(row), row.locator("a[data-focus-link]").inner_text()
    for _ in range(page.locator("#table-today tbody tr").count()):
        page.keyboard.press("j")
        if _row(_calls(page), task_id).get_attribute("data-current-row") is not None:
            break
    page.keyboard.press("Enter")
    expect(page.locator(f"#today-focus[data-task='{task_id}'] h2")).to_contain_text(customer)
    page.keyboard.press("c")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name=f"Call {customer}")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("1")
    expect(panel.get_by_label("Promises to pay")).to_be_checked()
    expect(panel.get_by_role("textbox").or_(panel.locator("input[type=date]")).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("written down")
    expect(panel).to_be_hidden()
    expect(_row(_calls(page), task_id)).to_have_count(0, timeout=LIVE_MS_MAX)
    page.locator("#table-today").wait_for()
    page.goto(f"/customers/?q={customer}")
    page.locator("#table-customers tbody a").first.click()
    expect(page.locator(".status", has_text="Promised").first).to_be_visible()
    expect(page.locator("#timeline")).to_contain_text("promised for")


def test_what_one_does_the_other_sees_at_once(
    page: Page, new_context: Callable[[], BrowserContext], sign_in: SignIn
) -> None:
    colleague = new_context().new_page()
    complaints = watch(colleague)
    sign_in("Collector", page=colleague).goto("/today/")
    row = _calls(colleague).last
    task_id = _focus_id(row)
    count = colleague.locator("#rail-count-today")
    before = int(re.sub(r"\D", "", count.inner_text()))
    colleague.evaluate("window.isTheSamePage = true")

    sign_in("Collector").goto(f"/today/?focus={task_id}")
    page.wait_for_timeout(300)  # until the other's page listens
    page.get_by_role("button", name=re.compile("^Done")).click()
    expect(page.locator("#toasts")).to_contain_text("Done:")

    expect(_row(_calls(colleague), task_id)).to_have_count(0, timeout=LIVE_MS_MAX)
    expect(count).to_have_text(re.compile(rf"\b{before - 1}$"))
    assert colleague.evaluate("window.isTheSamePage")
    assert complaints == []
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(_row(_calls(colleague), task_id)).to_have_count(1, timeout=LIVE_MS_MAX)
