"""Late-payment interest told by day: what Durand owes beside its invoice, and what Maya decides."""

from __future__ import annotations

from decimal import Decimal

import pytest

from quittance.cases import services as cases
from quittance.core.interest_rules import ClaimState
from quittance.foundation.permissions import Actor
from quittance.interest import services
from quittance.interest.queries import list_accrued_items, list_claims, sum_claimed
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, send_on

pytestmark = pytest.mark.django_db

MAYA = Actor(label="Maya")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def channel() -> KeepingChannel:
    return KeepingChannel()


def pay(cast: Cast, item: OpenItem, amount: str, days: int) -> None:
    credit = ledger.post_payment(
        account_id=cast.account.pk, amount=Decimal(amount), currency="EUR", payment_date=late(days), source="TEST",
        external_id=f"P{days}", actor=ALICE,
    )  # fmt: skip
    ledger.allocate(
        debit_item_id=item.pk, credit_item_id=credit, amount=Decimal(amount), effective_date=late(days), actor=ALICE
    )


def told(cast: Cast, days: int) -> tuple[int, str, str] | None:
    rows = list_accrued_items(account_ids=[cast.account.pk], as_of=late(days))
    return (rows[0].late_days, f"{rows[0].interest:.2f}", f"{rows[0].indemnity:.0f}") if rows else None


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\xa0", " ")


def test_an_invoice_from_its_due_date_to_the_last_cent(cast: Cast) -> None:
    """10,000 due 2 March 2026 at 12.15 %: 3.3288 a day, half of it once half is paid."""
    item = make_item(cast.account, "10000", due=DUE, number="F1")
    assert [told(cast, day) for day in (0, 1, 10)] == [None, (1, "3.33", "40"), (10, "33.29", "40")]
    pay(cast, item, "5000", 10)
    assert [told(cast, day) for day in (10, 11, 20)] == [
        (10, "33.29", "40"), (11, "34.95", "40"), (20, "49.93", "40"),
    ]  # fmt: skip
    [claim_id] = services.claim_interest(account_id=cast.account.pk, item_ids=[item.pk], until=late(20), actor=MAYA)
    assert [told(cast, day) for day in (20, 21, 30)] == [None, (1, "1.66", "0"), (10, "16.64", "0")]
    pay(cast, item, "5000", 30)
    assert told(cast, 90) == (10, "16.64", "0")
    item.refresh_from_db()
    assert item.amount_open == 0
    assert sum_claimed(account_ids=[cast.account.pk], as_of=late(90)) == {cast.account.pk: {"EUR": Decimal("89.93")}}
    services.change_claim(claim_id=claim_id, state=ClaimState.PAID, on_date=late(40), actor=MAYA)
    services.waive_interest(
        account_id=cast.account.pk, item_ids=[item.pk], until=late(90), actor=MAYA, reason="small change"
    )
    assert told(cast, 365) is None
    assert [(row["state"], row["interest"]) for row in list_claims(as_of=late(90))] == [
        ("WAIVED", Decimal("16.64")), ("PAID", Decimal("49.93")),
    ]  # fmt: skip


def test_only_the_formal_notice_speaks_of_it(cast: Cast, channel: KeepingChannel) -> None:
    make_item(cast.account, "10000", due=DUE, number="F1")
    for day in (7, 21, 35):
        send_on(late(day), channel)
    bodies = [plain(message.body_text) for message in channel.sent]
    assert ["Pénalités de retard au" in body for body in bodies] == [False, False, True]
    assert "116,51 €" in bodies[2]
    assert "Indemnité forfaitaire pour frais de recouvrement : 40,00 €" in bodies[2]
    assert "10 000,00 €" in plain(channel.sent[2].subject)


@pytest.mark.parametrize(("choice", "spoken"), [("NEVER", [False, False]), ("OVERDUE", [True, True])])
def test_the_company_chooses(cast: Cast, channel: KeepingChannel, choice: str, spoken: list[bool]) -> None:
    services.show_interest_in_notices(company_id=cast.company.pk, shown_in=choice, actor=MAYA)
    make_item(cast.account, "10000", due=DUE, number="F1")
    for day in (21, 35):
        send_on(late(day), channel)
    assert ["Pénalités de retard au" in plain(message.body_text) for message in channel.sent] == spoken


def test_what_is_disputed_in_part_or_waived_is_not_spoken_of(cast: Cast, channel: KeepingChannel) -> None:
    disputed = make_item(cast.account, "10000", due=DUE, number="F1")
    waived = make_item(cast.account, "3650", due=DUE, number="F2")
    cases.open_dispute(
        item_id=disputed.pk, amount=Decimal(4000), reason_code="PRICE", opened_date=late(1), due_date=late(60),
        actor=ALICE,
    )  # fmt: skip
    services.waive_interest(
        account_id=cast.account.pk, item_ids=[waived.pk], until=late(35), actor=MAYA, reason="goodwill"
    )
    send_on(late(35), channel)
    assert "F1" in channel.sent[0].body_text
    assert "Pénalités de retard au" not in plain(channel.sent[0].body_text)
