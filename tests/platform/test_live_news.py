"""`/events`: who may listen, what arrives, and when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections, transaction
from django.test import Client

from quittance.config import server
from quittance.foundation import notify
from quittance.foundation.notify import publish
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS_MAX = 10


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> notify.Hub:
    fresh = notify.Hub()
    monkeypatch.setattr(notify, "_hub", fresh)
    return fresh


class Browser:
    """One open request to `/events`."""

    def __init__(self, query: str, session: str | None) -> None:
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}".encode()
        self.scope = {
            "type": "http", "method": "GET", "path": "/events", "query_string": query.encode(),
            "headers": [(b"cookie", cookie)] if session else [],
        }  # fmt: skip
        self.inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.left = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def read_until(self, text: str) -> str:
        """Return what came up to the first chunk holding `text`; "" stands for the end of the answer."""
        seen = ""
        while True:
            message = await asyncio.wait_for(self.inbox.get(), SECONDS_MAX)
            seen += str(message.get("status", "")) + message.get("body", b"").decode()
            if (text and text in seen) or (message["type"].endswith("body") and not message.get("more_body")):
                return seen

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Browser]:
        task = asyncio.ensure_future(server.stream_events(self.scope, self.receive, self.inbox.put))
        try:
            yield self
        finally:
            self.left.set()
            await asyncio.wait_for(task, SECONDS_MAX)


def session_of(client: Client) -> str:
    return client.session.session_key or ""


def run(story: Callable[[], Awaitable[None]], hub: notify.Hub) -> None:
    async def whole() -> None:
        try:
            await story()
        finally:
            hub.close()

    asyncio.run(whole())


@sync_to_async(thread_sensitive=False)
def say(topic: str, payload: dict[str, int], *, commit: bool = True) -> None:
    try:
        with transaction.atomic():
            publish(topic, payload)
            if not commit:
                transaction.set_rollback(True)
    finally:
        connections.close_all()


def test_news_arrives_when_the_transaction_commits(client: Client, cast: Cast, hub: notify.Hub) -> None:
    client.force_login(cast.alice)
    key = session_of(client)

    async def story() -> None:
        async with Browser("topic=import.12&topic=worklist", key).open() as browser:
            assert "200" in await browser.read_until("event: resync")
            await say("import.12", {"done": 1}, commit=False)
            await say("import.13", {"done": 2})
            await say("import.12", {"done": 3})
            seen = await browser.read_until("event:")
            assert 'event: import.12\ndata: {"done": 3}\n\n' in seen

    run(story, hub)


def test_two_browsers_share_one_connection(client: Client, cast: Cast, hub: notify.Hub) -> None:
    client.force_login(cast.alice)
    key = session_of(client)

    async def story() -> None:
        async with Browser("topic=worklist", key).open() as one:
            await one.read_until("event: resync")
            listener = hub._listener
            async with Browser("topic=worklist", key).open() as two:
                await two.read_until("retry")
                await say("worklist", {"task": 7})
                assert "worklist" in await one.read_until("event:")
                assert "worklist" in await two.read_until("event:")
                assert hub._listener is listener
        assert hub._subscribers == {}

    run(story, hub)


def test_closing_the_hub_ends_the_answer(client: Client, cast: Cast, hub: notify.Hub) -> None:
    client.force_login(cast.alice)
    key = session_of(client)

    async def story() -> None:
        async with Browser("topic=worklist", key).open() as browser:
            await browser.read_until("retry")
            hub.close()
            await browser.read_until("")

    run(story, hub)


@pytest.mark.parametrize(
    ("query", "person", "status"),
    [
        ("topic=worklist", None, "403"),
        ("topic=worklist", "alice", "200"),
        ("topic=worklist", "petra", "403"),
        ("topic=portal.{customer}", "petra", "200"),
        ("topic=portal.{customer}9", "petra", "403"),
        ("", "alice", "400"),
        ("topic=Not%20A%20Topic", "alice", "400"),
        ("&".join(["topic=x"] * 21), "alice", "400"),
    ],
)
def test_who_may_listen(
    client: Client, cast: Cast, hub: notify.Hub, query: str, person: str | None, status: str
) -> None:
    if person:
        client.force_login(getattr(cast, person))
    key = session_of(client) if person else None
    question = query.format(customer=cast.petra.portal_customer_id)

    async def story() -> None:
        async with Browser(question, key).open() as browser:
            assert (await browser.read_until(status)).startswith(status)

    run(story, hub)


def test_a_slow_browser_is_told_to_look_again() -> None:
    async def story() -> None:
        queue: asyncio.Queue[notify.News | None] = asyncio.Queue(2)
        for number in range(3):
            notify._put(queue, notify.News(topic=f"import.{number}", payload="{}"))
        assert [queue.get_nowait().topic for _ in range(queue.qsize())] == ["resync", "import.2"]  # type: ignore[union-attr]

    asyncio.run(story())


def test_only_topics_are_published() -> None:
    with pytest.raises(ValueError, match="not a topic"):
        publish("Durand & Fils")
