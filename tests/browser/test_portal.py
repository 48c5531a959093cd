"""A customer on the portal: their own items, their statement, and no door to anything else."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.site import Site

ITEMS = """
SELECT i.document_number FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id JOIN parties_customer c ON c.id = a.customer_id
WHERE (c.number = 'C00001') = %s AND i.amount_open <> 0
"""


def test_a_customer_sees_and_takes_their_own(page: Page, site: Site, sign_in: SignIn) -> None:
    own = {number for (number,) in site.rows(ITEMS, True)}
    strangers = {number for (number,) in site.rows(ITEMS, False)}
    sign_in("Customer, on the portal").goto("/portal/")
    expect(page.locator("h1")).to_have_text("Durand & Fils")
    shown = {text.split("\n")[0] for text in page.locator("tbody th").all_inner_texts()}
    assert shown == own
    assert not shown & strangers

    with page.expect_download() as download:
        page.get_by_role("link", name="Statement (CSV)").click()
    lines = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert {line[0] for line in lines[1:]} == own

    for path in ("/today/", "/customers/", "/items/", "/cash/", "/reminders/", "/insight/", "/settings/"):
        answer = page.goto(path)
        assert answer
        assert answer.status == 403 or "/portal/" in page.url, path
