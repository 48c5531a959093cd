"""Tasks that are no accounts to chase: ranked by the weights of the team of who has them, by SQL as by the core."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quittance.cases.services import open_dispute
from quittance.core.worklist import TaskKind, adjust_weights
from quittance.core.worklist_tasks import TaskFacts, rank_task
from quittance.foundation.permissions import SYSTEM
from quittance.ledger.services import refresh_balances
from quittance.litigation import services as litigation
from quittance.parties.models import Customer, Team, User
from quittance.worklist.candidates import stored_parts, strongest_first
from quittance.worklist.models import Task, WeightVersion
from quittance.worklist.services import refresh_tasks
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)
CHANGES = {"amount": 10, "over_limit": 30, "dispute_late": 45}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def refresh(on: date = TODAY) -> None:
    refresh_balances(account_ids=None, as_of=on)
    refresh_tasks(as_of=on)


@pytest.mark.parametrize("changes", [{}, CHANGES, {"over_limit": 0, "amount": 0}])
def test_customers_over_their_limit_are_ranked_as_the_core_ranks(cast: Cast, changes: dict[str, int]) -> None:
    WeightVersion.objects.create(from_date=TODAY, weights=changes, set_at="2026-03-01T00:00Z")
    limits = {"0": "10.50", "100": "100.01", "5000": "999999.99", "7": "1234567890", "12": "12.5"}
    for number, (limit, owed) in enumerate(limits.items()):
        customer = Customer.objects.create(number=f"L{number}", name="L", credit_limit=Decimal(limit))
        account = make_account(customer, cast.company, cast.department, number=f"411L{number}")
        make_item(account, owed, due=TODAY + timedelta(days=9))
    for days in (0, 4, 40):
        refresh(TODAY + timedelta(days=days))
        tasks = Task.objects.filter(kind="OVER_LIMIT", state="OPEN")
        assert len(tasks) == len(limits)
        for task in tasks:
            facts = TaskFacts(kind=TaskKind.OVER_LIMIT, amount=task.amount, deadline_in_days=-days)
            score, parts = rank_task(facts=facts, weights=adjust_weights(changes=changes))
            told = [dict(part) for part in strongest_first(task.score_parts)]
            assert (task.score, told) == (score, stored_parts(parts))


def test_a_dispute_is_weighed_by_the_team_of_its_owner(cast: Cast) -> None:
    team = Team.objects.create(name="North")
    User.objects.filter(pk=cast.bob.pk).update(team=team)
    items = [make_item(cast.account, "1000", due=TODAY - timedelta(days=20)) for _ in range(2)]
    for item, owner in zip(items, (cast.alice, cast.bob), strict=True):
        open_dispute(
            item_id=item.id, amount=Decimal(1000), reason_code="PRICE", owner_id=owner.pk, actor=SYSTEM,
            opened_date=TODAY - timedelta(days=60),
        )  # fmt: skip
    refresh()
    scores = dict(Task.objects.filter(kind="DISPUTE_LATE").values_list("owner_id", "score"))
    assert scores[cast.alice.pk] == scores[cast.bob.pk]
    WeightVersion.objects.create(team=team, from_date=TODAY, weights=CHANGES, set_at="2026-03-01T00:00Z")
    refresh()
    now = dict(Task.objects.filter(kind="DISPUTE_LATE").values_list("owner_id", "score"))
    assert now[cast.alice.pk] == scores[cast.alice.pk]
    assert now[cast.bob.pk] > scores[cast.bob.pk]


def test_a_dispute_goes_with_what_is_handed_over(cast: Cast) -> None:
    item = make_item(cast.account, "1000", due=TODAY - timedelta(days=20))
    open_dispute(
        item_id=item.id, amount=Decimal(400), reason_code="PRICE", owner_id=cast.bob.pk, actor=SYSTEM,
        opened_date=TODAY - timedelta(days=60),
    )  # fmt: skip
    refresh()
    assert Task.objects.get(kind="DISPUTE_LATE").state == "OPEN"
    handover_id = litigation.prepare_handover(
        account_id=cast.account.pk, item_ids=[item.pk], to_kind="LAWYER", to_name="Me Lenoir", reason="no answer",
        prepared_on=TODAY, actor=SYSTEM,
    )  # fmt: skip
    litigation.hand_over(handover_id=handover_id, on_date=TODAY, actor=SYSTEM)
    refresh()
    assert not Task.objects.filter(state="OPEN").exists()
