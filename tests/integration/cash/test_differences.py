"""Picked items with a difference: posted with its reason within a limit, disputed, or left; undone as if never made."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.cases.models import Dispute
from quittance.cash import limits, services
from quittance.cash.models import BankTransaction, CashDifference
from quittance.cash.services import ItemChoice
from quittance.core.payment_split import SplitReason, SplitRefused
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.models import Allocation, OpenItem
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, actor, opened, receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def settle(line: BankTransaction, items: list[OpenItem], who: Cast, *, way: str = "LEAVE", **more: object) -> None:
    services.settle_items(
        transaction_id=line.id,
        choices=[ItemChoice(item_id=item.id) for item in items],
        as_of=TODAY,
        actor=actor(who.clara),
        way=way,
        **more,  # type: ignore[arg-type]
    )


def test_a_few_euros_short_are_written_off(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("95.00")
    settle(line, [item], cast, way="SMALL_DIFFERENCE", comment="bank of the customer")
    item.refresh_from_db()
    line.refresh_from_db()
    difference = CashDifference.objects.get()
    posted = difference.posted_item
    assert posted is not None
    assert (item.amount_open, line.state, line.payment_item and line.payment_item.amount_open) == (0, "MATCHED", 0)
    assert (posted.kind, posted.amount_original, posted.amount_open) == ("WRITE_OFF", -5, 0)
    assert (difference.amount, difference.short_item_id, difference.comment) == (5, item.id, "bank of the customer")


@pytest.mark.parametrize("way", ["BANK_FEE", "EXCHANGE", "DISCOUNT"])
def test_each_reason_is_kept(cast: Cast, way: str) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("98.00")
    settle(line, [item], cast, way=way)
    assert CashDifference.objects.get().reason == way
    assert set(OpenItem.objects.values_list("amount_open", flat=True)) == {0}


def test_what_is_too_much_is_taken_too(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("100.30")
    settle(line, [item], cast, way="SMALL_DIFFERENCE")
    posted = CashDifference.objects.get().posted_item
    assert posted is not None
    assert (posted.kind, posted.amount_original, posted.amount_open) == ("ADJUSTMENT", Decimal("0.30"), 0)
    assert CashDifference.objects.get().amount == Decimal("-0.30")


def test_a_fee_never_makes_a_payment_more(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("101.00")
    with pytest.raises(services.DifferenceOfOtherKind):
        settle(line, [item], cast, way="BANK_FEE")
    assert Allocation.objects.count() == 0


def test_above_the_limit_nothing_is_posted(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("89.99")
    with pytest.raises(services.DifferenceAboveLimit) as refused:
        settle(line, [item], cast, way="SMALL_DIFFERENCE")
    assert (refused.value.amount, refused.value.limit, refused.value.currency) == (Decimal("10.01"), 10, "EUR")
    assert not CashDifference.objects.exists()
    limits.set_limit(company_id=cast.company.id, user_id=cast.clara.pk, amount=Decimal(11), actor=SYSTEM)
    settle(line, [item], cast, way="SMALL_DIFFERENCE")


def test_all_that_is_missing_counts_together(cast: Cast) -> None:
    items = [make_item(cast.account, "50.00", due=DUE, number=f"F{n}") for n in range(2)]
    line = receipt("88.00")
    choices = [ItemChoice(item_id=item.id, amount=Decimal(44)) for item in items]
    with pytest.raises(services.DifferenceAboveLimit):
        services.settle_items(
            transaction_id=line.id, choices=choices, as_of=TODAY, actor=actor(cast.clara), way="BANK_FEE"
        )


def test_an_item_that_no_money_reaches_is_not_written_off(cast: Cast) -> None:
    items = [make_item(cast.account, amount, due=DUE, number=f"F{n}") for n, amount in enumerate(("95.00", "5.00"))]
    with pytest.raises(SplitRefused) as refused:
        settle(receipt("95.00"), items, cast, way="SMALL_DIFFERENCE")
    assert refused.value.reason is SplitReason.ITEM_NOT_REACHED


def test_a_deduction_is_disputed_and_stays_open(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("70.00")
    settle(line, [item], cast, way="DEDUCTION", dispute_reason="QUANTITY", comment="two cartons missing")
    item.refresh_from_db()
    dispute = Dispute.objects.get()
    assert (item.amount_open, dispute.amount_disputed, dispute.reason_code, dispute.item_id) == (
        30,
        30,
        "QUANTITY",
        item.id,
    )
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=actor(cast.clara))
    dispute.refresh_from_db()
    item.refresh_from_db()
    assert (dispute.outcome, item.amount_open) == ("WITHDRAWN", 100)


def test_a_dispute_closed_meanwhile_stays_closed(cast: Cast) -> None:
    from quittance.cases.services import close_dispute  # noqa: PLC0415

    item, line = make_item(cast.account, "100.00", due=DUE), receipt("70.00")
    settle(line, [item], cast, way="DEDUCTION", dispute_reason="PRICE")
    close_dispute(dispute_id=Dispute.objects.get().id, outcome="ACCEPTED", closed_date=TODAY, actor=SYSTEM)
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="wrong", actor=actor(cast.clara))
    assert Dispute.objects.get().outcome == "ACCEPTED"


def test_a_returned_payment_takes_the_write_off_with_it(cast: Cast) -> None:
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("95.00")
    settle(line, [item], cast, way="SMALL_DIFFERENCE")
    back = BankTransaction.objects.create(
        statement=line.statement, bank_account=line.bank_account, position=9, deduplication_key="back",
        booking_date=TODAY, value_date=TODAY, amount=Decimal(-95), currency="EUR", recorded_at=line.recorded_at,
        waiting_reason="RETURNED",
    )  # fmt: skip
    services.reverse_returned(transaction_id=back.id, original_id=line.id, actor=actor(cast.clara))
    item.refresh_from_db()
    assert item.amount_open == 100
    assert CashDifference.objects.get().undone_at is not None


WAYS = ["LEAVE", "SMALL_DIFFERENCE", "BANK_FEE", "EXCHANGE", "DISCOUNT", "DEDUCTION"]
cents = st.integers(1, 20_000).map(lambda units: Decimal(units) / 100)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    payment=cents,
    amounts=st.lists(st.tuples(cents, st.sampled_from([1, 1, -1]), st.booleans()), min_size=1, max_size=5),
    way=st.sampled_from(WAYS),
    run=st.integers(0, 10**9),
)
def test_nothing_is_lost_or_invented(
    cast: Cast, payment: Decimal, amounts: list[tuple[Decimal, int, bool]], way: str, run: int
) -> None:
    """Parts and differences are the payment, in both currencies; an undo restores every item."""
    limits.set_limit(company_id=cast.company.id, role="CASH_CLERK", amount=Decimal(100_000), actor=SYSTEM)
    items = [
        make_item(
            cast.account, amount * sign, due=DUE, number=f"L{run}-{n}", kind="INVOICE" if sign > 0 else "CREDIT_NOTE"
        )
        for n, (amount, sign, _half) in enumerate(amounts)
    ]
    line = receipt(f"{payment:f}", reference=f"LAW{run}-{BankTransaction.objects.count()}")
    before = opened()
    choices = [
        ItemChoice(item_id=item.id, amount=(amount / 2).quantize(Decimal("0.01")) or amount if half else None)
        for item, (amount, _sign, half) in zip(items, amounts, strict=True)
    ]
    try:
        services.settle_items(
            transaction_id=line.id, choices=choices, as_of=TODAY, actor=actor(cast.clara), way=way,
            dispute_reason="PRICE",
        )  # fmt: skip
    except (SplitRefused, services.DifferenceOfOtherKind):
        assert opened() == before
        return
    line.refresh_from_db()
    paid = line.payment_item
    assert paid is not None
    moved = sum(before[key][0] - now[0] for key, now in opened().items() if key in before)
    posted = CashDifference.objects.filter(transaction=line, posted_item__isnull=False)
    assert moved - sum(one.amount for one in posted) == payment + paid.amount_open
    assert all(one.posted_item and one.posted_item.amount_open == 0 for one in posted)
    if way not in ("LEAVE", "DEDUCTION"):
        assert paid.amount_open == 0
    services.undo_match(transaction_id=line.id, effective_date=TODAY, reason="law", actor=actor(cast.clara))
    after = opened()
    assert {key: after[key] for key in before} == before
    assert all(value == (0, 0) for key, value in after.items() if key not in before)
