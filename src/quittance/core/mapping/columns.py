"""What tables of every kind share between their headings and the fields that their columns fill."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from quittance.core.dates import DateOrder
from quittance.core.mapping.cells import Cell
from quittance.core.mapping.text import fold_heading, heading_key
from quittance.core.money import DecimalMark, is_known_currency
from quittance.core.reasons import MappingCode, Reason, because

CONTAINS_SCORE: Final = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChoice:
    """A field, the column proposed for it, how sure (0 to 100) and why."""

    name: str
    heading: str
    column: int
    confidence_pct: int
    why: tuple[Reason, ...]


def rank_headings(headings: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return for each field the place of its known headings, the best first, by their folded keys.

    >>> rank_headings({"reference": "Invoice no,Document"})
    {'reference': {'document': 1, 'invoice n': 0}}
    """
    return {
        name: {heading_key(fold_heading(each)): rank for rank, each in reversed(list(enumerate(known.split(","))))}
        for name, known in headings.items()
    }


def match_contained(key: str, *, known: Iterable[str], beside: Collection[str]) -> tuple[int, Reason | None]:
    """Say how well a heading names a field whose known heading it holds, beside words that say nothing else.

    >>> match_contained("amount eur", known=["amount", "date"], beside=())[0]
    70
    >>> match_contained("amount of tax", known=["amount", "date"], beside=())
    (0, None)
    """
    has = set(key.split())
    inside = [
        each
        for each in known
        if set(each.split()) < has
        and all(word in beside or is_known_currency(word.upper()) for word in has - set(each.split()))
    ]
    found = max(inside, key=len, default="")
    return (CONTAINS_SCORE, because(MappingCode.HEADING_CONTAINS, heading=found)) if found else (0, None)


def choose_surest(candidates: Iterable[FieldChoice], *, fields: Sequence[str]) -> dict[str, FieldChoice]:
    """Give each field at most one column and each column at most one field, the surest first.

    Of two that are as sure, the one whose field stands earlier in `fields`, then the one further left.
    """
    order = {name: place for place, name in enumerate(fields)}
    chosen: dict[str, FieldChoice] = {}
    taken: set[int] = set()
    for choice in sorted(candidates, key=lambda each: (-each.confidence_pct, order[each.name], each.column)):
        if choice.name not in chosen and choice.column not in taken:
            chosen[choice.name] = choice
            taken.add(choice.column)
    return chosen


def texts_of(cells: Iterable[Cell]) -> list[str]:
    """Return the cells that are texts, stripped, without blank ones."""
    return [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]


def check_columns(columns: Sequence[tuple[str, str]], *, fields: Collection[str], is_shared: bool = False) -> None:
    """Refuse a field that does not exist or has two columns; unless `is_shared`, a column that fills two fields.

    :raises ValueError:
    """
    names = [name for name, _ in columns]
    unknown = sorted(set(names) - set(fields))
    if unknown:
        raise ValueError(f"there is no field {', '.join(unknown)}")
    if len(set(names)) != len(names):
        raise ValueError("a field can be filled by one column only")
    if not is_shared and len({heading for _, heading in columns}) != len(columns):
        raise ValueError("a column can fill one field only")


def check_writing(
    *, decimal_mark: DecimalMark | None, date_order: DateOrder | None, currency_default: str | None
) -> None:
    """Refuse a way of writing values that nobody can read. :raises ValueError:"""
    if decimal_mark not in {None, ".", ","}:
        raise ValueError("the decimal mark is a point or a comma")
    if date_order not in {None, "DMY", "MDY", "YMD"}:
        raise ValueError("the date order is DMY, MDY or YMD")
    if currency_default is not None and not is_known_currency(currency_default):
        raise ValueError(f"{currency_default!r} is not a currency code of ISO 4217")
