"""Reminders that lie in a print batch: taken out and put back with their notice, judged again before they leave.

Until a batch is posted nothing has left. So a letter that was paid, promised or disputed since is pulled out when its
batch is closed and when it is printed, by the same check as at the sending of an e-mail. The notice of a letter that
does not leave counts no more: the next run speaks to the account again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.core.dunning import ALL_MEDIA, DunningDecision, DunningOutcome, recheck
from quittance.core.dunning_facts import NO_RULES
from quittance.dunning import events
from quittance.dunning.chosen import decide_free_again, is_free
from quittance.dunning.deciding import telling_reason
from quittance.dunning.models import DunningNotice, DunningNoticeItem
from quittance.dunning.reasons import reason_word
from quittance.dunning.services.recording import chunks, count_notices
from quittance.dunning.stored import StoredDecision, read_decisions
from quittance.foundation import clock
from quittance.foundation.events import record
from quittance.foundation.permissions import Actor
from quittance.letters import services as letters
from quittance.letters.queries import find_origin, list_letters
from quittance.parties.services import lock_accounts

State = DunningNotice.State
ANY_AGE_DAYS = 10**6
LETTERS_PER_LOOK = 250
_COUNTED = (State.QUEUED, State.SENT, State.UNCERTAIN)


class LetterHeld(Exception):
    """The letter may not leave by the facts of now; the text says why, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PulledLetter:
    """A letter that was pulled out of its batch, and why, in words."""

    letter_id: int
    position: int
    recipient_name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """What became of a letter's reminder: `reason_code` is why it is held, "" when what it asks for has changed."""

    reason_code: str
    stored: StoredDecision

    @property
    def text(self) -> str:
        if self.reason_code:
            return str(reason_word(self.reason_code))
        return _("What it asks for has changed; the next run writes it anew.")


def take_letter_out(*, letter_id: int, reason: str, actor: Actor) -> None:
    """Leave a letter out of its batch and cancel the notice it carries.

    :raises LetterNotFound: :raises BatchRefused: as `letters.services.take_out`
    """
    run_id = None
    with transaction.atomic():
        notice = _lock_notice(letter_id)
        letters.take_out(letter_id=letter_id, reason=reason, actor=actor)
        if notice is not None and notice.state == State.SENT:
            run_id = _set_state(notice, State.CANCELLED)
    _count(run_id)


def put_letter_back(*, letter_id: int, actor: Actor) -> None:
    """Put a letter back into its batch with the notice it carries, if it may still leave.

    :raises LetterNotFound: :raises BatchRefused: as `letters.services.put_back` :raises LetterHeld:
    """
    run_id = None
    with transaction.atomic():
        notice = _lock_notice(letter_id)
        letters.put_back(letter_id=letter_id, actor=actor)
        if notice is not None and notice.state in (State.CANCELLED, State.HELD):
            later = DunningNotice.objects.filter(account_id=notice.account_id, pk__gt=notice.pk, state__in=_COUNTED)
            if later.exists():
                raise LetterHeld(_("A newer reminder has gone to this account."))
            judged = _judge(notice, clock.today())
            if judged is not None:
                raise LetterHeld(judged.text)
            run_id = _set_state(notice, State.SENT)
    _count(run_id)


def recheck_batch(*, batch_id: int, actor: Actor) -> list[PulledLetter]:
    """Judge the letters of a batch again and pull out those that may not leave; return them in their order.

    So many letters at a time are one transaction: what was pulled out stays out whatever comes after. About a dozen
    queries for each of them, whatever it holds, and some for each letter that is pulled out.
    """
    waiting = list_letters(batch_id=batch_id).filter(taken_out_at=None, batch__state__in=("OPEN", "CLOSED"))
    pulled: list[PulledLetter] = []
    for rows in chunks(rows=list(waiting), size=LETTERS_PER_LOOK):
        reasons, run_ids = _pull_out_all(rows, actor)
        pulled += [
            PulledLetter(
                letter_id=row["id"],
                position=row["position"],
                recipient_name=row["recipient_name"],
                reason=reasons[row["id"]],
            )
            for row in rows
            if row["id"] in reasons
        ]
        for run_id in sorted(run_ids):
            count_notices(run_id=run_id)
    return pulled


def _pull_out_all(rows: list[dict[str, Any]], actor: Actor) -> tuple[dict[int, str], set[int]]:
    """Take out those of the letters that may not leave; return why by letter, and the runs that this changes."""
    reasons: dict[int, str] = {}
    run_ids: set[int] = set()
    with transaction.atomic():
        # The accounts first, in their order, then the notices: as the worker locks them.
        lock_accounts(account_ids=sorted({row["account_id"] for row in rows}))
        letter_of = {row["message_id"]: row["id"] for row in rows}
        locked = DunningNotice.objects.select_for_update(of=("self",)).select_related("transmission")
        notices = list(locked.filter(transmission__message_id__in=letter_of, state=State.SENT).order_by("id"))
        for notice, judged in _judge_all(notices, clock.today()):
            assert notice.transmission is not None  # noqa: S101  (found by it)
            letter_id = letter_of[notice.transmission.message_id]
            try:
                with transaction.atomic():
                    letters.take_out(letter_id=letter_id, reason=judged.text, actor=actor)
            except letters.BatchRefused:  # somebody took it out, or printed the batch, in this very moment
                continue
            reasons[letter_id] = judged.text
            if judged.reason_code:
                run_ids.add(_set_state(notice, State.HELD, judged.reason_code))
                _tell_held(notice, judged, actor)
            else:
                run_ids.add(_set_state(notice, State.CANCELLED))
    return reasons, run_ids


def _lock_notice(letter_id: int) -> DunningNotice | None:
    """Lock the account of a letter, then the notice it carries; None when it carries none (a statement).

    :raises LetterNotFound:
    """
    origin = find_origin(letter_id=letter_id)
    if origin is None:
        raise letters.LetterNotFound(f"no letter {letter_id}")
    account_id, message_id = origin
    lock_accounts(account_ids=[account_id])
    return DunningNotice.objects.select_for_update(of=("self",)).filter(transmission__message_id=message_id).first()


def _judge(notice: DunningNotice, today: date) -> _Judgement | None:
    """Return why a letter may not leave by the facts of now, None when it says what is true."""
    return next((judged for _notice, judged in _judge_all([notice], today)), None)


def _judge_all(notices: Sequence[DunningNotice], today: date) -> list[tuple[DunningNotice, _Judgement]]:
    """Return the notices whose letter may not leave by the facts of now, each with why.

    Quiet days and the age of the bank data held it back or not when it was written; they do not undo it.
    """
    found = []
    stored = read_decisions(decision_ids=[notice.decision_id for notice in notices], as_of=today)
    listed: defaultdict[int, dict[int, Decimal]] = defaultdict(dict)
    rows = DunningNoticeItem.objects.filter(notice__in=[notice.pk for notice in notices])
    for notice_id, item_id, amount in rows.values_list("notice_id", "item_id", "amount"):
        listed[notice_id][item_id] = amount
    for notice in notices:
        one = stored[notice.decision_id]
        decision = _as_of_now(one, today)
        if decision.outcome is not DunningOutcome.SEND:
            found.append((notice, _Judgement(reason_code=telling_reason(decision).value, stored=one)))
        elif listed[notice.pk] != {item.item_id: item.amount for item in decision.items_included}:
            found.append((notice, _Judgement(reason_code="", stored=one)))
    return found


def _as_of_now(stored: StoredDecision, today: date) -> DunningDecision:
    if is_free(stored.decision):
        return decide_free_again(
            decision=stored.decision, account=stored.account, as_of=today, rules=NO_RULES, media=ALL_MEDIA
        )
    return recheck(
        decision=stored.decision,
        facts_now=stored.account.facts,
        minimum_amount=stored.account.policy.amount_min,
        bank_data_age_days_max=ANY_AGE_DAYS,
        as_of=today,
    )


def _set_state(notice: DunningNotice, state: str, reason_code: str = "") -> int:
    """Write the state and return the run."""
    DunningNotice.objects.filter(pk=notice.pk).update(state=state, held_reason_code=reason_code)
    return notice.decision.run_id


def _count(run_id: int | None) -> None:
    if run_id is not None:
        count_notices(run_id=run_id)


def _tell_held(notice: DunningNotice, judged: _Judgement, actor: Actor) -> None:
    account = judged.stored.account
    record(
        events.account_event(
            kind=events.NOTICE_HELD,
            actor=actor,
            account_id=account.account_id,
            company_id=account.company_id,
            customer_id=account.customer_id,
            subject_kind="dunning_notice",
            subject_id=notice.pk,
            payload={"reason": judged.reason_code},
        )
    )
