"""All checks that need no database, one after the other; every failure is shown, the exit code tells."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
STEPS: tuple[tuple[str, list[str]], ...] = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("types", ["mypy"]),
    ("imports", ["lint-imports", "--no-logo"]),
    ("house rules", ["pytest", "-q", "-n", "0", "-p", "no:randomly", "tests/architecture"]),
    ("translations", ["python", "tools/messages.py", "check"]),
)


def main() -> int:
    """Run every step; return 1 when one failed."""
    failed = []
    for name, (program, *arguments) in STEPS:
        started = time.monotonic()
        done = subprocess.run(
            [BIN / program, *arguments], cwd=ROOT, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"{name:14} {verdict:7} {time.monotonic() - started:6.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
