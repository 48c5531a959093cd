"""The embedded PostgreSQL: a private server in the data folder, for a machine without a database of its own.

Django is not needed here: the command line starts the server before Django is set up, and the settings only
ask for the address (`database_url`), which starts nothing.
"""

from quittance.foundation.postgres.account import EmbeddedDatabaseError
from quittance.foundation.postgres.server import (
    data_dir_default,
    database_url,
    external_url,
    in_use,
    is_running,
    start,
    stop,
    temporary_server,
)

__all__ = [
    "EmbeddedDatabaseError",
    "data_dir_default",
    "database_url",
    "external_url",
    "in_use",
    "is_running",
    "start",
    "stop",
    "temporary_server",
]
