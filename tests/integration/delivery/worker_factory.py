"""Makes real worker processes quickly: loads Django once, then forks a worker whenever a line on stdin asks for one.

Each line is JSON: `die` names the step after which the worker kills itself with SIGKILL (`""`: never) and `at` the how
manieth time; `smtp_port` is where it mails to. The factory answers `started PID` and, when the worker is gone,
`ended PID STATUS`.
Run with `python -m tests.integration.delivery.worker_factory` and the environment of a worker.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import signal
import sys
from typing import Any

SENDING = "quittance.dunning.services.sending"
SMTP = "quittance.adapters.channels.smtp"
# Step -> module, what is called there, and whether the worker dies before or after it.
STEPS = {
    "job begun": (SENDING, "send_notice", "before"),
    "account locked": (SENDING, "read_decision", "before"),
    "text written": (SENDING, "render_message", "after"),
    "claimed, not committed": (SENDING, "_write_items", "after"),
    "claimed": (SENDING, "delivery.send_claimed", "before"),
    "connected": (SMTP, "SmtpChannel._open", "after"),
    "answered": (SMTP, "_Smtp.hand_over", "after"),
    "outcome written": (SENDING, "delivery.send_claimed", "after"),
    "notice settled": (SENDING, "send_notice", "after"),
    "batch sent": (SENDING, "_try_later", "before"),
    "retries queued": (SENDING, "_try_later", "after"),
    "run counted": (SENDING, "count_notices", "after"),
}
WAIT_SECONDS = 0.7


def main() -> None:
    """Answer the lines of stdin until it ends."""
    import django

    django.setup()
    importlib.import_module(SENDING)
    importlib.import_module(SMTP)
    importlib.import_module("quittance.dunning.tasks")
    signal.signal(signal.SIGCHLD, _tell_ended)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _work(order["smtp_port"], order["die"], order["at"])
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


def _work(smtp_port: int, die: str, at: int) -> None:
    """Be a worker until nothing waits, or until death."""
    from django.conf import settings

    from quittance.adapters.channels import smtp
    from quittance.foundation import jobs

    code = 1
    try:
        sys.stdin.close()
        os.dup2(2, 1)
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", smtp_port
        patient = smtp.Settings.of_installation()
        hasty = smtp.replace(patient, timeout_seconds=WAIT_SECONDS, answer_seconds=WAIT_SECONDS)
        smtp.Settings.of_installation = classmethod(lambda cls: hasty)  # type: ignore[method-assign,assignment]
        if die:
            _die_at(*STEPS[die], at)
        jobs.run_worker(concurrency=1, queues=[jobs.Queue.DELIVERY, jobs.Queue.MAINTENANCE], wait=False)
        code = 0
    finally:
        os._exit(code)


def _die_at(module: str, path: str, when: str, at: int) -> None:
    owner: Any = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    real, calls = getattr(owner, name), 0

    @functools.wraps(real)
    def deadly(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **options)
        if calls == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


if __name__ == "__main__":
    main()
