"""All checks that need no database, two at a time; every failure is shown, the exit code tells."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# The types take as long as all others together, which go on beside them.
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("types", ["mypy"]),
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("imports", ["lint-imports", "--no-logo"]),
    ("house rules", ["pytest", "-q", "-n", "0", "-p", "no:randomly", "tests/architecture"]),
    ("translations", ["python", "tools/messages.py", "check"]),
)


def run(name: str, command: list[str]) -> tuple[str, float, str | None]:
    """Run a step; return its name, its seconds, and what it printed when it failed."""
    started = time.monotonic()
    program, *arguments = command
    done = subprocess.run(
        [BIN / program, *arguments], cwd=ROOT, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return name, time.monotonic() - started, done.stdout if done.returncode else None


def main() -> int:
    """Run every step; return 1 when one failed."""
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for step in as_completed([pool.submit(run, name, command) for name, command in STEPS]):
            name, seconds, told = step.result()
            print(f"{name:14} {'ok' if told is None else 'FAILED':7} {seconds:6.1f} s", flush=True)
            if told is not None:
                failed.append(name)
                print(told, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
