"""Expected cash: what each origin lets us expect, by day; late ones say what to do; nobody sees another company's."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from quittance.cash import services as cash
from quittance.dunning import services as dunning
from quittance.foundation import clock
from quittance.foundation.permissions import SYSTEM, Scope
from quittance.insight.expected import Origin, When, list_expected_cash, list_expected_sums
from quittance.ledger.models import OpenItem
from quittance.parties.models import User
from quittance.promises import services as promises
from quittance.remittances import services as remittances
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.desk import actor, receipt
from tests.integration.debits.desk import COLLECTED_ON, left_for_the_bank, settle_how, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def announce(cast: Cast, *items: OpenItem, days: int = 0) -> None:
    today = clock.today()
    dunning.announce_payment(
        account_id=cast.account.pk, item_ids=[item.id for item in items], announced_on=today - timedelta(days=10),
        until_date=today + timedelta(days=days), said="Paid on Monday", actor=SYSTEM,
    )  # fmt: skip


def due() -> date:
    return clock.today() - timedelta(days=20)


def test_each_origin_stands_by_itself_with_its_day(cast: Cast) -> None:
    today = clock.today()
    announced, promised = make_item(cast.account, "100.00", due=due()), make_item(cast.account, "50.00", due=due())
    announce(cast, announced, days=-2)
    promises.take_promise(
        account_id=cast.account.pk, item_ids=[promised.id], promised_date=today + timedelta(days=3), made_on=today,
        actor=SYSTEM,
    )  # fmt: skip
    text = f"Facture;Montant payé\n{promised.document_number};50,00\n"
    remittances.import_remittance(
        stream=io.BytesIO(text.encode()), filename="a.csv", actor=SYSTEM, company_id=cast.company.id
    )
    found = {(row["origin"], row["when_due"]): row["amount"] for row in list_expected_cash(as_of=today)}
    assert found == {
        ("ANNOUNCEMENT", "LATE"): Decimal("100.00"),
        ("PROMISE", "SOON"): Decimal("50.00"),
        ("REMITTANCE", "TODAY"): Decimal("50.00"),
    }
    sums = list_expected_sums(as_of=today)
    assert [(one.origin, one.when, one.day, one.amount) for one in sums] == [
        (Origin.ANNOUNCEMENT, When.LATE, None, Decimal("100.00")),
        (Origin.REMITTANCE, When.TODAY, today, Decimal("50.00")),
        (Origin.PROMISE, When.SOON, today + timedelta(days=3), Decimal("50.00")),
    ]
    elsewhere = Scope(company_ids=frozenset({cast.other_company.id}))
    assert list_expected_cash(as_of=today, scope=elsewhere) == []


def test_a_word_about_all_that_was_due_counts_each_item_once(cast: Cast) -> None:
    first = make_item(cast.account, "100.00", due=due())
    make_item(cast.account, "30.00", due=due())
    make_item(cast.account, "7.00", due=clock.today())
    announce(cast, days=2)
    announce(cast, first, days=4)
    rows = list_expected_cash(as_of=clock.today())
    assert [(row["amount"], row["day"] - clock.today()) for row in rows] == [
        (Decimal("30.00"), timedelta(days=2)),
        (Decimal("100.00"), timedelta(days=4)),
    ]


def test_what_is_applied_is_no_longer_expected_and_what_is_proposed_leads_to_its_line(cast: Cast) -> None:
    items = [make_item(cast.account, "100.00", due=due()), make_item(cast.account, "100.00", due=due())]
    announce(cast, items[0])
    line = receipt("100.00", name="Durand &amp; Fils")
    cash.match_transactions(company_id=cast.company.id, as_of=clock.today())
    (row,) = list_expected_cash(as_of=clock.today())
    assert row["line_id"] == line.id
    text = signed_in(cast.clara).get(reverse("cash_expected_list")).content.decode()
    assert "Decide on the bank line that may bring it" in text
    assert reverse("cash_line", args=[line.id]) in text
    proposal = line.proposals.filter(state="PROPOSED").order_by("-confidence").first()
    assert proposal is not None
    cash.accept_proposal(proposal_id=proposal.id, actor=actor(cast.clara))
    assert list_expected_cash(as_of=clock.today()) == []


def test_debits_at_the_bank_are_expected_until_they_are_paid(cast: Cast) -> None:
    settle_how(cast)
    sign(cast.account)
    make_item(cast.account, "1200.00", due=COLLECTED_ON)
    collection = left_for_the_bank(cast)
    (row,) = list_expected_cash(as_of=COLLECTED_ON)
    assert (row["origin"], row["piece_id"], row["amount"]) == ("COLLECTION", collection.pk, Decimal("1200.00"))
    assert (row["day"], row["when_due"]) == (COLLECTED_ON, "TODAY")


def test_the_pages_show_figures_that_open_what_is_behind_them(cast: Cast) -> None:
    item = make_item(cast.account, "100.00", due=due(), number="FA-SAID")
    announce(cast, item, days=-2)
    clara = signed_in(cast.clara)
    text = clara.get(reverse("cash_expected")).content.decode()
    link = f"{reverse('cash_expected_list')}?origin=ANNOUNCEMENT&amp;when=LATE&amp;currency=EUR"
    assert link in text
    shown = clara.get(link.replace("&amp;", "&")).content.decode()
    assert "FA-SAID" in shown
    assert "Ask for the proof of payment" in shown
    assert "FA-SAID" not in clara.get(reverse("cash_expected_list") + "?when=TODAY").content.decode()
    export: Any = clara.get(reverse("cash_expected_list") + "?export=csv")
    assert b"FA-SAID" in b"".join(export.streaming_content)
    assert "FA-SAID" not in signed_in(cast.charlie).get(reverse("cash_expected_list")).content.decode()


def test_nothing_expected_is_said_so(cast: Cast) -> None:
    assert "No cash is expected." in signed_in(cast.clara).get(reverse("cash_expected")).content.decode()
