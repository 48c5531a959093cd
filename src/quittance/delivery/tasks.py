"""Jobs of what leaves."""

from __future__ import annotations

from quittance.delivery import services
from quittance.foundation.jobs import Queue, app


@app.periodic(cron="*/5 * * * *")
@app.task(name="delivery.recover_interrupted", queue=Queue.MAINTENANCE, queueing_lock="delivery-recover-interrupted")
def recover_interrupted(timestamp: int) -> None:
    """Mark as uncertain what was leaving when a worker died; nothing is sent again by itself."""
    services.recover_interrupted()


@app.periodic(cron="*/5 * * * *")
@app.task(name="delivery.read_mailboxes", queue=Queue.MAINTENANCE, queueing_lock="delivery-read-mailboxes")
def read_mailboxes(timestamp: int) -> None:
    """Read what came back: replies and reports of what could not be delivered."""
    services.read_mailboxes()


@app.task(name="delivery.keep_advices", queue=Queue.INTAKE)
def keep_advices(*, inbound_id: int) -> None:
    """Keep what a message says of a payment."""
    services.keep_advices(inbound_id=inbound_id)


@app.task(name="delivery.send_stored", queue=Queue.DELIVERY)
def send_stored(*, transmission_id: int) -> None:
    """Send a message with the text that it has: one that a person sends once more."""
    with services.open_channel(identifier=services.channel_of(transmission_id=transmission_id)) as channel:
        services.send_stored(transmission_id=transmission_id, channel=channel)
