"""Start a simulation, run it chunk by chunk, take it back."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from quittance.core.dunning import DunningMedium
from quittance.core.simulation import Period, SimulatedPolicy, walk_account
from quittance.core.simulation import SimulatedNotice as Notice
from quittance.dunning.media import media_ready
from quittance.dunning.policies import read_policy
from quittance.foundation import clock, jobs, notify
from quittance.foundation.events import record
from quittance.foundation.permissions import Actor
from quittance.simulation import events
from quittance.simulation.history import ReadAccount, list_accounts, read_history
from quittance.simulation.models import Simulation
from quittance.simulation.policies import NOTHING, Change, policy_tried

ACCOUNTS_PER_CHUNK = 500
DAYS_MAX = 1100
State = Simulation.State
_COLUMNS = (
    "simulation_id", "arm", "account_id", "notice_date", "level_rank", "level_code", "level_name", "medium",
    "is_registered", "needless", "item_count", "amount_company", "company_currency", "items",
)  # fmt: skip


class SimulationRefused(ValueError):
    """The simulation cannot be made like this; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class SimulationNotRunning(Exception):
    """The simulation is finished already: nothing is left to stop."""


def start_simulation(
    *,
    policy_a_id: int,
    policy_b_id: int | None,
    change_b: Change = NOTHING,
    company_id: int | None,
    segment_id: int | None,
    first_date: date,
    last_date: date,
    on_its_way_days: int = 3,
    warm_up_days: int = 90,
    is_on_weekends: bool = False,
    actor: Actor,
) -> int:
    """Write a simulation down and queue its work; return its id. B with a change and no policy is a change of A.

    :raises SimulationRefused: a period that ends before it begins, lies ahead or is too long; two times the same.
    """
    if last_date < first_date:
        raise SimulationRefused(_("The period ends before it begins."), field="last_date")
    if last_date > clock.today():
        raise SimulationRefused(_("Only days that are over can be looked at."), field="last_date")
    if (last_date - first_date).days > DAYS_MAX:
        raise SimulationRefused(_("Choose three years at most."), field="first_date")
    if policy_b_id is None and not change_b.is_nothing:
        policy_b_id = policy_a_id
    if policy_b_id == policy_a_id and change_b.is_nothing:
        raise SimulationRefused(_("B is the same as A: choose another policy, or change something."), field="policy_b")
    with transaction.atomic():
        row = Simulation.objects.create(
            policy_a_id=policy_a_id,
            policy_b_id=policy_b_id,
            change_b=change_b.to_json(),
            company_id=company_id,
            segment_id=segment_id,
            first_date=first_date,
            last_date=last_date,
            on_its_way_days=on_its_way_days,
            warm_up_days=warm_up_days,
            is_on_weekends=is_on_weekends,
            created_by_id=actor.user_id,
            created_by_label=actor.label,
            created_at=clock.now(),
        )
        jobs.app.configure_task("simulation.run_simulation").defer(simulation_id=row.pk)
        payload = {"from_date": first_date.isoformat(), "until_date": last_date.isoformat()}
        record(_event(events.SIMULATION_STARTED, row, actor, payload))
    return row.pk


def cancel_simulation(*, simulation_id: int, actor: Actor) -> None:
    """Stop a simulation; what was found so far stays. :raises SimulationNotRunning:"""
    with transaction.atomic():
        row = Simulation.objects.select_for_update().get(pk=simulation_id)
        if row.state != State.RUNNING:
            raise SimulationNotRunning(f"simulation {simulation_id} is {row.state}")
        _finish(row, State.CANCELLED)
        record(_event(events.SIMULATION_CANCELLED, row, actor, {}))


def run_simulation(*, simulation_id: int) -> None:
    """Try the policies on every account; goes on where it was stopped, and does nothing when it is finished."""
    row = Simulation.objects.get(pk=simulation_id)
    if row.state != State.RUNNING:
        return
    first = row.first_date - timedelta(days=row.warm_up_days)
    waiting = list_accounts(
        first=first,
        last=row.last_date,
        today=clock.today(),
        company_id=row.company_id,
        segment_id=row.segment_id,
        after_id=row.last_account_id,
    )
    Simulation.objects.filter(pk=simulation_id).update(progress_total=F("progress_done") + len(waiting))
    arms = _arms(row)
    period = Period(first=first, last=row.last_date, counted_from=row.first_date, is_on_weekends=row.is_on_weekends)
    try:
        for start in range(0, len(waiting), ACCOUNTS_PER_CHUNK):
            chunk = waiting[start : start + ACCOUNTS_PER_CHUNK]
            if not _run_chunk(simulation_id, chunk, arms, period, row.on_its_way_days):
                return
    except Exception:
        with transaction.atomic():
            _finish(Simulation.objects.select_for_update().get(pk=simulation_id), State.FAILED)
        raise
    with transaction.atomic():
        row = Simulation.objects.select_for_update().get(pk=simulation_id)
        if row.state == State.RUNNING:
            _finish(row, State.DONE)


def _arms(row: Simulation) -> list[tuple[str, SimulatedPolicy, dict[str, str]]]:
    """Return the policies with the names of their steps, by arm."""
    found = [("A", row.policy_a_id, NOTHING)]
    if row.policy_b_id is not None:
        found.append(("B", row.policy_b_id, Change.from_json(row.change_b)))
    return [
        (arm, policy_tried(policy=read_policy(policy_id=policy_id), change=change), _step_names(policy_id))
        for arm, policy_id, change in found
    ]


def _step_names(policy_id: int) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, name FROM dunning_dunninglevel WHERE policy_id = %s", [policy_id])
        return dict(cursor.fetchall())


def _run_chunk(
    simulation_id: int,
    account_ids: Sequence[int],
    arms: Sequence[tuple[str, SimulatedPolicy, dict[str, str]]],
    period: Period,
    on_its_way_days: int,
) -> bool:
    """Write the notices of some accounts; say whether to go on. A stop waits for the chunk, and no other for it."""
    has_sms = any(level.medium is DunningMedium.SMS for _arm, policy, _names in arms for level in policy.levels)
    accounts = read_history(account_ids=account_ids, first=period.first, last=period.last, reads_numbers=has_sms)
    ready = media_ready()
    found: list[tuple[str, ReadAccount, Notice, str]] = []
    unreached: Counter[tuple[str, str]] = Counter()
    for one in accounts:
        for arm, policy, names in arms:
            walked = walk_account(
                account=one.account, policy=policy, period=period, media_ready=ready, on_its_way_days=on_its_way_days
            )
            found += [(arm, one, notice, names[notice.level.code]) for notice in walked.notices]
            unreached.update((arm, reason.value) for reason in walked.unreached)
    with transaction.atomic():
        row = Simulation.objects.select_for_update().get(pk=simulation_id)
        if row.state != State.RUNNING or row.last_account_id >= account_ids[-1]:
            return row.state == State.RUNNING
        statement = f"COPY simulation_simulatednotice ({', '.join(_COLUMNS)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for values in _rows(simulation_id, found):
                copy.write_row(values)
        Simulation.objects.filter(pk=simulation_id).update(
            last_account_id=account_ids[-1],
            progress_done=F("progress_done") + len(account_ids),
            unreached=_added(row.unreached, unreached),
        )
        notify.publish(f"simulation.{simulation_id}")
    return True


def _added(counts: dict[str, dict[str, int]], more: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Return counts by arm and reason with those of one chunk more."""
    found = {arm: dict(reasons) for arm, reasons in counts.items()}
    for (arm, reason), count in more.items():
        reasons = found.setdefault(arm, {})
        reasons[reason] = reasons.get(reason, 0) + count
    return found


def _rows(simulation_id: int, found: Sequence[tuple[str, ReadAccount, Notice, str]]) -> Iterator[tuple[Any, ...]]:
    for arm, one, notice, name in found:
        items = [[item.item_id, item.currency, str(item.amount), item.is_on_its_way] for item in notice.items]
        yield (
            simulation_id,
            arm,
            notice.account_id,
            notice.day,
            notice.level.rank,
            notice.level.code,
            name,
            notice.medium.value,
            notice.level.is_registered,
            notice.needless.value,
            len(items),
            one.amount_company(notice),
            one.company_currency,
            json.dumps(items),
        )


def _finish(row: Simulation, state: str) -> None:
    row.state = state
    row.finished_at = clock.now()
    row.save(update_fields=["state", "finished_at"])
    notify.publish(f"simulation.{row.pk}")


def _event(kind: str, row: Simulation, actor: Actor, payload: dict[str, Any]) -> Any:
    return events.event(
        kind=kind,
        actor=actor,
        subject_kind="simulation",
        subject_id=row.pk,
        company_id=row.company_id,
        payload=payload,
    )
