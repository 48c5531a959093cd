"""A table of a bank: sent, its columns checked, its movements in; the next one is read without a question."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible

TABLE = """Relevé de compte;FR76 3000 6000 0112 3456 7890 189
Solde au 14/01/2026;2 187,50

Date opération;Date valeur;Libellé;Débit;Crédit;Solde
05/01/2026;06/01/2026;VIR DURAND ET FILS FACTURE F-1001;;1 200,00;2 200,00
14/01/2026;14/01/2026;FRAIS DE TENUE DE COMPTE;12,50;;2 187,50
"""
NEXT = "15/01/2026;15/01/2026;VIR KEMPER F-1002;;100,00;2 287,50\n"


def send(page: Page, name: str, text: str) -> None:
    page.goto("/cash/statements/import/")
    file = FilePayload(name=name, mimeType="text/csv", buffer=text.encode("cp1252"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()


def test_a_table_is_confirmed_once(page: Page, sign_in: SignIn) -> None:
    send(sign_in("Cash application clerk"), "january.csv", TABLE)
    page.wait_for_url("**/columns/")
    columns = page.locator(".import-columns")
    for field, heading in {"Debit": "Débit", "Credit": "Crédit", "Running balance": "Solde"}.items():
        chosen = columns.get_by_label(field, exact=True)
        assert chosen.evaluate("one => one.selectedOptions[0].text") == heading
    expect(page.locator(".import-preview").first).to_contain_text("1,200.00")
    expect(page.locator("#table-columns")).to_contain_text("give the closing balance")
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    company = page.locator("#id_company option").nth(1).get_attribute("value")
    page.locator("#id_company").select_option(company)
    page.get_by_role("button", name="Import 2 movements").click()
    expect(page.locator(".page-line .status")).to_have_text("Done", timeout=30_000)

    send(page, "next.csv", TABLE + NEXT)
    page.wait_for_url("**/imports/*/")
    expect(page.locator(".page-line .status")).to_have_text("Done", timeout=30_000)
