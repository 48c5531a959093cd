"""Items: the list, the page of one, and the work on several."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from quittance.cases.models import Dispute
from quittance.foundation.models import Event
from quittance.ledger.models import AllocationReversal, OpenItem
from quittance.promises.models import PromiseToPay
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import assert_guarded, browser, late_items, pay, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def test_the_list_is_for_those_who_may_see_the_company(cast: Cast) -> None:
    late_items(cast)
    assert_guarded(cast, reverse("item_list"), stranger=200)
    assert b"INV-001" in browser(cast.bob).get(reverse("item_list")).content
    assert b"INV-001" not in browser(cast.charlie).get(reverse("item_list")).content
    assert browser(cast.charlie).get(reverse("item_list") + f"?account={cast.account.id}").status_code == 404


def test_the_list_asks_few_questions(cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    late_items(cast, 30)
    alice = browser(cast.alice)
    alice.get(reverse("item_list"))
    with django_assert_max_num_queries(15):
        alice.get(reverse("item_list"))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"INV-001", "INV-002", "INV-003", "CRN-001", "SOON"}),
        ("late=yes", {"INV-001", "INV-002", "INV-003"}),
        ("bucket=due_1_30", {"INV-001", "INV-002", "INV-003"}),
        ("bucket=due_31_60", set()),
        ("bucket=not_due", {"SOON"}),
        ("credit=yes", {"CRN-001"}),
        ("state=disputed", {"INV-001"}),
        ("state=part_paid", {"INV-002"}),
        ("state=settled", {"PAID"}),
        ("q=inv-00", {"INV-001", "INV-002", "INV-003"}),
        ("q=300,00", {"INV-003"}),
        ("open_from=250&credit=no", {"INV-003", "SOON"}),
        ("sort=-open_amount&kind=CREDIT_NOTE", {"CRN-001"}),
    ],
)
def test_filters_keep_what_they_say(cast: Cast, query: str, shown: set[str]) -> None:
    one, two, _three = late_items(cast)
    paid = make_item(cast.account, "50", due=today() - timedelta(days=40), number="PAID")
    make_item(cast.account, "700", due=today() + timedelta(days=5), number="SOON")
    make_item(cast.account, "-20", due=today(), kind="CREDIT_NOTE", number="CRN-001")
    pay(cast, paid, "50", today())
    pay(cast, two, "80", today())
    browser(cast.alice).post(
        reverse("item_dispute"),
        {"item": one.id, "step": "save", "reason": "PRICE", "amount": "40", "due_date": "", "owner": "", "comment": ""},
    )
    html = browser(cast.alice).get(f"{reverse('item_list')}?{query}").content.decode()
    numbers = {"INV-001", "INV-002", "INV-003", "CRN-001", "SOON", "PAID"}
    assert {number for number in numbers if f">{number}<" in html} == shown


def test_the_export_has_the_rows(cast: Cast) -> None:
    late_items(cast)
    answer = browser(cast.alice).get(reverse("item_list") + "?export=csv&late=yes")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 4
    assert lines[1].startswith("INV-003,")


def test_the_page_of_an_item_tells_its_story(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    allocation_id = pay(cast, item, "30", today())
    item.refresh_from_db()
    item.reference, item.version = "PO-77", item.version + 1
    item.save()
    path = reverse("item_detail", args=[item.id])
    assert_guarded(cast, path)
    html = browser(cast.manager).get(path).content.decode()
    assert "€70.00" in html
    assert reverse("allocation_reverse", args=[item.id, allocation_id]) in html
    assert "<ins>PO-77</ins>" in html
    assert reverse("allocation_reverse", args=[item.id, allocation_id]) not in (
        browser(cast.alice).get(path).content.decode()
    )


def test_a_panel_is_a_part_and_a_page_without_a_script(cast: Cast) -> None:
    path = reverse("item_detail", args=[late_items(cast, 1)[0].id])
    panel = browser(cast.alice).get(path, headers={"HX-Request": "true", "HX-Target": "panel"}).content.decode()
    assert "<html" not in panel
    assert "panel-title" in panel


def test_an_allocation_is_undone_by_those_who_match_cash(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    path = reverse("allocation_reverse", args=[item.id, pay(cast, item, "30", today())])
    assert browser(cast.alice).post(path, {"reason": "wrong"}).status_code == 403
    browser(cast.clara).post(path, {"reason": ""})
    assert not AllocationReversal.objects.exists()
    browser(cast.clara).post(path, {"reason": "paid for another invoice"})
    item.refresh_from_db()
    assert item.amount_open == 100
    assert AllocationReversal.objects.get().reason == "paid for another invoice"


def test_a_past_day_shows_what_was_open_then(cast: Cast) -> None:
    item = late_items(cast, 1)[0]
    pay(cast, item, "100", today())
    alice = browser(cast.alice)
    assert b"INV-001" not in alice.get(reverse("item_list")).content
    yesterday = today() - timedelta(days=1)
    assert b"INV-001" in alice.get(reverse("item_list") + f"?desk_as_of={yesterday}").content
    assert "€100.00" in alice.get(reverse("item_detail", args=[item.id])).content.decode()


def test_reasons_are_set_on_a_selection_inside_the_scope(cast: Cast) -> None:
    items = late_items(cast)
    foreign = make_item(
        make_account(cast.durand, cast.other_company, cast.services, number="X1"), "10", due=today(), number="OTHER"
    )
    alice = browser(cast.alice)
    asked = alice.post(reverse("item_delay_reason"), {"all": "1", "query": "late=yes"})
    assert asked.status_code == 200
    assert b"INV-003" in asked.content
    chosen = [item.id for item in items] + [foreign.id]
    alice.post(reverse("item_delay_reason"), {"item": chosen, "step": "save", "reason": "CASH_SHORT"})
    assert OpenItem.objects.filter(delay_reason_code="CASH_SHORT").count() == 3
    assert alice.post(reverse("item_delay_reason"), {"item": chosen, "step": "save", "reason": "X"}).status_code == 422
    assert browser(cast.diane).post(reverse("item_delay_reason"), {"item": chosen}).status_code == 403


def test_all_of_a_customer_is_not_all_of_the_company(cast: Cast) -> None:
    late_items(cast)
    other = cast.durand.__class__.objects.create(number="C2", name="Petit")
    make_item(
        make_account(other, cast.company, cast.department, number="P2"), "10", due=today() - timedelta(days=3),
        number="PETIT",
    )  # fmt: skip
    path = f"{reverse('item_delay_reason')}?customer={cast.durand.id}&prefix=items-"
    asked = browser(cast.alice).post(path, {"all": "1", "query": ""})
    assert b"INV-001" in asked.content
    assert b"PETIT" not in asked.content


def test_disputes_are_opened_through_the_service(cast: Cast) -> None:
    items = late_items(cast)
    alice = browser(cast.alice)
    form = {"item": items[0].id, "step": "save", "reason": "PRICE", "due_date": "", "owner": "", "comment": "too dear"}
    refused = alice.post(reverse("item_dispute"), {**form, "amount": "100,01"})
    assert refused.status_code == 422
    assert alice.post(reverse("item_dispute"), {**form, "amount": "40,50"}).status_code == 302
    dispute = Dispute.objects.get()
    assert (dispute.amount_disputed, dispute.owner_id, dispute.comment) == (Decimal("40.5"), cast.alice.id, "too dear")
    alice.post(reverse("item_dispute"), {**form, "item": [item.id for item in items]})
    assert Dispute.objects.count() == 3
    assert Event.objects.filter(kind="dispute.opened").count() == 3


def test_a_promise_is_taken_and_withdrawn(cast: Cast) -> None:
    items = late_items(cast)
    alice = browser(cast.alice)
    form = {"item": [item.id for item in items], "step": "save", "contact_name": "Marie", "comment": ""}
    yesterday, friday = today() - timedelta(days=1), today() + timedelta(days=4)
    path = reverse("item_promise")
    assert alice.post(path, {**form, "promised_date": yesterday, "amount": "600"}).status_code == 422
    assert alice.post(path, {**form, "promised_date": friday, "amount": "601"}).status_code == 422
    assert alice.post(path, {**form, "promised_date": friday, "amount": "600"}).status_code == 302
    promise = PromiseToPay.objects.get()
    assert (promise.amount, promise.promised_date) == (600, friday)
    assert alice.post(path, {**form, "promised_date": friday, "amount": "600"}).status_code == 422
    withdraw = reverse("promise_withdraw", args=[promise.id])
    assert browser(cast.charlie).post(withdraw).status_code == 404
    alice.post(withdraw)
    promise.refresh_from_db()
    assert promise.state == "WITHDRAWN"
