"""A real IMAP server (pymap, in memory) as a process of its own, and a way to put mail into it."""

from __future__ import annotations

import contextlib
import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from quittance.adapters.mailboxes.imap import ImapMailbox, Settings

USER, PASSWORD = "credit", "secret"
START_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """Where it listens."""

    port: int

    def settings(self, *, password: str = PASSWORD, folder: str = "INBOX") -> Settings:
        return Settings(
            host="127.0.0.1", port=self.port, user=USER, password=password, folder=folder, scheme="imap",
            timeout_seconds=5,
        )  # fmt: skip

    def mailbox(self) -> ImapMailbox:
        return ImapMailbox(self.settings())

    def put(self, raw: bytes, folder: str = "INBOX") -> None:
        """Put a message into a folder."""
        with self._client() as client:
            assert client.append(folder, "", None, raw)[0] == "OK"  # type: ignore[arg-type]

    def empty(self) -> None:
        """Delete all messages; the next get higher numbers."""
        with self._client() as client:
            client.select("INBOX")
            client.store("1:*", "+FLAGS", "\\Deleted")
            client.expunge()

    def unseen(self) -> int:
        """Return how many messages nobody has read."""
        with self._client() as client:
            client.select("INBOX", readonly=True)
            return len(client.search(None, "UNSEEN")[1][0].split())

    @contextlib.contextmanager
    def _client(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        try:
            client.login(USER, PASSWORD)
            yield client
        finally:
            client.logout()


@contextlib.contextmanager
def imap_server() -> Iterator[ImapServer]:
    """Run a server with one user and an empty INBOX."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-W", "ignore", "-c", "from pymap.main import main; main()", "--host", "127.0.0.1",
               "--port", str(port), "--no-tls", "dict", "--demo-data", "--demo-user", USER,
               "--demo-password", PASSWORD]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = ImapServer(port=port)
        _wait_for(server)
        server.empty()
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(server: ImapServer) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
