"""The law: whatever happens in whatever order, no message asks for what is not owed at that moment."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from quittance.dunning import services
from quittance.dunning.facts import gather
from quittance.dunning.models import DunningNotice, DunningNoticeItem, DunningPolicy
from quittance.dunning.policies import read_policies
from quittance.ledger.models import OpenItem
from quittance.parties.models import CompanyBankAccount
from tests.integration.dunning.desk import ALICE, on, send_waiting
from tests.integration.dunning.world import World

POLICIES = ("STANDARD", "STRATEGIC", "SMALL_AMOUNTS", "LITIGATION_BOUND", "PUBLIC_SECTOR")
AMOUNTS = st.decimals(min_value=1, max_value=900, places=2)
WHICH = st.integers(0, 3)
DAYS = st.integers(0, 12)
FEW = settings(
    max_examples=24,
    stateful_step_count=24,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


class NeverChased(RuleBasedStateMachine):
    """The ledger, the money, the people and the runs of one customer, in any order, on real tables."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.all_of_it = transaction.atomic()
        self.all_of_it.__enter__()
        services.ensure_default_policy()
        self.world = World(folder=Path(self.folder.name))
        self.policy = "STANDARD"

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.all_of_it.__exit__(None, None, None)
        self.folder.cleanup()

    @initialize(
        policy=st.sampled_from(POLICIES), late=st.lists(st.integers(-6, 40), min_size=2, max_size=4),
        is_csv=st.booleans(),
    )  # fmt: skip
    def begin(self, policy: str, late: list[int], is_csv: bool) -> None:
        self.world.is_csv = is_csv
        with on(self.world.today):
            self.policy = policy
            services.assign_policy(account_id=self.world.account.pk, policy_code=policy, actor=ALICE)
            for place, days in enumerate(late):
                self.world.invoice(Decimal(100 * (place + 1)), days)
            assert self.world.take_ledger() == "DONE "
        assert len(OpenItem.objects.filter(account=self.world.account)) == len(late)

    @invariant()
    def plans_that_are_kept_find_the_same_facts(self) -> None:
        with on(self.world.today):
            book = read_policies(as_of=self.world.today)
            asked: dict[str, Any] = {"account_ids": [self.world.account.pk], "as_of": self.world.today, "book": book}
            assert gather(**asked, is_one_of_many=True) == gather(**asked)

    def invoices(self) -> list[str]:
        return [one.number for one in self.world.erp.values() if not one.is_payment]

    # The ERP.

    @rule(amount=AMOUNTS, late=st.integers(-10, 40), is_snapshot=st.booleans())
    def a_new_invoice(self, amount: Decimal, late: int, is_snapshot: bool) -> None:
        with on(self.world.today):
            self.world.invoice(amount, late)
            self.world.take_ledger(is_snapshot=is_snapshot)

    @precondition(lambda self: self.invoices())
    @rule(
        what=st.sampled_from(["change", "letter", "unletter", "drop"]), which=WHICH, amount=AMOUNTS,
        is_snapshot=st.booleans(),
    )  # fmt: skip
    def a_change_in_the_erp(self, what: str, which: int, amount: Decimal, is_snapshot: bool) -> None:
        known = self.invoices()
        number = known[which % len(known)]
        is_lettered = self.world.erp[number].letter != ""
        with on(self.world.today):
            if what == "change" and not is_lettered:
                self.world.change(number, amount)
            elif what == "letter" and not is_lettered:
                self.world.letter(number)
            elif what == "unletter" and is_lettered:
                self.world.unletter(number)
            elif what == "drop":
                self.world.drop(number)
            self.world.take_ledger(is_snapshot=is_snapshot or what == "drop")

    # Money.

    @rule(amount=AMOUNTS, on_sister=st.booleans())
    def money_comes_unapplied(self, amount: Decimal, on_sister: bool) -> None:
        with on(self.world.today):
            self.world.pay(amount, on_sister=on_sister)

    @precondition(lambda self: self.world.items())
    @rule(which=WHICH, share=st.sampled_from([30, 100]))
    def an_item_is_paid(self, which: int, share: int) -> None:
        items = self.world.items()
        item = items[which % len(items)]
        amount = max((item.amount_open * share / 100).quantize(Decimal("0.01")), Decimal("0.01"))
        with on(self.world.today):
            self.world.apply(item, self.world.pay(amount), amount)

    @rule(which=WHICH)
    def a_payment_is_undone(self, which: int) -> None:
        with on(self.world.today):
            self.world.reverse(which)

    @rule(amount=st.none() | AMOUNTS)
    def a_bank_statement_comes(self, amount: Decimal | None) -> None:
        with on(self.world.today):
            self.world.take_statement(amount)

    # Word, and decisions of people.

    @precondition(lambda self: self.world.items())
    @rule(what=st.sampled_from(["promise", "plan", "dispute", "hand over", "announce", "block"]), which=WHICH,
          is_all=st.booleans(), days=DAYS)  # fmt: skip
    def something_holds(self, what: str, which: int, is_all: bool, days: int) -> None:
        world, items = self.world, self.world.items()
        item = items[which % len(items)]
        some = items if is_all else [item]
        with on(world.today):
            if what == "promise":
                world.promise(some, days)
            elif what == "plan":
                world.plan(some, days)
            elif what == "dispute":
                world.dispute(item, 40 if is_all else 100)
            elif what == "hand over":
                world.hand_over(some)
            elif what == "announce":
                world.announce([] if is_all else some, days)
            else:
                world.block(None if is_all else item)

    @rule(what=st.sampled_from(["promised", "planned", "disputed", "handed_over", "blocked"]))
    def it_holds_no_more(self, what: str) -> None:
        world = self.world
        if getattr(world, what):
            with on(world.today):
                {"promised": world.take_promise_back, "planned": world.end_plan, "disputed": world.end_dispute,
                 "handed_over": world.take_back, "blocked": world.lift}[what]()  # fmt: skip

    @rule(what=st.sampled_from(["leaves", "opts out", "returns", "takes them again"]))
    def the_contact_changes(self, what: str) -> None:
        is_news = {"leaves": not self.world.is_contact_gone, "returns": self.world.is_contact_gone}
        if is_news.get(what, not self.world.is_contact_gone):
            with on(self.world.today):
                self.world.change_contact(what)

    @rule(days=st.integers(1, 9), is_run=st.booleans())
    def days_go_by(self, days: int, is_run: bool) -> None:
        self.world.number += days
        with on(self.world.today):
            self.world.judge()
        if is_run:
            self.a_run_is_prepared()
            self.a_run_is_released(0, True)

    # Runs.

    @rule()
    def a_run_is_prepared(self) -> None:
        with on(self.world.today) as day:
            self.world.runs.append(services.prepare_run(company_id=None, as_of=day, actor=ALICE))

    @precondition(lambda self: self.world.runs)
    @rule(which=WHICH, is_manager=st.booleans())
    def a_run_is_released(self, which: int, is_manager: bool) -> None:
        run_id = self.world.runs[-1 - which % len(self.world.runs)]
        with on(self.world.today):
            try:
                services.release_run(run_id=run_id, actor=ALICE, is_manager=is_manager)
            except (services.RunNotReady, services.RunOutdated):
                return

    @rule()
    def the_worker_sends(self) -> None:
        with on(self.world.today):
            self._send()

    @rule()
    def a_run_is_prepared_released_and_sent(self) -> None:
        self.a_run_is_prepared()
        self.a_run_is_released(0, True)
        self.the_worker_sends()

    @rule()
    def a_message_comes_back(self) -> None:
        with on(self.world.today):
            self.world.bounce()

    # The law.

    def _send(self) -> None:
        world = self.world
        before = set(DunningNoticeItem.objects.values_list("id", flat=True))
        messages = len(world.channel.sent)
        owed = dict(OpenItem.objects.filter(amount_open__gt=0).values_list("id", "amount_open"))
        credit = world.credit()
        send_waiting(world.channel)
        asked = list(DunningNoticeItem.objects.exclude(id__in=before).select_related("item", "notice__level"))
        for one in asked:
            self._check(one, owed.get(one.item_id, Decimal(0)))
        if asked:
            assert sum(one.amount for one in asked) <= sum(owed.values()) - credit, "asked for what cash here covers"
            oldest = min(CompanyBankAccount.objects.values_list("last_statement_date", flat=True))
            assert oldest is None or (world.today - oldest).days <= 4, "asked though the bank data is old"
        for message in world.channel.sent[messages:]:
            # A statement of account lists everything that is open, and says so.
            named = set(re.findall(r"F\d{5}", message.body_text)) if self.policy != "STRATEGIC" else set()
            assert named <= {one.item.document_number for one in asked}, "names what it does not ask for"
        self._check_days()

    def _check_days(self) -> None:
        """Nobody is written to too often, or on a day of rest where the policy keeps it."""
        policy = DunningPolicy.objects.get(code=self.policy)
        left = DunningNotice.objects.filter(state__in=("SENT", "TASK_OPEN")).exclude(medium="TASK")
        days = list(left.order_by("notice_date", "id").values_list("notice_date", flat=True))
        assert all((later - earlier).days >= policy.interval_days_min for earlier, later in pairwise(days)), "too often"
        assert not policy.is_quiet_on_weekends or all(day.weekday() < 5 for day in days), "on a weekend"

    def _check(self, one: DunningNoticeItem, owed: Decimal) -> None:
        world, notice = self.world, one.notice
        assert 0 < one.amount <= owed - world.disputed_of(one.item_id), "asked for what is paid or disputed"
        assert not world.held(one.item_id), f"asked for what is {world.held(one.item_id)}"
        assert one.item.document_number not in world.vanished or one.item.document_number in world.erp, "gone"
        is_courtesy = notice.level.offset_days <= 0 and notice.level.counted_from == "DUE_DATE"
        assert (one.item.due_date >= world.today) is is_courtesy, "asked for what is not due, or thanked for what is"
        if notice.medium in ("EMAIL", "SMS"):
            assert not world.is_contact_gone, "wrote to somebody who left"
            assert not world.is_opted_out, "wrote to somebody who wants no messages"


@pytest.mark.django_db(transaction=True)
def test_no_sequence_asks_for_what_is_not_owed() -> None:
    run_state_machine_as_test(NeverChased, settings=FEW)
