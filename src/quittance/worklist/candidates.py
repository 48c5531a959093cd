"""What a refresh works with: a task as it should be, and what was known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from quittance.core.worklist import DEFAULT_WEIGHTS, RankPart, RankWeights, TaskKind
from quittance.core.worklist_tasks import TaskFacts, rank_task
from quittance.worklist.states import ACTION, Measures, next_state

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the database holds of a task already; all empty when it holds nothing."""

    state: str | None = None
    snoozed_until: date | None = None
    wake_at: datetime | None = None
    due_date: date | None = None
    measures: Measures = field(default_factory=dict)


UNKNOWN = Known()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A task that has its reason on the day, as it is to be stored."""

    key: str
    kind: str
    amount: Decimal
    currency: str
    score: int
    score_parts: list[dict[str, Any]]
    measures: Measures
    action_code: str
    due_date: date
    action_reason: str = ""
    role: str = ""
    owner_id: int | None = None
    company_id: int | None = None
    account_id: int | None = None
    customer_id: int | None = None
    subject_kind: str = ""
    subject_id: str = ""
    days_late: int = 0
    item_count: int = 0
    known: Known = UNKNOWN

    def state_on(self, as_of: date, now: datetime) -> str:
        """Return the state it takes."""
        return next_state(
            before=self.known.state,
            snoozed_until=self.known.snoozed_until,
            wake_at=self.known.wake_at,
            now=now,
            measures_before=self.known.measures,
            measures_now=self.measures,
            as_of=as_of,
        )


def stored_parts(parts: Iterable[RankPart]) -> list[dict[str, Any]]:
    """Turn the parts of a score into JSON: code, points, and the figures of its sentence (amounts as text)."""
    return [
        {
            "code": part.code.value,
            "points": part.points,
            "params": {name: str(value) if isinstance(value, Decimal) else value for name, value in part.params},
        }
        for part in parts
    ]


def strongest_first(parts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the stored parts of a score, largest first."""
    return sorted(parts, key=lambda part: (-part["points"], part["code"]))


def make_task(
    *, kind: TaskKind, amount: Decimal, deadline: date, as_of: date, measures: dict[str, int | str], **fields: Any
) -> Candidate:
    """Return a task that is not an account to chase, ranked by its kind, amount and deadline."""
    score, parts = rank_task(facts=TaskFacts(kind=kind, amount=amount, deadline_in_days=(deadline - as_of).days))
    action = fields.pop("action_code", "")
    return Candidate(
        kind=kind.value,
        amount=amount,
        score=score,
        score_parts=stored_parts(parts),
        measures={ACTION: action, **measures},
        action_code=action,
        due_date=deadline,
        **fields,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """The weights of each team (0: of everybody else), and who is in a team that has its own."""

    by_team: Mapping[int, RankWeights]
    team_of: Mapping[int, int] = field(default_factory=dict)

    def weigh(self, candidate: Candidate, *, as_of: date) -> Candidate:
        """Return a task ranked by the weights of the team of who has it."""
        weights = self.by_team[self.team_of.get(candidate.owner_id or 0, 0)]
        if weights == DEFAULT_WEIGHTS:
            return candidate
        days = (candidate.due_date - as_of).days
        facts = TaskFacts(kind=TaskKind(candidate.kind), amount=candidate.amount, deadline_in_days=days)
        score, parts = rank_task(facts=facts, weights=weights)
        return replace(candidate, score=score, score_parts=stored_parts(parts))
