"""Many accounts at once, from the customers and from a segment: what a selection means, who may, what the pages say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from quittance.dunning import services
from quittance.dunning.models import AccountPolicy, ChosenAccount, DunningRun
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact, Customer, CustomerAccount
from quittance.segments.models import Membership, Segment
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.dunning.desk import KeepingChannel, send_waiting
from tests.web.desk import browser, late_items, today

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    services.ensure_default_policy()
    cast = make_cast()
    late_items(cast)
    return cast


@pytest.fixture
def boreal(cast: Cast) -> CustomerAccount:
    customer = Customer.objects.create(number="C0002", name="Boreal", country="SE", town="Umea", is_strategic=True)
    Contact.objects.create(customer=customer, name="Nils", email="nils@boreal.example", language="en")
    account = make_account(customer, cast.company, cast.services, number="411BOREAL", collector=cast.bob)
    make_item(account, "900", due=today() - timedelta(days=15), number="B-1")
    refresh_balances(account_ids=None, as_of=today())
    return account


def chosen() -> list[int]:
    run = DunningRun.objects.latest("id")
    return sorted(ChosenAccount.objects.filter(run=run).values_list("account_id", flat=True))


def send(client: Client, url: str, **posted: object) -> None:
    answer = client.post(url, {"step": "save", "message": "STATEMENT", "medium": "EMAIL", **posted})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == reverse("run_detail", args=[DunningRun.objects.latest("id").pk])


def test_a_message_is_chosen_reviewed_and_sent(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.alice), reverse("mass_message")
    page = client.get(reverse("customer_list")).content.decode()
    assert "Send a message…" in page and f'value="{cast.durand.pk}-EUR"' in page
    assert "Policy of reminders…" not in page  # a collector changes no policy
    selected = [f"{cast.durand.pk}-EUR", f"{boreal.customer_id}-EUR"]
    page = client.post(url, {"selected": selected, "query": ""}).content.decode()
    assert "Send a message to 2 accounts" in page and f'name="selected" value="{selected[0]}"' in page
    assert not DunningRun.objects.exists()
    answer = client.post(url, {"selected": selected, "step": "save", "message": "HELLO", "medium": "EMAIL"})
    assert answer.status_code == 422
    send(client, url, selected=selected)
    run = DunningRun.objects.get()
    services.fill_run(run_id=run.pk)
    page = client.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Statement of account, " in page and "E-mail · chosen accounts" in page and "Send 2 messages" in page
    assert client.get(reverse("run_detail", args=[run.pk]) + "?level=STATEMENT").content.decode().count("Boreal") == 1
    decision = run.decisions.get(account=boreal)
    page = client.get(reverse("decision_detail", args=[decision.pk])).content.decode()
    assert "your statement of account" in page and "nils@boreal.example" in page
    client.post(reverse("run_release", args=[run.pk]))
    channel = KeepingChannel()
    send_waiting(channel)
    assert len(channel.sent) == 2
    page = client.get(reverse("notice_detail", args=[decision.notice.pk])).content.decode()
    assert "Statement of account" in page
    assert "Statement of account" in client.get(reverse("run_list")).content.decode()
    timeline = client.get(reverse("customer_timeline", args=[boreal.customer_id])).content.decode()
    assert "Reminder sent" in timeline


def test_all_that_pass_the_filters_are_meant_however_they_are_sorted(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.manager), reverse("mass_message")
    for query, ids in (
        ("", [cast.account.pk, boreal.pk]),
        ("sort=name&overdue_from=1", [cast.account.pk, boreal.pk]),
        ("strategic=yes", [boreal.pk]),
        ("q=dur", [cast.account.pk]),
        (f"department={cast.services.pk}", [boreal.pk]),
        (f"collector={cast.bob.pk}&sort=-open_sum", [boreal.pk]),
    ):
        send(client, url, all="1", query=query)
        assert chosen() == sorted(ids), query


def test_a_selection_within_a_filter_means_the_accounts_it_shows(cast: Cast) -> None:
    second = make_account(cast.durand, cast.company, cast.services, number="411DURAND2", collector=cast.bob)
    make_item(second, "50", due=today() - timedelta(days=15))
    refresh_balances(account_ids=None, as_of=today())
    client, url, key = browser(cast.alice), reverse("mass_message"), f"{cast.durand.pk}-EUR"
    send(client, url, selected=[key], query="")
    assert chosen() == sorted([cast.account.pk, second.pk])
    send(client, url, selected=[key], query=f"collector={cast.bob.pk}")
    assert chosen() == [second.pk]


def test_what_is_nothing_or_not_understood_chooses_nobody(cast: Cast) -> None:
    client, url = browser(cast.alice), reverse("mass_message")
    for posted in (
        {}, {"selected": ["x", "-", "²-EUR", f"{'9' * 30}-EUR"]}, {"all": "1", "query": "overdue_from=abc"},
    ):  # fmt: skip
        answer = client.post(url, {**posted, "step": "save", "message": "STATEMENT", "medium": "EMAIL"}, follow=True)
        assert "Select one line at least." in answer.content.decode()
    assert not DunningRun.objects.exists()


def test_a_stranger_reaches_no_account_of_ours(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.charlie), reverse("mass_message")
    for posted in ({"all": "1"}, {"selected": [f"{cast.durand.pk}-EUR"]}):
        assert (
            client.post(url, {**posted, "step": "save", "message": "STATEMENT", "medium": "EMAIL"}).status_code == 302
        )
    assert not DunningRun.objects.exists()
    assert browser(cast.diane).post(url, {"all": "1"}).status_code == 403  # who reads sends nothing
    assert browser(cast.alice).post(reverse("mass_policy"), {"all": "1"}).status_code == 403
    assert "Send a message…" not in browser(cast.diane).get(reverse("customer_list")).content.decode()


def test_the_past_sends_nothing(cast: Cast) -> None:
    client = browser(cast.manager)
    past = f"?desk_as_of={today() - timedelta(days=5)}"
    assert "Send a message…" not in client.get(reverse("customer_list") + past).content.decode()
    assert client.post(reverse("mass_message") + past, {"all": "1"}).status_code == 403


def test_a_segment_is_written_to(cast: Cast, boreal: CustomerAccount) -> None:
    segment = Segment.objects.get(code="STRATEGIC")
    for account in (cast.account, boreal):
        Membership.objects.create(segment=segment, account=account, from_date=today() - timedelta(days=2))
    client = browser(cast.manager)
    page = client.get(reverse("segment_detail", args=[segment.pk])).content.decode()
    url = f"{reverse('mass_message')}?segment={segment.pk}"
    assert page.count("Send a message…") == 2 and url in page
    send(client, url, all="1")
    assert chosen() == sorted([cast.account.pk, boreal.pk])
    send(client, url, selected=[str(boreal.pk)])
    assert chosen() == [boreal.pk]
    assert client.post(f"{reverse('mass_message')}?segment=0", {"all": "1"}).status_code == 404
    assert browser(cast.charlie).post(url, {"all": "1"}).status_code == 302
    assert DunningRun.objects.count() == 2


def test_a_policy_is_given_to_many_and_taken_back(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.manager), reverse("mass_policy")
    page = client.post(url, {"all": "1", "query": ""}).content.decode()
    assert "Which policy do these 2 accounts follow?" in page and 'name="all" value="1"' in page
    answer = client.post(url, {"all": "1", "query": "", "step": "save", "policy": "STRATEGIC"}, follow=True)
    assert "2 accounts changed their policy." in answer.content.decode()
    assert AccountPolicy.objects.filter(policy_code="STRATEGIC").count() == 2
    undo = next(text for text in answer.content.decode().split('"') if text.startswith("/settings/policies/assign"))
    assert browser(cast.alice).post(undo).status_code == 403
    answer = client.post(undo, follow=True)
    assert "2 accounts follow what they did before." in answer.content.decode()
    assert "taken back already" in client.post(undo, follow=True).content.decode()
    assert not AccountPolicy.objects.exists()
    answer = client.post(url, {"all": "1", "step": "save", "policy": "NONE"}, follow=True)
    assert "There is no such policy." in answer.content.decode()
    assert client.post(reverse("assignment_undo", args=[0])).status_code == 404


def test_queries_do_not_grow_with_the_customers(
    cast: Cast, boreal: CustomerAccount, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        customer = Customer.objects.create(number=f"M{number}", name=f"Many {number}", country="FR")
        make_item(make_account(customer, cast.company, cast.services, number=f"M{number}"), "9", due=today())
    refresh_balances(account_ids=None, as_of=today())
    client = browser(cast.manager)
    client.get(reverse("customer_list"))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        client.post(reverse("mass_message"), {"all": "1", "query": ""})
