"""The night's judgement of promises and payment plans."""

from __future__ import annotations

from quittance.foundation import clock
from quittance.foundation.jobs import Queue, app
from quittance.promises.plans import decide_plans
from quittance.promises.services import decide_promises
from quittance.promises.visits import forget_visits


@app.periodic(cron="20 2 * * *")
@app.task(name="promises.decide", queue=Queue.MAINTENANCE, queueing_lock="promises-decide")
def decide(timestamp: int) -> None:  # noqa: ARG001  (the queue passes when it was due)
    """Decide which promises and payment plans were kept and which were broken up to today."""
    decide_promises(as_of=clock.today())
    decide_plans(as_of=clock.today())
    forget_visits()
