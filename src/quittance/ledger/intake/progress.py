"""Tell how far an import is, beside its transaction: on a connection of its own, so that others see it at once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Final

from django.db import connections

from quittance.foundation.notify import CHANNEL

SECONDS_BETWEEN: Final = 0.4

_UPDATE = """
UPDATE foundation_importbatch SET progress_stage = %s, progress_done = %s, progress_total = %s
WHERE id = %s AND status = 'RUNNING'
"""


class Progress:
    """How far one import is: the stage, and of reading the bytes done and to do."""

    def __init__(self, *, batch_id: int, on_progress: Callable[[str, int, int], None] | None = None) -> None:
        """Prepare; `on_progress` is called with the same figures (the command line draws a bar)."""
        self._batch_id = batch_id
        self._on_progress = on_progress
        self._connection = connections.create_connection("default")
        self._told_at = 0.0
        self._stage = ""

    def tell(self, stage: str, *, done: int = 0, total: int = 0) -> None:
        """Store and publish the figures: at once for a new stage, else at most every 0.4 seconds."""
        if self._on_progress is not None:
            self._on_progress(stage, done, total)
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < SECONDS_BETWEEN:
            return
        self._stage, self._told_at = stage, now
        message = json.dumps({"topic": f"import.{self._batch_id}", "payload": {"id": self._batch_id}})
        with self._connection.cursor() as cursor:
            cursor.execute(_UPDATE, [stage, done, total or None, self._batch_id])
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
