"""Payment plans on the desk: proposed from a selection, followed, answered by the customer's link, cancelled."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.ledger.models import OpenItem
from quittance.promises import plans
from quittance.promises.models import PaymentPlan
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def items(cast: Cast) -> list[OpenItem]:
    return late_items(cast)


def filled(items: list[OpenItem], **fields: object) -> dict[str, object]:
    return {
        "item": [item.id for item in items],
        "step": "save",
        "count": 3,
        "rhythm": "MONTHLY",
        "first_date": today() + timedelta(days=10),
        "tolerance_days": 5,
        "answer_until": today() + timedelta(days=7),
        "comment": "cash is short until spring",
        **fields,
    }


def propose(cast: Cast, items: list[OpenItem], **fields: object) -> PaymentPlan:
    answer = browser(cast.alice).post(reverse("item_plan"), filled(items, **fields))
    plan = PaymentPlan.objects.latest("id")
    assert answer["Location"] == reverse("plan_detail", args=[plan.id])
    return plan


def shown(page: str) -> list[str]:
    """Return the plans that a list shows."""
    return re.findall(r'href="/plans/(\d+)/"', page)


def test_a_plan_is_shown_before_it_is_proposed(cast: Cast, items: list[OpenItem]) -> None:
    alice = browser(cast.alice)
    first = alice.post(reverse("item_plan"), {"item": [item.id for item in items]})
    assert "200.00" in first.content.decode()
    shown = alice.post(reverse("item_plan"), filled(items, step="show", count=4, annual_rate_pct="6"))
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "150.99" in text  # 150 and ten days of 6 % on 600
    assert not PaymentPlan.objects.exists()


def test_a_plan_is_proposed_accepted_by_phone_and_cancelled(cast: Cast, items: list[OpenItem]) -> None:
    plan = propose(cast, items)
    alice = browser(cast.alice)
    page = alice.get(reverse("plan_detail", args=[plan.id])).content.decode()
    assert "Proposed" in page
    assert "/plan/" in page
    early = {"accepted_by": "Marie Petit", "accepted_on": today() - timedelta(days=1)}
    assert alice.post(reverse("plan_accept", args=[plan.id]), early).status_code == 422
    alice.post(reverse("plan_accept", args=[plan.id]), {"accepted_by": "Marie Petit", "accepted_on": today()})
    plan.refresh_from_db()
    assert (plan.state, plan.accepted_via, plan.accepted_by) == ("ACTIVE", "COLLECTOR", "Marie Petit")
    assert "accepted by Marie Petit" in alice.get(reverse("plan_detail", args=[plan.id])).content.decode()
    assert "Payment plan" in alice.get(reverse("customer_detail", args=[cast.durand.id])).content.decode()
    assert "Payment plan" in alice.get(reverse("item_detail", args=[items[0].id])).content.decode()
    refused = alice.post(
        reverse("item_promise"), {"item": items[0].id, "step": "save", "promised_date": today(), "amount": "100"}
    )
    assert "by a payment plan" in refused.content.decode()
    alice.post(reverse("plan_cancel", args=[plan.id]), {"reason": "paid by a loan"})
    alice.post(reverse("plan_cancel", args=[plan.id]))
    plan.refresh_from_db()
    assert (plan.state, plan.end_reason) == ("CANCELLED", "WITHDRAWN")


def test_a_plan_that_was_agreed_on_the_phone_runs_at_once(cast: Cast, items: list[OpenItem]) -> None:
    plan = propose(cast, items, is_accepted="on", contact_name="Marie Petit")
    assert plan.state == "ACTIVE"
    again = browser(cast.alice).post(reverse("item_plan"), filled(items))
    assert again.status_code == 422
    assert "in another plan already" in again.content.decode()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"count": 61}, "60"),
        ({"first_date": -1}, "has passed"),
        ({"annual_rate_pct": "0"}, "greater than"),
        ({"answer_until": 91}, "Ninety"),
        ({"is_accepted": "on"}, "Say who accepted it"),
    ],
)
def test_what_cannot_be_proposed(cast: Cast, items: list[OpenItem], fields: dict[str, Any], text: str) -> None:
    # Days from today, which may begin between the collection of the tests and this one.
    days = {name: today() + timedelta(days=fields[name]) for name in fields.keys() & {"first_date", "answer_until"}}
    answer = browser(cast.alice).post(reverse("item_plan"), filled(items, **{**fields, **days}))
    assert answer.status_code == 422
    assert text in answer.content.decode()
    assert not PaymentPlan.objects.exists()


def test_too_many_parts_of_too_little(cast: Cast) -> None:
    item = make_item(cast.account, "0.02", due=today())
    answer = browser(cast.alice).post(reverse("item_plan"), filled([item]))
    assert answer.status_code == 422
    assert "too small" in answer.content.decode()


def test_a_plan_is_for_one_account(cast: Cast, items: list[OpenItem]) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411OTHER")
    strange = make_item(other, "10", due=today())
    alice = browser(cast.alice)
    answer = alice.post(reverse("item_plan"), filled([*items, strange]), follow=True)
    assert "one account and one currency" in answer.content.decode()
    assert "Select one item" in alice.get(reverse("item_plan"), follow=True).content.decode()


def test_the_customer_accepts_in_its_own_language_without_signing_in(cast: Cast, items: list[OpenItem]) -> None:
    plan = propose(cast, items)
    visitor = Client()
    url = reverse("plan_answer", args=[plans.make_answer_token(plan_id=plan.id)])
    page = visitor.get(url)
    assert page["Content-Language"] == "fr"
    assert page["Referrer-Policy"] == "same-origin"  # keeps the origin of the answer, tells others nothing
    assert "INV-001" in page.content.decode()
    assert visitor.post(url, {"answer": "accept", "name": ""}).status_code == 422
    visitor.post(url, {"answer": "accept", "name": "Marie Petit"})
    plan.refresh_from_db()
    assert (plan.state, plan.accepted_via, plan.accepted_by) == ("ACTIVE", "LINK", "Marie Petit")
    assert visitor.get(url).status_code == 200
    assert visitor.post(url, {"answer": "decline", "name": "Marie Petit"}).status_code == 422
    plan.refresh_from_db()
    assert plan.state == "ACTIVE"


def test_the_customer_declines_and_says_why(cast: Cast, items: list[OpenItem]) -> None:
    plan = propose(cast, items)
    url = reverse("plan_answer", args=[plans.make_answer_token(plan_id=plan.id)])
    visitor = Client()
    visitor.cookies["quittance_language"] = "en"
    visitor.post(url, {"answer": "decline", "name": "Marie Petit", "reason": "Six instalments please"})
    plan.refresh_from_db()
    assert (plan.state, plan.end_reason) == ("CANCELLED", "DECLINED")
    page = browser(cast.alice).get(reverse("plan_detail", args=[plan.id])).content.decode()
    assert "Six instalments please" in page


def test_a_link_that_is_not_ours_leads_nowhere(cast: Cast, items: list[OpenItem]) -> None:
    plan = propose(cast, items)
    token = plans.make_answer_token(plan_id=plan.id)
    assert Client().get(reverse("plan_answer", args=[token[:-2]])).status_code == 404
    forger = Client(enforce_csrf_checks=True)
    answer = forger.post(reverse("plan_answer", args=[token]), {"answer": "accept", "name": "Mallory"})
    assert answer.status_code == 403


def test_plans_are_listed_searched_and_narrowed(cast: Cast, items: list[OpenItem]) -> None:
    propose(cast, items[:1])
    propose(cast, items[1:], is_accepted="on", contact_name="Marie Petit")
    alice = browser(cast.alice)
    page = alice.get(reverse("plan_list")).content.decode()
    assert len(shown(page)) == 2
    running = alice.get(reverse("plan_list"), {"state": "ACTIVE", "sort": "next_due_date"}).content.decode()
    assert len(shown(running)) == 1
    assert "Durand" not in alice.get(reverse("plan_list"), {"q": "nobody"}).content.decode()
    export = alice.get(reverse("plan_list"), {"export": "csv"})
    assert b"Durand" in b"".join(export.streaming_content)  # type: ignore[attr-defined]
    assert shown(browser(cast.charlie).get(reverse("plan_list")).content.decode()) == []
