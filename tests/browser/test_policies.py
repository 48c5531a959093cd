"""The editors of policies and of texts: a step is put between, a text is typed beside what it becomes."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible


def test_a_step_is_added_tried_and_kept(page: Page, sign_in: SignIn) -> None:
    sign_in("Credit manager").goto("/settings/policies/")
    page.get_by_role("link", name="Change Litigation-bound").click()
    steps = page.locator("#policy-steps fieldset.step")
    expect(steps).to_have_count(4)
    page.get_by_role("button", name="Step here").last.click()
    expect(steps).to_have_count(5)
    last = steps.last
    expect(last.get_by_label("Days", exact=True)).to_have_value("7")
    last.get_by_label("Name", exact=True).fill("Last word")
    last.get_by_label("Counted from").select_option("DUE_DATE")
    assert_accessible(page)

    page.get_by_role("button", name="Show what changes tomorrow").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Step 5, Last word · Days")
    expect(alert).to_contain_text("This step must come later than the one before it.")
    assert_accessible(page)

    last.get_by_label("Days", exact=True).fill("60")
    page.get_by_role("button", name="Show what changes tomorrow").click()
    expect(page.get_by_role("heading", name="What changes tomorrow")).to_be_visible()
    page.get_by_role("button", name="Keep as a new version").last.click()
    expect(page.get_by_role("list", name="Steps of Litigation-bound")).to_contain_text("+60")
    expect(page.get_by_role("link", name="Version 2")).to_be_visible()
    assert_accessible(page)


def test_a_text_is_typed_beside_what_it_becomes(page: Page, sign_in: SignIn) -> None:
    sign_in("Credit manager").goto("/settings/texts/SECOND_REMINDER-es-EMAIL/")
    mail = page.frame_locator("iframe[name=text-frame]").locator("body")
    expect(mail).to_contain_text("Arvor")
    assert_accessible(page)
    page.get_by_label("Subject").fill("Nuestra carta a ")
    page.get_by_role("button", name="customer", exact=True).click()
    expect(page.get_by_label("Subject")).to_have_value("Nuestra carta a {{ customer }}")
    expect(mail).to_contain_text("Nuestra carta a ")
    expect(mail).not_to_contain_text("{{")

    before = page.get_by_label("Before the list")
    before.fill("Hola,\n\n{{ nadie }}")
    expect(mail).to_contain_text("Line 3: There is no variable “nadie”")
    page.get_by_role("button", name="Keep the text").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    assert_accessible(page)
    before.fill("Hola,\n\n{{ contact }}")
    page.get_by_role("button", name="Keep the text").last.click()
    expect(page.locator(".page-line")).to_contain_text("a text of your own")
