"""Clocks of limitation read payments, accepted plans and what people recorded, and warn in time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from quittance.core.terms import add_months
from quittance.foundation import clock
from quittance.foundation.models import Event
from quittance.foundation.permissions import Actor, Scope
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.litigation import limitation, queries, services
from quittance.litigation.models import LimitationEvent
from quittance.parties.attachments import add_attachment, delete_attachment
from quittance.promises import plans
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def today() -> date:
    return clock.today()


def old_item(cast: Cast, *, issued: date, amount: str = "1000") -> OpenItem:
    return make_item(cast.account, amount, due=issued + timedelta(days=30), issued=issued)


def end_of(item: OpenItem, as_of: date) -> date | None:
    found = limitation.find_clock(item_id=item.id, as_of=as_of)
    assert found is not None
    return found.end_date


def test_five_years_between_merchants_four_full_ones_for_public_bodies(cast: Cast) -> None:
    item = old_item(cast, issued=date(2022, 3, 10))
    assert end_of(item, date(2026, 1, 1)) == date(2027, 3, 10)
    cast.durand.kind = "PUBLIC"
    cast.durand.save()
    found = limitation.find_clock(item_id=item.id, as_of=date(2026, 1, 1))
    assert found is not None
    assert (found.debtor_kind, found.end_date, found.is_to_be_checked) == ("PUBLIC", date(2026, 12, 31), True)
    cast.company.country = "PT"
    cast.company.save()
    cast.durand.kind = "COMPANY"
    cast.durand.save()
    unknown = limitation.find_clock(item_id=item.id, as_of=date(2026, 1, 1))
    assert unknown is not None
    assert (unknown.country, unknown.clock, unknown.end_date) == ("PT", None, None)


def test_a_payment_moves_the_end_a_credit_note_and_a_formal_notice_do_not(cast: Cast, today: date) -> None:
    issued = add_months(today, -50)
    item = old_item(cast, issued=issued)
    note = make_item(cast.account, "-100", due=today, issued=issued, kind="CREDIT_NOTE")
    ledger.allocate(
        debit_item_id=item.id, credit_item_id=note.id, amount=Decimal(100), effective_date=today, actor=ALICE
    )
    limitation.record_event(item_id=item.id, kind="FORMAL_NOTICE", event_date=today, actor=ALICE)
    assert end_of(item, today) == add_months(issued, 60)
    paid_on = today - timedelta(days=40)
    payment = make_item(cast.account, "-50", due=paid_on, issued=paid_on)
    allocation = ledger.allocate(
        debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(50), effective_date=paid_on, actor=ALICE
    )
    assert end_of(item, today) == add_months(paid_on, 60)
    assert end_of(item, paid_on - timedelta(days=1)) == add_months(issued, 60)
    ledger.reverse_allocation(allocation_id=allocation, effective_date=today, reason="bounced", actor=ALICE)
    assert end_of(item, today) == add_months(issued, 60)


def test_a_plan_that_was_accepted_acknowledges_the_debt(cast: Cast, today: date) -> None:
    item = old_item(cast, issued=add_months(today, -50))
    plan_id = plans.propose_plan(
        account_id=cast.account.id,
        item_ids=[item.id],
        choice=plans.PlanChoice(count=2, first_date=today),
        made_on=today,
        actor=ALICE,
    )
    before = end_of(item, today)
    plans.accept_plan(plan_id=plan_id, accepted_on=today, accepted_by="Marie Petit", via="LINK", actor=ALICE)
    assert (before, end_of(item, today)) == (add_months(today, 10), add_months(today, 60))


def test_a_lawsuit_stops_the_clock_until_it_is_over(cast: Cast, today: date) -> None:
    item = old_item(cast, issued=add_months(today, -50))
    sued = today - timedelta(days=100)
    event_id = limitation.record_event(
        item_id=item.id, kind="LAWSUIT", event_date=sued, comment=" Tribunal de  Brest ", actor=ALICE
    )
    assert end_of(item, today) is None
    assert end_of(item, sued - timedelta(days=1)) == add_months(today, 10)
    with pytest.raises(limitation.LimitationRefused):
        limitation.end_event(event_id=event_id, end_date=sued - timedelta(days=1), actor=ALICE)
    limitation.end_event(event_id=event_id, end_date=today, actor=ALICE)
    assert end_of(item, today) == add_months(today, 60)
    limitation.withdraw_event(event_id=event_id, reason="wrong customer", actor=ALICE)
    assert end_of(item, today) == add_months(today, 10)
    with pytest.raises(limitation.LimitationRefused):
        limitation.withdraw_event(event_id=event_id, reason="again", actor=ALICE)
    rows = limitation.list_events_of_item(item_id=item.id)
    assert [(row["kind"], row["comment"], row["is_withdrawn"]) for row in rows] == [
        ("LAWSUIT", "Tribunal de Brest", True)
    ]
    kinds = Event.objects.filter(item_id=item.id, kind__startswith="limitation").order_by("id")
    assert list(kinds.values_list("kind", flat=True)) == [
        "limitation.recorded",
        "limitation.ended",
        "limitation.withdrawn",
    ]


def test_what_cannot_be_recorded(cast: Cast, today: date) -> None:
    item = old_item(cast, issued=add_months(today, -12))
    wrong: tuple[dict[str, object], ...] = (
        {"kind": "PRAYER"},
        {"event_date": today + timedelta(days=1)},
        {"end_date": today},
        {"kind": "MEDIATION", "end_date": today - timedelta(days=1)},
        {"kind": "MEDIATION", "end_date": today + timedelta(days=1)},
        {"attachment_id": 0},
    )
    for change in wrong:
        values = {"kind": "ACKNOWLEDGEMENT", "event_date": today, **change}
        with pytest.raises(limitation.LimitationRefused):
            limitation.record_event(item_id=item.id, actor=ALICE, **values)  # type: ignore[arg-type]
    with pytest.raises(limitation.LimitationEventNotFound):
        limitation.end_event(event_id=0, end_date=today, actor=ALICE)


def test_what_was_recorded_stays_and_its_file_may_go(
    cast: Cast, today: date, settings: object, tmp_path: object
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    item = old_item(cast, issued=add_months(today, -12))
    file_id = add_attachment(
        customer_id=cast.durand.id, file=ContentFile(b"I owe it", name="a.txt"), filename="a.txt",
        content_type="text/plain", actor=ALICE,
    )  # fmt: skip
    event_id = limitation.record_event(
        item_id=item.id, kind="ACKNOWLEDGEMENT", event_date=today, attachment_id=file_id, actor=ALICE
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitationEvent.objects.filter(id=event_id).update(event_date=today - timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        LimitationEvent.objects.filter(id=event_id).delete()
    delete_attachment(attachment_id=file_id, actor=ALICE)
    assert LimitationEvent.objects.get().attachment_id is None


def test_warnings_come_in_time_those_that_lapse_first_at_the_top(cast: Cast, today: date) -> None:
    soon = old_item(cast, issued=add_months(today, -60) + timedelta(days=30))
    sooner = old_item(cast, issued=add_months(today, -60) + timedelta(days=5))
    lapsed = old_item(cast, issued=add_months(today, -61))
    far = old_item(cast, issued=add_months(today, -40))
    begun = old_item(cast, issued=add_months(today, -40))
    completed = add_months(today, -60) + timedelta(days=60)
    limitation.record_event(item_id=begun.id, kind="START", event_date=completed, actor=ALICE)
    stopped = old_item(cast, issued=add_months(today, -60) + timedelta(days=7))
    limitation.record_event(item_id=stopped.id, kind="MEDIATION", event_date=today, actor=ALICE)

    found = queries.list_limitation_warnings(as_of=today)

    assert [one.item_id for one in found] == [sooner.id, soon.id, begun.id]
    assert found[0].days_left == (add_months(sooner.document_date, 60) - today).days
    assert {lapsed.id, far.id}.isdisjoint({one.item_id for one in found})
    assert [one.item_id for one in queries.list_limitation_warnings(as_of=today, days_max=10)] == [sooner.id]
    elsewhere = Scope(company_ids=frozenset({cast.other_company.id}))
    assert queries.list_limitation_warnings(as_of=today, scope=elsewhere) == []
    handover_id = services.prepare_handover(
        account_id=cast.account.id, item_ids=[soon.id, sooner.id, stopped.id], to_kind="LAWYER", to_name="Me Le Goff",
        reason="soon too late", prepared_on=today, actor=ALICE,
    )  # fmt: skip
    assert queries.earliest_ends(handover_ids=[handover_id], as_of=today) == {handover_id: found[0].end_date}
