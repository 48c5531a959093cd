"""Give many accounts a policy of their own at once, remember what each had, and take that back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from quittance.dunning import events
from quittance.dunning.models import AccountPolicy, AssignedAccount, DunningPolicy, PolicyAssignment
from quittance.dunning.services.policies import UnknownPolicy
from quittance.foundation import clock
from quittance.foundation.events import record_for_accounts
from quittance.foundation.permissions import EVERYTHING, Actor, Scope

_REMEMBER = """
INSERT INTO dunning_assignedaccount (assignment_id, account_id, policy_code_before)
SELECT %(assignment)s, a.id, coalesce(p.policy_code, '')
FROM parties_customeraccount a LEFT JOIN dunning_accountpolicy p ON p.account_id = a.id
WHERE a.id = ANY(%(accounts)s) AND coalesce(p.policy_code, '') <> %(code)s ORDER BY a.id
"""
_FOLLOW = """
INSERT INTO dunning_accountpolicy (account_id, policy_code) SELECT unnest(%(accounts)s::bigint[]), %(code)s
ON CONFLICT (account_id) DO UPDATE SET policy_code = EXCLUDED.policy_code
"""
# Those that follow something else by now keep it.
_STILL = """
SELECT x.account_id, x.policy_code_before
FROM dunning_assignedaccount x LEFT JOIN dunning_accountpolicy p ON p.account_id = x.account_id
WHERE x.assignment_id = %(assignment)s AND coalesce(p.policy_code, '') = %(code)s ORDER BY x.account_id
"""
_STRANGE = """
SELECT EXISTS (SELECT FROM dunning_assignedaccount x JOIN parties_customeraccount a ON a.id = x.account_id
               WHERE x.assignment_id = %s AND a.company_id <> ALL(%s))
"""


class AssignmentUndone(Exception):
    """The assignment was taken back before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """How many accounts changed their policy, and the assignment that can be taken back; None when none changed."""

    count: int
    assignment_id: int | None = None


def assign_policies(*, account_ids: Iterable[int], policy_code: str, actor: Actor) -> Assigned:
    """Let accounts follow a policy of their own; "" leaves them to their segment or the default.

    :raises UnknownPolicy:
    """
    policy_id = _policy_id(policy_code)
    wanted = sorted(set(account_ids))
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        assignment = PolicyAssignment.objects.create(
            policy_code=policy_code, created_at=clock.now(), created_by_id=actor.user_id
        )
        cursor.execute(_REMEMBER, {"assignment": assignment.pk, "accounts": wanted, "code": policy_code})
        count = cursor.rowcount
        if not count:
            assignment.delete()
            return Assigned(count=0)
        PolicyAssignment.objects.filter(pk=assignment.pk).update(account_count=count)
        changed = AssignedAccount.objects.filter(assignment=assignment).order_by("account_id")
        rows = list(changed.values_list("account_id", "policy_code_before"))
        _follow([account_id for account_id, _before in rows], policy_code)
        _tell(rows, policy_code=policy_code, policy_id=policy_id, actor=actor)
    return Assigned(count=count, assignment_id=assignment.pk)


def undo_assignment(*, assignment_id: int, actor: Actor) -> int:
    """Give the accounts back what they followed before, but for those that were changed since; return how many.

    :raises PolicyAssignment.DoesNotExist: :raises AssignmentUndone:
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor)
        assignment = PolicyAssignment.objects.select_for_update().get(pk=assignment_id)
        if assignment.undone_at is not None:
            raise AssignmentUndone(f"assignment {assignment_id} was taken back")
        cursor.execute(_STILL, {"assignment": assignment_id, "code": assignment.policy_code})
        back: defaultdict[str, list[int]] = defaultdict(list)
        for account_id, code in cursor.fetchall():
            back[code].append(account_id)
        ids = dict(DunningPolicy.objects.order_by("version").values_list("code", "id"))
        for code, account_ids in back.items():
            _follow(account_ids, code)
            rows = [(account_id, assignment.policy_code) for account_id in account_ids]
            _tell(rows, policy_code=code, policy_id=ids.get(code, 0), actor=actor)
        PolicyAssignment.objects.filter(pk=assignment_id).update(undone_at=clock.now())
    return sum(len(account_ids) for account_ids in back.values())


def is_assignment_within(*, assignment_id: int, scope: Scope = EVERYTHING) -> bool:
    """Say whether there is such an assignment and all its accounts are in scope. Two queries."""
    if not PolicyAssignment.objects.filter(pk=assignment_id).exists():
        return False
    if scope.company_ids is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_STRANGE, [assignment_id, sorted(scope.company_ids)])
        return not cursor.fetchone()[0]


def _policy_id(policy_code: str) -> int:
    if not policy_code:
        return 0
    found = DunningPolicy.objects.filter(code=policy_code).order_by("-version").values_list("id", flat=True).first()
    if found is None:
        raise UnknownPolicy(f"no dunning policy is called {policy_code}")
    return found


def _lock(cursor: object) -> None:
    """Let one assignment go on at a time, so that each remembers what was there before it."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('quittance.dunning.assign'))")  # type: ignore[attr-defined]


def _follow(account_ids: Sequence[int], policy_code: str) -> None:
    if not policy_code:
        AccountPolicy.objects.filter(account_id__in=account_ids).delete()
        return
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"accounts": list(account_ids), "code": policy_code})


def _tell(rows: Sequence[tuple[int, str]], *, policy_code: str, policy_id: int, actor: Actor) -> None:
    """Write an event for each account, so that the story of each has it, however many they are."""
    record_for_accounts(
        kind=events.POLICY_CHOSEN,
        actor=actor,
        subject_kind="dunning_policy",
        subject_id=str(policy_id),
        payloads=[(account_id, {"policy": policy_code, "before": before}) for account_id, before in rows],
    )
