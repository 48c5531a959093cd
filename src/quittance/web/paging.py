"""Paging by key: a page begins after a row, not at a number, so that new rows never shift what is read.

The order is always (sort value, id). NULLs come last in both directions. A cursor is an opaque signed text that
holds the order it belongs to, the direction, and the (value, id) of the row at the edge of the page.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.core import signing

SALT = "quittance.web.paging"

type_names: dict[type, str] = {
    type(None): "n",
    bool: "b",
    int: "i",
    str: "s",
    float: "f",
    Decimal: "d",
    datetime: "t",
    date: "D",
    uuid.UUID: "u",
}
_readers: dict[str, Callable[[str], object]] = {
    "n": lambda _: None,
    "b": lambda text: text == "True",
    "i": int,
    "s": str,
    "f": float,
    "d": Decimal,
    "t": datetime.fromisoformat,
    "D": date.fromisoformat,
    "u": uuid.UUID,
}


class BadCursor(Exception):
    """The cursor was altered, is of another order, or is not one at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The edge of a page. ``is_backward``: the page that ends just before this row."""

    order: str
    value: object
    row_id: object
    is_backward: bool = False

    def encode(self) -> str:
        """Return the signed text of the cursor."""
        parts = [self.order, int(self.is_backward), *_packed(self.value), *_packed(self.row_id)]
        return signing.dumps(parts, salt=SALT)


def _packed(value: object) -> tuple[str, str]:
    for kind, name in type_names.items():
        if type(value) is kind:
            return name, value.isoformat() if isinstance(value, date | datetime) else str(value)
    if isinstance(value, str):  # str subclasses: TextChoices members
        return "s", str(value)
    raise TypeError(f"cannot page by a {type(value).__name__}")


def read_cursor(text: str, *, order: str) -> Cursor:
    """Return the cursor in ``text``.

    :raises BadCursor: it was altered, is unreadable, or belongs to another order.
    """
    try:
        found, backward, kind, value, id_kind, row_id = signing.loads(text, salt=SALT)
        cursor = Cursor(
            order=found,
            value=_readers[kind](value),
            row_id=_readers[id_kind](row_id),
            is_backward=bool(backward),
        )
    except (signing.BadSignature, ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise BadCursor(text) from error
    if cursor.order != order:
        raise BadCursor(text)
    return cursor
