"""Which way out a message takes, and opening it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from quittance.core.ports.channels import Channel
from quittance.foundation import registry

CHANNELS = "quittance.channels"


@contextmanager
def open_channel(*, identifier: str = "smtp") -> Iterator[Channel]:
    """Give a channel and close it at the end.

    :raises UnknownAdapter: when no such channel is installed.
    """
    channel: Channel = registry.adapter(CHANNELS, identifier)()
    try:
        yield channel
    finally:
        channel.close()


def sms_channel() -> str:
    """Return the identifier of the channel for SMS that `QUITTANCE_SMS_URL` names, "" when none is set up."""
    return str(settings.QUITTANCE_SMS_CHANNEL)
