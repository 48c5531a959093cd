"""The policies that are tried: a version as it stands, or with something changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from quittance.core.dunning import DunningLevel, LearntTiming, StepClock
from quittance.core.dunning_facts import ContactRules
from quittance.core.simulation import SimulatedPolicy
from quittance.dunning.policies import Policy, read_policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is tried otherwise than a policy says; None leaves it as it is. Steps before the due date do not shift."""

    shift_days: int | None = None
    interval_days_min: int | None = None
    amount_min: Decimal | None = None
    touches_max: int | None = None
    is_timing_learnt: bool | None = None
    has_courtesy: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what is changed, as it is stored."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in values.items()
            if value is not None
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Change:
        """Return a stored change."""
        amount = stored.get("amount_min")
        return cls(**{**stored, "amount_min": None if amount is None else Decimal(amount)})

    @property
    def is_nothing(self) -> bool:
        """Say whether all is left as it is."""
        return not self.to_json()


NOTHING = Change()


def list_policies(*, as_of: date) -> list[Policy]:
    """Return the policies in force on a day, the default one first. Two queries."""
    return read_policies(as_of=as_of).all()


def policy_tried(*, policy: Policy, change: Change = NOTHING) -> SimulatedPolicy:
    """Return a policy as the core tries it, with a change.

    A shift never makes a step a courtesy: after the due date a step stays at least a day after it.
    """
    rules: ContactRules = policy.rules
    if change.touches_max is not None:
        rules = replace(rules, touches_max=change.touches_max or None)
    timing = policy.timing
    if change.is_timing_learnt is not None:
        timing = (timing or LearntTiming()) if change.is_timing_learnt else None
    levels = policy.levels
    if change.has_courtesy is False:
        levels = tuple(level for level in levels if not level.is_courtesy)
    interval, amount = change.interval_days_min, change.amount_min
    return SimulatedPolicy(
        code=policy.code,
        levels=_shifted(levels, change.shift_days or 0),
        interval_days_min=policy.interval_days_min if interval is None else interval,
        minimum_amount=policy.amount_min if amount is None else amount,
        rules=rules,
        timing=timing,
    )


def _shifted(levels: tuple[DunningLevel, ...], days: int) -> tuple[DunningLevel, ...]:
    """Move the steps after the due date, each still later than the one before it."""
    moved, floor = [], 0
    for level in levels:
        if level.is_courtesy or level.counted_from is StepClock.PREVIOUS_STEP:
            moved.append(level)
            continue
        floor = max(floor + 1, level.offset_days + days)
        moved.append(replace(level, offset_days=floor))
    return tuple(moved)
