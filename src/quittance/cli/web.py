"""`quittance web`."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

import click
import uvicorn

APPLICATION = "quittance.config.asgi:application"
GRACE_SECONDS = 8
ORPHAN_CHECK_SECONDS = 1.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="One a core is usual.")
def command(host: str, port: int, processes: int) -> None:
    """Serve pages and live news until stopped; put a proxy with TLS in front of it on a network."""
    stop_with_parent()
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(f"Can't listen on {host}, port {port}: {error.strerror}.") from error
    uvicorn.run(
        APPLICATION,
        host=host,
        port=port,
        workers=processes,
        log_level=os.environ.get("QUITTANCE_LOG_LEVEL", "warning").lower(),
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def stop_with_parent() -> None:
    """End this process when `quittance run`, which started it, is gone without saying so."""
    parent = os.environ.get("QUITTANCE_PARENT")
    if parent is None or int(parent) != os.getppid():
        return

    def watch() -> None:
        while os.getppid() == int(parent):
            time.sleep(ORPHAN_CHECK_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()
