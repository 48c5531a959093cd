"""Every page, on a laptop in light and on a phone in dark: no complaint, nothing sideways, readable for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser.conftest import AddSession
from tests.browser.looking import assert_accessible, assert_fits, watch
from tests.browser.site import Site

COLLECTOR, MANAGER, CLERK = "Collector", "Credit manager", "Cash application clerk"
CFO, ADMINISTRATOR, CUSTOMER = "CFO", "Administrator", "Customer, on the portal"
LAPTOP, SMALL_LAPTOP = ViewportSize(width=1440, height=900), ViewportSize(width=1024, height=768)
PHONE = ViewportSize(width=390, height=844)
# What stands in braces is asked of the database.
PAGES = [
    (COLLECTOR, "/today/"),
    (COLLECTOR, "/today/?who=team"),
    (COLLECTOR, "/today/calls/"),
    (COLLECTOR, "/today/team/"),
    (COLLECTOR, "/customers/"),
    (COLLECTOR, "/customers/{customer}/"),
    (COLLECTOR, "/customers/{customer}/timeline/"),
    (COLLECTOR, "/items/"),
    (COLLECTOR, "/items/{item}/"),
    (COLLECTOR, "/accounts/{account}/call/"),
    (COLLECTOR, "/accounts/{account}/promise/"),
    (COLLECTOR, "/cases/"),
    (COLLECTOR, "/cases/{dispute}/"),
    (COLLECTOR, "/plans/"),
    (COLLECTOR, "/hand-overs/"),
    (COLLECTOR, "/limitation/"),
    (COLLECTOR, "/search/?q=Durand"),
    (COLLECTOR, "/account/logout/"),
    (COLLECTOR, "/no-such-page/"),
    (MANAGER, "/reminders/"),
    (MANAGER, "/reminders/{run}/"),
    (MANAGER, "/reminders/decisions/{decision}/"),
    (MANAGER, "/reminders/notices/{notice}/"),
    (MANAGER, "/reminders/accounts/{account}/"),
    (COLLECTOR, "/reminders/letters/"),
    (COLLECTOR, "/accounts/{account}/statement/"),
    (MANAGER, "/messages/"),
    (MANAGER, "/messages/{transmission}/"),
    (MANAGER, "/messages/replies/"),
    (ADMINISTRATOR, "/settings/sending/"),
    (ADMINISTRATOR, "/settings/sending/{company}/"),
    (MANAGER, "/mailbox/"),
    (MANAGER, "/mailbox/{message}/"),
    (MANAGER, "/imports/"),
    (MANAGER, "/imports/new/"),
    (MANAGER, "/imports/{batch}/"),
    (CLERK, "/cash/"),
    (CLERK, "/cash/lines/"),
    (CLERK, "/cash/lines/{waiting}/"),
    (CLERK, "/cash/lines/{matched}/"),
    (CLERK, "/cash/erp/"),
    (CLERK, "/cash/erp/batches/"),
    (CLERK, "/cash/erp/batches/{writeback}/"),
    (ADMINISTRATOR, "/settings/erp-accounts/"),
    (ADMINISTRATOR, "/settings/api-tokens/"),
    ("", "/api/v1/docs/"),
    (CLERK, "/cash/debits/"),
    (CLERK, "/cash/debits/new/"),
    (CLERK, "/cash/debits/answers/"),
    (CLERK, "/cash/debits/mandates/"),
    (CLERK, "/cash/debits/{collection}/"),
    (CLERK, "/cash/debits/mandates/{mandate}/"),
    (CLERK, "/cash/debits/accounts/{account}/mandate/"),
    (ADMINISTRATOR, "/cash/debits/settings/"),
    (CLERK, "/cash/learnt/"),
    (CLERK, "/cash/learnt/new/"),
    (CLERK, "/cash/learnt/payers/{payer}/"),
    (CLERK, "/cash/reports/"),
    (CLERK, "/cash/suspense/"),
    (CLERK, "/cash/suspense/money/"),
    (CLERK, "/cash/expected/"),
    (CLERK, "/cash/expected/list/"),
    (CLERK, "/customers/{customer}/paid-to/"),
    (CLERK, "/cash/statements/"),
    (CLERK, "/cash/statements/import/"),
    (CLERK, "/cash/remittances/"),
    (CLERK, "/cash/remittances/import/"),
    (CLERK, "/cash/remittances/{remittance}/"),
    (CLERK, "/cash/statements/{statement}/"),
    (CFO, "/insight/"),
    (CFO, "/insight/history/"),
    (CFO, "/insight/aged-balance/"),
    (CFO, "/insight/dso-simple/"),
    (CFO, "/insight/why-late/"),
    (CFO, "/insight/actions/"),
    (MANAGER, "/insight/actions/new/"),
    (MANAGER, "/insight/actions/{action}/"),
    (ADMINISTRATOR, "/settings/"),
    (ADMINISTRATOR, "/settings/companies/"),
    (ADMINISTRATOR, "/settings/companies/{company}/"),
    (ADMINISTRATOR, "/settings/people/"),
    (ADMINISTRATOR, "/settings/people/new/"),
    (ADMINISTRATOR, "/settings/people/{person}/"),
    (ADMINISTRATOR, "/settings/terms/"),
    (ADMINISTRATOR, "/settings/policies/"),
    (MANAGER, "/settings/policies/STRATEGIC/"),
    (MANAGER, "/settings/policies/STANDARD/edit/"),
    (MANAGER, "/settings/policies/STANDARD/copy/"),
    (MANAGER, "/settings/texts/"),
    (MANAGER, "/settings/texts/FIRST_REMINDER-fr-EMAIL/"),
    (CFO, "/settings/texts/FORMAL_NOTICE-en-LETTER/"),
    (ADMINISTRATOR, "/settings/rates/"),
    (ADMINISTRATOR, "/settings/teams/"),
    (MANAGER, "/settings/today/"),
    (MANAGER, "/settings/today/preview/"),
    (MANAGER, "/today/team/{collector}/target/"),
    (ADMINISTRATOR, "/settings/delay-reasons/"),
    (ADMINISTRATOR, "/settings/late-rates/"),
    (ADMINISTRATOR, "/settings/limitation/"),
    (ADMINISTRATOR, "/settings/write-off-limits/"),
    (ADMINISTRATOR, "/settings/differences/"),
    (MANAGER, "/accounts/{account}/agreement/"),
    (MANAGER, "/reminders/simulations/"),
    (MANAGER, "/reminders/simulations/new/"),
    (MANAGER, "/reminders/trials/"),
    (MANAGER, "/reminders/trials/new/"),
    (MANAGER, "/settings/segments/"),
    (MANAGER, "/settings/segments/new/"),
    (MANAGER, "/settings/segments/{segment}/"),
    (MANAGER, "/settings/segments/{segment}/edit/"),
    (COLLECTOR, "/accounts/{account}/segments/"),
    (MANAGER, "/accounts/{account}/interest/"),
    (ADMINISTRATOR, "/settings/audit/"),
    (ADMINISTRATOR, "/ui/"),
    (CUSTOMER, "/portal/"),
    (CUSTOMER, "/customers/"),
    ("", "/account/login/"),
    ("", "/account/password/reset/"),
]
STATEMENTS = {
    "collector": "SELECT owner_id FROM worklist_task WHERE kind = 'CALL' AND owner_id IS NOT NULL LIMIT 1",
    "customer": "SELECT id FROM parties_customer WHERE number = 'C00001'",
    "account": "SELECT account_id FROM worklist_task WHERE kind = 'CALL' ORDER BY score DESC LIMIT 1",
    "action": "SELECT min(id) FROM cases_correctiveaction",
    "segment": "SELECT id FROM segments_segment WHERE code = 'LITIGATION_BOUND'",
    "item": "SELECT item_id FROM cases_dispute ORDER BY id LIMIT 1",
    "dispute": "SELECT id FROM cases_dispute ORDER BY id LIMIT 1",
    "run": "SELECT min(id) FROM dunning_dunningrun WHERE state = 'READY'",
    "decision": "SELECT min(d.id) FROM dunning_dunningdecision d JOIN dunning_dunningrun r ON r.id = d.run_id"
    " WHERE d.outcome = 'SEND' AND r.state = 'READY'",
    "notice": "SELECT min(id) FROM dunning_dunningnotice",
    "message": "SELECT min(id) FROM delivery_demomessage",
    "batch": "SELECT min(id) FROM foundation_importbatch",
    "collection": "SELECT max(id) FROM debits_debitcollection",
    "writeback": "SELECT max(id) FROM writeback_writebackbatch",
    "mandate": "SELECT min(id) FROM debits_mandate",
    "waiting": "SELECT min(id) FROM cash_banktransaction WHERE state = 'WAITING'",
    "matched": "SELECT min(id) FROM cash_banktransaction WHERE state = 'MATCHED'",
    "statement": "SELECT min(id) FROM cash_bankstatement",
    "payer": "SELECT min(id) FROM cash_payeridentity",
    "remittance": "SELECT min(id) FROM remittances_remittance",
    "transmission": "SELECT min(id) FROM delivery_transmission",
    "company": "SELECT min(id) FROM parties_company",
    "person": "SELECT min(id) FROM parties_user WHERE name = 'Hugo Bernard'",
}
# Addresses that are no page: they only take a form, or answer another page with a part.
NO_PAGES = {
    "home", "run_create", "mailbox_empty", "preference", "saved_view_create", "task_reopen", "task_bulk", "ui_toast",
    "ui_panel", "item_delay_reason", "item_dispute", "item_promise", "item_plan", "item_handover", "audit_verify",
    "policy_assign", "policy_draft", "segment_draft", "segment_refresh", "settings_today_reset", "task_bulk_ask",
    "mass_message", "mass_policy", "writeback_export", "writeback_again",
}  # fmt: skip


def fill(path: str, site: Site) -> str:
    """Return the path with the ids that the demo happens to have."""
    for name, statement in STATEMENTS.items():
        if f"{{{name}}}" in path:
            path = path.replace(f"{{{name}}}", str(site.rows(statement)[0][0]))
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window that stays open for all pages of a role, as a person's does; and what it has complained of."""

    page: Page
    complaints: list[str]


@pytest.fixture(scope="module")
def windows(
    browser: Browser, browser_context_args: dict[str, Any], add_session: AddSession
) -> Iterator[Callable[[str], Window]]:
    """Return the window of a role."""
    found: dict[str, Window] = {}

    def window(role: str) -> Window:
        if role not in found:
            context = browser.new_context(**browser_context_args)
            if role:
                add_session(context, role)
            page = context.new_page()
            found[role] = Window(page=page, complaints=watch(page))
        return found[role]

    yield window
    for one in found.values():
        one.page.context.close()


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_a_page(windows: Callable[[str], Window], site: Site, role: str, path: str) -> None:
    window = windows(role)
    page = window.page
    window.complaints.clear()
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(LAPTOP)
    page.goto(fill(path, site))
    assert_accessible(page)
    for size in (LAPTOP, SMALL_LAPTOP, PHONE):
        page.set_viewport_size(size)
        assert_fits(page)
    page.emulate_media(color_scheme="dark")
    assert_accessible(page)
    assert window.complaints == []


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, str]]:
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _addresses(one.url_patterns, path)
        elif one.name:
            yield one.name, f"/{path}"


def test_no_page_is_forgotten() -> None:
    looked_at = {path.partition("?")[0] for _role, path in PAGES}
    own = [one for one in get_resolver().url_patterns if str(one.pattern) not in ("account/", "api/v1/")]
    found = [_addresses([one]) for one in own]
    pages = {path: name for part in found for name, path in part if "<" not in path and "." not in path}
    forgotten = {name for path, name in pages.items() if path not in looked_at}
    assert forgotten - NO_PAGES == set()
