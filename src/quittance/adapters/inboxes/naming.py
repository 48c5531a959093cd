"""What names say in every inbox: which files are still written, and where settled ones go."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

# A file that was changed a moment ago may still be written.
QUIET_SECONDS: Final = 5.0
SETTLED: Final = "read"
# What programs call files that they have not finished.
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload", "~")


def is_finished(name: str) -> bool:
    """Say whether a name is that of a file left for us.

    >>> [is_finished(name) for name in ("today.xml", "today.xml.part", ".hidden")]
    [True, False, False]
    """
    return not name.startswith(".") and not name.endswith(_UNFINISHED)


def numbered(name: str, number: int) -> str:
    """Return the name of the `number`-th file of one name, counted from 1.

    >>> numbered("today.xml", 1), numbered("today.xml", 2)
    ('today.xml', 'today-2.xml')
    """
    path = PurePosixPath(name)
    return name if number == 1 else f"{path.stem}-{number}{path.suffix}"
