"""Makes real worker processes of the cash desk quickly: loads Django once, forks a worker for each line on stdin.

Each line is JSON: `die` names the step after which the worker kills itself with SIGKILL (`""`: never), `at` the how
manieth time, `slow` a step before which it waits a moment, so that two workers get in each other's way. The factory
answers `started PID`, and `ended PID STATUS` when the worker is gone.
Run with `python -m tests.integration.cash.fault_worker` and the environment of a worker.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import signal
import sys
import time
from typing import Any

SERVICES = "quittance.cash.services"
BATCH_LINES = 10
SLOW_SECONDS = 0.4
# Step -> module, what is called there, and whether the worker dies before or after it.
MATCH_STEPS = {
    "loaded": (f"{SERVICES}.matching", "load_workload", "after"),
    "lines locked": (f"{SERVICES}.batches", "_lock_lines", "after"),
    "settled": (f"{SERVICES}.batches", "settle", "after"),
    "lines saved": (f"{SERVICES}.batches", "_save_lines", "after"),
    "proposals kept": (f"{SERVICES}.batches", "_keep_proposals", "after"),
    "batch committed": (f"{SERVICES}.batches", "apply_batch", "after"),
    "rest looked at": (f"{SERVICES}.matching", "_leave_waiting", "before"),
    "return found": (f"{SERVICES}.returning", "find_original", "after"),
    "return matched": (f"{SERVICES}.returning", "reverse_returned", "after"),
}
IMPORT_STEPS = {
    "file read": (f"{SERVICES}.importing", "read_statement_file", "after"),
    "movements written": (f"{SERVICES}.storing", "write_transactions", "after"),
    "statement written": (f"{SERVICES}.importing", "store_statement", "after"),
    "gaps marked": (f"{SERVICES}.importing", "mark_gaps", "after"),
    "report written": (f"{SERVICES}.importing", "_finish", "after"),
    "committed": (SERVICES, "run_statement_import", "after"),
}
STEPS = {**MATCH_STEPS, **IMPORT_STEPS}


def main() -> None:
    """Answer the lines of stdin until it ends."""
    import django

    django.setup()
    for module in {module for module, _, _ in STEPS.values()} | {"quittance.cash.tasks"}:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, _tell_ended)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _work(order)
        _tell(f"started {pid}")


def _tell(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def _tell_ended(*_: object) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


def _work(order: dict[str, Any]) -> None:
    """Be a worker until nothing waits, or until death."""
    from quittance.cash.services import matching
    from quittance.foundation import jobs

    code = 1
    try:
        sys.stdin.close()
        os.dup2(2, 1)
        matching.BATCH = BATCH_LINES
        if order["die"]:
            _wrap(*STEPS[order["die"]], act=lambda: os.kill(os.getpid(), signal.SIGKILL), at=order["at"])
        if order["slow"]:
            module, name, _ = STEPS[order["slow"]]
            _wrap(module, name, "after", act=lambda: time.sleep(SLOW_SECONDS), at=1)
        jobs.run_worker(concurrency=1, queues=[jobs.Queue.INTAKE, jobs.Queue.CASH, jobs.Queue.MAINTENANCE], wait=False)
        code = 0
    finally:
        os._exit(code)


def _wrap(module: str, name: str, when: str, *, act: Any, at: int) -> None:
    """Do something before or after a function is called for the `at`-th time."""
    owner: Any = importlib.import_module(module)
    real, calls = getattr(owner, name), 0

    @functools.wraps(real)
    def watched(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and when == "before":
            act()
        result = real(*arguments, **options)
        if calls == at and when == "after":
            act()
        return result

    setattr(owner, name, watched)


if __name__ == "__main__":
    main()
