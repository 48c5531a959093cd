"""Start, stop and find the server in a data folder.

What the data folder holds: `postgres/` (the cluster and its log, or nothing when it had to live elsewhere),
`postgres.json` (where it is, its port and its password; readable by its owner only), `postgres.lock` (taken
while starting or stopping) and `postgres.users` (held by every process that needs the server, see `in_use`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO

import psycopg

from quittance.foundation.postgres.account import (
    Account,
    EmbeddedDatabaseError,
    choose_account,
    choose_home,
    find_binaries,
)

USER = DATABASE = "quittance"
HOST = "127.0.0.1"
PORT_OF_NOBODY = 1  # stands in the address as long as no server was ever started: a connection is refused at once
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30
LOG_BYTES_MAX = 20_000_000

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
FORGETFUL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What `postgres.json` remembers; `home` is relative to the data folder, or absolute."""

    home: str
    port: int
    password: str

    def address(self) -> str:
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{DATABASE}"


def data_dir_default() -> Path:
    """Return the data folder: `QUITTANCE_DATA_DIR`, else `.data` in the present folder."""
    return Path(os.environ.get("QUITTANCE_DATA_DIR") or ".data").absolute()


def external_url() -> str | None:
    """Return the address of the database given by `QUITTANCE_DATABASE_URL`; None means the embedded one."""
    return os.environ.get("QUITTANCE_DATABASE_URL") or None


def database_url(data_dir: Path | None = None) -> str:
    """Return the address of the data folder's server, whether it runs or not; starts nothing.

    Before the first start the address leads nowhere (a connection is refused at once).
    """
    record = _read_record(data_dir or data_dir_default())
    return (record or Record(home="", port=PORT_OF_NOBODY, password="none")).address()  # noqa: S106


def is_running(data_dir: Path | None = None) -> bool:
    """Say whether the data folder's own server answers; a stranger on its port doesn't know the password."""
    record = _read_record(data_dir or data_dir_default())
    return record is not None and _answers(record)


def start(data_dir: Path | None = None, *, durable: bool = True) -> str:
    """Start the server unless it runs, creating cluster and database the first time; return its address.

    Two starters at once wait for each other. `durable=False` trades safety for speed: for tests only.

    :raises EmbeddedDatabaseError: when it can't be started; the message ends with the server's own words.
    """
    folder = data_dir or data_dir_default()
    with _locked(folder):
        return _start(folder, durable=durable)


def stop(data_dir: Path | None = None) -> None:
    """Stop the server, whoever uses it; nothing happens when it doesn't run."""
    folder = data_dir or data_dir_default()
    with _locked(folder):
        _stop(folder)


@contextlib.contextmanager
def in_use(data_dir: Path | None = None) -> Iterator[str]:
    """Keep the server running meanwhile and yield its address; the last process to leave stops it."""
    folder = data_dir or data_dir_default()
    folder.mkdir(parents=True, exist_ok=True)
    with _open_lock(folder / "postgres.users") as users:
        with _locked(folder):
            fcntl.flock(users, fcntl.LOCK_SH)
            address = _start(folder, durable=True)
        try:
            yield address
        finally:
            with _locked(folder), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _stop(folder)


@contextlib.contextmanager
def temporary_server() -> Iterator[str]:
    """Yield the address of a fast, forgetful server in a folder of its own; both are gone afterwards.

    Even when this process is killed: a small shell waits for its end and cleans up.
    """
    folder = Path(tempfile.mkdtemp(prefix="quittance-postgres-"))
    try:
        address = start(folder, durable=False)
        home = _home(folder, _read_record(folder))
        with _undertaker(home, folder):
            yield address
    finally:
        with contextlib.suppress(EmbeddedDatabaseError):
            stop(folder)
        record = _read_record(folder)
        if record:
            shutil.rmtree(_home(folder, record), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _undertaker(home: Path, folder: Path) -> Iterator[None]:
    """Have the server stopped and its files removed when this process ends without doing so."""
    script = 'read answer; [ "$answer" = done ] && exit; kill -QUIT "$1"; sleep 1; rm -rf "$2" "$3"'
    postmaster = (home / "cluster" / "postmaster.pid").read_text().split()[0]
    process = subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", script, "sh", postmaster, str(home), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        process.communicate("done\n")


def _start(data_dir: Path, *, durable: bool) -> str:
    record = _read_record(data_dir)
    if record and _answers(record):
        return record.address()
    home = _home(data_dir, record)
    account = choose_account(home)
    if record is None:
        home = choose_home(data_dir, account)
        record = _write_record(data_dir, _new_record(data_dir, home))
    elif not home.exists():
        raise EmbeddedDatabaseError(
            f"The database that {data_dir} points to is gone: {home}. Restore that folder; or, to begin "
            f"with an empty database, delete {data_dir / 'postgres.json'}."
        )
    account.own(home)
    binaries = find_binaries(account)
    if not (home / "cluster" / "PG_VERSION").exists():
        _create_cluster(account, binaries, home, record.password)
    _check_version(account, binaries, home)
    record = _boot(data_dir, record, account, binaries, home, durable=durable)
    _create_database(record)
    return record.address()


def _boot(data_dir: Path, record: Record, account: Account, binaries: Path, home: Path, *, durable: bool) -> Record:
    """Run pg_ctl until the server answers: after a hard kill the old one needs some seconds to go."""
    log = home / "server.log"
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.unlink()
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        if not _is_free(record.port):
            record = _write_record(data_dir, replace(record, port=_free_port()))
        settings = SETTINGS | ({} if durable else FORGETFUL_SETTINGS) | {"port": str(record.port)}
        options = " ".join(f"-c {name}='{value}'" for name, value in (settings | _memory() | _shared_memory()).items())
        command: list[str | Path] = [
            binaries / "pg_ctl",
            "-D",
            home / "cluster",
            "-l",
            log,
            "-w",
            "-t",
            str(START_SECONDS_MAX),
        ]
        done = account.run([*command, "-o", options, "start"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode == 0 and _answers(record):
            return record
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"The embedded database doesn't start. The end of {log}:\n{_tail(log)}")
        time.sleep(0.5)


def _create_cluster(account: Account, binaries: Path, home: Path, password: str) -> None:
    """Run initdb beside the final place and move it there, so that a half-made cluster is never used."""
    scratch, secret = home / "cluster.new", home / "password"
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.rmtree(home / "cluster", ignore_errors=True)
    with _private(secret) as file:
        file.write(password)
    account.own(secret)
    command: list[str | Path] = [
        binaries / "initdb", "-D", scratch, "-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256",
        "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        "--no-instructions", "--no-sync",
    ]  # fmt: skip
    try:
        done = account.run(command, capture_output=True)
    finally:
        secret.unlink()
    if done.returncode:
        raise EmbeddedDatabaseError(f"The embedded database can't be created in {home}:\n{done.stderr.strip()}")
    scratch.rename(home / "cluster")


def _check_version(account: Account, binaries: Path, home: Path) -> None:
    cluster = (home / "cluster" / "PG_VERSION").read_text().strip()
    words = account.run([binaries / "postgres", "--version"], capture_output=True).stdout.split()
    major = words[-1].split(".")[0] if words else "?"
    if cluster != major:
        raise EmbeddedDatabaseError(
            f"The data in {home} was written by PostgreSQL {cluster}, the installed one is {major}. "
            "Install the release of Quittance that wrote it and dump the data (pg_dump), or choose another "
            "folder with QUITTANCE_DATA_DIR."
        )


def _create_database(record: Record) -> None:
    address = replace(record).address().removesuffix(DATABASE) + "postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _stop(data_dir: Path) -> None:
    record = _read_record(data_dir)
    if record is None:
        return
    home = _home(data_dir, record)
    if not (home / "cluster" / "postmaster.pid").exists():
        return
    account = choose_account(home)
    pg_ctl = find_binaries(account) / "pg_ctl"
    command: list[str | Path] = [pg_ctl, "-D", home / "cluster", "-w", "-t", str(STOP_SECONDS_MAX)]
    for mode in ("fast", "immediate"):
        done = account.run([*command, "-m", mode, "stop"], capture_output=True)
        if done.returncode == 0 or not _answers(record):
            return
    raise EmbeddedDatabaseError(f"The embedded database doesn't stop: {done.stderr.strip()}")


def _answers(record: Record) -> bool:
    address = record.address().removesuffix(DATABASE) + "postgres"
    try:
        psycopg.connect(address, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _new_record(data_dir: Path, home: Path) -> Record:
    place = home.relative_to(data_dir) if home.is_relative_to(data_dir) else home
    return Record(home=str(place), port=_free_port(), password=secrets.token_urlsafe(24))


def _home(data_dir: Path, record: Record | None) -> Path:
    return data_dir / (record.home if record else "postgres")


def _read_record(data_dir: Path) -> Record | None:
    try:
        return Record(**json.loads((data_dir / "postgres.json").read_text()))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise EmbeddedDatabaseError(
            f"{error.filename} belongs to another user. Run Quittance as that user, or choose another folder "
            "with QUITTANCE_DATA_DIR."
        ) from error


def _write_record(data_dir: Path, record: Record) -> Record:
    scratch = data_dir / "postgres.json.new"
    with _private(scratch) as file:
        json.dump(asdict(record), file)
    scratch.replace(data_dir / "postgres.json")
    return record


def _private(path: Path) -> IO[str]:
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w")


@contextlib.contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    with _open_lock(data_dir / "postgres.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_lock(path: Path) -> IO[str]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((HOST, port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _memory() -> dict[str, str]:
    """Size the page cache to the machine: a sixteenth of its memory, from 128 MB to 1 GB.

    Taken as it fills, not at the start. A million ledger lines with their indexes are about 700 MB.
    """
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    except (ValueError, OSError):
        machine = 4096
    return {
        "shared_buffers": f"{min(max(machine // 16, 128), 1024)}MB",
        "effective_cache_size": f"{max(machine // 2, 512)}MB",
    }


def _shared_memory() -> dict[str, str]:
    """Keep parallel queries out of a small /dev/shm, as containers have it."""
    try:
        small = shutil.disk_usage("/dev/shm").total < 1 << 30  # noqa: S108
    except OSError:
        return {}
    return {"dynamic_shared_memory_type": "sysv"} if small else {}


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
    except OSError:
        return "(no log)"
