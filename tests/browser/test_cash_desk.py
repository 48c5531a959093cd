"""The main path of the desk by keyboard, and two people at one line."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

from playwright.sync_api import Browser, FilePayload, Page, expect

from quittance.cli.demo.bank import Movement, statement_xml
from quittance.cli.demo.world import COMPANIES
from quittance.foundation import clock
from tests.browser.conftest import AddSession, SignIn
from tests.browser.looking import assert_accessible, assert_fits
from tests.browser.site import Site

CLERK, MANAGER = "Cash application clerk", "Credit manager"
ITEMS = """
SELECT i.document_number, i.amount_open, c.name, a.id
FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
WHERE i.kind = 'INVOICE' AND i.currency = 'EUR' AND i.amount_open = i.amount_original AND i.amount_open > 300
    AND co.code = %s
    AND NOT EXISTS (SELECT FROM promises_promiseditem p WHERE p.item_id = i.id)
    AND NOT EXISTS (SELECT FROM cases_dispute d WHERE d.item_id = i.id)
ORDER BY i.id DESC OFFSET %s LIMIT 1
"""
LINE = "SELECT id FROM cash_banktransaction WHERE text = %s ORDER BY id DESC LIMIT 1"
_sequences = count(700)


def receive(page: Page, site: Site, *, amount: Decimal, text: str) -> str:
    """Take in one receipt of a payer whom nobody knows; return the address of its line."""
    company = COMPANIES[0]
    movement = Movement(amount=amount, name=f"UNKNOWN {text}", iban="", text=text)
    xml = statement_xml(
        company, day=clock.today(), sequence=next(_sequences), opening=Decimal(1000), movements=[movement]
    )
    page.goto("/cash/statements/import/")
    page.locator("input[type=file]").set_input_files(
        FilePayload(name=f"{text}.xml", mimeType="text/xml", buffer=xml.encode())
    )
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".page-line .status")).to_have_text("Done", timeout=30_000)
    return f"/cash/lines/{site.rows(LINE, text)[0][0]}/"


def test_items_are_found_picked_and_a_small_difference_written_off(page: Page, site: Site, sign_in: SignIn) -> None:
    number, amount, _customer, _account = site.rows(ITEMS, COMPANIES[0].code, 0)[0]
    sign_in(CLERK)
    address = receive(page, site, amount=amount - Decimal("4.20"), text="desk one")
    page.goto(address)
    page.wait_for_load_state()
    page.keyboard.press("f")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    balance = page.locator("[data-cash-balance]")
    expect(balance.locator("[data-cash-rest]")).to_have_text(f"{amount - Decimal('4.20'):,.2f}")
    page.get_by_label(number, exact=True).check()
    expect(balance.locator("[data-cash-rest]")).to_have_text("−4.20")
    expect(balance).to_contain_text("missing of the items")
    assert_accessible(page)
    assert_fits(page)
    page.locator("h2").first.click()
    page.keyboard.press("w")
    page.keyboard.type("fee of their bank")
    page.get_by_label("What differs").focus()
    page.locator("h2").first.click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    expect(page.locator("#toasts")).to_contain_text("the difference is dealt with")
    page.goto(address)
    sheet = page.locator("#cash-line")
    expect(sheet.locator(".cash-differences")).to_contain_text("fee of their bank")
    page.get_by_text("History of this line").click()
    expect(sheet.locator(".timeline")).to_contain_text("Write it off as a small difference")
    assert_accessible(page)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone. The line waits again.")
    open_now = site.rows("SELECT amount_open FROM ledger_openitem WHERE document_number = %s", number)
    assert (amount,) in open_now


def test_above_the_limit_a_manager_decides(
    page: Page, site: Site, sign_in: SignIn, browser: Browser, add_session: AddSession
) -> None:
    number, amount, _customer, _account = site.rows(ITEMS, COMPANIES[0].code, 1)[0]
    sign_in(CLERK)
    address = receive(page, site, amount=amount - Decimal(100), text="desk two")
    item_id = site.rows("SELECT id FROM ledger_openitem WHERE document_number = %s", number)[0][0]
    page.goto(f"{address}?find={number}&item={item_id}&way=SMALL_DIFFERENCE")
    page.get_by_role("button", name="Apply to the picked items").click()
    expect(page.get_by_role("alert")).to_contain_text("above your limit")
    assert_accessible(page)
    page.get_by_role("button", name="Propose it to a manager").click()
    expect(page.locator("#toasts")).to_contain_text("Proposed.")
    with browser.new_context(base_url=site.url, locale="en-GB") as other:
        add_session(other, MANAGER)
        manager = other.new_page()
        manager.goto("/cash/")
        expect(manager.locator(".cash-for-me")).to_contain_text("For you to decide")
        manager.goto(address)
        # The clerk went on to the next line, so nobody holds this one.
        manager.get_by_role("button", name="Approve and match").click()
        expect(manager.locator("#toasts")).to_contain_text("the difference is posted")
    assert site.rows("SELECT amount_open FROM ledger_openitem WHERE id = %s", item_id) == [(0,)]


def test_two_people_at_one_line(
    page: Page, site: Site, sign_in: SignIn, browser: Browser, add_session: AddSession
) -> None:
    sign_in(CLERK)
    address = receive(page, site, amount=Decimal("77.77"), text="desk three")
    page.goto(address)
    with browser.new_context(base_url=site.url, locale="en-GB") as other:
        add_session(other, MANAGER)
        manager = other.new_page()
        manager.goto(address)
        expect(manager.locator("#cash-holder")).to_contain_text("has this line open since")
        expect(manager.locator("[data-cash-pick]")).to_have_count(0)
        assert_accessible(manager)
        manager.keyboard.press("t")
        expect(manager.locator("#toasts")).to_contain_text("You have this line now.")
        # The clerk, whose page is older, is told and keeps the line in sight.
        page.keyboard.press("z")
        expect(page.locator("#toasts")).to_contain_text("has this line open. Nothing was changed.")
        manager.keyboard.press("i")
        expect(manager.locator("#toasts")).to_contain_text("Kept as unidentified")
    before = page.url
    page.locator("#cash-holder").evaluate("box => window.htmx.trigger(box, 'refresh')")
    page.goto(before)
    expect(page.locator("#cash-line .status").first).to_have_text("Payer unknown")


def test_a_colleague_is_asked_and_answers(
    page: Page, site: Site, sign_in: SignIn, browser: Browser, add_session: AddSession
) -> None:
    sign_in(CLERK)
    address = receive(page, site, amount=Decimal("66.66"), text="desk four")
    page.goto(address)
    page.wait_for_load_state()
    page.keyboard.press("a")
    page.locator("#cash-to").select_option(label="Sophie Leroy")
    page.locator("#cash-question").fill("Who is this?")
    page.locator("#cash-question").press("Enter")
    expect(page.locator(".cash-question")).to_contain_text("Not answered yet.")
    with browser.new_context(base_url=site.url, locale="en-GB") as other:
        add_session(other, MANAGER)
        manager = other.new_page()
        manager.goto("/cash/")
        manager.locator(".cash-for-me a", has_text="Asked of you").first.click()
        manager.get_by_label("Your answer").fill("A tenant of ours.")
        manager.get_by_role("button", name="Answer", exact=True).click()
        expect(manager.locator(".cash-answer")).to_contain_text("A tenant of ours.")
    page.goto("/cash/")
    expect(page.locator(".cash-for-me")).to_contain_text("A tenant of ours.")
    assert_accessible(page)


def test_a_receipt_is_split_and_put_together(page: Page, site: Site, sign_in: SignIn) -> None:
    sign_in(CLERK)
    address = receive(page, site, amount=Decimal("100.00"), text="desk five")
    page.goto(address)
    page.wait_for_load_state()
    page.keyboard.press("s")
    page.keyboard.type("60 + 15.50")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Split: each part waits")
    expect(page.locator(".cash-amount")).to_contain_text("60.00")
    page.goto(address)
    expect(page.get_by_role("region", name="Parts")).to_contain_text("24.50")
    assert_accessible(page)
    page.get_by_role("button", name="Put the parts together again").click()
    expect(page.locator("#toasts")).to_contain_text("One receipt again.")
