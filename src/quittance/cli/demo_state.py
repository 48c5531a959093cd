"""Whether the database holds the demo company, nothing, or somebody's real data."""

from __future__ import annotations

from django.db import connection

from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import SYSTEM
from quittance.parties.queries import list_companies

LOADED = "demo.loaded"


def is_database_empty() -> bool:
    """Say whether nothing was ever put in: a database without a company."""
    return not list_companies()


def remember() -> None:
    """Record that the demo company is in this database."""
    record(NewEvent(kind=LOADED, actor=SYSTEM))


def is_loaded() -> bool:
    """Say whether the demo company is in this database; its mail then stays on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM foundation_event WHERE kind = %s)", [LOADED])
        return bool(cursor.fetchone()[0])
