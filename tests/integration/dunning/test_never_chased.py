"""The law: whatever happens in whatever order, no message asks for what is not owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quittance.cases import services as cases
from quittance.cases.services import DisputeRefused
from quittance.dunning import services
from quittance.dunning.models import DunningNotice, DunningNoticeItem, DunningPolicy
from quittance.foundation import clock
from quittance.ledger import services as ledger
from quittance.ledger.models import OpenItem
from quittance.litigation.models import Handover, HandoverItem
from quittance.promises import services as promises
from quittance.promises.models import PaymentPlan, PlannedInstalment, PlannedItem
from quittance.promises.services import PromiseRefused
from tests.cast import Cast, make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, KeepingChannel, late, on, send_waiting

KINDS = (
    "pay", "pay-apply", "promise", "dispute", "block", "announce", "announce-all", "plan", "hand-over", "prepare",
    "release", "send", "wait",
)  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2)), min_size=4, max_size=14)


@dataclass
class Story:
    """What happened so far, and what must therefore never be asked for."""

    cast: Cast
    items: list[OpenItem]
    day: int = 7
    channel: KeepingChannel = field(default_factory=KeepingChannel)
    runs: list[int] = field(default_factory=list)
    disputed: set[int] = field(default_factory=set)
    promised: dict[int, int] = field(default_factory=dict)
    blocked: set[int] = field(default_factory=set)
    announced: dict[int, int] = field(default_factory=dict)
    planned: set[int] = field(default_factory=set)
    handed_over: set[int] = field(default_factory=set)
    payments: int = 0

    def step(self, what: str, which: int) -> None:
        item = self.items[which]
        item.refresh_from_db()
        today = late(self.day)
        if what == "wait":
            self.day += 4
        elif what in ("pay", "pay-apply") and item.amount_open > 0:
            self.payments += 1
            credit = ledger.post_payment(
                account_id=item.account_id, amount=item.amount_open, currency="EUR", payment_date=today,
                source="LAW", external_id=f"{id(self)}-{self.payments}", actor=ALICE,
            )  # fmt: skip
            if what == "pay-apply":
                ledger.allocate(debit_item_id=item.pk, credit_item_id=credit, amount=item.amount_open,
                                effective_date=today, actor=ALICE)  # fmt: skip
        elif what == "promise":
            try:
                promises.take_promise(
                    account_id=item.account_id,
                    item_ids=[item.pk],
                    made_on=today,
                    promised_date=today + timedelta(days=5),
                    tolerance_days=3,
                    actor=ALICE,
                )
            except PromiseRefused:
                return
            self.promised[item.pk] = self.day + 8
        elif what == "dispute":
            try:
                cases.open_dispute(item_id=item.pk, amount=item.amount_open, reason_code="PRICE", opened_date=today,
                                   actor=ALICE)  # fmt: skip
            except DisputeRefused:
                return
            self.disputed.add(item.pk)
        elif what == "block":
            services.block_account(account_id=item.account_id, item_id=item.pk, reason="Law", from_date=today,
                                   until_date=None, actor=ALICE)  # fmt: skip
            self.blocked.add(item.pk)
        elif what in ("announce", "announce-all"):
            one = [item.pk] if what == "announce" else []
            services.announce_payment(
                account_id=item.account_id, item_ids=one, announced_on=today, until_date=today + timedelta(days=5),
                actor=ALICE,
            )  # fmt: skip
            for announced in one or [other.pk for other in self.items]:
                self.announced[announced] = max(self.day + 5, self.announced.get(announced, 0))
        elif what == "plan":
            self.plan(item, today)
        elif what == "hand-over":
            self.hand_over(item, today)
        elif what == "prepare":
            self.runs.append(services.prepare_run(company_id=None, as_of=today, actor=ALICE))
        elif what == "release" and self.runs:
            try:
                services.release_run(run_id=self.runs[-1], actor=ALICE)
            except (services.RunNotReady, services.RunOutdated):
                return
        elif what == "send":
            self.send()

    def plan(self, item: OpenItem, today: date) -> None:
        if item.amount_open <= 0 or item.pk in self.planned:
            return
        plan = PaymentPlan.objects.create(
            account=item.account, currency="EUR", total=item.amount_open, state="ACTIVE", made_on=today,
            answer_until=today, accepted_on=today, accepted_by="Marie", accepted_via="COLLECTOR",
            recorded_at=clock.now(),
        )  # fmt: skip
        PlannedInstalment.objects.create(plan=plan, position=1, due_date=late(90), amount=item.amount_open)
        PlannedItem.objects.create(plan=plan, item=item, amount=item.amount_open)
        self.planned.add(item.pk)

    def hand_over(self, item: OpenItem, today: date) -> None:
        if item.amount_open <= 0 or item.pk in self.handed_over:
            return
        handover = Handover.objects.create(
            account=item.account, state="HANDED_OVER", to_kind="LAWYER", to_name="L", reason="Law", prepared_on=today,
            handed_over_on=today, prepared_by_name="Alice", recorded_at=clock.now(),
        )  # fmt: skip
        HandoverItem.objects.create(
            handover=handover,
            item=item,
            amount_then=item.amount_open,
            currency="EUR",
            amount_company_then=item.amount_open,
        )
        self.handed_over.add(item.pk)

    def send(self) -> None:
        before = set(DunningNoticeItem.objects.values_list("id", flat=True))
        open_before = dict(OpenItem.objects.values_list("id", "amount_open"))
        credit = -sum((amount for amount in open_before.values() if amount < 0), Decimal(0))
        send_waiting(self.channel)
        asked = list(DunningNoticeItem.objects.exclude(id__in=before))
        for one in asked:
            assert 0 < one.amount <= open_before[one.item_id], "asked for what is paid"
            assert one.item_id not in self.disputed, "asked for what is disputed"
            assert one.item_id not in self.blocked, "asked for what is on hold"
            assert self.promised.get(one.item_id, -1) < self.day, "asked for what is promised"
            assert self.announced.get(one.item_id, -1) < self.day, "asked for what is announced as paid"
            assert one.item_id not in self.planned, "asked for what is in a payment plan"
            assert one.item_id not in self.handed_over, "asked for what is handed over"
        if asked:
            owed = sum((amount for amount in open_before.values() if amount > 0), Decimal(0))
            assert sum(one.amount for one in asked) <= owed - credit, "asked for what unapplied cash covers"


@pytest.mark.django_db(transaction=True)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, policy=st.sampled_from(["STANDARD", "STRATEGIC", "SMALL_AMOUNTS", "LITIGATION_BOUND"]))
def test_no_sequence_asks_for_what_is_not_owed(steps: list[tuple[str, int]], policy: str) -> None:
    with transaction.atomic():
        services.ensure_default_policy()
        cast = make_cast()
        services.assign_policy(account_id=cast.account.pk, policy_code=policy, actor=ALICE)
        story = Story(cast=cast, items=[make_item(cast.account, amount, due=DUE) for amount in ("100", "200", "400")])
        for what, which in [*steps, ("prepare", 0), ("release", 0), ("send", 0)]:
            with on(late(story.day)):
                story.step(what, which)
        notices = DunningNotice.objects.filter(state__in=("SENT", "TASK_OPEN")).order_by("notice_date", "id")
        days = [notice.notice_date for notice in notices if notice.medium != "TASK"]
        interval = DunningPolicy.objects.get(code=policy).interval_days_min
        assert all((later - earlier).days >= interval for earlier, later in pairwise(days)), "too often"
        assert len(story.channel.sent) == notices.filter(state="SENT").count()
        transaction.set_rollback(True)
