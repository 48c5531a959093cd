"""Make the virtual environment and install the locked packages in it; needs nothing but Python itself.

    python3 tools/environment.py requirements.lock

Packages are installed by uv when it can be had, else by pip; both check the hashes of the lock file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VERSION_MIN = (3, 11)
NO_VENV = """\
This Python can't make virtual environments with pip ({reason}).
Install what is missing and try again:
  Debian, Ubuntu:  apt install python3-venv
  others:          the package of your system that holds `venv` and `ensurepip`
"""


def make_venv() -> None:
    """Create `.venv`, or create it anew when it doesn't work (the folder was moved, Python was upgraded)."""
    if PYTHON.exists():
        probe = subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True, check=False)
        if probe.returncode == 0 and str(VENV).encode() in probe.stdout:
            return
        shutil.rmtree(VENV)
    print("Creating the environment .venv ...", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        reason = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        sys.exit(NO_VENV.format(reason=reason[0]))


def run(*command: str | Path) -> bool:
    """Run a command with the system's certificates; say whether it went well."""
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment["VIRTUAL_ENV"] = str(VENV)
    return subprocess.run(list(command), env=environment, cwd=ROOT, check=False).returncode == 0


def install(lock: str) -> bool:
    """Install the locked packages, then the project itself as it lies here."""
    uv = VENV / "bin" / "uv"
    pip = (PYTHON, "-m", "pip", "install", "--quiet")
    if uv.exists() or run(*pip, "uv>=0.5"):
        print(f"Installing the packages of {lock} ...", flush=True)
        if run(uv, "pip", "install", "--quiet", "--require-hashes", "-r", lock):
            return run(uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ".")
    print("uv can't be used here; installing with pip, which takes longer ...", flush=True)
    return run(*pip, "--require-hashes", "-r", lock) and run(*pip, "--no-deps", "--no-build-isolation", "-e", ".")


def main() -> int:
    """Install the lock file named on the command line; return the exit code."""
    if sys.version_info < VERSION_MIN:
        found = ".".join(map(str, sys.version_info[:3]))
        print(f"Quittance needs Python 3.11 or later; this is {found}. Choose another: make PYTHON=python3.12")
        return 1
    make_venv()
    if install(sys.argv[1]):
        return 0
    print("The packages could not be installed; the reason stands above.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
