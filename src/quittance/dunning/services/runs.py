"""Prepare a run, review it, release it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from quittance.core.dunning import DunningMedium, Validation
from quittance.delivery import services as delivery
from quittance.dunning import events
from quittance.dunning.chosen import FREE_TEXT
from quittance.dunning.media import channel_of
from quittance.dunning.models import DunningDecision, DunningNotice, DunningRun
from quittance.dunning.services.policies import ensure_default_policy
from quittance.dunning.services.recording import chunks, count_notices, fill_run, mailbox
from quittance.foundation import clock, jobs, notify
from quittance.foundation.events import record, record_all
from quittance.foundation.permissions import SYSTEM, Actor

RUN_AGE_DAYS_MAX = 3
NOTICES_PER_JOB = 25
PURPOSE = "DUNNING_NOTICE"
ALREADY_NOTIFIED = "ALREADY_NOTIFIED"
AWAITS_MANAGER = "AWAITS_MANAGER"
State = DunningRun.State


class RunNotReady(Exception):
    """The run is not waiting for review: it is being prepared, was released or was cancelled."""


class RunOutdated(Exception):
    """The run speaks of another day than today: a new one must be prepared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResult:
    """How many notices were queued, how many accounts another run wrote to, how many wait for the credit manager."""

    queued: int
    already_notified: int
    awaiting_manager: int = 0


def start_run(*, company_id: int | None, as_of: date, actor: Actor) -> int:
    """Write an empty run and queue its preparation; return its id."""
    with transaction.atomic():
        run_id = _new_run(company_id=company_id, as_of=as_of, actor=actor)
        jobs.app.configure_task("dunning.fill_run").defer(run_id=run_id)
    return run_id


def prepare_run(*, company_id: int | None, as_of: date, actor: Actor) -> int:
    """Evaluate every account of a company (None: of all) as of a day, here and now; return the run's id."""
    run_id = _new_run(company_id=company_id, as_of=as_of, actor=actor)
    fill_run(run_id=run_id)
    release_unattended(run_id=run_id)
    return run_id


def _new_run(*, company_id: int | None, as_of: date, actor: Actor) -> int:
    ensure_default_policy()
    run = DunningRun.objects.create(
        company_id=company_id,
        as_of=as_of,
        created_by_id=actor.user_id,
        created_by_label=actor.label,
        created_at=clock.now(),
    )
    return run.pk


def exclude_decisions(*, run_id: int, decision_ids: Sequence[int], is_excluded: bool, actor: Actor) -> int:
    """Leave messages out of the run, or take them in again; return how many changed.

    Decisions of other runs, and those that have no message to send, are passed over.

    :raises RunNotReady: when the run is not waiting for review.
    """
    with transaction.atomic():
        _lock_run(run_id, State.READY)
        found = DunningDecision.objects.filter(
            run_id=run_id, pk__in=decision_ids, outcome="SEND", is_excluded=not is_excluded, notice__isnull=True
        )
        accounts = list(found.order_by("id").values_list("account_id", flat=True))
        found.update(is_excluded=is_excluded)
        sign = -1 if is_excluded else 1
        DunningRun.objects.filter(pk=run_id).update(
            send_count=F("send_count") + sign * len(accounts), hold_count=F("hold_count") - sign * len(accounts)
        )
        kind = events.DECISION_EXCLUDED if is_excluded else events.DECISION_INCLUDED
        record_all(
            events.account_event(
                kind=kind, actor=actor, account_id=account_id, subject_kind="dunning_run", subject_id=run_id
            )
            for account_id in accounts
        )
    return len(accounts)


def release_unattended(*, run_id: int) -> int:
    """Queue the messages of a run of today that nobody needs to look at; return how many.

    The run goes on waiting for review when others are left in it.
    """
    unattended = DunningDecision.objects.filter(
        run_id=run_id, outcome="SEND", is_excluded=False, validated_by=Validation.NOBODY, notice__isnull=True
    )
    if not unattended.exists():
        return 0
    with transaction.atomic():
        run = DunningRun.objects.select_for_update().get(pk=run_id)
        if run.state != State.READY or run.as_of != clock.today() or run.origin != DunningRun.Origin.POLICY:
            return 0
        _lock_releases()
        held = _hold_already_notified(run, unattended)
        notice_ids = _queue_notices(run, clock.today(), unattended)
        _defer(notice_ids)
        is_all = not DunningDecision.objects.filter(run=run, outcome="SEND", notice__isnull=True).exists()
        _count_release(run, notice_ids=notice_ids, held=held, actor=SYSTEM, is_over=is_all)
    return len(notice_ids)


def release_run(*, run_id: int, actor: Actor, exclude: Sequence[int] = (), is_manager: bool = False) -> ReleaseResult:
    """Queue every message of the run that is not excluded; the worker sends them.

    `exclude` are further decisions to leave out. Accounts that another run has written to since this one was
    prepared are held; so is what the credit manager validates, unless that is who releases (`is_manager`).

    :raises RunNotReady: when it is not waiting for review.
    :raises RunOutdated: when its day lies ahead, or more than three days back.
    """
    today = clock.today()
    with transaction.atomic():
        run = _lock_run(run_id, State.READY)
        if not timedelta(0) <= today - run.as_of <= timedelta(days=RUN_AGE_DAYS_MAX):
            raise RunOutdated(f"the run was prepared for {run.as_of}; prepare one for {today} instead")
        _lock_releases()
        if exclude:
            exclude_decisions(run_id=run_id, decision_ids=exclude, is_excluded=True, actor=actor)
        going = DunningDecision.objects.filter(run=run, outcome="SEND", is_excluded=False, notice__isnull=True)
        held = _hold_already_notified(run, going)
        waiting = 0
        if not is_manager:
            reserved = going.filter(validated_by=Validation.MANAGER)
            waiting = reserved.update(outcome="HOLD", reason_code=AWAITS_MANAGER)
        notice_ids = _queue_notices(run, today, going)
        _defer(notice_ids)
        _count_release(run, notice_ids=notice_ids, held=held + waiting, actor=actor, is_over=True)
    return ReleaseResult(queued=len(notice_ids), already_notified=held, awaiting_manager=waiting)


def _lock_releases() -> None:
    """Let one release go on at a time, so that two runs over the same accounts see each other's notices."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('quittance.dunning.release'))")


def _defer(notice_ids: Sequence[int]) -> None:
    for chunk in chunks(rows=notice_ids, size=NOTICES_PER_JOB):
        jobs.app.configure_task("dunning.send_notices").defer(notice_ids=[*chunk])


def _count_release(run: DunningRun, *, notice_ids: Sequence[int], held: int, actor: Actor, is_over: bool) -> None:
    """Write what a release queued and held; `is_over` when nothing of the run waits for review any more."""
    counts = {"send_count": F("send_count") - held, "hold_count": F("hold_count") + held}
    if is_over:
        waits = DunningNotice.objects.filter(decision__run=run, state="QUEUED").exists()
        DunningRun.objects.filter(pk=run.pk).update(
            state=State.RELEASED if waits else State.DONE,
            released_by_id=actor.user_id,
            released_at=clock.now(),
            finished_at=None if waits else clock.now(),
            **counts,
        )
    else:
        DunningRun.objects.filter(pk=run.pk).update(**counts)
    notify.publish(f"run.{run.pk}")
    payload = {"queued": len(notice_ids), "already_notified": held}
    record(
        events.run_event(
            kind=events.RUN_RELEASED, run_id=run.pk, company_id=run.company_id, actor=actor, payload=payload
        )
    )


def _lock_run(run_id: int, state: str) -> DunningRun:
    run = DunningRun.objects.select_for_update().get(pk=run_id)
    if run.state != state:
        raise RunNotReady(f"this run is {run.get_state_display().lower()}: nothing was changed")
    return run


def _hold_already_notified(run: DunningRun, going: QuerySet[DunningDecision]) -> int:
    """Hold the accounts that got, or are about to get, a notice of another run since this one was prepared.

    A message in a person's own words and a reminder do not repeat each other; they only never wait at once.
    """
    since = Q(state__in=("SENT", "UNCERTAIN", "TASK_OPEN", "DONE"), created_at__gte=run.created_at)
    since &= Q(is_free=run.message_code == FREE_TEXT)
    written = DunningNotice.objects.exclude(decision__run=run).filter(Q(state="QUEUED") | since)
    found = going.filter(account_id__in=written.values("account_id"))
    return found.update(outcome="HOLD", reason_code=ALREADY_NOTIFIED)


_SENDERS = """
SELECT a.id, co.sender_name, co.sender_email, co.name, coalesce(u.email, '')
FROM dunning_dunningdecision d
JOIN parties_customeraccount a ON a.id = d.account_id
JOIN parties_company co ON co.id = a.company_id
LEFT JOIN parties_user u ON u.id = a.collector_id AND u.is_active
WHERE d.run_id = %s AND d.outcome = 'SEND' AND NOT d.is_excluded
"""


def _queue_notices(run: DunningRun, today: date, found: QuerySet[DunningDecision]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_SENDERS, [run.pk])
        senders = {row[0]: row[1:] for row in cursor.fetchall()}
    going = found.order_by("id")
    at = clock.now()
    notice_ids: list[int] = []
    for chunk in chunks(rows=going.iterator(chunk_size=2000), size=1000):
        sent = [decision for decision in chunk if DunningMedium(decision.medium).is_sent]
        transmissions = delivery.queue_transmissions(
            drafts=[_draft(decision, *senders[decision.account_id]) for decision in sent]
        )
        transmission_of = dict(zip((decision.pk for decision in sent), transmissions, strict=True))
        notices = [
            DunningNotice(
                decision_id=decision.pk,
                account_id=decision.account_id,
                level_id=decision.level_id,
                notice_date=today,
                transmission_id=transmission_of.get(decision.pk),
                medium=decision.medium,
                company_currency=decision.company_currency,
                amount_company=decision.amount_company,
                is_free=run.message_code == FREE_TEXT,
                created_at=at,
            )
            for decision in chunk
        ]
        notice_ids += [notice.pk for notice in DunningNotice.objects.bulk_create(notices)]
    return notice_ids


def _draft(
    decision: DunningDecision, sender_name: str, sender_email: str, company_name: str, collector_email: str
) -> delivery.NewTransmission:
    address = sender_email or settings.DEFAULT_FROM_EMAIL
    return delivery.NewTransmission(
        account_id=decision.account_id,
        purpose=PURPOSE,
        sender=mailbox(name=sender_name or company_name, address=address),
        reply_to=collector_email or address,
        recipient=decision.recipient_email,
        recipient_name=decision.recipient_name,
        language=decision.language,
        medium=decision.medium,
        channel=channel_of(DunningMedium(decision.medium)),
    )


def cancel_run(*, run_id: int, actor: Actor) -> int:
    """Take a run back: what has not begun to leave never will; return how many messages that stopped.

    :raises RunNotReady: when it is finished or cancelled already.
    """
    with transaction.atomic():
        run = DunningRun.objects.select_for_update().get(pk=run_id)
        if run.state not in (State.PREPARING, State.READY, State.RELEASED):
            raise RunNotReady(f"this run is {run.get_state_display().lower()}: nothing was changed")
        waiting = DunningNotice.objects.filter(decision__run=run, state="QUEUED").order_by("id")
        # First the notices, then their transmissions: the order of the worker that is sending them.
        locked = list(waiting.select_for_update(of=("self",)).values_list("transmission_id", flat=True))
        # A step that is left to a person has no transmission, and nothing to stop but itself.
        stopped = waiting.filter(transmission__isnull=True).update(state=DunningNotice.State.CANCELLED)
        for chunk in chunks(rows=locked, size=1000):
            cancelled = delivery.cancel(transmission_ids=[one for one in chunk if one is not None])
            found = DunningNotice.objects.filter(transmission_id__in=cancelled)
            stopped += found.update(state=DunningNotice.State.CANCELLED)
        count_notices(run_id=run_id)
        DunningRun.objects.filter(pk=run_id).update(state=State.CANCELLED, finished_at=clock.now())
        notify.publish(f"run.{run_id}")
        record(
            events.run_event(
                kind=events.RUN_CANCELLED,
                run_id=run_id,
                company_id=run.company_id,
                actor=actor,
                payload={"stopped": stopped},
            )
        )
    return stopped
