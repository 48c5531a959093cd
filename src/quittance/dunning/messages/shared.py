"""What the messages of one batch share: our name, where to pay, our own texts. Read once while a batch is written.

None of it decides whether a message leaves: that is judged for each account under its lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_READ: ContextVar[dict[tuple[Any, ...], Any] | None] = ContextVar("shared_by_a_batch", default=None)


@contextmanager
def one_batch() -> Iterator[None]:
    """Let what is `shared` be read once from here to the end of the block."""
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def shared(read: Callable[P, R]) -> Callable[P, R]:
    """Keep what a query returns for the batch that is being written; outside of one it is asked each time."""

    @wraps(read)
    def read_once(*args: P.args, **kwargs: P.kwargs) -> R:
        found = _READ.get()
        if found is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in found:
            found[key] = read(*args, **kwargs)
        kept: R = found[key]
        return kept

    return read_once
