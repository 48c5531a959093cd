"""`quittance web`."""

from __future__ import annotations

import os
import socket
import threading
import time

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from quittance.foundation.notify import hub

APPLICATION = "quittance.config.asgi:application"
GRACE_SECONDS = 8
ORPHAN_CHECK_SECONDS = 1.0


class Server(uvicorn.Server):
    """Lets the open streams of news go before it waits for connections to end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hub().close()
        await super().shutdown(sockets)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="One a core is usual.")
def command(host: str, port: int, processes: int) -> None:
    """Serve pages and live news until stopped; put a proxy with TLS in front of it on a network."""
    stop_with_parent()
    config = uvicorn.Config(
        APPLICATION,
        host=host,
        port=port,
        workers=processes,
        log_level=os.environ.get("QUITTANCE_LOG_LEVEL", "warning").lower(),
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    try:
        listener = config.bind_socket()
    except SystemExit as error:  # what uvicorn does when the port is taken; it has said so
        raise click.ClickException(f"Port {port} of {host} is taken; choose another with --port.") from error
    server = Server(config)
    if processes > 1:
        Multiprocess(config, target=server.run, sockets=[listener]).run()
    else:
        server.run(sockets=[listener])


def stop_with_parent() -> None:
    """End this process when `quittance run`, which started it, is gone without saying so."""
    parent = os.environ.get("QUITTANCE_PARENT")
    if parent is None or int(parent) != os.getppid():
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(ORPHAN_CHECK_SECONDS)
        os.kill(os.getpid(), 15)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
