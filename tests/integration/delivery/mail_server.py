"""A mail server whose faults are told in advance, at any moment of the conversation.

It speaks SMTP over real sockets, one thread a connection. aiosmtpd cannot break off in the middle of a message; this
one can: a fault is a function that is called at a `Moment` with the server's view of the conversation and says what
to do: answer so, hang up, or say nothing more.
"""

from __future__ import annotations

import contextlib
import enum
import re
import socket
import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^>]+)>", re.MULTILINE | re.IGNORECASE)


class Moment(enum.Enum):
    """When the server is asked; END is after the whole message has come and before the answer."""

    CONNECT = "CONNECT"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "BODY"
    END = "END"


class Act(enum.Enum):
    """What a server does instead of answering."""

    HANG_UP = "HANG_UP"
    SAY_NOTHING = "SAY_NOTHING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the server knows; `count` is how many conversations have reached this moment, this one included."""

    moment: Moment
    recipient: str
    count: int


Fault = Callable[[Seen], str | Act | None]


@dataclass
class MailServer:
    """Keeps the ids of the messages it took, and how often each recipient was tried."""

    port: int = 0
    fault: Fault = lambda seen: None
    taken: Counter[str] = field(default_factory=Counter)
    tried: Counter[str] = field(default_factory=Counter)
    moments: Counter[Moment] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, moment: Moment, recipient: str = "") -> str | Act | None:
        with self.lock:
            self.moments[moment] += 1
            if moment is Moment.RCPT:
                self.tried[recipient] += 1
            seen = Seen(moment=moment, recipient=recipient, count=self.moments[moment])
        return self.fault(seen)

    def take(self, raw: bytes) -> None:
        found = _MESSAGE_ID.search(raw)
        with self.lock:
            self.taken[found.group(1).decode() if found else ""] += 1


class _Over(Exception):
    """The conversation has ended."""


class _Conversation(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with contextlib.suppress(_Over, OSError):
            self._answer(Moment.CONNECT, "220 ready", "")
            recipient = ""
            while line := self.rfile.readline():
                verb = line[:4].upper().strip()
                if verb == b"QUIT":
                    self._say("221 bye")
                    return
                if verb == b"RCPT":
                    recipient = line.decode("ascii", "replace").split("<")[1].split(">")[0]
                if verb == b"DATA":
                    if self._answer(Moment.DATA, "354 go ahead", recipient) == "354 go ahead":
                        self._message(recipient)
                elif verb in (b"MAIL", b"RCPT"):
                    self._answer(Moment[verb.decode()], "250 OK", recipient)
                else:
                    self._say("250 OK")

    def _message(self, recipient: str) -> None:
        first = self.rfile.read(64)
        self._act(self.server.mail.ask(Moment.BODY, recipient))
        raw = first
        while not raw.endswith(b"\r\n.\r\n"):
            line = self.rfile.readline()
            if not line:
                raise _Over
            raw += line
        told = self.server.mail.ask(Moment.END, recipient)
        if not isinstance(told, str) or told.startswith("2"):
            self.server.mail.take(raw)
        self._act(told)
        self._say(told if isinstance(told, str) else "250 taken")

    def _answer(self, moment: Moment, usual: str, recipient: str) -> str:
        told = self.server.mail.ask(moment, recipient)
        self._act(told)
        answer = told if isinstance(told, str) else usual
        self._say(answer)
        return answer

    def _act(self, told: str | Act | None) -> None:
        if told is Act.SAY_NOTHING:
            self.server.mail.ended.wait(30)
            raise _Over
        if told is Act.HANG_UP:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            raise _Over

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, mail: MailServer) -> None:
        self.mail = mail
        super().__init__(("127.0.0.1", 0), _Conversation)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


@contextlib.contextmanager
def serving() -> Iterator[MailServer]:
    """Run a mail server on a port of its own; it takes everything until it is told otherwise."""
    mail = MailServer()
    with _Listener(mail) as listener:
        mail.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield mail
        finally:
            mail.ended.set()
            listener.shutdown()
            thread.join()
