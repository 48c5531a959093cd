"""Today: the card, the list, whose tasks, the side forms, and what nobody else may see."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cases.models import Dispute
from quittance.foundation import clock
from quittance.ledger.models import OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact, Customer
from quittance.promises.models import PromiseToPay
from quittance.worklist.models import Call, Task
from quittance.worklist.services import refresh_tasks
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/today/"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


@pytest.fixture
def item(cast: Cast, today: date) -> OpenItem:
    found = make_item(cast.account, "20000", due=today - timedelta(days=40), number="F-LATE")
    refresh_balances(account_ids=None, as_of=today)
    return found


def sign_in(client: Client, user: Any) -> Client:
    client.force_login(user)
    return client


def page(client: Client, query: str = "") -> str:
    response = client.get(reverse("today") + query)
    assert response.status_code == 200
    return response.content.decode()


def task_of(cast: Cast) -> Task:
    return Task.objects.get(key=f"account:{cast.account.id}")


def test_the_card_shows_one_thing_whole(client: Client, cast: Cast, item: OpenItem) -> None:
    Customer.objects.update(is_strategic=True)
    html = page(sign_in(client, cast.alice))
    for text in (
        "Durand &amp; Fils", "Lyon", "strategic", "€20,000", "1 item, up to 40 days late", "Marie Petit",
        "+33400000001", "Why first", "nobody has been in touch yet", "my 1 · team 1",
    ):  # fmt: skip
        assert text in html, text
    for key in "cpdrsen":
        assert f'data-key="{key}"' in html or key == "n"


def test_an_empty_list_teaches(client: Client, cast: Cast) -> None:
    html = page(sign_in(client, cast.alice))
    assert "Nothing is waiting." in html
    assert "today-focus" not in html


def test_ones_own_list_and_the_teams(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    other = make_account(cast.durand, cast.company, cast.services, number="411BOB", collector=cast.bob)
    make_item(other, "30000", due=today - timedelta(days=50))
    refresh_balances(account_ids=None, as_of=today)
    sign_in(client, cast.bob)
    assert "my 1 · team 2" in page(client)
    assert "Wholesale" not in page(client)
    assert "Wholesale" in page(client, "?who=team")


def test_each_role_sees_what_concerns_it(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    Customer.objects.update(credit_limit=Decimal(1000))
    make_item(cast.account, "-500", due=today)
    refresh_balances(account_ids=None, as_of=today)
    assert 'nowrap">Decide on the limit' in page(sign_in(client, cast.manager))
    clerk = page(sign_in(client, cast.clara))
    assert "Apply cash" in clerk
    assert 'nowrap">Decide on the limit' not in clerk
    cfo = page(sign_in(client, cast.diane))
    assert 'nowrap">Decide on the limit' in cfo
    # Who only reads gets no keys.
    assert 'data-key="c"' not in cfo
    assert 'data-key="e"' not in cfo


def test_a_stranger_sees_and_does_nothing(client: Client, cast: Cast, item: OpenItem) -> None:
    refresh_tasks(as_of=clock.today())
    task = task_of(cast)
    sign_in(client, cast.charlie)
    for query in ("", "?who=team", f"?focus={task.id}", "?focus=x", "?focus=99999999999999999999"):
        assert "Durand" not in page(client, query)
    for name, argument in (
        ("task_done", task.id), ("task_snooze", task.id), ("account_call", cast.account.id),
        ("account_promise", cast.account.id), ("account_dispute", cast.account.id), ("account_reason", cast.account.id),
    ):  # fmt: skip
        assert client.post(reverse(name, args=[argument])).status_code == 404, name
    client.post(reverse("task_bulk"), {"selected": [task.id], "action": "done"})
    client.post(reverse("task_bulk"), {"all": "1", "query": "who=team", "action": "done"})
    task.refresh_from_db()
    assert task.state == "OPEN"


def test_the_cfo_may_look_and_not_act(client: Client, cast: Cast, item: OpenItem) -> None:
    refresh_tasks(as_of=clock.today())
    task = task_of(cast)
    sign_in(client, cast.diane)
    assert client.post(reverse("task_done", args=[task.id])).status_code == 403
    assert client.post(reverse("account_call", args=[cast.account.id])).status_code == 403
    assert client.post(reverse("task_reopen") + f"?id={task.id}").status_code == 403


def test_done_brings_the_next_one_and_can_be_undone(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    second = make_account(cast.durand, cast.company, cast.services, number="411D2", collector=cast.alice)
    make_item(second, "12000", due=today - timedelta(days=30))
    refresh_balances(account_ids=None, as_of=today)
    sign_in(client, cast.alice)
    page(client)
    first, following = Task.objects.order_by("-score", "-id")
    assert f'data-task="{first.id}"' in page(client)
    response = client.post(reverse("task_done", args=[first.id]), **HTMX)
    assert response.status_code == 204
    assert "worklist" in response["HX-Trigger"]
    html = page(client, f"?focus={first.id}")
    assert f'data-task="{following.id}"' in html
    undo = reverse("task_reopen") + f"?id={first.id}"
    assert undo in html
    assert client.post(undo).status_code == 302
    assert f'data-task="{first.id}"' in page(client, f"?focus={first.id}")


def test_snoozing_asks_for_a_day(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    refresh_tasks(as_of=today)
    url = reverse("task_snooze", args=[task_of(cast).id])
    sign_in(client, cast.alice)
    assert "Tomorrow" in client.get(url).content.decode()
    assert client.post(url, {"until": today.isoformat()}).status_code == 422
    assert client.post(url, {"until": "nonsense"}).status_code == 422
    response = client.post(url, {"until": (today + timedelta(days=3)).isoformat()})
    assert response.status_code == 302
    assert task_of(cast).snoozed_until == today + timedelta(days=3)
    page(client)  # with the toast
    assert "Durand" not in page(client, "?kind=CALL")


def test_a_call_in_the_panel_and_without_a_script(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    url = reverse("account_call", args=[cast.account.id])
    sign_in(client, cast.alice)
    html = client.get(url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="panel").content.decode()
    assert "<html" not in html
    assert "F-LATE" in html
    assert "<html" in client.get(url).content.decode()
    answer = {
        "outcome": "PROMISE", "items": [item.id], "promised_date": (today + timedelta(days=4)).isoformat(),
        "amount": "12000,50", "contact": Contact.objects.get().id, "comment": "Friday",
    }  # fmt: skip
    assert client.post(url, answer).status_code == 302
    assert PromiseToPay.objects.get().amount == Decimal("12000.50")
    assert Call.objects.get().outcome == "PROMISE"
    undo = reverse("promise_undo", args=[PromiseToPay.objects.get().id])
    assert undo in page(client)
    client.post(undo)
    assert PromiseToPay.objects.get().state == "WITHDRAWN"


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        ({}, "outcome"),
        ({"outcome": "PROMISE", "promised_date": "2099-01-01"}, "items"),
        ({"outcome": "PROMISE", "items": "ITEM"}, "promised_date"),
        ({"outcome": "PROMISE", "items": "ITEM", "promised_date": "2000-01-01"}, "promised_date"),
        ({"outcome": "PROMISE", "items": "ITEM", "promised_date": "2099-01-01", "amount": "99999"}, "amount"),
        ({"outcome": "DISPUTE", "items": "ITEM"}, "reason"),
        ({"outcome": "CALL_BACK"}, "call_back_date"),
        ({"outcome": "INFORMED", "contact": "123456"}, "contact"),
        ({"outcome": "DISPUTE", "items": "7777777", "reason": "PRICE"}, "items"),
    ],
)
def test_what_an_outcome_lacks_is_said_at_its_field(
    client: Client, cast: Cast, item: OpenItem, answer: dict[str, str], field: str
) -> None:
    sign_in(client, cast.alice)
    data = {name: str(item.id) if value == "ITEM" else value for name, value in answer.items()}
    response = client.post(reverse("account_call", args=[cast.account.id]), data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Call.objects.exists()


def test_a_promise_a_dispute_and_a_reason(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    sign_in(client, cast.alice)
    reason_url = reverse("account_reason", args=[cast.account.id])
    assert client.post(reason_url, {"items": [item.id], "reason": "CASH_SHORT"}).status_code == 302
    item.refresh_from_db()
    assert item.delay_reason_code == "CASH_SHORT"
    dispute_url = reverse("account_dispute", args=[cast.account.id])
    given = {"items": [item.id], "reason": "PRICE", "amount": "100"}
    assert client.post(dispute_url, given).status_code == 302
    assert client.post(dispute_url, given).status_code == 422  # disputed already
    client.post(reverse("dispute_undo", args=[Dispute.objects.get().id]))
    assert Dispute.objects.get().outcome == "WITHDRAWN"
    promise_url = reverse("account_promise", args=[cast.account.id])
    given = {"items": [item.id], "promised_date": (today + timedelta(days=2)).isoformat()}
    assert client.post(promise_url, given).status_code == 302
    assert PromiseToPay.objects.get().amount == 20000
    assert client.post(promise_url, given).status_code == 422  # promised already
    assert task_of(cast).state == "GONE"


def test_several_tasks_at_once(client: Client, cast: Cast, item: OpenItem, today: date) -> None:
    refresh_tasks(as_of=today)
    task = task_of(cast)
    sign_in(client, cast.alice)
    client.post(reverse("task_bulk"), {"selected": [task.id, "x"], "action": "7", "next": "https://evil.example/"})
    task.refresh_from_db()
    assert (task.state, task.snoozed_until) == ("SNOOZED", today + timedelta(days=7))
    client.post(reverse("task_reopen") + f"?id={task.id}&id=x")
    client.post(reverse("task_bulk"), {"all": "1", "query": "", "action": "done"})
    task.refresh_from_db()
    assert task.state == "DONE"


def test_after_an_action_on_another_page_that_page_is_loaded_again(client: Client, cast: Cast, item: OpenItem) -> None:
    sign_in(client, cast.alice)
    response = client.post(
        reverse("account_call", args=[cast.account.id]), {"outcome": "VOICEMAIL"}, HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL="http://testserver/customers/1/?tab=items#open=/accounts/1/call/",
    )  # fmt: skip
    assert response["HX-Redirect"] == "/customers/1/?tab=items"


def test_filters_search_and_export(client: Client, cast: Cast, item: OpenItem) -> None:
    sign_in(client, cast.alice)
    assert "Durand" in page(client, f"?q=dur&kind=CALL&owner={cast.alice.id}&company={cast.company.id}")
    assert "Nothing matches." in page(client, "?q=nobody")
    assert client.get(reverse("today") + "?kind=NONSENSE").status_code == 422
    csv = b"".join(client.get(reverse("today") + "?export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Durand & Fils" in csv
    assert "Call" in csv


def test_the_page_takes_few_queries(
    client: Client, cast: Cast, item: OpenItem, today: date, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        customer = Customer.objects.create(number=f"X{number}", name=f"Customer {number}")
        account = make_account(customer, cast.company, cast.department, number=f"411X{number}", collector=cast.alice)
        make_item(account, "15000", due=today - timedelta(days=45))
    refresh_balances(account_ids=None, as_of=today)
    sign_in(client, cast.alice)
    page(client)
    with django_assert_max_num_queries(15):
        page(client)
