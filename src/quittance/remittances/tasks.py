"""Jobs of remittances."""

from __future__ import annotations

from quittance.foundation.jobs import Queue, app
from quittance.parties.queries import list_companies
from quittance.remittances import services


@app.task(name="remittances.import_file", queue=Queue.INTAKE)
def import_remittance_file(*, batch_id: int) -> None:
    """Import a registered file."""
    services.run_remittance_import(batch_id=batch_id)


@app.periodic(cron="10 4 * * *")
@app.task(name="remittances.resolve", queue=Queue.MAINTENANCE, queueing_lock="remittances-resolve")
def resolve(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Find the customers and items that invoices of the day before made known."""
    for company in list_companies():
        services.resolve_remittances(company_id=company.id)
