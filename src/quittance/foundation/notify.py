"""Live news: a service publishes a topic inside its transaction, open pages hear of it once it has committed.

A topic names a kind of thing, or one thing: `imports`, `import.12`, `worklist`. What travels is the topic
and ids, never personal data: the page then asks for what it may see.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

CHANNEL = "quittance"
TOPIC = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*")
TOPIC_LENGTH_MAX = 80
RESYNC = "resync"
WAITING_NEWS_MAX = 200
RECONNECT_SECONDS = (0.5, 1, 2, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something happened to `topic`; `payload` holds ids. `resync`: news may have been missed, look again."""

    topic: str
    payload: str


def is_topic(text: str) -> bool:
    """Say whether `text` can be a topic: words of small letters and digits joined by dot, hyphen or
    underscore.

    >>> is_topic("import.12"), is_topic("Import 12")
    (True, False)
    """
    return len(text) <= TOPIC_LENGTH_MAX and TOPIC.fullmatch(text) is not None


def publish(topic: str, payload: Mapping[str, int | str] | None = None) -> None:
    """Tell the open pages, when the present transaction commits; the same news twice arrives once.

    :raises ValueError: when `topic` is not one.
    """
    if not is_topic(topic):
        raise ValueError(f"not a topic: {topic!r}")
    message = json.dumps({"topic": topic, "payload": dict(payload or {})})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])


class Hub:
    """Fans the news of one database connection out to all open pages of this process."""

    def __init__(self) -> None:
        self._subscribers: dict[asyncio.Queue[News | None], frozenset[str]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._closed = False

    @contextlib.asynccontextmanager
    async def subscribe(self, topics: Iterable[str]) -> AsyncIterator[asyncio.Queue[News | None]]:
        """Yield a queue of news about `topics`; None in it means that the hub closes."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(WAITING_NEWS_MAX)
        if self._closed:
            queue.put_nowait(None)
        self._subscribers[queue] = frozenset(topics)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        try:
            yield queue
        finally:
            del self._subscribers[queue]

    def close(self) -> None:
        """Let every page go, so that the server can stop."""
        self._closed = True
        for queue in self._subscribers:
            _put(queue, None)
        if self._listener is not None:
            self._listener.cancel()

    async def _listen(self) -> None:
        attempt = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as listener:
                    await listener.execute(f"LISTEN {CHANNEL}")
                    attempt = 0
                    self._spread(News(topic=RESYNC, payload="{}"))
                    async for notification in listener.notifies():
                        self._spread(_read(notification.payload))
            except psycopg.OperationalError:
                await asyncio.sleep(RECONNECT_SECONDS[min(attempt, len(RECONNECT_SECONDS) - 1)])
                attempt += 1

    def _spread(self, news: News) -> None:
        for queue, topics in self._subscribers.items():
            if news.topic == RESYNC or news.topic in topics:
                _put(queue, news)


def _put(queue: asyncio.Queue[News | None], news: News | None) -> None:
    """Add news; a page that doesn't keep up loses what waits and is told to look again."""
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(News(topic=RESYNC, payload="{}"))
    queue.put_nowait(news)


def _read(message: str) -> News:
    parts = json.loads(message)
    return News(topic=parts["topic"], payload=json.dumps(parts["payload"]))


def _parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name not in ("cursor_factory", "context")}


_hub = Hub()


def hub() -> Hub:
    """Return the hub of this process."""
    return _hub
