"""The reminder pages and the mailbox: who may see and do what, and what a page says."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from quittance.cli import demo_mail
from quittance.delivery import queries as delivery
from quittance.dunning import services
from quittance.dunning.models import DunningDecision, DunningNotice, DunningRun
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.parties.models import User
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import KeepingChannel, send_waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    today = clock.today()
    make_item(cast.account, "1200", due=today.fromordinal(today.toordinal() - 8), number="F-LATE")
    return cast


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, "allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def alice(cast: Cast) -> Client:
    return client_of(cast.alice)


@pytest.fixture
def run_id(cast: Cast) -> int:
    return services.prepare_run(company_id=cast.company.pk, as_of=clock.today(), actor=Actor(label="Alice"))


def test_a_run_is_prepared_reviewed_and_sent(cast: Cast, alice: Client) -> None:
    page = alice.get(reverse("run_list")).content.decode()
    assert "Prepare today" in page
    answer = alice.post(reverse("run_create"), {"company": str(cast.company.pk)})
    run = DunningRun.objects.get()
    assert answer["Location"] == reverse("run_detail", args=[run.pk])
    assert "Looking at the accounts" in alice.get(answer["Location"]).content.decode()
    services.fill_run(run_id=run.pk)
    assert alice.get(reverse("run_progress", args=[run.pk]))["HX-Refresh"] == "true"
    page = alice.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Send 1 message" in page and "Durand &amp; Fils" in page and "First reminder" in page
    answer = alice.post(reverse("run_release", args=[run.pk]), follow=True)
    assert "1 message is being sent." in answer.content.decode()
    send_waiting(KeepingChannel())
    page = alice.get(reverse("run_detail", args=[run.pk])).content.decode()
    assert "Sent" in page and "Send 1 message" not in page
    notice = DunningNotice.objects.get()
    page = alice.get(reverse("notice_detail", args=[notice.pk])).content.decode()
    assert "m.petit@durand.example" in page and "F-LATE" in page


def test_leaving_out_and_cancelling(cast: Cast, alice: Client, run_id: int) -> None:
    decision = DunningDecision.objects.get()
    url = reverse("run_exclude", args=[run_id])
    alice.post(url, {"selected": [str(decision.pk)], "leave": "out"})
    assert "Left out" in alice.get(reverse("run_detail", args=[run_id])).content.decode()
    alice.post(url, {"all": "1", "query": "status=EXCLUDED", "leave": "in"})
    assert DunningRun.objects.get().send_count == 1
    answer = alice.post(reverse("run_cancel", args=[run_id]), follow=True)
    assert "Run cancelled." in answer.content.decode()
    assert "no longer waits for review" in alice.post(
        reverse("run_release", args=[run_id]), follow=True
    ).content.decode()  # fmt: skip


def test_the_message_is_shown_in_a_frame_that_can_do_nothing(alice: Client, run_id: int) -> None:
    decision = DunningDecision.objects.get()
    page = alice.get(reverse("decision_detail", args=[decision.pk])).content.decode()
    frame = reverse("decision_message", args=[decision.pk])
    assert f'src="{frame}"' in page and "sandbox" in page and "Rappel" not in page.split("<iframe")[0].split("<dl")[0]
    answer = alice.get(frame)
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'") and "script" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "data:image/png;base64," in answer.content.decode()
    panel = alice.get(
        reverse("decision_detail", args=[decision.pk]), headers={"HX-Request": "true", "HX-Target": "panel"}
    )
    assert "<html" not in panel.content.decode() and "panel-title" in panel.content.decode()


def test_a_message_that_would_no_longer_leave_says_so(cast: Cast, alice: Client, run_id: int) -> None:
    make_item(cast.account, "-1200", due=clock.today())
    decision = DunningDecision.objects.get()
    page = alice.get(reverse("decision_detail", args=[decision.pk])).content.decode()
    assert "No message would leave now: Covered by unapplied credit" in page
    assert alice.get(reverse("decision_message", args=[decision.pk])).status_code == 404


def test_an_account_page_says_why_and_holds(cast: Cast, alice: Client) -> None:
    url = reverse("account_reminders", args=[cast.account.pk])
    assert "First reminder" in alice.get(url).content.decode()
    hold = reverse("account_block", args=[cast.account.pk])
    for wrong in ({"reason": ""}, {"reason": "x", "until": "31/02"}, {"reason": "x", "until": "2001-01-01"}):
        assert "Nothing was put on hold" in alice.post(hold, wrong, follow=True).content.decode()
    assert "Asked by sales" in alice.post(hold, {"reason": "Asked by sales"}, follow=True).content.decode()
    assert "Account on hold" in alice.get(url).content.decode()
    block = cast.account.dunning_blocks.get()
    alice.post(reverse("block_lift", args=[cast.account.pk, block.pk]))
    assert "Account on hold" not in alice.get(url).content.decode()


def test_who_may_do_what(cast: Cast, run_id: int) -> None:
    decision = DunningDecision.objects.get()
    pages = [
        reverse("run_list"),
        reverse("run_detail", args=[run_id]),
        reverse("decision_detail", args=[decision.pk]),
        reverse("decision_message", args=[decision.pk]),
        reverse("account_reminders", args=[cast.account.pk]),
    ]
    for url in pages:
        assert client_of(cast.diane).get(url).status_code == 200  # the CFO reads
        assert client_of(cast.petra).get(url).status_code == 403
        assert Client().get(url).status_code == 302
    for url in pages[1:]:
        assert client_of(cast.charlie).get(url).status_code == 404  # another company's
    actions = [
        reverse("run_create"),
        reverse("run_release", args=[run_id]),
        reverse("run_cancel", args=[run_id]),
        reverse("run_exclude", args=[run_id]),
        reverse("account_block", args=[cast.account.pk]),
    ]
    for url in actions:
        assert client_of(cast.diane).post(url).status_code == 403
        assert client_of(cast.clara).post(url).status_code == 403
        assert client_of(cast.alice).get(url).status_code == 405
    for url in actions[1:]:
        assert client_of(cast.charlie).post(url).status_code == 404
    assert "Send 1 message" not in client_of(cast.diane).get(pages[1]).content.decode()


def test_a_run_over_all_companies_is_released_by_who_sees_them_all(cast: Cast) -> None:
    run_id = services.prepare_run(company_id=None, as_of=clock.today(), actor=Actor(label="Adam"))
    client = client_of(cast.alice)
    page = client.get(reverse("run_detail", args=[run_id])).content.decode()
    assert "Durand &amp; Fils" in page and "Send 1 message" not in page
    assert client.post(reverse("run_release", args=[run_id])).status_code == 403
    cast.alice.sees_all_companies = True
    cast.alice.save()
    assert client.post(reverse("run_release", args=[run_id])).status_code == 302


def test_a_run_for_a_company_of_others_is_not_prepared(cast: Cast, alice: Client) -> None:
    for company in (str(cast.other_company.pk), "", "x", "999999"):
        answer = alice.post(reverse("run_create"), {"company": company}, follow=True)
        assert "Nothing was prepared" in answer.content.decode()
    assert not DunningRun.objects.exists()


def test_the_run_page_takes_few_queries(alice: Client, run_id: int, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        alice.get(reverse("run_detail", args=[run_id]))
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        alice.get(reverse("run_list"))


@override_settings(QUITTANCE_DEMO=True)
def test_the_mailbox_of_the_demo(cast: Cast, alice: Client) -> None:
    assert "No mail yet." in alice.get(reverse("mailbox")).content.decode()
    raw = b"Subject: Hello\r\nContent-Type: text/html\r\n\r\n<p onclick=x()>Hi</p><script>x()</script>"
    demo_mail.keep("a@b.example", ["c@d.example"], raw)
    row = delivery.list_demo_messages()[0]
    assert "Hello" in alice.get(reverse("mailbox")).content.decode()
    page = alice.get(reverse("mailbox_message", args=[row["id"]])).content.decode()
    assert "onclick" not in page and "sandbox" in page
    answer = alice.get(reverse("mailbox_html", args=[row["id"]]))
    assert answer["Content-Security-Policy"].startswith("sandbox;")
    assert client_of(cast.diane).get(reverse("mailbox")).status_code == 403
    alice.post(reverse("mailbox_empty"))
    assert not delivery.list_demo_messages()


@override_settings(QUITTANCE_DEMO=False)
def test_there_is_no_mailbox_outside_the_demo(alice: Client) -> None:
    assert alice.get(reverse("mailbox")).status_code == 404
    assert alice.post(reverse("mailbox_empty")).status_code == 404
