"""Many accounts at once, from the customers and from a segment: what a selection means, who may, what the pages say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from quittance.delivery.models import MediumPrice
from quittance.dunning import services
from quittance.dunning.models import AccountPolicy, AccountSelection, ChosenAccount, DunningRun
from quittance.ledger.models import OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Contact, Customer, CustomerAccount, Department
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


def freeze(client: Client, url: str, **posted: object) -> str:
    """Press the button of a list; return the page that asks what the accounts are to get."""
    answer = client.post(url, posted)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def save(client: Client, page: str, **posted: object) -> HttpResponse:
    """Answer that page as it was shown."""
    shown = client.get(page).content.decode()
    count = shown.split('name="count" value="')[1].split('"')[0]
    given = {"step": "save", "count": count, "message": "STATEMENT", "medium": "EMAIL", **posted}
    return client.post(page, given)


def send(client: Client, url: str, **posted: object) -> None:
    answer = save(client, freeze(client, url, **posted))
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == reverse("run_detail", args=[DunningRun.objects.latest("id").pk])


def test_a_message_is_chosen_reviewed_and_sent(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.alice), reverse("mass_message")
    page = client.get(reverse("customer_list")).content.decode()
    assert "Send a message…" in page and f'value="{cast.durand.pk}-EUR"' in page
    assert "Policy of reminders…" not in page  # a collector changes no policy
    selected = [f"{cast.durand.pk}-EUR", f"{boreal.customer_id}-EUR"]
    here = freeze(client, url, selected=selected, query="")
    page = client.get(here).content.decode()
    assert "Send a message to 2 accounts" in page and "411BOREAL" in page
    assert not DunningRun.objects.exists()
    assert save(client, here, message="HELLO").status_code == 422
    assert save(client, here).status_code == 302
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
        answer = client.post(url, posted, follow=True)
        assert "Select one line at least." in answer.content.decode()
        answer = client.post(f"{url}?items=1", {**posted, "query": ""} if "all" not in posted else {}, follow=True)
        assert "Select one line at least." in answer.content.decode()
    assert not AccountSelection.objects.exists()


def test_a_stranger_reaches_no_account_of_ours(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.charlie), reverse("mass_message")
    item = OpenItem.objects.get(document_number="B-1")
    for where, posted in (
        (url, {"all": "1"}), (url, {"selected": [f"{cast.durand.pk}-EUR"]}), (f"{url}?items=1", {"all": "1"}),
        (f"{url}?items=1", {"selected": [str(item.pk)]}),
    ):  # fmt: skip
        assert client.post(where, posted).status_code == 302
    assert not AccountSelection.objects.exists()
    assert browser(cast.diane).post(url, {"all": "1"}).status_code == 403  # who reads sends nothing
    assert browser(cast.alice).post(reverse("mass_policy"), {"all": "1"}).status_code == 403
    assert "Send a message…" not in browser(cast.diane).get(reverse("customer_list")).content.decode()
    mine = freeze(browser(cast.alice), url, all="1", query="")
    for other in (cast.manager, cast.charlie):  # a selection is its owner's
        assert browser(other).get(mine).status_code == 404
        assert browser(other).get(f"{mine}preview/").status_code == 404


def test_what_was_reviewed_is_what_is_written_to_whatever_changes_in_between(
    cast: Cast, boreal: CustomerAccount
) -> None:
    client = browser(cast.manager)
    page = freeze(client, reverse("mass_message"), all="1", query="strategic=yes")
    policy = freeze(client, reverse("mass_policy"), all="1", query="strategic=yes")
    assert "Send a message to 1 account" in client.get(page).content.decode()
    Customer.objects.filter(pk=boreal.customer_id).update(is_strategic=False)
    late_one = Customer.objects.create(number="C0003", name="Later", country="FR", is_strategic=True)
    account = make_account(late_one, cast.company, cast.services, number="411LATER")
    make_item(account, "100", due=today() - timedelta(days=9))
    refresh_balances(account_ids=None, as_of=today())
    assert save(client, page).status_code == 302
    assert chosen() == [boreal.pk]
    assert save(client, policy, policy="STRATEGIC").status_code == 302
    assert list(AccountPolicy.objects.values_list("account_id", flat=True)) == [boreal.pk]
    send(client, reverse("mass_message"), all="1", query="strategic=yes")  # asked anew, the list says another
    assert chosen() == [account.pk]


def test_accounts_that_are_no_longer_there_are_told_before_anything_is_saved(cast: Cast) -> None:
    customer = Customer.objects.create(number="C0003", name="Gone", country="FR")
    gone = make_account(customer, cast.company, cast.services, number="411GONE")
    client, ids = browser(cast.manager), [cast.account.pk, gone.pk]
    kept = services.freeze_selection(account_ids=ids, back="/customers/", user_id=cast.manager.pk)
    page = reverse("mass_message_write", args=[kept])
    gone.delete()
    answer = client.post(page, {"step": "save", "count": "2", "message": "STATEMENT", "medium": "EMAIL"})
    text = answer.content.decode()
    assert answer.status_code == 422 and "1 account you selected is no longer there" in text
    assert "Look once more." in text and not DunningRun.objects.exists()
    assert save(client, page).status_code == 302


def test_the_items_list_starts_one_by_its_filters(cast: Cast, boreal: CustomerAccount) -> None:
    client, url = browser(cast.alice), f"{reverse('mass_message')}?items=1"
    assert url in client.get(reverse("item_list")).content.decode().replace("&amp;", "&")
    send(client, url, all="1", query="q=B-1")
    assert chosen() == [boreal.pk]
    send(client, url, selected=[str(OpenItem.objects.filter(account=cast.account)[0].pk)], query="")
    assert chosen() == [cast.account.pk]


def test_own_words_are_checked_shown_and_sent_to_who_owes_nothing(cast: Cast) -> None:
    customer = Customer.objects.create(number="C0009", name="Idle", country="FR", town="Nice")
    Contact.objects.create(customer=customer, name="Ida", email="ida@idle.example", language="fr")
    idle = make_account(customer, cast.company, cast.department, number="411IDLE")
    client = browser(cast.alice)
    kept = services.freeze_selection(account_ids=[idle.pk], back="/customers/", user_id=cast.alice.pk)
    page = reverse("mass_message_write", args=[kept])
    answer = save(client, page, message="FREE_TEXT")
    assert answer.status_code == 422 and "Write the message in one language at least." in answer.content.decode()
    answer = save(client, page, message="FREE_TEXT", subject_fr="Fermeture", body_fr="Solde {{ total }}")
    assert answer.status_code == 422 and "There is no variable “total”" in answer.content.decode()
    words = {"message": "FREE_TEXT", "subject_fr": "Fermeture", "body_fr": "Nos bureaux ferment. <b>{{ customer }}</b>"}
    frame = client.post(f"{page}preview/", {**words, "medium": "EMAIL", "language": "fr"}).content.decode()
    assert "Nos bureaux ferment. &lt;b&gt;Idle&lt;/b&gt;" in frame
    assert save(client, page, **words).status_code == 302
    run = DunningRun.objects.get()
    services.fill_run(run_id=run.pk)
    page = client.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Message in your own words" in page and "What was written" in page and "Send 1 message" in page
    decision = run.decisions.get()
    page = client.get(reverse("decision_detail", args=[decision.pk])).content.decode()
    assert "Nos bureaux ferment." in page
    client.post(reverse("run_release", args=[run.pk]))
    channel = KeepingChannel()
    send_waiting(channel)
    assert [message.subject for message in channel.sent] == ["Fermeture"]
    page = client.get(reverse("notice_detail", args=[decision.notice.pk])).content.decode()
    assert "Message in your own words" in page
    timeline = client.get(reverse("customer_timeline", args=[customer.pk])).content.decode()
    assert "Message in our own words sent" in timeline and "Reminder sent" not in timeline


def test_the_message_is_shown_before_the_run_on_any_account_in_three_languages(
    cast: Cast, boreal: CustomerAccount, settings: object
) -> None:
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"  # type: ignore[attr-defined]
    client = browser(cast.alice)
    page = freeze(client, reverse("mass_message"), selected=[f"{boreal.customer_id}-EUR"], query="")
    assert "Durand" in client.post(page, {"step": "find", "find": "Durand"}).content.decode()
    for medium in ("EMAIL", "SMS", "LETTER"):
        for language, word in (("fr", "facture"), ("en", "invoice"), ("es", "factura")):
            given = {"message": "FIRST_REMINDER", "medium": medium, "language": language}
            answer = client.post(f"{page}preview/", {**given, "account": str(cast.account.pk)})
            text = answer.content.decode()
            assert "sandbox" in answer["Content-Security-Policy"]
            assert "data:image/png" in text if medium == "LETTER" else word in text, (medium, language)
    answer = client.post(f"{page}preview/", {"medium": "SMS", "message": "FIRST_REMINDER", "language": "fr"})
    assert all(word in answer.content.decode() for word in ("Encoding", "Parts", "Cost"))
    answer = client.post(f"{page}preview/", {"medium": "LETTER", "message": "STATEMENT", "language": "fr", "as": "pdf"})
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    for wrong in ({"medium": "CALL"}, {"message": "HELLO"}, {"language": "de"}):
        assert "Choose a text" in client.post(f"{page}preview/", wrong).content.decode()
    assert client.get(f"{page}preview/?account=0").status_code == 404
    department = Department.objects.create(company=cast.other_company, code="O", name="Other")
    stranger = make_account(cast.durand, cast.other_company, department, number="OTHER")
    assert client.get(f"{page}preview/?account={stranger.pk}").status_code == 404


def test_an_sms_run_says_what_it_costs_before_it_is_sent(cast: Cast, settings: object) -> None:
    settings.QUITTANCE_SMS_CHANNEL = "sms-ovh"  # type: ignore[attr-defined]
    Contact.objects.update(phone="+33612345678")
    client = browser(cast.manager)
    page = freeze(client, reverse("mass_message"), all="1", query="")
    assert save(client, page, medium="SMS", message="SECOND_REMINDER").status_code == 302
    run = DunningRun.objects.get()
    services.fill_run(run_id=run.pk)
    text = client.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Most parts of one" in text and "no price is set under Sending" in text
    MediumPrice.objects.create(unit="SMS_SEGMENT", price="0.05", currency="EUR", from_date=today())
    assert "0.05" in client.get(reverse("run_detail", args=[run.pk])).content.decode()


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
    here = freeze(client, url, all="1", query="")
    assert "Which policy do these 2 accounts follow?" in client.get(here).content.decode()
    answer = client.post(here, {"count": "2", "policy": "STRATEGIC"}, follow=True)
    assert "2 accounts changed their policy." in answer.content.decode()
    assert AccountPolicy.objects.filter(policy_code="STRATEGIC").count() == 2
    undo = next(text for text in answer.content.decode().split('"') if text.startswith("/settings/policies/assign"))
    assert browser(cast.alice).post(undo).status_code == 403
    answer = client.post(undo, follow=True)
    assert "2 accounts follow what they did before." in answer.content.decode()
    assert "taken back already" in client.post(undo, follow=True).content.decode()
    assert not AccountPolicy.objects.exists()
    answer = client.post(here, {"count": "2", "policy": "NONE"}, follow=True)
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
