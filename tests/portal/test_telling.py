"""A customer tells us on the portal that a late item is paid, or why it is late; only of its own items."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cases.delay_reasons import use_delay_reason
from quittance.dunning import services
from quittance.dunning.models import DunningDecision, PaymentAnnouncement
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import set_delay_reason
from quittance.parties.models import Customer
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import browser

pytestmark = pytest.mark.django_db
ADAM = Actor(label="Adam")
HOME = "/portal/"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def petra(cast: Cast, client: Client) -> Client:
    client.force_login(cast.petra)
    return client


@pytest.fixture
def late(cast: Cast) -> OpenItem:
    return make_item(cast.account, "1200", due=clock.today() - timedelta(days=40), number="LATE-1")


def paid(item: OpenItem) -> str:
    return reverse("portal:tell_paid", args=[item.pk])


def why(item: OpenItem) -> str:
    return reverse("portal:tell_reason", args=[item.pk])


def read(client: Client) -> str:
    return client.get(HOME).content.decode()


def test_the_form_stands_beside_late_items_alone(cast: Cast, petra: Client, late: OpenItem) -> None:
    today = clock.today()
    others = [
        make_item(cast.account, "300", due=today, number="TODAY-1"),
        make_item(cast.account, "-50", due=today - timedelta(days=9), kind="CREDIT_NOTE", number="CN-1"),
    ]
    page = read(petra)
    assert page.count('<details class="portal-tell"') == 1
    assert paid(late) in page and why(late) in page
    assert f'value="{today.isoformat()}"' in page
    assert not any(paid(item) in page for item in others)
    assert '<option value="PRICE">Price contested</option>' in page
    # What says how our own people fared is not asked of the customer.
    assert "Nobody can be reached" not in page and "Says it has paid" not in page


def test_a_payment_announced_is_shown_and_holds_the_reminders(cast: Cast, petra: Client, late: OpenItem) -> None:
    today = clock.today()
    services.ensure_default_policy()
    cast.bank_account.last_statement_date = today
    cast.bank_account.save()
    other = make_item(cast.account, "80", due=today - timedelta(days=30), number="LATE-2")
    day = today - timedelta(days=2)
    text = petra.post(paid(late), {"paid_on": day.isoformat()}, follow=True).content.decode()
    assert "Reminders for this document wait for your payment" in text
    assert f"You told us: Paid on {day.day} {day:%b} {day.year}." in text
    assert paid(late) not in text and why(late) in text and paid(other) in text
    word = PaymentAnnouncement.objects.get()
    assert (word.item_id, word.source, word.announced_on, word.created_by_id) == (
        late.pk, "PORTAL", today, cast.petra.pk,
    )  # fmt: skip
    assert word.until_date == today + timedelta(days=services.ANNOUNCED_DAYS)
    event = Event.objects.get(kind="dunning_announcement.made")
    assert (event.actor_id, event.actor_label, event.item_id) == (cast.petra.pk, "Petra", late.pk)
    assert "Paid on" in browser(cast.alice).get(reverse("item_detail", args=[late.pk])).content.decode()

    petra.post(paid(other), {"paid_on": today.isoformat()})
    run_id = services.prepare_run(company_id=None, as_of=today, actor=ADAM)
    decision = DunningDecision.objects.get(run_id=run_id, account=cast.account)
    assert (decision.outcome, decision.reason_code) == ("HOLD", "PAYMENT_ANNOUNCED")


def test_a_payment_lies_between_a_year_ago_and_a_few_days_ahead(petra: Client, late: OpenItem) -> None:
    today = clock.today()
    for typed in ("", "31/02", (today + timedelta(days=6)).isoformat(), (today - timedelta(days=367)).isoformat()):
        answer = petra.post(paid(late), {"paid_on": typed})
        assert answer.status_code == 422
        assert "at most 5 days from now" in answer.content.decode()
        assert '<details class="portal-tell" open>' in answer.content.decode()
    assert not PaymentAnnouncement.objects.exists()
    ahead = today + timedelta(days=5)
    petra.post(paid(late), {"paid_on": ahead.isoformat()})
    assert PaymentAnnouncement.objects.get().until_date == ahead + timedelta(days=5)


def test_the_same_word_is_not_renewed_for_ever(petra: Client, late: OpenItem) -> None:
    today = clock.today()
    petra.post(paid(late), {"paid_on": today.isoformat()})
    again = petra.post(paid(late), {"paid_on": today.isoformat()}, follow=True).content.decode()
    assert "You have told us already" in again
    row = PaymentAnnouncement.objects.get()
    row.announced_on, row.until_date = today - timedelta(days=29), today - timedelta(days=24)
    row.save()
    text = read(petra)
    assert "It has not reached us" in text and paid(late) not in text
    row.announced_on = today - timedelta(days=30)
    row.save()
    assert paid(late) in read(petra)
    petra.post(paid(late), {"paid_on": today.isoformat()})
    assert PaymentAnnouncement.objects.count() == 2


def test_what_our_people_wrote_down_stays_with_them(cast: Cast, petra: Client, late: OpenItem) -> None:
    today = clock.today()
    services.announce_payment(
        account_id=cast.account.pk, item_ids=[late.pk], announced_on=today, until_date=today, said="I doubt it",
        actor=ADAM,
    )  # fmt: skip
    set_delay_reason(item_ids=[late.pk], reason_code="CASH_SHORT", actor=Actor(label="Alice", user_id=cast.alice.pk))
    text = read(petra)
    assert "You told us that it is paid." in text and "I doubt it" not in text
    assert "You told us: Short of cash" not in text


def test_a_reason_is_written_and_shown(cast: Cast, petra: Client, late: OpenItem) -> None:
    text = petra.post(why(late), {"reason": "ORDER_MISSING"}, follow=True).content.decode()
    assert "Thank you for telling us." in text
    assert "You told us: Purchase order or reference missing." in text
    late.refresh_from_db()
    assert late.delay_reason_code == "ORDER_MISSING"
    event = Event.objects.get(kind="item.delay_reason_set")
    assert (event.actor_id, event.payload["after"]) == (cast.petra.pk, "ORDER_MISSING")
    story = browser(cast.alice).get(reverse("item_detail", args=[late.pk])).content.decode()
    assert "Petra" in story and "Purchase order or reference missing" in story


def test_the_customer_says_the_same_as_we_do(cast: Cast, petra: Client, late: OpenItem) -> None:
    set_delay_reason(item_ids=[late.pk], reason_code="PRICE", actor=ADAM)
    petra.post(why(late), {"reason": "PRICE"})
    assert "You told us: Price contested." in read(petra)


@pytest.mark.parametrize("code", ["", "NONE", "UNREACHABLE", "TERMS"])
def test_a_reason_is_one_of_those_offered(petra: Client, late: OpenItem, code: str) -> None:
    use_delay_reason(code="TERMS", is_active=False, actor=ADAM)
    answer = petra.post(why(late), {"reason": code})
    assert answer.status_code == 422
    assert "Choose a reason of the list." in answer.content.decode()
    late.refresh_from_db()
    assert late.delay_reason_code == ""


def test_what_is_not_late_needs_no_answer(cast: Cast, petra: Client) -> None:
    today = clock.today()
    soon = make_item(cast.account, "300", due=today, number="TODAY-1")
    for answer in (
        petra.post(paid(soon), {"paid_on": today.isoformat()}, follow=True),
        petra.post(why(soon), {"reason": "PRICE"}, follow=True),
    ):
        assert "Nothing of this document is late now." in answer.content.decode()
    soon.refresh_from_db()
    assert soon.delay_reason_code == ""
    assert not PaymentAnnouncement.objects.exists()


def test_another_customers_item_is_not_found(cast: Cast, petra: Client) -> None:
    today = clock.today()
    stranger = Customer.objects.create(number="C2", name="Somebody else")
    account = make_account(stranger, cast.company, cast.department, number="X")
    item = make_item(account, "777", due=today - timedelta(days=9), number="OTHER-1")
    assert petra.post(paid(item), {"paid_on": today.isoformat()}).status_code == 404
    assert petra.post(why(item), {"reason": "PRICE"}).status_code == 404
    assert petra.post(reverse("portal:tell_paid", args=[0])).status_code == 404
    item.refresh_from_db()
    assert item.delay_reason_code == ""
    assert not PaymentAnnouncement.objects.exists()


def test_who_may_tell_and_how(cast: Cast, petra: Client, late: OpenItem) -> None:
    for url in (paid(late), why(late)):
        assert petra.get(url).status_code == 405
        assert browser(cast.alice).post(url).status_code == 403
        assert Client().post(url).status_code == 302
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(cast.petra)
        assert strict.post(url, {"paid_on": clock.today().isoformat(), "reason": "PRICE"}).status_code == 403
    assert not PaymentAnnouncement.objects.exists()


def test_query_count_does_not_grow_with_the_late_items(
    cast: Cast, petra: Client, django_assert_max_num_queries: object
) -> None:
    for number in range(8):
        make_item(cast.account, "10", due=clock.today() - timedelta(days=9), number=f"N{number}")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        petra.get(HOME)
