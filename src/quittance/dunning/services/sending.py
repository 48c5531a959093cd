"""Send what was released: judge each account again at the last moment, claim, hand over, write what became of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import connection, transaction

from quittance.core.dunning import DunningDecision as Decision
from quittance.core.dunning import DunningOutcome
from quittance.core.ports.channels import Channel
from quittance.delivery import queries as delivered
from quittance.delivery import services as delivery
from quittance.dunning import events
from quittance.dunning.deciding import company_share, decide_again, telling_reason
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages import render_message
from quittance.dunning.models import DunningNotice, DunningNoticeItem
from quittance.dunning.services.recording import chunks, count_notices
from quittance.dunning.stored import read_decision
from quittance.foundation import clock, jobs
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.parties.services import lock_accounts

logger = logging.getLogger(__name__)
FORGOTTEN_AFTER = timedelta(hours=1)
State = DunningNotice.State
_STATE_AFTER = {
    "SENT": State.SENT,
    "DELIVERED": State.SENT,
    "BOUNCED": State.FAILED,
    "REFUSED": State.FAILED,
    "UNCERTAIN": State.UNCERTAIN,
    "CANCELLED": State.CANCELLED,
}
_KIND_AFTER = {
    State.SENT: events.NOTICE_SENT,
    State.FAILED: events.NOTICE_FAILED,
    State.UNCERTAIN: events.NOTICE_UNCERTAIN,
}


class NoticeNotUncertain(Exception):
    """Somebody has already said what became of the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeResult:
    """What became of one notice; SKIPPED when another worker has it or it is settled."""

    outcome: Literal["SENT", "HELD", "RETRY", "FAILED", "UNCERTAIN", "SKIPPED"]
    retry_at: datetime | None = None


def send_notices(*, notice_ids: Sequence[int], channel: Channel) -> dict[int, NoticeResult]:
    """Send each notice that still may leave; safe to run twice and in two workers at once.

    One notice that cannot be made does not stop the others: it stays queued, its error is raised at the end.
    """
    results: dict[int, NoticeResult] = {}
    errors: list[Exception] = []
    for notice_id in notice_ids:
        try:
            results[notice_id] = send_notice(notice_id=notice_id, channel=channel)
        except Exception as error:
            logger.exception("dunning notice %s could not be sent", notice_id)
            errors.append(error)
    runs = DunningNotice.objects.filter(pk__in=notice_ids).values_list("decision__run_id", flat=True)
    for run_id in sorted(set(runs)):
        count_notices(run_id=run_id)
    if errors:
        raise errors[0]
    return results


def send_notice(*, notice_id: int, channel: Channel) -> NoticeResult:
    """Send one notice unless the facts of this moment forbid it."""
    today = clock.today()
    transmission_id = _claim(notice_id, today)
    if not isinstance(transmission_id, int):
        return transmission_id
    sent = delivery.send_claimed(transmission_id=transmission_id, channel=channel)
    if sent.state == "QUEUED":
        return NoticeResult(outcome="RETRY", retry_at=sent.retry_at)
    _settle(notice_id, sent.state, sent.failure)
    state = _STATE_AFTER[sent.state]
    return NoticeResult(outcome="SENT" if state == State.SENT else "FAILED" if state == State.FAILED else "UNCERTAIN")


def _claim(notice_id: int, today: date) -> int | NoticeResult:
    """In one transaction: lock the account, judge again, write the text, take the transmission.

    From the lock until the commit no payment of this account can be posted, so what is judged is what is true.
    """
    with transaction.atomic():
        account_id = DunningNotice.objects.values_list("account_id", flat=True).get(pk=notice_id)
        lock_accounts(account_ids=[account_id])
        notice = DunningNotice.objects.select_for_update().get(pk=notice_id)
        if notice.state != State.QUEUED or notice.transmission_id is None:
            return NoticeResult(outcome="SKIPPED")
        stored = read_decision(decision_id=notice.decision_id, as_of=today)
        decision = decide_again(decision=stored.decision, account=stored.account, as_of=today)
        if decision.outcome is not DunningOutcome.SEND:
            return _hold(notice, stored.account, telling_reason(decision).value)
        content = render_message(account=stored.account, decision=decision, as_of=today)
        if not delivery.claim(transmission_id=notice.transmission_id, content=content):
            return NoticeResult(outcome="SKIPPED")
        _write_items(notice, stored.account, decision, today)
    return notice.transmission_id


def _hold(notice: DunningNotice, account: GatheredAccount, reason_code: str) -> NoticeResult:
    stopped = delivery.cancel(transmission_ids=[notice.transmission_id] if notice.transmission_id else [])
    if not stopped:  # it is leaving in another worker's hands
        return NoticeResult(outcome="SKIPPED")
    DunningNotice.objects.filter(pk=notice.pk).update(state=State.HELD, held_reason_code=reason_code)
    record(_notice_event(events.NOTICE_HELD, notice, account, {"reason": reason_code}))
    return NoticeResult(outcome="HELD")


def _write_items(notice: DunningNotice, account: GatheredAccount, decision: Decision, today: date) -> None:
    """Write what the message lists; a second try after a temporary failure writes it anew."""
    DunningNoticeItem.objects.filter(notice=notice).delete()
    DunningNoticeItem.objects.bulk_create(
        DunningNoticeItem(
            notice=notice,
            item_id=item.item_id,
            level_rank=item.level.rank if item.level else None,
            currency=item.currency,
            amount=item.amount,
        )
        for item in decision.items_included
    )
    level = decision.level
    DunningNotice.objects.filter(pk=notice.pk).update(
        notice_date=today,
        level_id=account.policy.level_ids[level.rank] if level else notice.level_id,
        amount_company=sum(company_share(account, item.item_id, item.amount) for item in decision.items_included),
    )


def _settle(notice_id: int, transmission_state: str, failure: str) -> None:
    """Write on the notice what became of its transmission, and tell the story."""
    state = _STATE_AFTER[transmission_state]
    with transaction.atomic():
        changed = DunningNotice.objects.filter(pk=notice_id, state=State.QUEUED).update(state=state)
        if not changed or state not in _KIND_AFTER:
            return
        notice = DunningNotice.objects.select_related("level").get(pk=notice_id)
        payload = {"level": notice.level.code, "amount": str(notice.amount_company), "failure": failure}
        record(_notice_event(_KIND_AFTER[state], notice, None, payload))


def _notice_event(
    kind: str, notice: DunningNotice, account: GatheredAccount | None, payload: dict[str, str], actor: Actor = SYSTEM
) -> NewEvent:
    company_id, customer_id = (account.company_id, account.customer_id) if account else _owners(notice.account_id)
    return events.account_event(
        kind=kind,
        actor=actor,
        account_id=notice.account_id,
        company_id=company_id,
        customer_id=customer_id,
        subject_kind="dunning_notice",
        subject_id=notice.pk,
        payload=payload,
    )


def _owners(account_id: int) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT company_id, customer_id FROM parties_customeraccount WHERE id = %s", [account_id])
        company_id, customer_id = cursor.fetchone()
    return company_id, customer_id


def settle_interrupted() -> int:
    """Write on queued notices what became of transmissions whose worker died; return how many were settled."""
    delivery.recover_interrupted()
    waiting = DunningNotice.objects.filter(state=State.QUEUED).exclude(transmission=None).order_by("id")
    pairs = list(waiting.values_list("transmission_id", "pk", "decision__run_id"))
    touched: set[int] = set()
    count = 0
    for chunk in chunks(rows=pairs, size=1000):
        states = delivered.list_states(transmission_ids=[transmission_id for transmission_id, _, _ in chunk])
        for transmission_id, notice_id, run_id in chunk:
            if states[transmission_id] in _STATE_AFTER:
                _settle(notice_id, states[transmission_id], "")
                touched.add(run_id)
                count += 1
    for run_id in sorted(touched):
        count_notices(run_id=run_id)
    _queue_forgotten()
    return count


def _queue_forgotten() -> None:
    """Queue again what waits though no job is left that would send it (a job that failed); harmless when wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE task_name = 'dunning.send_notices'"
            " AND status IN ('todo', 'doing'))"
        )
        if cursor.fetchone()[0]:
            return
    old = DunningNotice.objects.filter(state=State.QUEUED, created_at__lt=clock.now() - FORGOTTEN_AFTER)
    for chunk in chunks(rows=list(old.order_by("id").values_list("pk", flat=True)), size=50):
        jobs.app.configure_task("dunning.send_notices").defer(notice_ids=[*chunk])


def resolve_uncertain(*, notice_id: int, has_left: bool, actor: Actor) -> None:
    """Write what a person found out about an uncertain message: it left, or it is to be sent again.

    :raises NoticeNotUncertain: when that is known by now.
    """
    with transaction.atomic():
        notice = DunningNotice.objects.select_for_update().get(pk=notice_id)
        if notice.state != State.UNCERTAIN or notice.transmission_id is None:
            raise NoticeNotUncertain("it is already known what became of this message")
        delivery.resolve_uncertain(transmission_id=notice.transmission_id, has_left=has_left, actor=actor)
        state = State.SENT if has_left else State.QUEUED
        DunningNotice.objects.filter(pk=notice_id).update(state=state)
        if not has_left:
            jobs.app.configure_task("dunning.send_notices").defer(notice_ids=[notice_id])
        run_id = DunningNotice.objects.values_list("decision__run_id", flat=True).get(pk=notice_id)
        count_notices(run_id=run_id)
