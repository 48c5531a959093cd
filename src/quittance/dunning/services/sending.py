"""Send what was released: judge each account again at the last moment, claim, hand over, write what became of it.

A worker may be killed between any two statements here, and the job of a killed worker is run again by another. So each
step finds out first where the one before it has got to; what a lost worker was handing over waits for its lease to end
(`settling`).
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from django.db import DatabaseError, connection, transaction

from quittance.core.dunning import DunningDecision as Decision
from quittance.core.dunning import DunningOutcome
from quittance.core.ports.channels import Channel
from quittance.delivery import queries as delivered
from quittance.delivery import services as delivery
from quittance.dunning import events
from quittance.dunning.chosen import is_chosen
from quittance.dunning.deciding import company_share, decide_again, telling_reason
from quittance.dunning.facts import GatheredAccount
from quittance.dunning.messages import TextError, render_message
from quittance.dunning.messages.shared import one_batch
from quittance.dunning.models import DunningNotice
from quittance.dunning.services.recording import count_notices
from quittance.dunning.stored import Batch, StoredDecision, read_batch, read_decision
from quittance.foundation import clock, jobs
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import SYSTEM
from quittance.parties.services import hold_accounts

logger = logging.getLogger(__name__)
SEND_TASK = "dunning.send_notices"
State = DunningNotice.State
_STATE_AFTER = {
    "SENT": State.SENT,
    "DELIVERED": State.SENT,
    "BOUNCED": State.FAILED,
    "REFUSED": State.FAILED,
    "FAILED": State.FAILED,
    "UNCERTAIN": State.UNCERTAIN,
    "CANCELLED": State.CANCELLED,
}
_KIND_AFTER = {
    State.SENT: events.NOTICE_SENT,
    State.FAILED: events.NOTICE_FAILED,
    State.UNCERTAIN: events.NOTICE_UNCERTAIN,
}


class NoChannel(Exception):
    """A message was to be sent and nothing was given to carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeResult:
    """What became of one notice; SKIPPED when another worker has it or it is settled.

    TASK when its step waits for a person now; `is_channel_down` when it is put off because no message would leave now.
    """

    outcome: Literal["SENT", "TASK", "HELD", "RETRY", "FAILED", "UNCERTAIN", "SKIPPED"]
    retry_at: datetime | None = None
    is_channel_down: bool = False


SKIPPED = NoticeResult(outcome="SKIPPED")
_RESULT_AFTER = {
    State.SENT: NoticeResult(outcome="SENT"),
    State.FAILED: NoticeResult(outcome="FAILED"),
    State.UNCERTAIN: NoticeResult(outcome="UNCERTAIN"),
    State.CANCELLED: SKIPPED,
}


def send_notices(*, notice_ids: Sequence[int], channel: Channel | None) -> dict[int, NoticeResult]:
    """Send each notice that still may leave; safe to run twice and in two workers at once.

    One notice that cannot be sent does not stop the others, and those put off get a job for their time whatever
    happens. When the channel is down the rest is put off with the first, untried. An error that nobody foresaw is
    raised at the end; its notice stays queued and `settle_interrupted` finds it. `channel` None is for steps that
    are left to a person: they need none.
    """
    results: dict[int, NoticeResult] = {}
    errors: list[Exception] = []
    last = SKIPPED
    batch = read_batch(notice_ids=notice_ids)
    with one_batch():
        for notice_id in notice_ids:
            try:
                last = last if last.is_channel_down else send_notice(notice_id=notice_id, channel=channel, batch=batch)
                results[notice_id] = last
            except Exception as error:
                logger.exception("dunning notice %s could not be sent", notice_id)
                errors.append(error)
    _try_later(results)
    runs = DunningNotice.objects.filter(pk__in=notice_ids).values_list("decision__run_id", flat=True)
    for run_id in sorted(set(runs)):
        count_notices(run_id=run_id)
    if errors:
        raise errors[0]
    return results


def _try_later(results: dict[int, NoticeResult]) -> None:
    """Queue one job for each minute in which some of the notices are due again."""
    again: defaultdict[datetime, list[int]] = defaultdict(list)
    for notice_id, result in results.items():
        if result.retry_at is not None:
            again[result.retry_at.replace(second=0, microsecond=0) + timedelta(minutes=1)].append(notice_id)
    for moment, ids in sorted(again.items()):
        queue_sending(notice_ids=ids, at=moment)


def queue_sending(*, notice_ids: Iterable[int], at: datetime | None = None) -> None:
    """Queue one job that sends these notices, now or at a moment."""
    jobs.app.configure_task(SEND_TASK, schedule_at=at).defer(notice_ids=[*notice_ids])


def list_by_channel(*, notice_ids: Sequence[int]) -> dict[str, list[int]]:
    """Return the notices by the channel that carries them, "" for what is left to a person. One query."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    rows = DunningNotice.objects.filter(pk__in=notice_ids).order_by("id").values_list("id", "transmission__channel")
    for notice_id, channel in rows:
        found[channel or ""].append(notice_id)
    return dict(found)


def send_notice(*, notice_id: int, channel: Channel | None, batch: Batch | None = None) -> NoticeResult:
    """Send one notice, or open the task of a step left to a person, unless the facts of this moment forbid it.

    `batch` is what it shares with others.
    """
    lease = _claim(notice_id, clock.today(), batch or read_batch(notice_ids=[notice_id]))
    if not isinstance(lease, delivery.Lease):
        return lease
    if channel is None:
        raise NoChannel(f"notice {notice_id} goes by a channel and was given none")
    try:
        sent = delivery.send_claimed(lease=lease, channel=channel)
    except delivery.LeaseLost:
        return SKIPPED
    if not sent.is_written:
        return SKIPPED
    if sent.state == "QUEUED":
        put_back(notice_id=notice_id)
        return NoticeResult(outcome="RETRY", retry_at=sent.retry_at, is_channel_down=sent.is_channel_down)
    return settle(notice_id=notice_id, transmission_state=sent.state, failure=sent.failure)


_LOCKED = "SELECT * FROM dunning_dunningnotice WHERE id = %s FOR UPDATE"


def _claim(notice_id: int, today: date, batch: Batch) -> delivery.Lease | NoticeResult:
    """In one transaction: lock the account, judge again, write the text, take the transmission.

    From the lock until the commit no payment of this account can be posted, so what is judged is what is true.
    """
    with transaction.atomic():
        if notice_id not in batch.account_ids:
            raise DunningNotice.DoesNotExist(f"there is no notice {notice_id}")
        hold_accounts(account_ids=[batch.account_ids[notice_id]])
        notice = DunningNotice.objects.raw(_LOCKED, [notice_id])[0]
        if notice.state != State.QUEUED:
            return SKIPPED
        if notice.transmission_id is None:
            return _open_task(notice, read_decision(decision_id=notice.decision_id, as_of=today, batch=batch), today)
        standing = delivered.get_standing(transmission_id=notice.transmission_id)
        if standing.state in _STATE_AFTER:  # a worker was killed after writing it and before telling the notice
            return settle(notice_id=notice_id, transmission_state=standing.state, failure=standing.failure)
        if standing.state != "QUEUED":
            return SKIPPED
        if standing.not_before is not None and standing.not_before > clock.now():
            return NoticeResult(outcome="RETRY", retry_at=standing.not_before)
        try:
            with transaction.atomic():  # what a text that fails half-way has written is taken back
                return _judge_and_take(
                    notice, read_decision(decision_id=notice.decision_id, as_of=today, batch=batch), today
                )
        except DatabaseError:
            raise
        except Exception as error:
            return _fail_unwritten(notice, error)


def _judge_and_take(notice: DunningNotice, stored: StoredDecision, today: date) -> delivery.Lease | NoticeResult:
    decision = decide_again(decision=stored.decision, account=stored.account, as_of=today)
    if decision.outcome is not DunningOutcome.SEND:
        return _hold(notice, stored.account, telling_reason(decision).value)
    content = render_message(account=stored.account, decision=decision, as_of=today, free_texts=stored.free_texts)
    lease = delivery.claim(transmission_id=notice.transmission_id or 0, content=content)
    if lease is None:
        return SKIPPED
    _write_items(notice, stored.account, decision, today)
    return lease


def _open_task(notice: DunningNotice, stored: StoredDecision, today: date) -> NoticeResult:
    """Leave the step to a person, with the items that are owed at this moment."""
    decision = decide_again(decision=stored.decision, account=stored.account, as_of=today)
    if decision.outcome is not DunningOutcome.SEND:
        return _hold(notice, stored.account, telling_reason(decision).value)
    _write_items(notice, stored.account, decision, today)
    DunningNotice.objects.filter(pk=notice.pk).update(state=State.TASK_OPEN)
    level = decision.level.code if decision.level else ""
    payload = {"level": level, "medium": notice.medium, "amount": str(sum(amount for _, amount in decision.amounts))}
    record(_notice_event(events.TASK_OPENED, notice, stored.account, payload))
    return NoticeResult(outcome="TASK")


def _fail_unwritten(notice: DunningNotice, error: Exception) -> NoticeResult:
    """Stop this message only, and say where it went wrong; the next run speaks to the account again."""
    if isinstance(error, TextError):
        failure = str(error)
        logger.warning("dunning notice %s could not be written: %s", notice.pk, failure)
    else:
        failure = _place_of(error)
        logger.error("dunning notice %s could not be written", notice.pk, exc_info=error)
    if not delivery.fail_unwritten(transmission_id=notice.transmission_id or 0, failure=failure):
        return SKIPPED
    return settle(notice_id=notice.pk, transmission_state="FAILED", failure=failure)


def _place_of(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}: {type(error).__name__}: {error}"


def _hold(notice: DunningNotice, account: GatheredAccount, reason_code: str) -> NoticeResult:
    if notice.transmission_id is not None and not delivery.cancel(transmission_ids=[notice.transmission_id]):
        return SKIPPED  # it is leaving in another worker's hands
    DunningNotice.objects.filter(pk=notice.pk).update(state=State.HELD, held_reason_code=reason_code)
    record(_notice_event(events.NOTICE_HELD, notice, account, {"reason": reason_code}))
    return NoticeResult(outcome="HELD")


_WRITE_ITEMS = """
WITH listed AS (
    INSERT INTO dunning_dunningnoticeitem (notice_id, item_id, level_rank, currency, amount)
    SELECT %(notice)s, * FROM unnest(%(items)s::bigint[], %(ranks)s::smallint[], %(currencies)s::text[],
        %(amounts)s::numeric[])
)
UPDATE dunning_dunningnotice SET notice_date = %(today)s, level_id = %(level)s, amount_company = %(amount)s
WHERE id = %(notice)s
"""


def _write_items(notice: DunningNotice, account: GatheredAccount, decision: Decision, today: date) -> None:
    """Write what the message lists; a second try after a temporary failure writes it anew."""
    level, items = decision.level, decision.items_included
    parameters: dict[str, Any] = {
        "notice": notice.pk,
        "items": [item.item_id for item in items],
        "ranks": [item.level.rank if item.level else None for item in items],
        "currencies": [item.currency for item in items],
        "amounts": [item.amount for item in items],
        "today": today,
        "level": account.policy.level_ids[level.rank] if level and not is_chosen(decision) else notice.level_id,
        "amount": sum((company_share(account, item.item_id, item.amount) for item in items), Decimal(0)),
    }
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dunning_dunningnoticeitem WHERE notice_id = %s", [notice.pk])
        cursor.execute(_WRITE_ITEMS, parameters)


def put_back(*, notice_id: int) -> None:
    """Let a notice wait again whose late worker knows after all that it did not leave."""
    DunningNotice.objects.filter(pk=notice_id, state=State.UNCERTAIN).update(state=State.QUEUED)


_SETTLE = """
UPDATE dunning_dunningnotice n SET state = %(state)s
FROM dunning_dunningdecision d, dunning_dunningrun r, parties_customeraccount a
WHERE n.id = %(notice)s AND n.state = ANY(%(open)s) AND d.id = n.decision_id AND r.id = d.run_id AND a.id = n.account_id
RETURNING n.account_id, a.company_id, a.customer_id, n.is_free, n.amount_company,
    coalesce((SELECT l.code FROM dunning_dunninglevel l WHERE l.id = n.level_id), r.message_code)
"""


def settle(*, notice_id: int, transmission_state: str, failure: str) -> NoticeResult:
    """Write on the notice what became of its transmission, and tell the story.

    A late answer settles an uncertain notice, and one that was sent fails when its message comes back: its items have
    then not taken their step. What is settled in any other way stays as it is.
    """
    state = _STATE_AFTER[transmission_state]
    open_states = [State.QUEUED.value]
    if state != State.UNCERTAIN:
        open_states.append(State.UNCERTAIN.value)
    is_back = transmission_state == "BOUNCED"  # which delivery has told already
    if is_back:
        open_states.append(State.SENT.value)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SETTLE, {"notice": notice_id, "state": state.value, "open": open_states})
            changed = cursor.fetchone()
        if changed and state in _KIND_AFTER and not is_back:
            account_id, company_id, customer_id, is_free, amount, code = changed
            record(
                events.account_event(
                    kind=events.MESSAGE_SENT if is_free and state == State.SENT else _KIND_AFTER[state],
                    actor=SYSTEM,
                    account_id=account_id,
                    company_id=company_id,
                    customer_id=customer_id,
                    subject_kind="dunning_notice",
                    subject_id=notice_id,
                    payload={"level": code, "amount": str(amount), "failure": failure},
                )
            )
    return _RESULT_AFTER[state] if changed else SKIPPED


def _notice_event(kind: str, notice: DunningNotice, account: GatheredAccount, payload: dict[str, str]) -> NewEvent:
    return events.account_event(
        kind=kind,
        actor=SYSTEM,
        account_id=notice.account_id,
        company_id=account.company_id,
        customer_id=account.customer_id,
        subject_kind="dunning_notice",
        subject_id=notice.pk,
        payload=payload,
    )
