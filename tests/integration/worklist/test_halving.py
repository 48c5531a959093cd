"""Ranking by two connections: the same tasks as by one, whoever ranks an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from quittance.foundation import clock
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Customer
from quittance.worklist.models import Freshness, Task
from quittance.worklist.services import halving, refresh_tasks
from tests.cast import make_account, make_cast, make_item

TODAY = date(2026, 3, 2)
ACCOUNTS = 7


def tasks() -> list[dict[str, Any]]:
    rows = Task.objects.order_by("key").values()
    return [{name: value for name, value in row.items() if name not in ("id", "created_at")} for row in rows]


@pytest.mark.django_db(transaction=True)
def test_two_connections_rank_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "ACCOUNTS_FOR_TWO", -1)
    cast = make_cast()
    accounts = []
    for number in range(ACCOUNTS):
        customer = Customer.objects.create(number=f"H{number}", name=f"H {number}", country="FR")
        account = make_account(customer, cast.company, cast.services, number=f"411H{number}", collector=cast.alice)
        accounts.append(account)
        make_item(account, str(20_000 + 1000 * number), due=TODAY - timedelta(days=20 + number))
        if number > 3:  # of both halves
            Customer.objects.filter(pk=customer.pk).update(credit_limit=500 * number)
    refresh_balances(account_ids=None, as_of=TODAY)
    with clock.frozen(datetime(2026, 3, 2, 12, tzinfo=UTC)):
        with transaction.atomic():  # what is not committed is ranked by one
            refresh_tasks(as_of=TODAY)
            by_one = tasks()
            transaction.set_rollback(True)
        assert Task.objects.count() == 0
        refresh_tasks(as_of=TODAY)
        by_two = tasks()
        assert refresh_tasks(as_of=TODAY) == 0
        for account in accounts[:2]:  # one of each half
            make_item(account, "-30000", due=TODAY, kind="CREDIT_NOTE")
        refresh_balances(account_ids=None, as_of=TODAY)
        assert refresh_tasks(as_of=TODAY) == 2
        assert Freshness.objects.get().as_of == TODAY

    gone = Task.objects.filter(state="GONE").values_list("account_id", flat=True)
    assert set(gone) == {account.id for account in accounts[:2]}
    assert by_two == by_one
    kinds = [row["kind"] for row in by_two]
    assert (kinds.count("NO_CONTACT"), kinds.count("OVER_LIMIT")) == (ACCOUNTS, 3)


@pytest.mark.django_db(transaction=True)
def test_where_the_other_connection_fails_the_refresh_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "ACCOUNTS_FOR_TWO", -1)

    def fail(**_: Any) -> None:
        raise RuntimeError("no more room")

    monkeypatch.setattr(halving, "stage_accounts", fail)
    with pytest.raises(RuntimeError, match="no more room"):
        refresh_tasks(as_of=TODAY)
    assert not Freshness.objects.exists()
