"""What is answered outside Django's pages: `/events` (server-sent events) and `/healthz`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from types import FrameType
from typing import Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest

from quittance.foundation.notify import Hub, News, hub, is_topic
from quittance.foundation.permissions import Permission, permissions_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS_MAX = 900.0  # then the browser connects again, and its session is checked again
TOPICS_MAX = 20


class Dispatcher:
    """Send each request where it belongs."""

    def __init__(self, *, pages: Application) -> None:
        self._pages = pages

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and scope["path"] == "/events":
            await stream_events(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == "/healthz":
            await _answer(send, status=200, text="ok")
        else:
            await self._pages(scope, receive, send)


async def stream_events(scope: Message, receive: Receive, send: Send) -> None:
    """Answer `/events?topic=...&topic=...` with the news about these topics, for who is signed in.

    Each news item is an event named after its topic, with ids as JSON; `resync` means: look again.
    """
    if scope["method"] != "GET":
        return await _answer(send, status=405, text="GET only")
    topics = parse_qs(scope["query_string"].decode("ascii", "replace")).get("topic", [])
    if not topics or len(topics) > TOPICS_MAX or not all(map(is_topic, topics)):
        return await _answer(send, status=400, text="topics are missing or not well formed")
    allowed = await sync_to_async(_may_listen, thread_sensitive=False)(_session_key(scope), topics)
    if not allowed:
        return await _answer(send, status=403, text="sign in first")
    await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
    await _stream(hub(), topics, receive, send)
    return None


STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def _stream(source: Hub, topics: list[str], receive: Receive, send: Send) -> None:
    deadline = asyncio.get_running_loop().time() + STREAM_SECONDS_MAX
    async with source.subscribe(topics) as queue:
        watcher = asyncio.create_task(_until_gone(receive, queue))
        try:
            await _send_chunk(send, "retry: 2000\n\n")
            while asyncio.get_running_loop().time() < deadline:
                try:
                    news = await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    await _send_chunk(send, ": still here\n\n")
                    continue
                if news is None:
                    break
                await _send_chunk(send, f"event: {news.topic}\ndata: {news.payload}\n\n")
        finally:
            watcher.cancel()
    with contextlib.suppress(OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, queue: asyncio.Queue[News | None]) -> None:
    """Wait until the browser has left, then end the stream."""
    while (await receive())["type"] != "http.disconnect":
        pass
    await queue.put(None)


def _session_key(scope: Message) -> str | None:
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            with contextlib.suppress(CookieError):
                cookies.load(value.decode("latin-1"))
    found = cookies.get(settings.SESSION_COOKIE_NAME)
    return found.value if found else None


def _may_listen(session_key: str | None, topics: list[str]) -> bool:
    """Our own people may listen to everything (only ids travel), a customer's people to their own topics."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        user = get_user(request)
        if not user.is_authenticated or not user.is_active:
            return False
        permissions = permissions_of(user.roles)
        if user.is_superuser or permissions - {Permission.USE_PORTAL}:
            return True
        own = f"portal.{user.portal_customer_id}"
        return bool(permissions) and all(topic == own for topic in topics)
    finally:
        connections.close_all()


async def _live(receive: Receive, send: Send) -> None:
    """Take part in the server's start and stop."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            _close_streams_on_signals()
        else:
            hub().close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _close_streams_on_signals() -> None:
    """Let open streams go as soon as the server is told to stop: it waits for them before it says so itself."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def handle(number: int, frame: FrameType | None, before: Any = before) -> None:
            loop.call_soon_threadsafe(hub().close)
            if callable(before):
                before(number, frame)

        signal.signal(number, handle)


async def _send_chunk(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _answer(send: Send, *, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
