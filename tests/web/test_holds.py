"""Holding reminders of an account or of one item: by whom, until when, where it is seen, and how it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from quittance.dunning import queries, services
from quittance.dunning.models import DunningBlock, DunningDecision
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from tests.cast import Cast, make_account, make_cast, make_item
from tests.web.desk import browser

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    services.ensure_default_policy()
    cast.bank_account.last_statement_date = clock.today()
    cast.bank_account.save()
    return cast


@pytest.fixture
def held(cast: Cast) -> OpenItem:
    """An item to hold, beside another that stays."""
    make_item(cast.account, "300", due=clock.today() - timedelta(days=12), number="STAYS")
    return make_item(cast.account, "1200", due=clock.today() - timedelta(days=10), number="HELD")


def hold(item: OpenItem, **more: object) -> int:
    return services.block_account(
        account_id=item.account_id, item_id=item.id, reason="Site manager checks the hours", from_date=clock.today(),
        until_date=None, actor=ALICE, **more,
    )  # fmt: skip


def test_an_item_is_held_and_released_on_its_page(cast: Cast, held: OpenItem) -> None:
    alice, page = browser(cast.alice), reverse("item_detail", args=[held.id])
    assert "Hold reminders of this item" in alice.get(page).content.decode()
    until = clock.today() + timedelta(days=9)
    url = reverse("item_block", args=[held.id])
    for wrong in ({"reason": " "}, {"reason": "x", "until": "31/02"}, {"reason": "x", "until": "2001-01-01"}):
        assert "Nothing was put on hold" in alice.post(url, wrong, follow=True).content.decode()
    shown = alice.post(url, {"reason": "Checks the hours", "until": until.isoformat(), "next": page}, follow=True)
    text = shown.content.decode()
    assert "The item is on hold" in text
    assert text.count("Checks the hours") >= 3  # why reminders leave it out, the hold, the history
    block = DunningBlock.objects.get()
    assert (block.item_id, block.until_date, block.created_by_id) == (held.id, until, cast.alice.pk)

    customer = reverse("customer_detail", args=[cast.durand.id])
    assert "Checks the hours" in alice.get(customer).content.decode()
    lift = reverse("block_lift", args=[cast.account.id, block.id])
    assert alice.post(lift, {"next": customer}).headers["Location"] == customer
    assert not DunningBlock.objects.exists()
    kinds = Event.objects.filter(item_id=held.id, kind__startswith="dunning_block").order_by("id")
    assert [(event.kind, event.customer_id) for event in kinds] == [
        ("dunning_block.set_until", cast.durand.id),
        ("dunning_block.lifted", cast.durand.id),
    ]


def test_a_run_leaves_a_held_item_out_and_says_why(cast: Cast, held: OpenItem) -> None:
    hold(held)
    run_id = services.prepare_run(company_id=cast.company.id, as_of=clock.today(), actor=ALICE)
    decision = DunningDecision.objects.get(run_id=run_id)
    by_item = {row.item_id: row for row in decision.items.all()}
    assert (by_item[held.id].is_included, by_item[held.id].reason_code) == (False, "BLOCKED")
    assert decision.amount_company == 300
    page = browser(cast.alice).get(reverse("decision_detail", args=[decision.pk])).content.decode()
    assert "Site manager checks the hours" in page


def test_a_hold_counts_to_its_last_day(cast: Cast, held: OpenItem) -> None:
    services.block_account(
        account_id=cast.account.id, item_id=held.id, reason="x", from_date=clock.today() - timedelta(days=5),
        until_date=clock.today() - timedelta(days=1), actor=ALICE,
    )  # fmt: skip

    def reason(days_ago: int) -> str:
        figures = queries.explain_account(account_id=cast.account.id, as_of=clock.today() - timedelta(days=days_ago))
        assert figures is not None
        return next(one.reason.value for one in figures.decision.items if one.item_id == held.id)

    assert (reason(6) == "BLOCKED", reason(5), reason(1), reason(0)) == (
        False, "BLOCKED", "BLOCKED", "LEVEL_REACHED",
    )  # fmt: skip


def test_an_account_is_held_from_the_page_of_the_customer(cast: Cast, held: OpenItem) -> None:
    alice, page = browser(cast.alice), reverse("customer_detail", args=[cast.durand.id])
    assert "Hold reminders" in alice.get(page).content.decode()
    url = reverse("account_block", args=[cast.account.id])
    text = alice.post(url, {"reason": "Asked by sales", "next": page}, follow=True).content.decode()
    assert "The account is on hold" in text
    assert "Asked by sales" in text
    assert "Asked by sales" in alice.get(reverse("item_detail", args=[held.id])).content.decode()


def test_holds_are_for_collectors_of_the_company(cast: Cast, held: OpenItem) -> None:
    block_id = hold(held)
    lift = reverse("block_lift", args=[cast.account.id, block_id])
    urls = (reverse("item_block", args=[held.id]), reverse("account_block", args=[cast.account.id]), lift)
    for url in urls:
        assert browser(cast.clara).post(url, {"reason": "x"}).status_code == 403
        assert browser(cast.diane).post(url, {"reason": "x"}).status_code == 403
        assert browser(cast.charlie).post(url, {"reason": "x"}).status_code == 404
        assert browser(cast.alice).get(url).status_code == 405
    assert (
        "Hold reminders of this item"
        not in browser(cast.diane).get(reverse("item_detail", args=[held.id])).content.decode()
    )
    other = make_account(cast.durand, cast.company, cast.services, number="411OTHER")
    assert browser(cast.alice).post(reverse("block_lift", args=[other.id, block_id])).status_code == 404
    with pytest.raises(services.ItemNotOnAccount):
        services.block_account(
            account_id=other.id, item_id=held.id, reason="x", from_date=clock.today(), until_date=None, actor=ALICE
        )
