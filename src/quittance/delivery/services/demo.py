"""The mailbox of the demo: written by its own mail server, read by its page."""

from __future__ import annotations

from collections.abc import Sequence

from quittance.delivery.models import DemoMessage
from quittance.foundation import clock


def keep_demo_message(*, sender: str, recipients: Sequence[str], subject: str, raw: bytes) -> int:
    """Keep a message that the demo's mail server took in; return its id."""
    row = DemoMessage.objects.create(
        received_at=clock.now(),
        sender=sender[:200],
        recipients=", ".join(recipients),
        subject=" ".join(subject.replace("\x00", "").split())[:250],
        raw=raw,
    )
    return row.pk


def forget_demo_messages() -> int:
    """Empty the demo's mailbox; return how many messages it held."""
    return DemoMessage.objects.all().delete()[0]
