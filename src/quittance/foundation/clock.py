"""The one place that reads the clock; interfaces and jobs read it here and pass the date down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

_frozen: ContextVar[datetime | None] = ContextVar("quittance_frozen_clock", default=None)


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Return the present day in the installation's time zone."""
    return now().astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def is_frozen() -> bool:
    """Say whether the clock is held."""
    return _frozen.get() is not None


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) inside the block; for tests and the demo generator."""
    if moment.tzinfo is None:
        raise ValueError("a frozen clock needs an aware datetime")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
