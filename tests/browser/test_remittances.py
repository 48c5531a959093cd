"""A remittance advice: sent, its columns checked, shown with its total, taken out of what is expected and put back."""

from __future__ import annotations

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible

TABLE = """Payeur : Atelier Nord
Date de paiement : 15/01/2026

N° facture;Montant brut;Retenue;Motif;Montant payé
NORD-7001;1 200,00;50,00;Casse;1 150,00
NORD-7002;300,00;;;300,00
Total;;;;1 450,00
"""


def test_an_advice_is_checked_and_expected(page: Page, sign_in: SignIn) -> None:
    sign_in("Cash application clerk")
    page.goto("/cash/remittances/import/")
    file = FilePayload(name="nord.csv", mimeType="text/csv", buffer=TABLE.encode("cp1252"))
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    page.wait_for_url("**/columns/")
    chosen = page.locator(".import-columns").get_by_label("Deduction", exact=True)
    assert chosen.evaluate("one => one.selectedOptions[0].text") == "Retenue"
    expect(page.locator("#table-columns")).to_contain_text("The lines make the announced total, 1,450.00")
    assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("#id_company").select_option(index=1)
    page.get_by_role("button", name="Import 2 lines").click()
    expect(page.locator(".page-line .status")).to_have_text("Done", timeout=30_000)
    page.get_by_role("link", name="Open the advice").click()
    expect(page.locator("h1")).to_have_text("Atelier Nord")
    expect(page.locator(".figures")).to_contain_text("Adds up")
    assert_accessible(page)
    page.get_by_role("button", name="Ignore: no money follows").click()
    expect(page.locator(".page-line .status")).to_have_text("Ignored")
    page.get_by_role("button", name="Expect the money again").click()
    expect(page.locator(".page-line .status")).to_have_text("Expected")
