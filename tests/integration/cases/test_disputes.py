"""A disputed amount leaves dunning from the day it is opened to the day it is closed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cases import queries, services
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor
from quittance.ledger.models import AccountBalance
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def dispute(cast: Cast, item_id: int, amount: str = "40") -> int:
    return services.open_dispute(
        item_id=item_id,
        amount=Decimal(amount),
        reason_code="PRICE",
        opened_date=DAY,
        actor=Actor(label="Alice", user_id=cast.alice.id),
    )


def test_a_dispute_holds_its_amount_for_its_interval(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    dispute_id = dispute(cast, item.id)
    assert AccountBalance.objects.get(account=cast.account).disputed == 40

    services.close_dispute(
        dispute_id=dispute_id, outcome="REJECTED", closed_date=DAY + timedelta(days=9), actor=Actor(label="Alice")
    )

    assert queries.list_disputed_parts(as_of=DAY - timedelta(days=1)) == {}
    assert queries.list_disputed_parts(as_of=DAY + timedelta(days=8))[item.id].amount == 40
    assert queries.list_disputed_parts(as_of=DAY + timedelta(days=9)) == {}
    assert AccountBalance.objects.get(account=cast.account).disputed == 0
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["dispute.opened", "item.delay_reason_set", "dispute.closed"]


def test_what_cannot_be_disputed(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    for amount in ("0", "-1", "100.01"):
        with pytest.raises(services.AmountNotDisputable):
            dispute(cast, item.id, amount)
    first = dispute(cast, item.id)
    with pytest.raises(services.DisputeAlreadyOpen):
        dispute(cast, item.id)
    services.close_dispute(dispute_id=first, outcome="ACCEPTED", closed_date=DAY, actor=Actor(label="Alice"))
    with pytest.raises(services.DisputeAlreadyClosed):
        services.close_dispute(dispute_id=first, outcome="ACCEPTED", closed_date=DAY, actor=Actor(label="Alice"))
    with pytest.raises(services.DisputeNotFound):
        services.close_dispute(dispute_id=0, outcome="ACCEPTED", closed_date=DAY, actor=Actor(label="Alice"))


def test_lists_tell_deadline_and_owner(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    dispute_id = dispute(cast, item.id)
    services.assign_dispute(dispute_id=dispute_id, owner_id=cast.bob.id, actor=Actor(label="Alice"))
    row = queries.list_disputes(as_of=DAY + timedelta(days=20), is_open=True)[0]
    assert (row["owner_name"], row["days_past_deadline"]) == ("Bob", 6)
    assert queries.find_dispute(dispute_id=dispute_id, as_of=DAY) is not None
    assert queries.list_disputes_of_customer(customer_id=cast.durand.id, as_of=DAY)[0]["document_number"]
    assert queries.list_disputes_of_item(item_id=item.id, as_of=DAY)[0]["id"] == dispute_id
