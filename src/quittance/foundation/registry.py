"""Adapters found by their entry points: the one place where a name becomes a class.

Nobody imports an adapter. A group (`quittance.channels`, `.statements`, `.erp`) holds one entry point per adapter,
whose name is the adapter's `identifier`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Any


class UnknownAdapter(LookupError):
    """No adapter of that identifier is installed; the text names those that are."""


class DuplicateAdapter(RuntimeError):
    """Two adapters claim one identifier."""


@cache
def adapters_of(group: str) -> dict[str, Any]:
    """Return what the entry points of `group` name, by identifier, in order of the identifiers.

    :raises DuplicateAdapter: when two claim one identifier.
    """
    found: dict[str, Any] = {}
    for entry in sorted(entry_points(group=group), key=lambda one: one.name):
        if entry.name in found:
            raise DuplicateAdapter(f"two adapters of {group} are called {entry.name}")
        found[entry.name] = entry.load()
    return found


def adapter(group: str, identifier: str) -> Any:
    """Return one adapter's class.

    :raises UnknownAdapter: when there is none of that identifier.
    """
    found = adapters_of(group)
    if identifier not in found:
        known = ", ".join(found) or "none"
        raise UnknownAdapter(f"no adapter {identifier!r} in {group} (installed: {known}); run `make install`")
    return found[identifier]
