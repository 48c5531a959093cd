"""Settle what a dead worker left: tell the notices, give the forgotten a job, take a person's word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from quittance.delivery import services as delivery
from quittance.dunning.models import DunningNotice
from quittance.dunning.services.recording import chunks, count_notices
from quittance.dunning.services.sending import SEND_TASK, queue_sending, settle
from quittance.foundation.permissions import Actor

NOTICES_PER_JOB = 25
State = DunningNotice.State


class NoticeNotUncertain(Exception):
    """Somebody has already said what became of the message."""


class AnotherNoticeWaits(Exception):
    """The account has another reminder waiting to leave: two would say the same."""


def settle_interrupted() -> int:
    """Write on notices what became of transmissions whose worker died, or that came back; return how many."""
    delivery.recover_interrupted()
    touched: set[int] = set()
    count = 0
    for notice_id, run_id, state, failure in _list_unsettled():
        settle(notice_id=notice_id, transmission_state=state, failure=failure)
        touched.add(run_id)
        count += 1
    for run_id in sorted(touched):
        count_notices(run_id=run_id)
    _queue_forgotten(_list_forgotten())
    return count


# The last two are what reports tell later: one came back, one whose fate was unknown has arrived.
_UNSETTLED = """
SELECT n.id, d.run_id, t.state, t.failure
FROM (
    SELECT id FROM dunning_dunningnotice WHERE state IN ('QUEUED', 'UNCERTAIN')
    UNION SELECT x.id FROM delivery_transmission b JOIN dunning_dunningnotice x ON x.transmission_id = b.id
    WHERE b.state = 'BOUNCED' AND x.state = 'SENT'
) found
JOIN dunning_dunningnotice n ON n.id = found.id
JOIN delivery_transmission t ON t.id = n.transmission_id
JOIN dunning_dunningdecision d ON d.id = n.decision_id
WHERE (n.state = 'QUEUED' AND t.state NOT IN ('QUEUED', 'SENDING'))
   OR (n.state = 'SENT' AND t.state = 'BOUNCED') OR (n.state = 'UNCERTAIN' AND t.state IN ('BOUNCED', 'DELIVERED'))
ORDER BY n.id
"""


def _list_unsettled() -> list[tuple[int, int, str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNSETTLED)
        return list(cursor.fetchall())


_FORGOTTEN = """
SELECT n.id, t.not_before
FROM dunning_dunningnotice n
LEFT JOIN delivery_transmission t ON t.id = n.transmission_id
WHERE n.state = 'QUEUED' AND (t.id IS NULL OR t.state = 'QUEUED') AND n.id NOT IN (
    SELECT notice_id::bigint FROM procrastinate_jobs, jsonb_array_elements_text(args -> 'notice_ids') notice_id
    WHERE task_name = %s AND status IN ('todo', 'doing')
)
ORDER BY n.id
"""


def _list_forgotten() -> list[tuple[int, datetime | None]]:
    """Return the notices that wait though no job names them: one failed, or died before it queued the next."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGOTTEN, [SEND_TASK])
        return list(cursor.fetchall())


def _queue_forgotten(found: Iterable[tuple[int, datetime | None]]) -> None:
    due: defaultdict[datetime | None, list[int]] = defaultdict(list)
    for notice_id, not_before in found:
        due[not_before].append(notice_id)
    for moment, notice_ids in due.items():
        for chunk in chunks(rows=notice_ids, size=NOTICES_PER_JOB):
            queue_sending(notice_ids=chunk, at=moment)


def resolve_uncertain(*, notice_id: int, has_left: bool, actor: Actor) -> None:
    """Write what a person found out about an uncertain message: it left, or it is to be sent again.

    What is sent again is judged again first: a payment that came in meanwhile stops it.

    :raises NoticeNotUncertain: when that is known by now.
    :raises AnotherNoticeWaits: when it is to be sent again and another one to the account is about to leave.
    """
    with transaction.atomic():
        notice = DunningNotice.objects.select_for_update().get(pk=notice_id)
        if notice.state != State.UNCERTAIN or notice.transmission_id is None:
            raise NoticeNotUncertain("it is already known what became of this message")
        waiting = DunningNotice.objects.filter(account_id=notice.account_id, state=State.QUEUED)
        if not has_left and waiting.exists():
            raise AnotherNoticeWaits("another reminder to this account is about to leave")
        try:
            delivery.resolve_uncertain(transmission_id=notice.transmission_id, has_left=has_left, actor=actor)
        except delivery.TransmissionNotUncertain as error:
            raise NoticeNotUncertain(str(error)) from error
        DunningNotice.objects.filter(pk=notice_id).update(state=State.SENT if has_left else State.QUEUED)
        if not has_left:
            queue_sending(notice_ids=[notice_id])
        count_notices(run_id=DunningNotice.objects.values_list("decision__run_id", flat=True).get(pk=notice_id))
