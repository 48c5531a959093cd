"""Items posted together with what settles them: allowed in one statement, and believed by nobody."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from quittance.foundation.permissions import Actor
from quittance.ledger import services
from quittance.ledger.models import Allocation, OpenItem
from tests.cast import Cast, make_cast, make_item

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 31)
ALICE = Actor(label="Alice")

# A debit and a credit copied from two of their kind, under ids that nobody has.
TOGETHER = """
WITH applied AS (
    INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit, amount_company_credit,
        effective_date, posted_at, origin, code, strategy, evidence)
    SELECT 900001, 900002, {applied}, {applied}, {applied}, '2026-04-02', now(), 'ERP', 'A', '', '{{}}'
    WHERE {is_applied}
)
INSERT INTO ledger_openitem (id, account_id, kind, document_number, instalment, document_date, posting_date, due_date,
    currency, amount_original, amount_open, company_currency, amount_company, amount_company_open, label, reference,
    journal_code, entry_number, receivable_account, delay_reason_code, is_factored, source, external_id, payload_hash,
    version, recorded_at, settled_date)
SELECT CASE WHEN amount_original > 0 THEN 900001 ELSE 900002 END, account_id, kind, document_number, instalment,
    document_date, posting_date, due_date, currency, amount_original, {is_open}, company_currency, amount_company,
    {is_open}, label, reference, journal_code, entry_number, receivable_account, '', false, source,
    'new ' || external_id, payload_hash, 1, now(), {settled}
FROM ledger_openitem
"""


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    make_item(cast.account, "100", due=DAY)
    make_item(cast.account, "-100", due=DAY)
    return cast


def post(
    *, applied: str = "100", is_applied: str = "true", is_open: str = "0", settled: str = "date '2026-04-02'",
    is_allowed: bool = True,
) -> None:  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('quittance.posts_settled', %s, true)", ["on" if is_allowed else "off"])
        cursor.execute(TOGETHER.format(applied=applied, is_applied=is_applied, is_open=is_open, settled=settled))


def apply_under_the_setting(debit_item_id: int, credit_item_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL quittance.posts_settled = 'on'")
        cursor.execute(
            """INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit,
                amount_company_credit, effective_date, posted_at, origin, code, strategy, evidence)
            VALUES (%s, %s, 40, 40, 40, '2026-03-31', now(), 'PERSON', '', '', '{}')""",
            [debit_item_id, credit_item_id],
        )


def test_a_debit_and_a_credit_come_settled(cast: Cast) -> None:
    post()
    found = OpenItem.objects.filter(id__gt=900000).values_list("amount_open", "amount_company_open", "settled_date")
    assert [*found] == [(Decimal(0), Decimal(0), date(2026, 4, 2))] * 2
    assert Allocation.objects.get().amount == Decimal(100)


@pytest.mark.parametrize(
    "lie",
    [
        {"is_applied": "false"},
        {"applied": "60"},
        {"applied": "60", "is_open": "sign(amount_original) * 40"},
        {"settled": "date '2026-04-01'"},
        {"settled": "NULL"},
        {"is_open": "amount_original", "settled": "NULL"},
        {"is_open": "sign(amount_original) * 50", "is_applied": "false", "settled": "NULL"},
    ],
)
def test_what_does_not_agree_is_refused(cast: Cast, lie: dict[str, str]) -> None:
    with pytest.raises(DatabaseError, match="is not open by what was applied to it"):
        post(**lie)  # type: ignore[arg-type]  # texts alone
    assert OpenItem.objects.count() == 2


def test_without_the_setting_new_items_are_open_and_applied_to(cast: Cast) -> None:
    post(applied="60", is_allowed=False)
    found = OpenItem.objects.filter(id__gt=900000).order_by("id").values_list("amount_open", "settled_date")
    assert [*found] == [(Decimal(40), None), (Decimal(-40), None)]


@pytest.mark.parametrize("before", ["0", "30"])
def test_known_items_are_not_applied_to_under_the_setting(cast: Cast, before: str) -> None:
    debit, credit = OpenItem.objects.order_by("id")
    if before != "0":
        services.allocate(
            debit_item_id=debit.id, credit_item_id=credit.id, amount=Decimal(before), effective_date=DAY, actor=ALICE
        )
    with pytest.raises(DatabaseError, match="is not open by what was applied to it"):
        apply_under_the_setting(debit.id, credit.id)
