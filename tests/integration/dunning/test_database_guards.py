"""What a run decided refers to what exists, and stays, whoever speaks to the database: attacked by plain SQL."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from quittance.dunning import services
from quittance.dunning.models import DunningDecision, DunningDecisionItem, DunningRun
from tests.cast import make_cast, make_item
from tests.integration.dunning.desk import ALICE, DUE, late, on

pytestmark = pytest.mark.django_db
NOBODY = 10**12
WRITE = """
INSERT INTO dunning_dunningdecisionitem (decision_id, item_id, is_included, reason_code, currency, overdue_days, amount,
    amount_held, amount_disputed, amount_covered, detail)
SELECT d, i, false, 'BLOCKED', 'EUR', 1, 0, 1, 0, 0, ''
FROM unnest(%(decisions)s::bigint[], %(items)s::bigint[]) x(d, i)
"""


def run(sql: str, **parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def refused(sql: str, **parameters: Any) -> str:
    with pytest.raises(IntegrityError) as caught:
        run(sql, **parameters)
    return str(caught.value)


@pytest.fixture
def decided() -> DunningDecisionItem:
    """An item that a run decided about."""
    cast = make_cast()
    make_item(cast.account, "100", due=DUE)
    with on(late(7)):
        run_id = services.prepare_run(company_id=None, as_of=late(7), actor=ALICE)
    with connection.cursor() as cursor:  # as at the end of its transaction
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return DunningDecisionItem.objects.get(decision__run_id=run_id)


def test_a_decision_names_items_that_exist(decided: DunningDecisionItem) -> None:
    names = {"decisions": [decided.decision_id] * 3, "items": [decided.item_id, NOBODY, decided.item_id]}
    assert "item that does not exist" in refused(WRITE, **names)
    assert DunningDecisionItem.objects.count() == 1


def test_decided_items_belong_to_a_decision_that_exists(decided: DunningDecisionItem) -> None:
    names = {"decisions": [decided.decision_id, NOBODY], "items": [decided.item_id] * 2}
    assert "decision that does not exist" in refused(WRITE, **names)


def test_a_statement_that_writes_nothing_or_twice_the_same_item_passes(decided: DunningDecisionItem) -> None:
    run(WRITE, decisions=[], items=[])
    run(WRITE, decisions=[decided.decision_id] * 2, items=[decided.item_id] * 2)
    assert DunningDecisionItem.objects.count() == 3


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE dunning_dunningdecisionitem SET item_id = item_id + 1",
        "UPDATE dunning_dunningdecisionitem SET decision_id = decision_id + 1",
        "UPDATE dunning_dunningdecision SET id = id + 1",
        "DELETE FROM dunning_dunningdecision",
        "DELETE FROM dunning_dunningrun",
        "TRUNCATE dunning_dunningdecision CASCADE",
        "TRUNCATE dunning_dunningrun CASCADE",
    ],
)
def test_what_a_run_decided_stays(decided: DunningDecisionItem, sql: str) -> None:
    refused(sql)
    assert DunningDecisionItem.objects.get().item_id == decided.item_id


def test_items_that_were_decided_about_cannot_go(decided: DunningDecisionItem) -> None:
    with pytest.raises(DatabaseError):
        run("DELETE FROM ledger_openitem WHERE id = %(id)s", id=decided.item_id)


def test_a_run_goes_with_its_decisions_and_their_items(decided: DunningDecisionItem) -> None:
    DunningRun.objects.get(pk=decided.decision.run_id).delete()
    assert (DunningDecision.objects.count(), DunningDecisionItem.objects.count()) == (0, 0)


def test_tables_are_emptied_together(decided: DunningDecisionItem) -> None:
    run("TRUNCATE dunning_dunningdecisionitem, dunning_dunningdecision, dunning_dunningnotice CASCADE")
    assert DunningDecision.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_decision_cannot_go_while_another_session_writes_its_items(decided: DunningDecisionItem) -> None:
    """Whoever deletes waits for who writes, and sees what was written."""
    DunningDecisionItem.objects.all().delete()
    refusals: list[str] = []
    began = Event()

    def delete() -> None:
        began.set()
        try:
            refusals.append(refused("DELETE FROM dunning_dunningdecision WHERE id = %(id)s", id=decided.decision_id))
        finally:
            connection.close()

    thread = Thread(target=delete)
    with transaction.atomic():
        run(WRITE, decisions=[decided.decision_id], items=[decided.item_id])
        thread.start()
        began.wait()
        with connection.cursor() as cursor:  # until the other session waits for this one
            waiting = 0
            while not waiting:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')"
                )
                waiting = cursor.fetchone()[0]
    thread.join()
    assert "has items" in refusals[0]
    assert DunningDecisionItem.objects.filter(decision_id=decided.decision_id).count() == 1
