"""Jobs of debits: tell the customers of a collection, end mandates that nobody uses."""

from __future__ import annotations

from quittance.debits import services
from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app


@app.task(name=services.NOTICE_TASK, queue=Queue.DELIVERY)
def send_notices(*, collection_id: int) -> None:
    """Write and queue the messages of an announced collection."""
    services.send_notices(collection_id=collection_id, as_of=clock.today())


@app.periodic(cron="20 4 * * *")
@app.task(name="debits.expire_mandates", queue=Queue.MAINTENANCE, queueing_lock="debits-expire-mandates")
def expire_mandates(timestamp: int) -> None:
    """End the mandates that nobody used for 36 months."""
    services.expire_mandates(as_of=clock.today())
