"""Read the worklist: the ranked list, one task whole, calls."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from quittance.foundation.expressions import count_each
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.teams import Standing, get_standing
from quittance.worklist.models import Call, Task

# Beyond this no one counts: the page says "10,000+".
COUNT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Whose list it is: a person, the roles, the team, and those for whom the person stands in that day.

    Nobody's task is rewritten when somebody is away: the deputy sees it as long as the absence lasts.
    """

    user_id: int | None
    roles: tuple[str, ...] = ()
    standing: Standing = field(default_factory=Standing)

    @property
    def stood_in_for(self) -> list[int]:
        """Return the people whose work is seen as well."""
        return [one.user_id for one in self.standing.stands_in_for]


def worker_of(*, user_id: int | None, roles: Collection[str], day: date) -> Worker:
    """Return whose list a person sees on a day. One query."""
    return Worker(user_id=user_id, roles=tuple(roles), standing=get_standing(user_id=user_id, day=day))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCounts:
    """How many open tasks are one's own, and how many there are in all; each `COUNT_MAX + 1` at most."""

    mine: int
    team: int


_NAMES: dict[str, Any] = {
    "owner_name": Coalesce("owner__name", "team__name", Value("")),
    "company_name": Coalesce("company__name", Value("")),
    "customer_name": Coalesce("customer__name", Value("")),
    "customer_number": Coalesce("customer__number", Value("")),
    "town": Coalesce("customer__town", Value("")),
    "is_strategic": F("customer__is_strategic"),
    "account_number": Coalesce("account__number", Value("")),
    "department_name": Coalesce("account__department__name", Value("")),
}
_FIELDS = (
    "id",
    "kind",
    "state",
    "role",
    "owner_id",
    "assigned_to_id",
    "team_id",
    "company_id",
    "account_id",
    "customer_id",
    "subject_kind",
    "subject_id",
    "amount",
    "currency",
    "days_late",
    "item_count",
    "score",
    "score_parts",
    "action_code",
    "action_reason",
    "due_date",
    "snoozed_until",
    "wake_at",
)
# The balance of the account, for the one task that is shown whole.
_BALANCE = {
    name: F(f"account__balance__{name}")
    for name in (
        "overdue",
        "overdue_count",
        "open_total",
        "not_due",
        "due_1_30",
        "due_31_60",
        "due_61_90",
        "due_91_120",
        "due_over_120",
        "usual_delay_days",
        "paid_count",
        "oldest_due_date",
        "disputed",
        "promised",
        "unapplied",
    )
}
# Of the one task that is shown whole: its customer's limit, and the numbers at which somebody else answered.
_CUSTOMER = {
    "wrong_numbers": ArraySubquery(
        Call.objects.filter(account__customer_id=OuterRef("customer_id"), outcome=Call.Outcome.WRONG_NUMBER)
        .order_by("phone")
        .values("phone")
        .distinct()
    ),
    "credit_limit": F("customer__credit_limit"),
    "credit_limit_currency": F("customer__credit_limit_currency"),
    "country": Coalesce("customer__country", Value("")),
    "company_currency": Case(
        When(account__isnull=False, then=F("account__company__currency")),
        default=F("currency"),
        output_field=CharField(),
    ),
}


def visible(*, scope: Scope) -> Q:
    """Return the condition of tasks that the scope shows; what belongs to no company shows to those who see all."""
    condition = Q()
    if scope.company_ids is not None:
        condition &= Q(company_id__in=sorted(scope.company_ids))
    if scope.department_id is not None:
        condition &= Q(account__isnull=True) | Q(account__department_id=scope.department_id)
    return condition


def own(*, worker: Worker) -> Q:
    """Return the condition of a person's own tasks.

    Theirs and those of whom they stand in for; those given to their team; those of nobody that their roles take care
    of.
    """
    team_id = worker.standing.team_id
    condition = Q(owner_id__in=[worker.user_id, *worker.stood_in_for])
    condition |= Q(owner_id__isnull=True, team_id__isnull=True, role__in=list(worker.roles))
    return condition | Q(team_id=team_id) if team_id is not None else condition


def list_tasks(*, scope: Scope = EVERYTHING, worker: Worker | None = None, state: str = "OPEN") -> QuerySet[Task, Any]:
    """Return tasks as `.values()` rows, highest score first; with `worker` only that person's own. One query."""
    found = Task.objects.filter(visible(scope=scope), state=state)
    if worker is not None:
        found = found.filter(own(worker=worker))
    rows: QuerySet[Task, Any] = found.order_by("-score", "-id").values(*_FIELDS, **_NAMES)
    return rows


def count_tasks(*, scope: Scope, worker: Worker) -> TaskCounts:
    """Return how many open tasks the scope shows, one's own and all. One query."""
    found = Task.objects.filter(visible(scope=scope), state=Task.State.OPEN)
    mine, team = count_each(own_tasks(scope=scope, worker=worker), found, count_max=COUNT_MAX + 1)
    return TaskCounts(mine=mine, team=team)


def count_own_tasks(*, scope: Scope, worker: Worker, count_max: int = COUNT_MAX) -> int:
    """Return how many open tasks of the scope are one's own, `count_max + 1` at most. One query."""
    return own_tasks(scope=scope, worker=worker)[: count_max + 1].count()


def own_tasks(*, scope: Scope, worker: Worker) -> QuerySet[Task]:
    """Return the open tasks of the scope that are one's own, to be counted."""
    return Task.objects.filter(visible(scope=scope), own(worker=worker), state=Task.State.OPEN)


def find_task(*, task_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one task with the balance of its account, when the scope shows it. One query."""
    found = Task.objects.filter(visible(scope=scope), id=task_id)
    row = found.values(*_FIELDS, **_NAMES, **_BALANCE, **_CUSTOMER).first()
    return dict(row) if row else None


def find_task_id(*, key: str) -> int | None:
    """Return the id of the task with that key. One query."""
    return Task.objects.filter(key=key).values_list("id", flat=True).first()


def find_task_of_account(*, account_id: int) -> dict[str, Any] | None:
    """Return the task of collecting from an account, whatever its state. One query."""
    row = Task.objects.filter(key=f"account:{account_id}").values(*_FIELDS).first()
    return dict(row) if row else None


def find_task_id_after(
    *, task: dict[str, Any] | None, rows: QuerySet[Task, Any], is_wrapping: bool = True
) -> int | None:
    """Return the task of the list that follows one by rank; the first one when none follows. One or two queries."""
    if task is not None:
        behind = Q(score__lt=task["score"]) | Q(score=task["score"], id__lt=task["id"])
        found = rows.filter(behind).values_list("id", flat=True).first()
        if found is not None or not is_wrapping:
            return found
    return rows.values_list("id", flat=True).first()


def list_task_ids(*, task_ids: Collection[int], scope: Scope) -> list[int]:
    """Return those of the tasks that the scope shows, by id. One query."""
    return list(Task.objects.filter(visible(scope=scope), id__in=task_ids).order_by("id").values_list("id", flat=True))


def list_wrong_numbers(*, customer_id: int) -> set[str]:
    """Return the numbers of a customer at which somebody else answered. One query."""
    found = Call.objects.filter(account__customer_id=customer_id, outcome=Call.Outcome.WRONG_NUMBER)
    return set(found.values_list("phone", flat=True))


def list_calls(
    *, customer_id: int | None = None, account_id: int | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return the calls of a customer or an account, latest first. One query."""
    wanted = {"account__customer_id": customer_id, "account_id": account_id}
    found = Call.objects.filter(**{name: value for name, value in wanted.items() if value is not None})
    rows: QuerySet[Call, Any] = found.order_by("-made_at", "-id").values(
        "id",
        "account_id",
        "outcome",
        "phone",
        "comment",
        "call_back_date",
        "call_back_at",
        "documents",
        "made_at",
        contact_name=Coalesce("contact__name", Value("")),
        made_by_name=Coalesce("made_by__name", Value("")),
    )
    return list(rows[:limit])


def count_unreached(*, account_id: int) -> int:
    """Return how many calls in a row ended on the voicemail since somebody was last reached. Two queries."""
    unreached = ("VOICEMAIL", "WRONG_NUMBER", "CALL_BACK")
    calls = Call.objects.filter(account_id=account_id)
    last = calls.exclude(outcome__in=unreached).order_by("-made_at", "-id").values_list("made_at", flat=True).first()
    tries = calls.filter(outcome="VOICEMAIL")
    return (tries if last is None else tries.filter(made_at__gt=last)).count()


def list_account_ids(*, task_ids: Collection[int], scope: Scope) -> list[int]:
    """Return the accounts of those of the tasks that the scope shows. One query."""
    found = Task.objects.filter(visible(scope=scope), id__in=task_ids, account_id__isnull=False)
    return list(found.order_by("account_id").values_list("account_id", flat=True).distinct())


def find_call_documents(*, call_id: int) -> str:
    """Return the numbers of the documents of which a copy was asked for in a call. One query."""
    return Call.objects.filter(id=call_id).values_list("documents", flat=True).first() or ""


def outcome_choices() -> list[tuple[str, Any]]:
    """Return code and name of each way a call can end."""
    return list(Call.Outcome.choices)


def kind_choices() -> list[tuple[str, Any]]:
    """Return code and name of each kind of task."""
    return list(Task.Kind.choices)
