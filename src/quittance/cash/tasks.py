"""Jobs of the cash desk."""

from __future__ import annotations

from quittance.cash import services
from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app


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
