"""The dunning desk of the tests: days told by number, and a channel that keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from quittance.core.ports.channels import OutgoingMessage, Receipt
from quittance.dunning import queries, services
from quittance.dunning.models import DunningDecision, DunningNotice
from quittance.foundation import clock
from quittance.foundation.permissions import Actor

DUE = date(2026, 3, 2)
ALICE = Actor(label="Alice")


@dataclass
class KeepingChannel:
    """Takes every message, or fails as told, and remembers what it took."""

    identifier: ClassVar[str] = "keeping"
    label: ClassVar[str] = "Keeping"
    medium: ClassVar[str] = "EMAIL"
    sent: list[OutgoingMessage] = field(default_factory=list)
    before_send: Callable[[OutgoingMessage], None] | None = None

    def is_ready(self) -> bool:
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        return True

    def send(self, message: OutgoingMessage) -> Receipt:
        if self.before_send is not None:
            self.before_send(message)
        self.sent.append(message)
        return Receipt(reference=message.message_id)

    def close(self) -> None:
        """Nothing to close."""


@contextmanager
def on(day: date) -> Iterator[date]:
    """Let it be noon of a day."""
    with clock.frozen(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        yield day


def late(days: int) -> date:
    """The day on which what fell due on DUE is so many days late."""
    return DUE + timedelta(days=days)


def decide_on(day: date, account_id: int) -> str:
    """Prepare a run of the day and say in words what it decided for the account."""
    with on(day):
        run_id = services.prepare_run(company_id=None, as_of=day, actor=ALICE)
    decision = DunningDecision.objects.filter(run_id=run_id, account_id=account_id).select_related("level").first()
    if decision is None:
        return "NOTHING"
    if decision.outcome == "SEND":
        assert decision.level is not None
        return f"SEND {decision.level.code}"
    return f"{decision.outcome} {decision.reason_code}"


def send_on(day: date, channel: KeepingChannel, between: Callable[[], None] | None = None) -> int:
    """Prepare and release a run and send all its notices on a day; `between` happens after the release."""
    with on(day):
        run_id = services.prepare_run(company_id=None, as_of=day, actor=ALICE)
        services.release_run(run_id=run_id, actor=ALICE)
        if between is not None:
            between()
        send_waiting(channel)
    return run_id


def send_waiting(channel: KeepingChannel) -> None:
    """Do the worker's part."""
    waiting = list(DunningNotice.objects.filter(state="QUEUED").order_by("id").values_list("id", flat=True))
    services.send_notices(notice_ids=waiting, channel=channel)


def run_row(run_id: int) -> queries.RunRow:
    """The run as its page shows it."""
    found = queries.find_run(run_id=run_id)
    assert found is not None
    return found
