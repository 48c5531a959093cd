"""`quittance doctor`: what is configured, reachable and stale, each with what to do about it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import smtplib
import stat
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from quittance.cli.main import set_up_django
from quittance.cli.running import find_running
from quittance.foundation import postgres

DISK_BYTES_MIN = 2 * 1024**3
EVENTS_CHECKED_MAX = 300_000
POSTGRES_VERSION_MIN = 150000
BANK_DATA_DAYS_MAX = 4
SMTP_SECONDS_MAX = 4
EXIT_UNWELL = 1


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report; `advice` says what to do and is empty when all is well."""

    name: str
    state: State
    text: str
    advice: str = ""


def ok(name: str, text: str) -> Finding:
    return Finding(name=name, state=State.OK, text=text)


def warn(name: str, text: str, advice: str) -> Finding:
    return Finding(name=name, state=State.WARN, text=text, advice=advice)


def fail(name: str, text: str, advice: str) -> Finding:
    return Finding(name=name, state=State.FAIL, text=text, advice=advice)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def command(as_json: bool) -> None:
    """Say what is configured, reachable and stale; exit 1 when something doesn't work."""
    findings = list(examine())
    is_well = all(finding.state is not State.FAIL for finding in findings)
    if as_json:
        click.echo(json.dumps({"is_well": is_well, "checks": [asdict(finding) for finding in findings]}, indent=2))
    else:
        colours = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}
        for finding in findings:
            mark = click.style(f"{finding.state:4}", fg=colours[finding.state])
            click.echo(f"{mark}  {finding.name:12} {finding.text}")
            if finding.advice:
                click.echo(f"{'':19}→ {finding.advice}")
    click.get_current_context().exit(0 if is_well else EXIT_UNWELL)


def examine() -> Iterator[Finding]:
    """Yield one finding after the other; those that need the database only when it is there."""
    yield ok("python", f"{platform.python_version()} on {platform.system()}")
    yield _data_folder()
    yield _pages()
    with contextlib.ExitStack() as resources:
        if postgres.external_url() is None:
            if not (postgres.data_dir_default() / "postgres.json").exists():
                yield warn("database", "there is none yet", "`quittance run` makes one")
                return
            try:
                resources.enter_context(postgres.in_use())
            except postgres.EmbeddedDatabaseError as error:
                yield fail("database", "the embedded one doesn't start", str(error))
                return
        set_up_django()
        yield from (check() for check in (_secret_key, _debug, _static_files, _translations, _mail))
        database = _database()
        yield database
        if database.state is State.FAIL:
            return
        migrations = _migrations()
        yield migrations
        if migrations.state is State.OK:
            checks: tuple[Callable[[], Finding], ...] = (
                _worker,
                _mailboxes,
                _inboxes,
                _sms,
                _bank_data,
                _events,
                _demo,
            )
            yield from (check() for check in checks)


def _data_folder() -> Finding:
    folder = postgres.data_dir_default()
    if not folder.exists():
        return warn("data folder", f"{folder} does not exist yet", "it is made on the first start")
    if not os.access(folder, os.W_OK):
        return fail("data folder", f"{folder} can't be written to", "give it to the user that runs Quittance")
    free = shutil.disk_usage(folder).free
    text = f"{folder}, {free / 1024**3:.0f} GiB free"
    if free < DISK_BYTES_MIN:
        return warn("data folder", text, "make room: the database stops when the disk is full")
    return ok("data folder", text)


def _pages() -> Finding:
    """Look for `quittance run` on this folder, and take over the mailbox that it started."""
    running = find_running(postgres.data_dir_default())
    if running is None:
        return ok("pages", "`quittance run` is not running here")
    if running.smtp_url:
        os.environ.setdefault("QUITTANCE_SMTP_URL", running.smtp_url)
    try:
        with urllib.request.urlopen(f"{running.url}healthz", timeout=SMTP_SECONDS_MAX):  # noqa: S310 - our own
            return ok("pages", f"served at {running.url}")
    except (OSError, ValueError) as error:
        return fail("pages", f"{running.url or 'starting'}: {error}", "wait a little, or start `quittance run` again")


def _secret_key() -> Finding:
    if os.environ.get("QUITTANCE_SECRET_KEY"):
        return ok("secret key", "from QUITTANCE_SECRET_KEY")
    path = postgres.data_dir_default() / "secret_key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        return fail("secret key", f"{path} can be read by others", f"chmod 600 {path}")
    if postgres.external_url():
        return warn("secret key", f"in {path}", "with several machines, give all the same QUITTANCE_SECRET_KEY")
    return ok("secret key", f"in {path}")


def _debug() -> Finding:
    settings = _settings()
    if settings.DEBUG:
        return warn("settings", "QUITTANCE_DEBUG is on: errors show source code", "switch it off outside tests")
    if "*" in settings.ALLOWED_HOSTS:
        return warn("settings", "any host name is accepted", "name yours in QUITTANCE_ALLOWED_HOSTS")
    return ok("settings", f"answers to {', '.join(settings.ALLOWED_HOSTS)}")


def _package_dir() -> Path:
    return Path(__file__).resolve().parent.parent


def _static_files() -> Finding:
    if (_package_dir() / "web" / "static" / "vendor" / ".fingerprint").exists():
        return ok("browser code", "third-party packages are in place")
    return warn("browser code", "third-party packages are missing: no charts", "`make vendor` fetches them")


def _translations() -> Finding:
    sources = sorted(_package_dir().rglob("*.po"))
    missing = [path.parent.parent.name for path in sources if not path.with_suffix(".mo").exists()]
    if missing or not sources:
        languages = ", ".join(missing) or "all"
        return warn("languages", f"not compiled: {languages}", "`make messages-compile` does it")
    return ok("languages", ", ".join(["en", *(path.parent.parent.name for path in sources)]))


def _mail() -> Finding:
    settings = _settings()
    place = f"{settings.EMAIL_HOST}, port {settings.EMAIL_PORT}"
    connect = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    try:
        with connect(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=SMTP_SECONDS_MAX) as server:
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        reason = str(error) or type(error).__name__
        return warn("mail", f"{place} doesn't answer: {reason}", "set QUITTANCE_SMTP_URL; reminders wait until then")
    return ok("mail", f"{place} answers")


def _database() -> Finding:
    from django.db import DatabaseError, connection

    kind = "external" if postgres.external_url() else "embedded"
    started = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
            number, version = cursor.fetchone() or (0, "?")
    except DatabaseError as error:
        reason = " ".join(str(error).split())
        return fail("database", f"the {kind} one doesn't answer: {reason}", "check QUITTANCE_DATABASE_URL")
    milliseconds = (time.monotonic() - started) * 1000
    text = f"PostgreSQL {version}, {kind}, answers in {milliseconds:.0f} ms"
    if number < POSTGRES_VERSION_MIN:
        return fail("database", text, "PostgreSQL 15 or later is needed")
    return ok("database", text)


def _migrations() -> Finding:
    from quittance.cli.migrate import list_pending

    pending = list_pending()
    if pending:
        return fail("tables", f"{len(pending)} migrations are missing", "`quittance migrate`")
    return ok("tables", "at the present version")


def _worker() -> Finding:
    from quittance.foundation.jobs import get_queue_state

    state = get_queue_state()
    text = f"{state.workers} at work, {state.waiting} jobs waiting, {state.failed} failed"
    if state.workers == 0:
        return warn("worker", text, "start one with `quittance worker`: nothing is sent without it")
    if state.failed:
        return warn("worker", text, "the failed jobs were logged by the worker; look there for the reason")
    return ok("worker", text)


def _inboxes() -> Finding:
    from quittance.cash.tasks import open_inbox
    from quittance.core.ports.inboxes import InboxDown

    names: list[str] = []
    for told in _settings().QUITTANCE_STATEMENT_INBOXES:
        inbox = open_inbox(told)
        names.append(inbox.name)
        try:
            inbox.list_files()
        except InboxDown as error:
            variable = "QUITTANCE_STATEMENT_SFTP_URL" if told["adapter"] == "sftp" else "QUITTANCE_STATEMENT_FOLDER"
            return warn("statements", f"can't be taken in: {error}", f"check {variable}")
        finally:
            inbox.close()
    if not names:
        return ok("statements", "none are taken in by themselves; QUITTANCE_STATEMENT_FOLDER names a folder")
    return ok("statements", f"taken in by the worker from {', '.join(names)}")


def _mailboxes() -> Finding:
    from quittance.delivery.queries import count_by_state, list_mailboxes

    asked = _settings().QUITTANCE_IMAP
    uncertain = count_by_state().get("UNCERTAIN", 0)
    if uncertain:
        return warn("answers", f"{uncertain} messages are uncertain", "decide on their pages: did they leave?")
    if not asked:
        return ok("answers", "no mailbox is read; QUITTANCE_IMAP_URL names some")
    rows = list_mailboxes()
    down = [row for row in rows if row["failure"]]
    if down:
        return warn("answers", f"{down[0]['name']} can't be read: {down[0]['failure']}", "check QUITTANCE_IMAP_URL")
    read = [row["read_at"] for row in rows if row["read_at"]]
    if not read:
        return warn("answers", f"{len(asked)} mailboxes, not read yet", "the worker reads them every five minutes")
    return ok("answers", f"{len(asked)} mailboxes, last read {max(read):%Y-%m-%d %H:%M} UTC")


def _sms() -> Finding:
    from quittance.delivery.services import open_channel, sms_channel

    identifier = sms_channel()
    if not identifier:
        return ok("sms", "no gateway; QUITTANCE_SMS_URL names one")
    with open_channel(identifier=identifier) as channel:
        if channel.is_ready():
            return ok("sms", f"{channel.label} answers")
    return warn("sms", f"{identifier} doesn't let us in", "check QUITTANCE_SMS_URL; SMS wait until then")


def _bank_data() -> Finding:
    from quittance.cash.queries import find_newest_statement_date
    from quittance.foundation.clock import today

    newest = find_newest_statement_date()
    if newest is None:
        return warn("bank data", "no bank statement yet", "`quittance import statement FILE`")
    days = (today() - newest).days
    text = f"newest statement of {newest}, {days} days old"
    if days > BANK_DATA_DAYS_MAX:
        return warn("bank data", text, "import newer ones: reminders are held meanwhile")
    return ok("bank data", text)


def _events() -> Finding:
    from quittance.foundation.events import verify_chain

    count = _one("SELECT count(*) FROM foundation_event")
    if count > EVENTS_CHECKED_MAX:
        return ok("events", f"{count}; `quittance verify-events` checks their chain")
    report = verify_chain()
    if not report.is_intact:
        return fail("events", f"the chain is broken at event {report.broken_at}", "compare with a backup")
    return ok("events", f"{report.checked} in an unbroken chain")


def _demo() -> Finding:
    from quittance.cli.demo_state import is_loaded

    if not is_loaded():
        return ok("company", "your own data")
    if postgres.external_url():
        return warn("company", "the demo company, in an external database", "use a fresh database for real work")
    return ok("company", "the demo company")


def _one(query: str) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else None


def _settings() -> Any:
    from django.conf import settings

    return settings
