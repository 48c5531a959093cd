"""Two workers on the credit of one collection: it is split and paid once."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import pytest

from quittance.cash import services
from quittance.cash.models import BankTransaction
from quittance.cash.services.bulk_finding import find_collections
from quittance.ledger.models import OpenItem
from tests.cast import make_cast, make_item
from tests.integration.cash.test_bulk import credit
from tests.integration.cash.test_two_workers import both
from tests.integration.debits.desk import COLLECTED_ON, TODAY, another_account, left_for_the_bank, settle_how, sign

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_workers_split_one_credit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    settle_how(cast)
    for account in (cast.account, another_account(cast)):
        sign(account)
        make_item(account, "100.00", due=TODAY)
    collection = left_for_the_bank(cast)
    line = credit(collection.amount, text=collection.message_id)
    barrier = Barrier(2)

    def find_together(**arguments: Any) -> Any:
        found = find_collections(**arguments)
        barrier.wait(timeout=30)
        return found

    monkeypatch.setattr("quittance.cash.services.bulk.find_collections", find_together)
    runs = both(lambda: services.match_transactions(company_id=cast.company.pk, as_of=COLLECTED_ON))
    assert sum(run.applied for run in runs) == 1
    assert BankTransaction.objects.filter(parent_id=line.id).count() == 2
    assert OpenItem.objects.filter(kind="PAYMENT").count() == 2
    assert not OpenItem.objects.exclude(amount_open=0).exists()
