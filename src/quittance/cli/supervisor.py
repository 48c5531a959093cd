"""Keeps the processes of `quittance run` alive, and ends them all together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

STOP_SECONDS_MAX = 12.0
POLL_SECONDS = 0.3
BACKOFF_SECONDS = (1, 2, 5, 10, 30)
HEALTHY_AFTER_SECONDS = 60.0


@dataclass(slots=True, kw_only=True)
class Child:
    """One process in a group of its own; restarted later and later while it keeps dying young."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "quittance.cli.main", *self.arguments],
            env=dict(self.environment), stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self.started_at = time.monotonic()
        self.restart_at = None

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """Reach the process and whatever it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def plan_restart(self) -> int:
        """Note a death; return in how many seconds the next start is due."""
        if time.monotonic() - self.started_at > HEALTHY_AFTER_SECONDS:
            self.deaths = 0
        delay = BACKOFF_SECONDS[min(self.deaths, len(BACKOFF_SECONDS) - 1)]
        self.deaths += 1
        self.restart_at = time.monotonic() + delay
        return delay


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Starts children, restarts those that die, stops all; `say` prints one line to the person in front."""

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Turn Ctrl-C, SIGTERM and a closed terminal into a request to stop, a second one into a hard end."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self.stopping.is_set():
                self.kill()
            self.stopping.set()

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = [signal.signal(number, stop) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    def add(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Child:
        child = Child(name=name, arguments=arguments, environment=environment)
        self.children.append(child)
        child.start()
        return child

    def watch(self) -> None:
        """Stay until asked to stop."""
        while not self.stopping.wait(POLL_SECONDS):
            for child in self.children:
                if child.is_alive():
                    continue
                if child.restart_at is None:
                    code = child.process.returncode if child.process else "?"
                    delay = child.plan_restart()
                    self.say(f"The {child.name} ended by itself (code {code}); starting it again in {delay} s.")
                elif time.monotonic() >= child.restart_at:
                    child.start()

    def stop(self) -> None:
        """End all children: asked first, forced after 12 s."""
        for child in reversed(self.children):
            if child.is_alive():
                child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while any(child.is_alive() for child in self.children) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()

    def kill(self) -> None:
        """End at once what still lives, and whatever it left behind."""
        for child in self.children:
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
