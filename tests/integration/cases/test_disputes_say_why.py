"""A dispute says why its item is late, unless somebody has said so before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from quittance.cases import services
from quittance.cases.delay_reasons import use_delay_reason
from quittance.cases.models import DelayReason, Dispute
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import OpenItem
from quittance.ledger.services import set_delay_reason
from quittance.worklist.services import DisputeDraft, open_disputes
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")


@pytest.fixture
def item() -> OpenItem:
    return make_item(make_cast().account, "100", due=DAY)


def dispute(item: OpenItem, reason: str = "PRICE") -> None:
    services.open_dispute(item_id=item.pk, amount=Decimal(40), reason_code=reason, opened_date=DAY, actor=ALICE)


def reason_of(item: OpenItem) -> str:
    item.refresh_from_db()
    return item.delay_reason_code


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("PRICE", "PRICE"), ("QUANTITY", "GOODS"), ("QUALITY", "GOODS"), ("DELIVERY", "GOODS"),
        ("REFERENCE", "ORDER_MISSING"), ("ADDRESSEE", "INVOICE_MISSING"), ("DUPLICATE", "CREDIT_NOTE_DUE"),
        ("CREDIT_NOTE_DUE", "CREDIT_NOTE_DUE"), ("VAT", ""), ("OTHER", ""),
    ],
)  # fmt: skip
def test_each_reason_of_a_dispute(item: OpenItem, reason: str, told: str) -> None:
    dispute(item, reason)
    assert reason_of(item) == told
    assert not told or DelayReason.objects.filter(code=told).exists()
    assert reason in Dispute.Reason.values


def test_it_is_an_event_of_who_opened_it(item: OpenItem) -> None:
    dispute(item)
    event = Event.objects.get(kind="item.delay_reason_set")
    assert (event.actor_label, event.item_id) == ("Alice", item.pk)
    assert (event.payload["before"], event.payload["after"]) == ("", "PRICE")


def test_a_reason_that_somebody_chose_stays(item: OpenItem) -> None:
    set_delay_reason(item_ids=[item.pk], reason_code="PROCESS", actor=ALICE)
    dispute(item)
    assert reason_of(item) == "PROCESS"
    assert Event.objects.filter(kind="item.delay_reason_set").count() == 1


def test_a_reason_that_is_no_longer_offered_is_not_given(item: OpenItem) -> None:
    use_delay_reason(code="PRICE", is_active=False, actor=ALICE)
    dispute(item)
    assert reason_of(item) == ""


def test_a_dispute_refused_says_nothing(item: OpenItem) -> None:
    dispute(item, "VAT")
    with pytest.raises(services.DisputeAlreadyOpen):
        dispute(item)
    assert reason_of(item) == ""


def test_a_call_that_ends_in_a_dispute_says_so_too(item: OpenItem) -> None:
    open_disputes(
        draft=DisputeDraft(item_ids=[item.pk], reason_code="QUALITY"), account_id=item.account_id, as_of=DAY,
        actor=ALICE,
    )  # fmt: skip
    assert reason_of(item) == "GOODS"
