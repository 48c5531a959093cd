"""The policies that come with the program, as rows; the standard one is described in the core."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from quittance.core.dunning import DEFAULT_LEVELS

STANDARD = "STANDARD"
VALID_FROM = date(2000, 1, 1)
_LEVEL_NAMES = {
    "COURTESY": "Courtesy before the due date",
    "FIRST_REMINDER": "First reminder",
    "SECOND_REMINDER": "Second reminder",
    "FORMAL_NOTICE": "Formal notice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedPolicy:
    """The columns of a policy and of its steps; what is not named has the default of its column."""

    code: str
    columns: dict[str, Any]
    steps: tuple[dict[str, Any], ...]


def standard_policy() -> ShippedPolicy:
    """Return the policy that every account follows without another one."""
    return ShippedPolicy(
        code=STANDARD,
        columns={
            "name": "Standard",
            "description": "Courtesy 5 days before the due date, reminders at 7 and 21 days, formal notice at 35.",
            "is_default": True,
            "valid_from": VALID_FROM,
        },
        steps=tuple(
            {
                "rank": level.rank,
                "offset_days": level.offset_days,
                "code": level.code,
                "name": _LEVEL_NAMES[level.code],
                "tone": level.tone,
            }
            for level in DEFAULT_LEVELS
        ),
    )


def further_policies() -> list[ShippedPolicy]:
    """Return the other policies, from their file."""
    document = resources.files(__package__).joinpath("shipped_policies.toml").read_text(encoding="utf-8")
    found = []
    for table in tomllib.loads(document)["policy"]:
        columns = {name: value for name, value in table.items() if name not in ("code", "step")}
        found.append(
            ShippedPolicy(code=table["code"], columns={**columns, "valid_from": VALID_FROM}, steps=tuple(table["step"]))
        )
    return found
