"""Several people at one desk: leases, requests above a limit, questions, parts; two database connections at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection

from quittance.cash import desk, queries, services
from quittance.cash.models import BankTransaction, DifferenceRequest, LineLease
from quittance.cash.services import ItemChoice
from quittance.cash.services.holding import LEASE
from quittance.foundation import clock
from quittance.foundation.permissions import Scope
from quittance.ledger.models import Allocation, OpenItem
from tests.cast import Cast, make_cast, make_item
from tests.integration.cash.desk import DUE, TODAY, actor, receipt


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def together(*works: Callable[[], object]) -> list[object]:
    """Run each on a connection of its own, all at once; return what each returned or raised."""
    barrier = Barrier(len(works))

    def one(work: Callable[[], object]) -> object:
        try:
            barrier.wait(timeout=30)
            return work()
        except Exception as error:  # noqa: BLE001  (told to the test)
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(works)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(one, work) for work in works]]


@pytest.mark.django_db
class TestHolding:
    def test_nobody_else_decides_while_a_line_is_held(self, cast: Cast) -> None:
        line = receipt("100.00")
        assert services.hold_line(transaction_id=line.id, actor=actor(cast.clara)).name == "Clara"  # type: ignore[union-attr]
        assert services.hold_line(transaction_id=line.id, actor=actor(cast.manager)).name == "Clara"  # type: ignore[union-attr]
        with pytest.raises(services.LineHeld) as held:
            services.set_aside(transaction_id=line.id, reason="X", actor=actor(cast.manager))
        assert held.value.name == "Clara"
        services.set_aside(transaction_id=line.id, reason="X", actor=actor(cast.clara))
        assert not LineLease.objects.exists()

    def test_a_lease_ends_by_itself(self, cast: Cast) -> None:
        line = receipt("100.00")
        services.hold_line(transaction_id=line.id, actor=actor(cast.clara))
        LineLease.objects.update(expires_at=clock.now() - timedelta(seconds=1))
        assert services.hold_line(transaction_id=line.id, actor=actor(cast.manager)).name == "Manager"  # type: ignore[union-attr]
        assert LineLease.objects.get().expires_at - LineLease.objects.get().taken_at == LEASE

    def test_it_is_taken_over_explicitly_and_that_is_told(self, cast: Cast) -> None:
        line = receipt("100.00")
        services.hold_line(transaction_id=line.id, actor=actor(cast.clara))
        services.take_over(transaction_id=line.id, actor=actor(cast.manager))
        with pytest.raises(services.LineHeld):
            services.set_aside(transaction_id=line.id, reason="X", actor=actor(cast.clara))
        story = desk.list_history(transaction_id=line.id)
        assert (story[0]["kind"], story[0]["payload"]["from"]) == ("transaction.taken_over", "Clara")

    def test_a_person_holds_one_line_at_a_time(self, cast: Cast) -> None:
        lines = [receipt("100.00", reference=name) for name in "AB"]
        for line in lines:
            services.hold_line(transaction_id=line.id, actor=actor(cast.clara))
        assert LineLease.objects.get().transaction_id == lines[1].id

    def test_what_a_colleague_holds_is_passed_over(self, cast: Cast) -> None:
        first, second = receipt("1.00", reference="A"), receipt("2.00", reference="B")
        services.hold_line(transaction_id=second.id, actor=actor(cast.clara))
        mine = Scope(user_id=cast.manager.pk)
        assert queries.find_first_waiting(now=clock.now(), scope=mine) == first.id
        assert queries.find_first_waiting(now=clock.now(), scope=Scope(user_id=cast.clara.pk)) == second.id
        assert queries.find_next_waiting(after_id=first.id, now=clock.now(), scope=mine) is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_line_at_once_one_has_it() -> None:
    cast = make_cast()
    line = receipt("100.00")
    found = together(
        lambda: services.hold_line(transaction_id=line.id, actor=actor(cast.clara)),
        lambda: services.hold_line(transaction_id=line.id, actor=actor(cast.manager)),
    )
    assert len({holder.user_id for holder in found if isinstance(holder, services.Holder)}) == 1
    assert LineLease.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told_and_nothing_is_paid_twice() -> None:
    cast = make_cast()
    item, line = make_item(cast.account, "100.00", due=DUE), receipt("95.00")

    def settle(who: str) -> Callable[[], object]:
        return lambda: services.settle_items(
            transaction_id=line.id, choices=[ItemChoice(item_id=item.id)], as_of=TODAY,
            actor=actor(cast.people[who]), way="SMALL_DIFFERENCE",
        )  # fmt: skip

    found = together(settle("clara"), settle("manager"))
    assert sorted(type(one).__name__ for one in found) == ["NoneType", "NotWaiting"]
    assert Allocation.objects.count() == 2
    assert set(OpenItem.objects.values_list("amount_open", flat=True)) == {0}


@pytest.mark.django_db
class TestRequests:
    def request(self, cast: Cast) -> tuple[BankTransaction, int]:
        item, line = make_item(cast.account, "100.00", due=DUE), receipt("70.00")
        request_id = services.request_difference(
            transaction_id=line.id, choices=[ItemChoice(item_id=item.id)], way="BANK_FEE", comment="says the customer",
            as_of=TODAY, actor=actor(cast.clara),
        )  # fmt: skip
        return line, request_id

    def test_a_manager_decides_and_it_is_done_as_asked(self, cast: Cast) -> None:
        line, request_id = self.request(cast)
        asked = desk.find_request(transaction_id=line.id, user_id=cast.manager.pk, as_of=TODAY)
        assert asked is not None
        assert (asked.may_decide, asked.amount, asked.deciders) == (True, 30, ("Adam", "Manager"))
        assert [row["id"] for row in desk.list_requests_for(user_id=cast.manager.pk)] == [request_id]
        services.approve_request(request_id=request_id, as_of=TODAY, actor=actor(cast.manager))
        line.refresh_from_db()
        assert (line.state, DifferenceRequest.objects.get().state) == ("MATCHED", "APPROVED")
        assert set(OpenItem.objects.values_list("amount_open", flat=True)) == {0}

    def test_who_asked_does_not_decide(self, cast: Cast) -> None:
        _line, request_id = self.request(cast)
        with pytest.raises(services.NotForYou):
            services.approve_request(request_id=request_id, as_of=TODAY, actor=actor(cast.clara))
        assert desk.list_requests_for(user_id=cast.clara.pk) == []

    def test_the_limit_of_the_decider_holds_too(self, cast: Cast) -> None:
        _line, request_id = self.request(cast)
        other = actor(cast.alice)  # a collector has no limit at all
        with pytest.raises(services.DifferenceAboveLimit):
            services.approve_request(request_id=request_id, as_of=TODAY, actor=other)
        assert DifferenceRequest.objects.get().state == "OPEN"

    def test_a_refusal_is_shown_with_its_reason(self, cast: Cast) -> None:
        line, request_id = self.request(cast)
        services.refuse_request(request_id=request_id, answer="ask their bank", actor=actor(cast.manager))
        asked = desk.find_request(transaction_id=line.id, user_id=cast.clara.pk, as_of=TODAY)
        assert asked is not None
        assert (asked.state, asked.answer) == ("REFUSED", "ask their bank")
        with pytest.raises(services.RequestNotFound):
            services.approve_request(request_id=request_id, as_of=TODAY, actor=actor(cast.manager))

    def test_a_line_decided_otherwise_closes_the_request(self, cast: Cast) -> None:
        line, _request_id = self.request(cast)
        services.set_aside(transaction_id=line.id, reason="X", actor=actor(cast.clara))
        assert DifferenceRequest.objects.get().state == "OUTDATED"


@pytest.mark.django_db
class TestQuestions:
    def test_it_stands_with_who_was_asked_until_answered(self, cast: Cast) -> None:
        line = receipt("10.00")
        id_ = services.ask_colleague(
            transaction_id=line.id, asked_to_id=cast.alice.pk, text="Who?", actor=actor(cast.clara)
        )
        assert [row["text"] for row in desk.list_questions_for(user_id=cast.alice.pk)[0]] == ["Who?"]
        with pytest.raises(services.NotForYou):
            services.answer_question(question_id=id_, text="Me", actor=actor(cast.bob))
        services.answer_question(question_id=id_, text="A tenant", actor=actor(cast.alice))
        assert desk.list_questions_for(user_id=cast.alice.pk) == ([], [])
        assert [row["answer"] for row in desk.list_questions_for(user_id=cast.clara.pk)[1]] == ["A tenant"]
        with pytest.raises(services.NotForYou):
            services.answer_question(question_id=id_, text="again", actor=actor(cast.alice))

    def test_only_who_sees_the_company_is_asked(self, cast: Cast) -> None:
        line = receipt("10.00")
        with pytest.raises(services.NotForYou):
            services.ask_colleague(
                transaction_id=line.id, asked_to_id=cast.charlie.pk, text="Who?", actor=actor(cast.clara)
            )


@pytest.mark.django_db
class TestParts:
    def test_parts_are_lines_of_their_own(self, cast: Cast) -> None:
        item, line = make_item(cast.account, "60.00", due=DUE), receipt("100.00")
        ids = services.split_line(transaction_id=line.id, amounts=[Decimal(60), Decimal(40)], actor=actor(cast.clara))
        services.match_items(transaction_id=ids[0], item_ids=[item.id], as_of=TODAY, actor=actor(cast.clara))
        services.keep_unidentified(transaction_id=ids[1], comment="", actor=actor(cast.clara))
        line.refresh_from_db()
        assert line.state == "SPLIT"
        assert [part["state"] for part in desk.list_parts(transaction_id=line.id)] == ["MATCHED", "UNIDENTIFIED"]
        with pytest.raises(services.PartInUse):
            services.merge_parts(transaction_id=line.id, actor=actor(cast.clara))

    def test_put_together_no_part_comes_back_alone(self, cast: Cast) -> None:
        line = receipt("100.00")
        ids = services.split_line(transaction_id=line.id, amounts=[Decimal(60), Decimal(40)], actor=actor(cast.clara))
        services.merge_parts(transaction_id=line.id, actor=actor(cast.clara))
        waiting = BankTransaction.objects.filter(state="WAITING")
        assert [(row.id, row.amount) for row in waiting] == [(line.id, 100)]
        with pytest.raises(services.NotWaiting):
            services.bring_back(transaction_id=ids[0], actor=actor(cast.clara))
        assert (
            len(services.split_line(transaction_id=line.id, amounts=[Decimal(1), Decimal(99)], actor=actor(cast.clara)))
            == 2
        )

    @pytest.mark.parametrize("amounts", [["100"], ["60", "50"], ["110", "-10"], ["99.995", "0.005"], ["100", "0"]])
    def test_parts_add_up(self, cast: Cast, amounts: list[str]) -> None:
        line = receipt("100.00")
        with pytest.raises(services.PartsDiffer):
            services.split_line(
                transaction_id=line.id, amounts=[Decimal(text) for text in amounts], actor=actor(cast.clara)
            )

    def test_the_same_file_again_does_not_see_the_parts(self, cast: Cast) -> None:
        line = receipt("100.00", reference="AGAIN")
        services.split_line(transaction_id=line.id, amounts=[Decimal(60), Decimal(40)], actor=actor(cast.clara))
        before = BankTransaction.objects.count()
        with pytest.raises(BankTransaction.DoesNotExist):
            receipt("100.00", reference="AGAIN")
        assert BankTransaction.objects.count() == before
