"""Jobs of the queue to the ERP."""

from __future__ import annotations

from quittance.foundation.jobs import Queue, app
from quittance.parties.queries import list_companies
from quittance.writeback import services


@app.periodic(cron="*/10 * * * *")
@app.task(name="writeback.collect", queue=Queue.CASH, queueing_lock="writeback-collect")
def collect(timestamp: int) -> None:
    """Queue what is new of every company."""
    for company in list_companies():
        services.collect_entries(company_id=company.id)
