"""Run every measurement of this folder, or those named: `make bench ARGS="fec_reader"`.

A measurement is a module here with a function `main()`; it prints its own figures. Each runs as a process of its
own, so that the memory of one doesn't count for the next.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main() -> int:
    """Run them one after the other; return 1 when one failed."""
    modules = [*FOLDER.glob("*.py"), *(path.parent for path in FOLDER.glob("*/__main__.py"))]
    known = sorted(path.stem for path in modules if not path.stem.startswith("_"))
    wanted = sys.argv[1:] or known
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        print(f"Unknown: {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    failed = []
    for name in wanted:
        print(f"== {name}", flush=True)
        started = time.monotonic()
        if subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
        print(f"== {name}: {time.monotonic() - started:.0f} s", flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
