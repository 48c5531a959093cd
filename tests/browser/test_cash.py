"""The cash desk by keyboard: a payment some euros short, accepted and undone."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import FilePayload, Page, expect

from quittance.cli.demo.bank import Movement, statement_xml
from quittance.cli.demo.world import COMPANIES
from quittance.foundation import clock
from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible
from tests.browser.site import Site

ITEM = """
SELECT i.document_number, i.amount_open, c.name
FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company co ON co.id = a.company_id
WHERE i.kind = 'INVOICE' AND i.currency = 'EUR' AND i.amount_open = i.amount_original AND i.amount_open > 200
    AND co.code = %s AND i.due_date > current_date
    AND NOT EXISTS (SELECT FROM promises_promiseditem p WHERE p.item_id = i.id)
    AND NOT EXISTS (SELECT FROM cases_dispute d WHERE d.item_id = i.id)
ORDER BY i.id LIMIT 1
"""
SHORT = Decimal("15.00")
# Whom we know to pay for somebody may pay short; of a stranger a person must say that it is a payment at all.
STRANGER = "A NEIGHBOUR OF THEIRS"


def test_a_payment_is_accepted_and_undone(page: Page, site: Site, sign_in: SignIn) -> None:
    company = COMPANIES[0]
    number, amount, customer = site.rows(ITEM, company.code)[0]
    movement = Movement(amount=amount - SHORT, name=STRANGER, iban="", text=f"FACT {number}")
    text = statement_xml(company, day=clock.today(), sequence=900, opening=Decimal(1000), movements=[movement])
    sign_in("Cash application clerk").goto("/cash/statements/import/")
    file = FilePayload(name="today.xml", mimeType="text/xml", buffer=text.encode())
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".page-line .status")).to_have_text("Done", timeout=30_000)

    page.goto(f"/cash/lines/?q={number}")
    page.locator("tbody tr", has_text=number).get_by_role("link").first.click()
    sheet = page.locator("#cash-line")
    expect(sheet.locator("mark")).to_have_text(number)
    expect(sheet.locator("[data-cash-choice='1']")).to_contain_text(customer)
    expect(sheet).to_contain_text("Stays open on the items: 15.00")
    assert_accessible(page)
    address = page.url
    page.wait_for_load_state()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Matched.")

    page.goto(address)
    expect(sheet.locator(".status").first).to_have_text("Matched")
    assert_accessible(page)
    page.wait_for_load_state()
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Undone. The line waits again.")
    expect(sheet.locator("[data-cash-choice='1']")).to_contain_text(customer)
    open_now = site.rows("SELECT amount_open FROM ledger_openitem WHERE document_number = %s", number)
    assert open_now == [(amount,)]
