"""Jobs of letters."""

from __future__ import annotations

from datetime import date

from quittance.foundation.jobs import Queue, app
from quittance.letters import sending


@app.task(name=sending.SEND_TASK, queue=Queue.DELIVERY)
def send_statement(*, transmission_id: int, account_id: int, as_of: str, language: str) -> None:
    """Write and hand over a statement of account that a person sent by post."""
    sending.send_statement(
        transmission_id=transmission_id, account_id=account_id, as_of=date.fromisoformat(as_of), language=language
    )
