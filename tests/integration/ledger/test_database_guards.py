"""The database keeps the books, whoever speaks to it: each guard is attacked by plain SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from quittance.foundation.models import ImportBatch
from quittance.foundation.permissions import Actor
from quittance.ledger import services
from quittance.ledger.models import OpenItem
from tests.cast import Cast, make_account, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def run(sql: str, **parameters: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def refused(sql: str, **parameters: object) -> str:
    with pytest.raises(DatabaseError) as caught:
        run(sql, **parameters)
    return str(caught.value)


ALLOCATE = """
INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
    effective_date, posted_at, origin, code, strategy, evidence)
VALUES (%(debit)s, %(credit)s, %(amount)s, %(amount)s, %(amount)s, '2026-03-31', now(), 'PERSON', '', '', '{}')
"""


@pytest.mark.parametrize(
    "change",
    [
        "amount_open = 0",
        "amount_company_open = 1",
        "settled_date = '2026-01-01'",
        "amount_original = 1",
        "due_date = '2027-01-01'",
        "document_number = 'X'",
        "kind = 'CREDIT_NOTE'",
        "currency = 'USD'",
        "version = 5, due_date = '2027-01-01'",
        "version = 2, external_id = 'other'",
        "version = 2, source = 'other'",
        "version = 2, amount_original = -5",
        "version = 2, amount_original = 0",
    ],
)
def test_facts_of_an_item_do_not_change_quietly(cast: Cast, change: str) -> None:
    item = make_item(cast.account, "100", due=DAY)
    payment = make_item(cast.account, "-40", due=DAY)
    services.allocate(
        debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(40), effective_date=DAY, actor=ALICE
    )
    refused(f"UPDATE ledger_openitem SET {change} WHERE id = %(id)s", id=item.id)


def test_a_new_version_is_allowed_and_keeps_the_old_row(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    run("UPDATE ledger_openitem SET amount_original = 120, version = 2 WHERE id = %(id)s", id=item.id)
    item.refresh_from_db()
    assert (item.amount_open, item.versions.get().row["amount_original"]) == (120, 100)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ledger_openitem",
        "TRUNCATE ledger_openitem CASCADE",
        "DELETE FROM ledger_allocation",
        "UPDATE ledger_allocation SET amount = 1",
        "TRUNCATE ledger_allocation CASCADE",
        "DELETE FROM ledger_allocationreversal",
        "UPDATE ledger_allocationreversal SET reason = 'x'",
        "UPDATE ledger_openitemversion SET row = '{}'",
        "DELETE FROM ledger_openitemversion",
        "UPDATE foundation_event SET kind = 'x'",
        "DELETE FROM foundation_event",
        "TRUNCATE foundation_event",
        "INSERT INTO ledger_openitemversion (item_id, version, row, replaced_at) SELECT id, 9, '{}', now() FROM x",
    ],
)
def test_what_is_posted_stays(cast: Cast, sql: str) -> None:
    item = make_item(cast.account, "100", due=DAY)
    payment = make_item(cast.account, "-40", due=DAY)
    allocation = services.allocate(
        debit_item_id=item.id, credit_item_id=payment.id, amount=Decimal(40), effective_date=DAY, actor=ALICE
    )
    services.reverse_allocation(allocation_id=allocation, effective_date=DAY, reason="test", actor=ALICE)
    OpenItem.objects.filter(id=item.id).update(version=2, due_date=date(2026, 4, 30))
    refused(sql.replace("FROM x", "FROM ledger_openitem LIMIT 1"))


@pytest.mark.parametrize("amount", ["0", "-1", "100.01", "41"])
def test_allocations_stay_within_what_is_open(cast: Cast, amount: str) -> None:
    debit = make_item(cast.account, "100", due=DAY)
    credit = make_item(cast.account, "-40", due=DAY)
    refused(ALLOCATE, debit=debit.id, credit=credit.id, amount=amount)


def test_allocations_join_one_debit_and_one_credit_that_belong_together(cast: Cast) -> None:
    debit = make_item(cast.account, "100", due=DAY)
    credit = make_item(cast.account, "-100", due=DAY)
    dollars = make_item(cast.account, "-100", due=DAY, currency="USD")
    stranger_account = make_account(
        type(cast.durand).objects.create(number="C9", name="Stranger"), cast.company, cast.department, number="S"
    )
    stranger = make_item(stranger_account, "-100", due=DAY)
    for wrong in (
        {"debit": credit.id, "credit": debit.id},
        {"debit": debit.id, "credit": dollars.id},
        {"debit": debit.id, "credit": stranger.id},
        {"debit": debit.id, "credit": debit.id},
    ):
        refused(ALLOCATE, amount="1", **wrong)
    run(ALLOCATE, debit=debit.id, credit=credit.id, amount="100")
    refused(ALLOCATE, debit=debit.id, credit=credit.id, amount="1")


def test_allocations_of_unknown_items_are_refused_at_once(cast: Cast) -> None:
    credit = make_item(cast.account, "-100", due=DAY)
    assert "no such item" in refused(ALLOCATE, debit=credit.id + 1, credit=credit.id, amount="1")
    assert "no such item" in refused(ALLOCATE, debit=credit.id, credit=credit.id + 1, amount="1")


def test_an_import_with_items_stays_and_an_unknown_one_is_refused(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    batch = ImportBatch.objects.create(kind="LEDGER", filename="a.txt", sha256="0" * 64, created_at=timezone.now())
    assert "does not exist" in refused("UPDATE ledger_openitem SET batch_id = 999999 WHERE id = %(id)s", id=item.id)
    run("UPDATE ledger_openitem SET batch_id = %(batch)s WHERE id = %(id)s", batch=batch.id, id=item.id)
    refused("DELETE FROM foundation_importbatch WHERE id = %(batch)s", batch=batch.id)
    refused("UPDATE foundation_importbatch SET id = id + 1 WHERE id = %(batch)s", batch=batch.id)
    run("UPDATE ledger_openitem SET batch_id = NULL WHERE id = %(id)s", id=item.id)
    run("DELETE FROM foundation_importbatch WHERE id = %(batch)s", batch=batch.id)


def test_the_id_of_an_item_stays(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    assert "never changes" in refused("UPDATE ledger_openitem SET id = id + 1 WHERE id = %(id)s", id=item.id)


def test_what_is_open_starts_as_the_original_whatever_is_said(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    columns = [field.column for field in OpenItem._meta.concrete_fields if field.column not in ("id", "search_text")]
    said = {"amount_open": "1", "amount_company_open": "1", "external_id": "'copy'", "settled_date": "now()"}
    run(
        f"INSERT INTO ledger_openitem ({', '.join(columns)})"
        f" SELECT {', '.join(said.get(name, name) for name in columns)} FROM ledger_openitem WHERE id = %(id)s",
        id=item.id,
    )
    copy = OpenItem.objects.get(external_id="copy")
    assert (copy.amount_open, copy.amount_company_open, copy.settled_date) == (100, 100, None)


def test_a_reversal_comes_once_and_not_before_its_allocation(cast: Cast) -> None:
    debit = make_item(cast.account, "100", due=DAY)
    credit = make_item(cast.account, "-40", due=DAY)
    allocation = services.allocate(
        debit_item_id=debit.id, credit_item_id=credit.id, amount=Decimal(40), effective_date=DAY, actor=ALICE
    )
    reverse = (
        "INSERT INTO ledger_allocationreversal (allocation_id, effective_date, posted_at, reason)"
        " VALUES (%(id)s, %(day)s, now(), 'x')"
    )
    refused(reverse, id=allocation, day="2026-03-30")
    run(reverse, id=allocation, day="2026-03-31")
    refused(reverse, id=allocation, day="2026-03-31")
    debit.refresh_from_db()
    assert debit.amount_open == 100


def test_one_external_id_is_one_item_and_no_item_is_zero(cast: Cast) -> None:
    item = make_item(cast.account, "100", due=DAY)
    columns = (
        "INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date, "
    )
    template = (
        columns + "due_date, currency, amount_original, amount_open, company_currency, amount_company,"
        " amount_company_open, label, reference, journal_code, entry_number, receivable_account, delay_reason_code,"
        " is_factored, source, external_id, payload_hash, version, recorded_at)"
        " SELECT account_id, kind, document_number, instalment, document_date, posting_date, due_date, currency,"
        " %(amount)s, 0, company_currency, %(amount)s, 0, '', '', '', '', '', '', false, source, %(external_id)s,"
        " '', 1, now() FROM ledger_openitem WHERE id = %(id)s"
    )
    assert "openitem_external" in refused(template, amount=5, external_id=item.external_id, id=item.id)
    assert "openitem_not_zero" in refused(template, amount=0, external_id="new", id=item.id)
    run(template, amount=5, external_id="new", id=item.id)
    assert OpenItem.objects.get(external_id="new").amount_open == 5
