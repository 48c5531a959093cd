"""Jobs of the cash desk."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from quittance.cash import services
from quittance.core.ports.inboxes import Inbox, InboxDown
from quittance.foundation import clock, registry
from quittance.foundation.jobs import Queue, app

logger = logging.getLogger(__name__)


@app.task(name="cash.import_statement", queue=Queue.INTAKE)
def import_statement(*, batch_id: int) -> None:
    """Import a registered file, then match what it brought."""
    result = services.run_statement_import(batch_id=batch_id)
    for company_id in result.company_ids:
        match_company.configure(lock=f"cash-company:{company_id}").defer(company_id=company_id)


@app.task(name="cash.match_company", queue=Queue.CASH)
def match_company(*, company_id: int) -> None:
    """Match the waiting receipts of a company."""
    services.match_transactions(company_id=company_id, as_of=clock.today())


@app.periodic(cron="* * * * *")
@app.task(name="cash.collect_statements", queue=Queue.INTAKE, queueing_lock="cash-collect-statements")
def collect_statements(timestamp: int) -> None:
    """Take in what was left in the inboxes for statements; one that can't be read doesn't keep the others.

    Each is looked at every so many minutes, `every_minutes` of its settings.
    """
    for told in settings.QUITTANCE_STATEMENT_INBOXES:
        if timestamp // 60 % told.get("every_minutes", 1):
            continue
        inbox = open_inbox(told)
        try:
            services.collect_statements(inbox=inbox, queue_import=_queue_import)
        except InboxDown as error:
            logger.warning("statements can't be taken in: %s", error)


def open_inbox(told: Mapping[str, Any]) -> Inbox:
    """Return the inbox that an entry of the settings tells of."""
    values = {name: value for name, value in told.items() if name not in ("adapter", "every_minutes")}
    inbox: Inbox = registry.adapter("quittance.inboxes", told["adapter"])(**values)
    return inbox


def _queue_import(batch_id: int) -> None:
    import_statement.defer(batch_id=batch_id)
