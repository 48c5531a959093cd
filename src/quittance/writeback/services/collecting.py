"""Queue what the ledger holds and the ERP has not heard of."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection, transaction

from quittance.foundation import clock
from quittance.writeback import collecting_sql as sql
from quittance.writeback.models import WriteBackQueue

# The words of `ledger.intake` for a lettering that the ERP itself took back.
REASONS_OF_ERP: Final = ("The ERP changed its lettering.", "The item is in the ERP again.")


@transaction.atomic
def collect_entries(*, company_id: int) -> int:
    """Queue all that is new of a company, cancel what was undone before it left, and return how many are new.

    A few statements, however much there is. Two at once queue behind each other.
    """
    queue = lock_queue(company_id=company_id)
    asked: dict[str, Any] = {
        "company_id": company_id,
        "last_number": queue.last_number,
        "last_letter": queue.last_letter,
        "moment": clock.now(),
        "reasons_of_erp": list(REASONS_OF_ERP),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.COLLECT, asked)
        count, queue.last_number, queue.last_letter = cursor.fetchone()
        for statement in (sql.CANCEL_UNDONE, sql.REVIVE_PAIRS, sql.CANCEL_PAIRS, sql.CANCEL_BETWEEN):
            cursor.execute(statement, {"company_id": company_id})
    if count:
        queue.save(update_fields=["last_number", "last_letter"])
    return int(count)


def lock_queue(*, company_id: int) -> WriteBackQueue:
    """Lock the queue of a company until the transaction ends and return its last numbers."""
    WriteBackQueue.objects.bulk_create([WriteBackQueue(company_id=company_id)], ignore_conflicts=True)
    return WriteBackQueue.objects.select_for_update().get(pk=company_id)
