"""What comes in and what stops: a reply read on its page, the public way out, calls that end badly, consent."""

from __future__ import annotations

import re
import subprocess
import sys

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SignIn
from tests.browser.looking import assert_accessible, assert_fits
from tests.browser.site import Site
from tests.platform.conftest import environment

LIVE_MS_MAX = 30_000
PHONE = {"width": 390, "height": 844}
_SETUP = "import django; django.setup()\n"
_COURTESY = """
from django.utils import timezone
from quittance.delivery.models import Transmission
from quittance.delivery.services import stop_url
from quittance.parties.models import Contact
contact = Contact.objects.exclude(email="").filter(customer__accounts__isnull=False).order_by("id").first()
account = contact.customer.accounts.order_by("id").first()
row = Transmission.objects.create(
    account=account, medium="EMAIL", channel="smtp", purpose="DUNNING_NOTICE", state="SENT",
    sender="credit@arvor.example", recipient=contact.email, language="en", message_id="browser-stop@arvor.example",
    is_courtesy=True, queued_at=timezone.now(),
)
print(stop_url(transmission_id=row.pk), contact.pk)
"""
_REPLY = """
from django.utils import timezone
from quittance.delivery.models import InboundMessage, Mailbox
from quittance.parties.models import CustomerAccount
account = CustomerAccount.objects.order_by("id").first()
mailbox, _ = Mailbox.objects.get_or_create(name="credit@arvor.example/INBOX")
row = InboundMessage.objects.create(
    mailbox=mailbox, uid_validity=1, uid=900001, kind="REPLY", sender="marie@customer.example", sender_name="Marie",
    subject="Your reminder", body_text="We pay on Friday.", message_id="browser-reply@customer.example",
    received_at=timezone.now(), account=account, company=account.company, found_by="MESSAGE_ID",
)
print(row.pk)
"""


def in_site(site: Site, code: str) -> list[str]:
    """Run a few lines of Python as the site and return the words they print."""
    done = subprocess.run(
        [sys.executable, "-c", _SETUP + code],
        env=environment(
            QUITTANCE_DATABASE_URL=site.database_url, QUITTANCE_DATA_DIR=str(site.data_dir), QUITTANCE_DEMO="1",
            QUITTANCE_PUBLIC_URL=site.url, DJANGO_SETTINGS_MODULE="quittance.config.settings",
        ),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_reply_is_read_given_and_done(page: Page, sign_in: SignIn, site: Site) -> None:
    (inbound_id,) = in_site(site, _REPLY)
    sign_in("Collector").goto(f"/messages/replies/{inbound_id}/")
    expect(page.get_by_role("heading", name="Your reminder")).to_be_visible()
    expect(page.locator("pre.message-words")).to_have_text("We pay on Friday.")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Give it to").select_option(index=1)
    page.get_by_role("button", name="Give", exact=True).click()
    page.get_by_role("button", name="Read, done").click()
    expect(page.locator("#table-replies tbody tr", has_text="Your reminder")).to_contain_text("yes")
    page.goto(f"/messages/replies/{inbound_id}/")
    expect(page.get_by_role("button", name="Mark as not read")).to_be_visible()
    page.set_viewport_size(PHONE)
    assert_fits(page)


def test_a_courtesy_link_stops_only_when_asked_and_is_taken_back(page: Page, sign_in: SignIn, site: Site) -> None:
    url, contact_id = in_site(site, _COURTESY)
    page.goto(url)
    expect(page.get_by_role("heading", name="No more messages before the due date?")).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size(PHONE)
    assert_fits(page)
    page.get_by_role("button", name="Stop these messages").click()
    expect(page.get_by_role("heading", name="Noted")).to_be_visible()
    page.goto(url)
    expect(page.get_by_role("heading", name="Noted")).to_be_visible()
    page.goto(re.sub(r"stop/.", "stop/x", url))
    expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()
    sign_in("Collector").goto(f"/contacts/{contact_id}/consent/")
    expect(page.get_by_text("by the link in a message")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("Medium").select_option("SMS")
    page.get_by_label("Where it was said").select_option("WRITTEN")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("table")).to_contain_text("In writing")


# Late items that nobody disputes, by the task of their account; tests before may have disputed or promised others.
_UNDISPUTED = """
SELECT t.id, i.id FROM worklist_task t JOIN ledger_openitem i ON i.account_id = t.account_id
WHERE i.amount_open > 0 AND i.due_date < current_date
  AND NOT EXISTS (SELECT FROM cases_dispute d WHERE d.item_id = i.id AND d.closed_date IS NULL)
"""


def _open_call(page: Page, sign_in: SignIn, items: dict[int, int] | None = None) -> tuple[Locator, int]:
    """Open the call of the last row whose task is one, and has one of those items; return the panel and the item."""
    sign_in("Collector").goto("/today/")
    what = page.locator("td[data-label='What']", has_text=re.compile(r"^\s*Call\s*$"))
    calls = page.locator("#table-today tbody tr").filter(has=what).locator("a[data-focus-link]")
    expect(calls.last).to_be_visible()
    asked = [re.search(r"focus=(\d+)", link.get_attribute("href") or "") for link in calls.all()]
    task_id = [int(found[1]) for found in asked if found and (items is None or int(found[1]) in items)][-1]
    page.goto(f"/today/?focus={task_id}")
    expect(page.locator(f"#today-focus[data-task='{task_id}'] h2")).to_be_visible()
    page.keyboard.press("c")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name=re.compile("^Call "))).to_be_visible()
    return panel, (items or {}).get(task_id, 0)


def test_a_call_that_ends_in_a_dispute_opens_a_case(page: Page, sign_in: SignIn, site: Site) -> None:
    (before,) = site.rows("SELECT count(*) FROM cases_dispute")[0]
    panel, item_id = _open_call(page, sign_in, dict(site.rows(_UNDISPUTED)))
    page.keyboard.press("2")
    expect(panel.get_by_label("Contests")).to_be_checked()
    panel.locator("select[name='reason']").select_option(index=1)
    for box in panel.locator("input[name='items']").all():
        box.set_checked(box.get_attribute("value") == str(item_id))
    panel.get_by_role("button", name="Write the call down").click()
    expect(panel).to_be_hidden(timeout=LIVE_MS_MAX)
    (after,) = site.rows("SELECT count(*) FROM cases_dispute")[0]
    assert after > before


def test_a_wrong_number_is_noted_and_the_call_stays_to_be_done(page: Page, sign_in: SignIn, site: Site) -> None:
    panel, _item_id = _open_call(page, sign_in)
    page.keyboard.press("4")
    expect(panel.get_by_label("Wrong number")).to_be_checked()
    expect(panel.get_by_text("The number is marked as wrong")).to_be_visible()
    assert_accessible(page)
    panel.get_by_role("button", name="Write the call down").click()
    expect(panel).to_be_hidden(timeout=LIVE_MS_MAX)
    statement = "SELECT payload ->> 'outcome' FROM foundation_event WHERE kind = 'call.logged' ORDER BY id DESC LIMIT 1"
    assert site.rows(statement)[0][0] == "WRONG_NUMBER"
