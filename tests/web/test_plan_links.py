"""The link to a payment plan: sent as a message of ours, shown on the portal, opened so many times a minute."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.core.payment_plans import Rhythm
from quittance.delivery.models import Transmission
from quittance.delivery.services import record_consent, send_stored
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.parties.models import Contact, Customer
from quittance.promises import plans, visits
from quittance.promises.models import LinkVisit, PaymentPlan
from quittance.promises.plans import PlanChoice, make_answer_token, schedule_of
from tests.cast import Cast, make_account, make_cast
from tests.integration.dunning.desk import KeepingChannel
from tests.web.desk import ALICE, browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def plan(cast: Cast) -> PaymentPlan:
    items = late_items(cast, 2)
    plan_id = plans.propose_plan(
        account_id=cast.account.pk, item_ids=[item.pk for item in items], made_on=today(), actor=ALICE,
        choice=PlanChoice(count=2, first_date=today() + timedelta(days=20)),
    )  # fmt: skip
    return PaymentPlan.objects.get(pk=plan_id)


def test_the_link_leaves_as_a_message_of_ours(cast: Cast, plan: PaymentPlan, settings: Any) -> None:
    settings.QUITTANCE_PUBLIC_URL = "https://credit.example"
    alice, page = browser(cast.alice), reverse("plan_detail", args=[plan.pk])
    text = alice.get(page).content.decode()
    assert "mailto:" not in text
    assert "m.petit@durand.example" in text
    alice.post(reverse("plan_send", args=[plan.pk]))
    row = Transmission.objects.get()
    assert (row.purpose, row.recipient, row.language) == ("PLAN", "m.petit@durand.example", "fr")
    channel = KeepingChannel()
    send_stored(transmission_id=row.pk, channel=channel)
    (message,) = channel.sent
    assert message.subject == "Votre échéancier avec Arvor Distribution"
    link = next(line for line in message.body_text.splitlines() if line.startswith("https://credit.example/plan/"))
    assert Client().get(link.removeprefix("https://credit.example")).status_code == 200
    assert "m.petit@durand.example" in alice.get(page).content.decode()
    assert Event.objects.filter(kind="plan.link_sent").count() == 1
    assert "Payment plan" in alice.get(reverse("message_list")).content.decode()


def test_nobody_is_written_to_who_refuses_or_whose_plan_is_answered(cast: Cast, plan: PaymentPlan) -> None:
    alice, send = browser(cast.alice), reverse("plan_send", args=[plan.pk])
    assert browser(cast.charlie).post(send).status_code == 404
    assert browser(cast.petra).post(send).status_code == 403
    record_consent(
        contact_id=Contact.objects.get().pk, medium="EMAIL", is_allowed=False, said_on=today(), origin="CALL",
        comment="", actor=ALICE,
    )  # fmt: skip
    assert "Nobody can be written to" in alice.post(send, follow=True).content.decode()
    plans.cancel_plan(plan_id=plan.pk, cancelled_on=today(), actor=ALICE)
    assert "no longer waits" in alice.post(send, follow=True).content.decode()
    assert not Transmission.objects.exists()


def test_the_customer_sees_and_accepts_its_plan_on_the_portal(cast: Cast, plan: PaymentPlan) -> None:
    petra = browser(cast.petra)
    page = petra.get(reverse("portal:home")).content.decode()
    assert "2 instalments" in page
    href = reverse("plan_answer", args=[make_answer_token(plan_id=plan.pk)]).rsplit(":", 2)[0]
    assert href.split("/plan/")[0] + "/plan/" in page
    url = page.split('href="/plan/')[1].split('"')[0]
    assert petra.post(f"/plan/{url}", {"answer": "accept", "name": "Petra"}).status_code == 302
    plan.refresh_from_db()
    assert (plan.state, plan.accepted_by) == ("ACTIVE", "Petra")
    assert "Running" in petra.get(reverse("portal:home")).content.decode()


def test_another_customer_sees_no_plan(cast: Cast, plan: PaymentPlan) -> None:
    other = Customer.objects.create(number="C2", name="Somebody else")
    make_account(other, cast.company, cast.department, number="X")
    cast.petra.portal_customer = other
    cast.petra.save()
    assert "Payment plans" not in browser(cast.petra).get(reverse("portal:home")).content.decode()


def test_a_link_is_opened_so_many_times_a_minute(cast: Cast, plan: PaymentPlan, monkeypatch: Any) -> None:
    monkeypatch.setattr(visits, "VISITS_A_MINUTE_MAX", 2)
    with clock.frozen(clock.now()):
        good = reverse("plan_answer", args=[make_answer_token(plan_id=plan.pk)])
        assert [Client().get(good).status_code for _turn in range(3)] == [200, 200, 429]
        assert Client().get(good)["Retry-After"] == "60"
        bad = reverse("plan_answer", args=["x"])
        assert [Client().get(bad).status_code for _turn in range(3)] == [404, 404, 429]
    assert LinkVisit.objects.count() == 2
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        assert Client().get(good).status_code == 200
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert visits.forget_visits() == 3


def test_instalments_leave_out_the_holidays_of_the_customers_country() -> None:
    choice = PlanChoice(count=3, first_date=date(2026, 5, 1), rhythm=Rhythm.WEEKLY)

    def days(country: str) -> list[date]:
        parts = schedule_of(choice=choice, total=Decimal(90), currency="EUR", made_on=date(2026, 4, 1), country=country)
        return [part.due_date for part in parts]

    # 1 and 8 May 2026 are Fridays and holidays in France; in Spain the 1st alone.
    assert days("FR") == [date(2026, 5, 4), date(2026, 5, 11), date(2026, 5, 15)]
    assert days("ES") == [date(2026, 5, 4), date(2026, 5, 8), date(2026, 5, 15)]
    assert days("") == [date(2026, 5, 1), date(2026, 5, 8), date(2026, 5, 15)]
    assert days("XX") == days("")


def test_the_holidays_of_the_customers_country_are_kept_when_it_is_proposed(cast: Cast) -> None:
    items = late_items(cast, 1)
    plan_id = plans.propose_plan(
        account_id=cast.account.pk, item_ids=[items[0].pk], made_on=today(), actor=ALICE,
        choice=PlanChoice(count=1, first_date=date(today().year + 1, 7, 14)),
    )  # fmt: skip
    assert PaymentPlan.objects.get(pk=plan_id).instalments.get().due_date > date(today().year + 1, 7, 14)
