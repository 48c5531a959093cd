"""Figures drawn: small SVG pieces made on the server, and the data of an interactive chart with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from quittance.web import formats

BAR_WIDTH = 1000
SPARK_WIDTH, SPARK_HEIGHT = 100, 24


def bar_parts(buckets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the buckets with ``x`` and ``width`` (0-1000) for one stacked bar; amounts below zero take no room.

    >>> [(p["x"], p["width"]) for p in bar_parts([{"amount": 1}, {"amount": -5}, {"amount": 3}])]
    [(0, 250), (250, 0), (250, 750)]
    """
    total = sum(max(Decimal(bucket["amount"]), Decimal(0)) for bucket in buckets)
    parts: list[dict[str, Any]] = []
    reached = Decimal(0)
    for bucket in buckets:
        start = _scaled(reached, total)
        reached += max(Decimal(bucket["amount"]), Decimal(0))
        share = int(max(Decimal(bucket["amount"]), Decimal(0)) * 100 / total) if total else 0
        parts.append({**bucket, "x": start, "width": _scaled(reached, total) - start, "share": share})
    return parts


def _scaled(value: Decimal, total: Decimal | int) -> int:
    return int(value * BAR_WIDTH / total) if total else 0


def sparkline_points(values: Sequence[Decimal | int | float]) -> str:
    """Return the points of a line in a box of 100 by 24, one unit inside.

    >>> sparkline_points([0, 5, 10])
    '1.0,23.0 50.0,12.0 99.0,1.0'
    """
    if not values:
        return ""
    low, high = float(min(values)), float(max(values))
    span = (high - low) or 1.0
    step = (SPARK_WIDTH - 2) / max(1, len(values) - 1)
    room = SPARK_HEIGHT - 2
    return " ".join(
        f"{1 + n * step:.1f},{SPARK_HEIGHT - 1 - (float(value) - low) / span * room:.1f}"
        for n, value in enumerate(values)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line or set of bars. ``tone`` is a colour name of the tokens (late-3, settled, promised, …)."""

    name: str
    values: Sequence[Decimal | int | float | None]
    tone: str = "accent"
    kind: str = ""  # 'line' or 'bar' when it differs from the chart's kind
    hrefs: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What a chart shows. ``kind``: 'line', 'bar', 'stacked' or 'area'; ``unit``: a currency, 'days' or '%'."""

    id: str
    title: str
    categories: Sequence[str]
    series: Sequence[Series]
    kind: str = "line"
    unit: str = ""
    digits: int = 0
    note: str = ""
    height: str = field(default="medium")

    def data(self) -> dict[str, object]:
        """Return what the script reads: plain JSON, amounts as numbers for drawing only."""
        return {
            "kind": self.kind,
            "title": self.title,
            "unit": self.unit,
            "digits": self.digits,
            "categories": list(self.categories),
            "series": [
                {
                    "name": str(one.name),
                    "tone": one.tone,
                    "kind": one.kind or ("line" if self.kind in ("line", "area") else "bar"),
                    "values": [None if value is None else float(value) for value in one.values],
                    "hrefs": list(one.hrefs),
                }
                for one in self.series
            ],
        }

    def table(self) -> list[tuple[str, list[str]]]:
        """Return the same figures as rows (category, one text per series), exact."""
        return [
            (category, [self._text(one.values[n]) for one in self.series]) for n, category in enumerate(self.categories)
        ]

    def _text(self, value: Decimal | int | float | None) -> str:
        return formats.number_text(value, self.digits)
