"""Start a trial of two policies on a segment, and stop it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.core.trials import HORIZON_DAYS, UNITS_MIN, split_units
from quittance.dunning.policies import read_policies
from quittance.foundation import clock
from quittance.foundation.events import record
from quittance.foundation.permissions import Actor
from quittance.simulation import events
from quittance.simulation.models import Trial, TrialArm

_LOCK = 7014
# Members of the segment that may be tried on: no policy of their own, in no trial that would overlap.
_FREE = """
SELECT a.id, a.customer_id FROM parties_customeraccount a
JOIN segments_membership m ON m.account_id = a.id AND m.segment_id = %(segment)s
    AND m.from_date <= %(from)s AND (m.until_date IS NULL OR m.until_date > %(from)s)
WHERE a.is_active AND (%(company)s::bigint IS NULL OR a.company_id = %(company)s)
  AND NOT EXISTS (SELECT FROM dunning_accountpolicy p WHERE p.account_id = a.id)
  AND NOT EXISTS (SELECT FROM simulation_trialarm t WHERE t.account_id = a.id
                  AND t.from_date < %(until)s AND t.until_date > %(from)s)
ORDER BY a.id
"""


class TrialRefused(ValueError):
    """The trial cannot be made or stopped like this; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def start_trial(
    *,
    name: str,
    segment_id: int,
    policy_a_code: str,
    policy_b_code: str,
    company_id: int | None,
    until_date: date,
    horizon_days: int = HORIZON_DAYS,
    actor: Actor,
) -> int:
    """Split the accounts that belong to a segment today between two policies, from today on; return the trial's id.

    All accounts of a customer go to one side. Accounts with a policy of their own, or in another trial, stay out. The
    trial ends on the day before `until_date`.

    :raises TrialRefused: no name, one policy twice, an unknown one, too few customers, an end that is no later.
    """
    today = clock.today()
    name = " ".join(name.split())[:80]
    if not name:
        raise TrialRefused(_("Give it a name."), field="name")
    if policy_a_code == policy_b_code:
        raise TrialRefused(_("Choose two different policies."), field="policy_b")
    if until_date <= today:
        raise TrialRefused(_("The trial must end after today."), field="until_date")
    known = {policy.code for policy in read_policies(as_of=today).all()}
    if not {policy_a_code, policy_b_code} <= known:
        raise TrialRefused(_("Choose one of the policies."), field="policy_a")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        parameters = {"segment": segment_id, "company": company_id, "from": today, "until": until_date}
        cursor.execute(_FREE, parameters)
        customers: dict[int, int] = dict(cursor.fetchall())
    salt = secrets.token_hex(8)
    arms = split_units(salt=salt, accounts=customers)
    if _fewest(arms, customers) < UNITS_MIN:
        text = _("Too few customers: each side needs %(count)s at least, in no other trial and without own policy.")
        raise TrialRefused(text % {"count": UNITS_MIN}, field="segment")
    row = Trial.objects.create(
        name=name,
        segment_id=segment_id,
        policy_a_code=policy_a_code,
        policy_b_code=policy_b_code,
        company_id=company_id,
        from_date=today,
        until_date=until_date,
        horizon_days=horizon_days,
        salt=salt,
        created_by_id=actor.user_id,
        created_by_label=actor.label,
        created_at=clock.now(),
    )
    codes = {"A": policy_a_code, "B": policy_b_code}
    TrialArm.objects.bulk_create(
        (
            TrialArm(
                trial=row,
                account_id=account_id,
                arm=arm.value,
                policy_code=codes[arm.value],
                from_date=today,
                until_date=until_date,
            )
            for account_id, arm in arms.items()
        ),
        batch_size=2000,
    )
    record(_event(events.TRIAL_STARTED, row, actor, {"accounts": len(arms), "until_date": until_date.isoformat()}))
    return row.pk


def _fewest(arms: dict[int, Any], customers: dict[int, int]) -> int:
    sides: Sequence[set[int]] = [
        {customers[account_id] for account_id, arm in arms.items() if arm.value == side} for side in ("A", "B")
    ]
    return min(len(side) for side in sides)


@transaction.atomic
def stop_trial(*, trial_id: int, actor: Actor) -> None:
    """End a trial today: its accounts follow their usual policy again from today on. :raises TrialRefused:"""
    row = Trial.objects.select_for_update().get(pk=trial_id)
    today = clock.today()
    if row.stopped_on is not None or row.until_date <= today:
        raise TrialRefused(_("This trial is over already."))
    row.stopped_on = today
    row.save(update_fields=["stopped_on"])
    TrialArm.objects.filter(trial=row).update(until_date=today)
    record(_event(events.TRIAL_STOPPED, row, actor, {}))


def _event(kind: str, row: Trial, actor: Actor, payload: dict[str, Any]) -> Any:
    return events.event(
        kind=kind,
        actor=actor,
        subject_kind="trial",
        subject_id=row.pk,
        company_id=row.company_id,
        payload={"trial": row.name, **payload},
    )
