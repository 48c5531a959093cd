"""A gateway for SMS over HTTP that behaves as told, in the shape of OVHcloud or of Twilio."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSALS: dict[str, tuple[int, dict[str, Any]]] = {
    "ovh": (200, {"ids": [], "invalidReceivers": ["+33612345678"], "validReceivers": [], "totalCreditsRemoved": 0}),
    "twilio": (400, {"code": 21211, "message": "no such person", "status": 400}),
}
TAKEN: dict[str, tuple[int, dict[str, Any]]] = {
    "ovh": (200, {"ids": [42], "invalidReceivers": [], "validReceivers": ["+33612345678"], "totalCreditsRemoved": 1}),
    "twilio": (201, {"sid": "SM42", "num_segments": "1", "price": None, "price_unit": "USD", "status": "queued"}),
}


@dataclass
class Gateway:
    """What was asked of it; `answer` replaces the usual one, `is_silent` hangs up after the request has come."""

    shape: str
    behaviour: str = "accept"
    answer: tuple[int, Any] | None = None
    port: int = 0
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer_to(self) -> tuple[int, Any] | None:
        """Return what to say to a message; None says nothing."""
        posted = sum(method == "POST" for method, *_ in self.asked)
        if self.answer is not None:
            return self.answer
        if self.behaviour in ("lost", "hang"):
            return None
        if self.behaviour == "busy":
            return 503, {"message": "come back later"}
        if self.behaviour == "refuse" or (self.behaviour == "refuse-first" and posted == 1):
            return REFUSALS[self.shape]
        return TAKEN[self.shape]


class _Handler(BaseHTTPRequestHandler):
    server: _Listener

    def do_GET(self) -> None:  # noqa: N802
        self.server.gateway.asked.append(("GET", self.path, dict(self.headers), b""))
        self._say(200, int(time.time()) + 100 if self.path.endswith("/auth/time") else {"status": "active"})

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        gateway = self.server.gateway
        gateway.asked.append(("POST", self.path, dict(self.headers), body))
        told = gateway.answer_to()
        if told is None:
            if gateway.behaviour == "hang":
                gateway.ended.wait(20)
            self.close_connection = True
            return
        self._say(*told)

    def _say(self, status: int, told: Any) -> None:
        raw = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""


@contextlib.contextmanager
def gateway_of(shape: str) -> Iterator[Gateway]:
    """Run a gateway on a port of its own."""
    gateway = Gateway(shape=shape)
    with _Listener(gateway) as listener:
        gateway.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield gateway
        finally:
            gateway.ended.set()
            listener.shutdown()
            thread.join()
