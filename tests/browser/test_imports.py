"""A file of the ERP, from the drop zone to the line that was rejected."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible

LEDGER = """N° tiers;Nom du tiers;Réf. document;Émis le;À payer le;Reste dû;Monnaie
T-901;Tissages du Ponant;PON-1;05/01/2026;04/02/2026;1 250,00;EUR
T-901;Tissages du Ponant;PON-2;12/01/2026;11/02/2026;310,40;EUR
T-902;Voiles & Cordages;PON-3;31/02/2026;11/03/2026;99,00;EUR
T-902;Voiles & Cordages;PON-4;20/01/2026;19/02/2026;87,15;EUR
"""
# What is proposed: nothing of it needs to be set right.
COLUMNS = {
    "Customer number": "N° tiers",
    "Customer name": "Nom du tiers",
    "Document number": "Réf. document",
    "Document date": "Émis le",
    "Due date": "À payer le",
    "Open amount": "Reste dû",
    "Currency": "Monnaie",
}


def test_a_table_with_headings_of_its_own(page: Page, sign_in: SignIn) -> None:
    sign_in("Credit manager").goto("/imports/new/")
    page.locator("#id_company").select_option(label="Arvor Services")
    file = FilePayload(name="ponant.csv", mimeType="text/csv", buffer=LEDGER.encode("cp1252"))
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("[data-drop-files]")).to_contain_text("ponant.csv")
    page.get_by_role("button", name="Send the file").click()

    page.wait_for_url("**/columns/")
    expect(page.get_by_label("The lines are")).to_have_value("OPEN_ITEMS")
    assert_accessible(page)
    for field, column in COLUMNS.items():
        proposed = page.locator(".import-columns").get_by_label(field, exact=True)
        assert proposed.evaluate("one => one.selectedOptions[0].text") == column
    page.get_by_label("Dates", exact=False).select_option("DMY")
    page.get_by_role("button", name="Show the first lines again").click()
    expect(page.locator(".import-preview").first).to_contain_text("1,250.00")
    expect(page.get_by_role("heading", name="1 line will be rejected")).to_be_visible()
    assert_accessible(page)
    department = page.locator("#id_department option", has_text="Arvor Services").last.get_attribute("value")
    page.locator("#id_department").select_option(department)
    page.get_by_role("button", name="Import 3 lines into Arvor Services").click()

    expect(page.locator(".page-line .status")).to_contain_text("Done with rejects", timeout=30_000)
    expect(page.locator(".import-sentences, .figures").first).to_be_visible()
    expect(page.locator("#table-import-lines tbody")).to_contain_text("31/02/2026")
    assert_accessible(page)
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert len(lines) == 2
    assert "PON-3" in " ".join(lines[1])

    page.get_by_role("link", name="Open its items").click()
    expect(page.locator("#main tbody tr")).to_have_count(3)
