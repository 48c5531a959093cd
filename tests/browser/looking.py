"""What a page is held to: not one complaint of the browser, none of axe, nothing wider than the window."""

from __future__ import annotations

from contextlib import suppress

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Response
from playwright.sync_api import TimeoutError as TakesTooLong

# The rules of WCAG 2.1 A and AA; all of them are on.
_OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa"]}}
# The rows of a list are alike; looking at the first ones only makes the tests twice as fast.
_CONTEXT = {"exclude": [["tbody tr:nth-child(n+9)"]]}
_SCRIPT = Axe().axe_script

# The browser also says every answer of 400 and more on its console; `_note_answer` is the judge of those.
_ANSWERS = "the server responded with a status of"


def watch(page: Page) -> list[str]:
    """Return the list that fills with what goes wrong on the page: script errors, refusals of its policy for
    content, parts that are missing. A whole page may be 403 or 404, and a form 422: that is the test's business.
    """
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and _ANSWERS not in message.text:
            complaints.append(message.text)

    def note_answer(response: Response) -> None:
        is_page = response.request.is_navigation_request() and response.frame == page.main_frame
        if response.status >= 500 or (response.status >= 400 and response.status != 422 and not is_page):
            complaints.append(f"{response.status} for {response.url}")

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("response", note_answer)
    return complaints


def assert_accessible(page: Page) -> None:
    """Fail with what axe finds on the page as it is shown now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SCRIPT)
    run = "([context, options]) => axe.run(context, options).then((found) => found.violations)"
    violations = page.evaluate(run, [_CONTEXT, _OPTIONS])
    told = [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in violations for node in one["nodes"]
    ]
    assert told == [], f"{page.url}\n" + "\n".join(told)


def assert_fits(page: Page) -> None:
    """Fail when the document is wider than its window, and name what sticks out.

    Charts are drawn anew for a new width a moment after it changed: what fits within two seconds fits.
    """
    with suppress(TakesTooLong):
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth", timeout=2000)
    wide = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .slice(-3).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert wide == [], f"{page.url} is wider than the window: {wide}"
