"""The aged balance of today reads the index of open items, not the whole history."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from quittance.core.ageing import AgeingBasis
from quittance.ledger.queries.aged import account_sums
from quittance.ledger.queries.as_of import items_open_on
from tests.cast import make_cast, make_item

pytestmark = pytest.mark.django_db


def test_today_is_answered_from_the_open_items_alone() -> None:
    cast = make_cast()
    day = date(2026, 6, 30)
    item = make_item(cast.account, "100", due=day)
    credit = make_item(cast.account, "-100", due=day)
    with connection.cursor() as cursor:
        # A history of settled items behind two open ones.
        cursor.execute(
            "INSERT INTO ledger_openitem (account_id, kind, document_number, instalment, document_date, posting_date,"
            " due_date, currency, amount_original, amount_open, company_currency, amount_company,"
            " amount_company_open, label, reference, journal_code, entry_number, receivable_account,"
            " delay_reason_code, is_factored, source, external_id, payload_hash, version, recorded_at)"
            " SELECT account_id, kind, 'H' || n, 1, document_date, posting_date, due_date, currency, amount_original,"
            " 0, company_currency, amount_company, 0, '', '', '', '', '', '', false, 'HISTORY', id || 'H' || n, '',"
            " 1, now() FROM ledger_openitem, generate_series(1, 3000) n WHERE id IN (%s, %s)",
            [item.id, credit.id],
        )
        cursor.execute(
            "INSERT INTO ledger_allocation (debit_item_id, credit_item_id, amount, amount_company_debit,"
            " amount_company_credit, effective_date, posted_at, origin, code, strategy, evidence)"
            " SELECT d.id, c.id, 100, 100, 100, d.document_date, now(), 'ERP', '', '', '{}' FROM ledger_openitem d"
            " JOIN ledger_openitem c ON c.document_number = d.document_number AND c.amount_original < 0"
            " WHERE d.source = 'HISTORY' AND d.amount_original > 0"
        )
        cursor.execute("ANALYZE ledger_openitem")
        relation = items_open_on(as_of=day)
        sql = account_sums(relation.sql, basis=AgeingBasis.DUE_DATE)
        cursor.execute("EXPLAIN " + sql, relation.parameters)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "openitem_open_" in plan
    assert "Seq Scan on ledger_openitem" not in plan
