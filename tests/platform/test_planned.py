"""Statements planned once: the same answers, one plan, and only inside a transaction."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from quittance.foundation.planned import fetch_planned_once

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = "SELECT %(word)s || 's' AS words, %(day)s::date + 1 AS next_day, n FROM unnest(%(ids)s::bigint[]) n"


def ask(word: str, ids: str) -> tuple[list[str], list[tuple[object, ...]]]:
    with transaction.atomic():
        return fetch_planned_once(ASKED, {"word": word, "day": date(2026, 2, 28), "ids": ids, "unused": 1})


def test_each_answer_is_of_its_own_parameters() -> None:
    names = ["words", "next_day", "n"]
    assert ask("cat", "{1,2}") == (names, [("cats", date(2026, 3, 1), 1), ("cats", date(2026, 3, 1), 2)])
    assert ask("do'g", "{3}") == (names, [("do'gs", date(2026, 3, 1), 3)])
    assert ask("x", "{}") == (names, [])


def test_the_server_plans_it_once_and_keeps_the_plan() -> None:
    for number in range(4):
        ask("cat", f"{{{number}}}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '%words%'")
        assert cursor.fetchall() == [(4, 0)]
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("auto",)


def test_it_is_counted_like_any_query() -> None:
    with CaptureQueriesContext(connection) as told, transaction.atomic():
        fetch_planned_once(ASKED, {"word": "cat", "day": date(2026, 2, 28), "ids": "{}"})
    assert len(told.captured_queries) == len(("BEGIN", "SET LOCAL", "SELECT", "COMMIT"))


def test_outside_a_transaction_it_refuses() -> None:
    with pytest.raises(TransactionManagementError):
        fetch_planned_once(ASKED, {"word": "cat", "day": date(2026, 2, 28), "ids": "{}"})


def test_an_error_leaves_the_connection_usable() -> None:
    with pytest.raises(Exception, match="invalid input syntax"):
        ask("cat", "{no number}")
    assert ask("cat", "{1}")[1] == [("cats", date(2026, 3, 1), 1)]
