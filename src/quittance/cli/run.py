"""`quittance run`: the whole product on one machine, in front, until Ctrl-C."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import time
from collections.abc import Iterator

import click

from quittance.cli.demo import sign_in_lines
from quittance.cli.main import set_up_django
from quittance.cli.running import Claim, Running, only_one
from quittance.cli.supervisor import Child, Supervisor
from quittance.foundation import postgres

WEB_START_SECONDS_MAX = 90.0
PORTS_TRIED = 50
MAIL_PORT = 2525


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Next one if taken.")
@click.option(
    "--demo/--no-demo", default=None,
    help="Load the demo company if the database is empty. Default: only with the embedded database.",
)  # fmt: skip
def command(host: str, port: int, demo: bool | None) -> None:
    """Start database, pages, worker and, for the demo, a mailbox; stop them all on Ctrl-C.

    The database is kept in QUITTANCE_DATA_DIR (.data), or is the one named by QUITTANCE_DATABASE_URL.
    """
    data_dir = postgres.data_dir_default()
    data_dir.mkdir(parents=True, exist_ok=True)
    os.environ["QUITTANCE_DATA_DIR"] = str(data_dir)
    supervisor = Supervisor(say=click.echo)
    with only_one(data_dir) as claim, _database() as address:
        wants_demo = _wants_demo(demo)
        os.environ["QUITTANCE_DATABASE_URL"] = address
        is_demo = _prepare(wants_demo=wants_demo)
        with supervisor.catching_signals():
            try:
                _start_children(supervisor, claim, host, port, is_demo=is_demo)
                supervisor.watch()
                click.echo("Stopping ...")
            finally:
                supervisor.stop()
    click.echo("Stopped. Your data stays; `make run` finds it again.")


@contextlib.contextmanager
def _database() -> Iterator[str]:
    external = postgres.external_url()
    if external:
        click.echo("Database: the one of QUITTANCE_DATABASE_URL")
        yield external
        return
    click.echo("Starting the database ...")
    with postgres.in_use() as address:
        yield address


def _wants_demo(option: bool | None) -> bool:
    if option is not None:
        return option
    return os.environ.get("QUITTANCE_DEMO", "0" if postgres.external_url() else "1") == "1"


def _prepare(*, wants_demo: bool) -> bool:
    """Migrate, load the demo company into an empty database; return whether the demo company is there."""
    os.environ["QUITTANCE_DEMO"] = "1" if wants_demo else "0"
    set_up_django()
    from quittance.cli import demo_state, migrate

    if migrate.list_pending():
        click.echo("Preparing the tables ...")
        migrate.migrate()
    if wants_demo and demo_state.is_database_empty():
        click.echo("Loading the demo company (only this once) ...")
        demo_state.load()
    from django.db import connections

    is_demo = demo_state.is_loaded()
    connections.close_all()
    return is_demo


def _start_children(supervisor: Supervisor, claim: Claim, host: str, port: int, *, is_demo: bool) -> None:
    environment = {
        **os.environ,
        "QUITTANCE_DEMO": "1" if is_demo else "0",
        "QUITTANCE_PARENT": str(os.getpid()),
    }
    if is_demo and "QUITTANCE_SMTP_URL" not in environment:
        mail_port = _free_port("127.0.0.1", MAIL_PORT)
        environment["QUITTANCE_SMTP_URL"] = f"smtp://127.0.0.1:{mail_port}"
        supervisor.add("demo mailbox", ["demo-mail", "--port", str(mail_port)], environment)
    free = _free_port(host, port)
    if free != port:
        click.echo(f"Port {port} is taken; using {free}.")
    web = supervisor.add("web server", ["web", "--host", host, "--port", str(free)], environment)
    supervisor.add("worker", ["worker"], environment)
    url = f"http://{_reachable(host)}:{free}/"
    claim.tell(Running(pid=os.getpid(), url=url, smtp_url=environment.get("QUITTANCE_SMTP_URL", "")))
    click.echo("Starting the pages ...")
    if _wait_until_served(supervisor, web, host, free):
        _greet(url, is_demo=is_demo)


def _free_port(host: str, wanted: int) -> int:
    """Return `wanted`, or the next port above it that nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((host, port))
                return port
    raise click.ClickException(f"No free port from {wanted} on; choose another with --port.")


def _wait_until_served(supervisor: Supervisor, web: Child, host: str, port: int) -> bool:
    deadline = time.monotonic() + WEB_START_SECONDS_MAX
    while time.monotonic() < deadline and not supervisor.stopping.wait(0.1):
        if not web.is_alive():
            return False
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(_reachable(host), port, timeout=2)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
    return False


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def _greet(url: str, *, is_demo: bool) -> None:
    lines = ["", f"  Quittance is at  {url}", ""]
    if is_demo:
        lines += ["  Sign in as", *(f"    {line}" for line in sign_in_lines()), ""]
    else:
        lines += [
            "  Create who may sign in:  quittance createuser you@example.com",
            "  or look around first:    quittance demo   (never in a database meant for real work)",
            "",
        ]
    lines += ["  Ctrl-C stops everything.", ""]
    click.echo("\n".join(lines))
