"""The weights of the ranking: shipped ones, and what each team made of them, by day. Services and their queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from quittance.core.worklist import DEFAULT_WEIGHTS, WEIGHT_NAMES, RankWeights, WeightOutOfRange, adjust_weights
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.teams import list_team_ids
from quittance.worklist.candidates import Weighing
from quittance.worklist.models import WeightVersion
from quittance.worklist.ranking_sql import EVERYBODY

__all__ = ["EVERYBODY", "WeightOutOfRange", "WeightVersionRow", "WeightsRefused", "list_versions", "set_weights"]


class WeightsRefused(ValueError):
    """The weights cannot begin on that day; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightVersionRow:
    """One version: from when, which points differ from the shipped ones, who set it when."""

    id: int
    from_date: date
    changes: Mapping[str, int]
    set_by_name: str
    set_at: datetime


def weights_on(*, day: date) -> dict[int, RankWeights]:
    """Return the weights in force on a day: of `EVERYBODY`, and of each team that has its own. One query."""
    found = {EVERYBODY: DEFAULT_WEIGHTS}
    for version in WeightVersion.objects.filter(from_date__lte=day).order_by("from_date", "id"):
        found[version.team_id or EVERYBODY] = adjust_weights(changes=version.weights)
    return found


def weighing_of(by_team: Mapping[int, RankWeights]) -> Weighing:
    """Return how tasks that are no accounts to chase are weighed. One query, none while no team has its own weights."""
    teams = sorted(set(by_team) - {EVERYBODY})
    return Weighing(by_team=by_team, team_of=list_team_ids(team_ids=teams) if teams else {})


def weights_of(*, team_id: int | None, day: date) -> RankWeights:
    """Return the weights in force for a team, those of everybody else without one. One query."""
    found = weights_on(day=day)
    return found.get(team_id or EVERYBODY, found[EVERYBODY])


def _of_team(team_id: int | None) -> Q:
    return Q(team__isnull=True) if team_id is None else Q(team_id=team_id)


def list_versions(*, team_id: int | None, limit: int = 50) -> list[WeightVersionRow]:
    """Return the versions of a team's weights, latest first. One query."""
    rows = WeightVersion.objects.filter(_of_team(team_id)).order_by("-from_date", "-id")
    return [
        WeightVersionRow(
            id=row["id"],
            from_date=row["from_date"],
            changes=row["weights"],
            set_by_name=row["name"] or "",
            set_at=row["set_at"],
        )
        for row in rows.values("id", "from_date", "weights", "set_at", name=F("set_by__name"))[:limit]
    ]


@transaction.atomic
def set_weights(
    *, team_id: int | None, points: Mapping[str, int], from_date: date, today: date, actor: Actor
) -> int | None:
    """Let points count for a team (everybody else when None) from a day on; return the version, None when none is new.

    Points equal to the shipped ones are not kept; no difference at all is the way back to the shipped weights. What
    was ranked before stays as it was.

    :raises WeightsRefused: the day is past :raises WeightOutOfRange: as the core does
    """
    if from_date < today:
        raise WeightsRefused(f"weights count from {today} on, not from {from_date}")
    wanted = adjust_weights(changes=points)
    changes = {
        name: getattr(wanted, name) for name in WEIGHT_NAMES if getattr(wanted, name) != getattr(DEFAULT_WEIGHTS, name)
    }
    latest = (
        WeightVersion.objects.filter(_of_team(team_id), from_date__lte=from_date).order_by("-from_date", "-id").first()
    )
    if (latest.weights if latest else {}) == changes and (latest is not None or team_id is None):
        return None
    version = WeightVersion.objects.create(
        team_id=team_id, from_date=from_date, weights=changes, set_by_id=actor.user_id, set_at=clock.now()
    )
    payload: dict[str, Any] = {
        "team": version.team.name if version.team else "",
        "from_date": from_date.isoformat(),
        "points": {name: getattr(wanted, name) for name in WEIGHT_NAMES},
    }
    events.record(
        events.NewEvent(
            kind="worklist_weights.set",
            actor=actor,
            subject_kind="team",
            subject_id=str(team_id or ""),
            payload=payload,
        )
    )
    return version.id
