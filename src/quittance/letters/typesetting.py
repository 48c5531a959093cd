"""Typeset in child processes that are kept between letters, and stopped when one takes too long."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from datetime import time as clock_time
from importlib import resources
from pathlib import Path
from typing import Any

SECONDS_MAX = 20.0
LETTERS_PER_PROCESS = 1000
PROCESSES_MAX = 2
_FOLDER = Path(__file__).resolve().parent
_READ_BYTES = 1 << 16


class LetterNotWritten(Exception):
    """The letter could not be typeset; the text says why."""


class TypesettingTooSlow(LetterNotWritten):
    """It took longer than allowed and was stopped."""


def fonts_folder() -> Path:
    """Return the folder of the typeface of letters (Source Sans Pro, SIL Open Font License)."""
    return Path(str(resources.files("font_source_sans_pro"))) / "files"


def typeset(
    *, layout: str, data: dict[str, Any], on_date: date, output: str = "pdf", seconds_max: float = SECONDS_MAX
) -> bytes:
    """Return a layout filled with data as PDF/A-2b (or the first page as PNG); the same data gives the same bytes.

    :raises LetterNotWritten: the layout cannot be filled with this data, or it took longer than `seconds_max`.
    """
    request = {
        "layout": layout,
        "data": json.dumps(data, ensure_ascii=False),
        "format": output,
        "moment": datetime.combine(on_date, clock_time(12), UTC).isoformat(),
    }
    with _pool.process() as process:
        return process.ask(json.dumps(request).encode(), seconds_max=seconds_max)


class _Process:
    """One child; serves one thread at a time."""

    def __init__(self) -> None:
        self.letters_left = LETTERS_PER_PROCESS
        self._child = subprocess.Popen(  # noqa: S603  (our own script, fixed arguments)
            [sys.executable, "-I", str(_FOLDER / "typesetter.py"), str(_FOLDER / "layout"), str(fonts_folder())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"RAYON_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
            bufsize=0,
        )
        self._into = self._fileno(self._child.stdin)
        self._from = self._fileno(self._child.stdout)
        os.set_blocking(self._into, False)

    def ask(self, request: bytes, *, seconds_max: float) -> bytes:
        """Send one request and return the answer. :raises LetterNotWritten:"""
        until = time.monotonic() + seconds_max
        self.letters_left -= 1
        try:
            self._send(struct.pack(">I", len(request)) + request, until)
            status, length = struct.unpack(">BQ", self._receive(9, until))
            content = self._receive(length, until)
        except TimeoutError as error:
            self.stop()
            raise TypesettingTooSlow(f"typesetting took more than {seconds_max:g} seconds") from error
        except (OSError, EOFError) as error:
            self.stop()
            raise LetterNotWritten("the typesetter ended without an answer") from error
        if status:
            raise LetterNotWritten(content.decode("utf-8", "replace"))
        return content

    @property
    def process_id(self) -> int:
        """Return the child's id."""
        return self._child.pid

    def stop(self) -> None:
        """End the child; harmless twice."""
        self.letters_left = 0
        self._child.kill()
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()

    @staticmethod
    def _fileno(pipe: Any) -> int:
        return int(pipe.fileno())

    def _send(self, content: bytes, until: float) -> None:
        left = memoryview(content)
        while left:
            if not select.select([], [self._into], [], _left(until))[1]:
                raise TimeoutError
            left = left[os.write(self._into, left) :]

    def _receive(self, length: int, until: float) -> bytes:
        found = bytearray()
        while len(found) < length:
            if not select.select([self._from], [], [], _left(until))[0]:
                raise TimeoutError
            part = os.read(self._from, min(_READ_BYTES, length - len(found)))
            if not part:
                raise EOFError
            found += part
        return bytes(found)


def _left(until: float) -> float:
    return max(0.0, until - time.monotonic())


class _Pool:
    """At most so many children of this process; a thread waits for a free one."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._free: list[_Process] = []
        self._slots = threading.BoundedSemaphore(self._count)
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def process(self) -> Iterator[_Process]:
        if self._owner != os.getpid():  # after a fork the pipes belong to the parent
            self._begin()
        with self._slots:
            with self._lock:
                process = self._free.pop() if self._free else None
            process = process or _Process()
            try:
                yield process
            finally:
                if process.letters_left > 0:
                    with self._lock:
                        self._free.append(process)
                else:
                    process.stop()

    def process_ids(self) -> list[int]:
        """Return the children that are free."""
        with self._lock:
            return [process.process_id for process in self._free]

    def close(self) -> None:
        """End all children that are free."""
        if self._owner != os.getpid():
            return
        with self._lock:
            while self._free:
                self._free.pop().stop()


_pool = _Pool(PROCESSES_MAX)


def use_processes(*, count: int) -> None:
    """Typeset with so many children at most from now on; those that are free end."""
    global _pool
    close()
    _pool = _Pool(count)


def process_ids() -> list[int]:
    """Return the ids of the children that wait for a letter."""
    return _pool.process_ids()


def close() -> None:
    """End the children that wait for a letter."""
    _pool.close()


atexit.register(close)
