"""`quittance demo-mail`: a mail server that keeps what it gets for the mailbox page, and sends nothing on."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from email import policy
from email.parser import BytesHeaderParser
from typing import Any

import click
from aiosmtpd.controller import Controller
from django.db import DatabaseError, close_old_connections, connections

from quittance.cli.web import stop_with_parent
from quittance.delivery import services

logger = logging.getLogger(__name__)
MESSAGE_BYTES_MAX = 10 * 1024 * 1024


class MailboxHandler:
    """Keeps each message in the database; asks the sender to come back when the database does not answer."""

    def __init__(self) -> None:
        # One thread, so that there is one connection to the database and messages keep their order.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mailbox")

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take one message in."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(
                self._writer,
                keep_from_thread,
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                bytes(envelope.content),
            )
        except DatabaseError:
            logger.exception("a message could not be kept")
            return "451 4.3.0 The mailbox cannot be written to now, try again later"
        return "250 2.0.0 Kept"

    def close(self) -> None:
        """Let the database go."""
        self._writer.submit(connections.close_all).result()
        self._writer.shutdown()


def keep(sender: str, recipients: list[str], raw: bytes) -> None:
    """Write one message, as one transaction of its own."""
    headers = BytesHeaderParser(policy=policy.default).parsebytes(raw)
    services.keep_demo_message(
        sender=str(headers["From"] or sender), recipients=recipients, subject=str(headers["Subject"] or ""), raw=raw
    )


def keep_from_thread(sender: str, recipients: list[str], raw: bytes) -> None:
    """Do so in a thread that lives long: a connection that has broken meanwhile is opened anew."""
    close_old_connections()
    keep(sender, recipients, raw)


def make_controller(*, host: str, port: int, handler: MailboxHandler) -> Controller:
    """Return the server, not started yet."""
    return Controller(
        handler,
        hostname=host,
        port=port,
        data_size_limit=MESSAGE_BYTES_MAX,
        enable_SMTPUTF8=True,
        ident="Quittance demo",
    )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=2525, show_default=True, type=click.IntRange(1, 65535))
def command(host: str, port: int) -> None:
    """Receive mail over SMTP and show it on the mailbox page; nothing leaves this machine."""
    stop_with_parent()
    handler = MailboxHandler()
    controller = make_controller(host=host, port=port, handler=handler)
    try:
        controller.start()
    except OSError as error:
        raise click.ClickException(f"Can't listen on {host}, port {port}: {error.strerror or error}.") from error
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    click.echo(f"Receiving mail on {host}:{port}")
    stopped.wait()
    controller.stop()
    handler.close()
