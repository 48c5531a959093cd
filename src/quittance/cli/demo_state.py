"""Whether the database holds the demo company, nothing, or somebody's real data."""

from __future__ import annotations

from django.db import connection, transaction

from quittance.cli import demo
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import SYSTEM
from quittance.parties.queries import list_companies

LOADED = "demo.loaded"


def is_database_empty() -> bool:
    """Say whether nothing was ever put in: a database without a company."""
    return not list_companies()


def load(scale: float = 1.0) -> None:
    """Put the demo company into this database, wholly or not at all, and record that it is there."""
    with transaction.atomic():
        demo.load(scale)
        record(NewEvent(kind=LOADED, actor=SYSTEM))


def is_loaded() -> bool:
    """Say whether the demo company is in this database; its mail then stays on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM foundation_event WHERE kind = %s)", [LOADED])
        return bool(cursor.fetchone()[0])
