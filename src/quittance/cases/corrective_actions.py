"""What is done so that a reason of delay comes up less often: an action with an owner and a day."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from quittance.cases.models import CorrectiveAction, DelayReason
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor

TITLE_LENGTH_MAX: Final = 200


class CorrectiveActionNotFound(LookupError):
    """No corrective action has this id."""


class CorrectiveActionRefused(ValueError):
    """The action cannot be kept like this; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def open_action(
    *,
    title: str,
    owner_id: int,
    due_date: date,
    opened_date: date,
    actor: Actor,
    reason_code: str = "",
    company_id: int | None = None,
    comment: str = "",
) -> int:
    """Keep a corrective action against a reason of delay, of one company or (None) of all, and return its id.

    :raises CorrectiveActionRefused:
    """
    if reason_code and not DelayReason.objects.filter(code=reason_code).exists():
        raise CorrectiveActionRefused(_("Choose one of the reasons."), field="reason")
    if due_date < opened_date:
        raise CorrectiveActionRefused(_("Choose today or a day to come."), field="due_date")
    row = CorrectiveAction.objects.create(
        title=_checked_title(title),
        reason_code=reason_code,
        company_id=company_id,
        owner_id=owner_id,
        due_date=due_date,
        comment=comment.strip(),
        opened_date=opened_date,
        opened_by_id=actor.user_id,
        recorded_at=clock.now(),
    )
    _record("corrective_action.opened", row, actor, {"text": row.comment})
    return row.id


@transaction.atomic
def change_action(*, action_id: int, title: str, owner_id: int, due_date: date, actor: Actor, comment: str) -> None:
    """Change what is to be done, by whom or by when.

    :raises CorrectiveActionNotFound: :raises CorrectiveActionRefused: it is closed, or has no title
    """
    row = _get_open(action_id)
    if due_date < row.opened_date:
        raise CorrectiveActionRefused(_("That day lies before the action was opened."), field="due_date")
    before = {"title": row.title, "due_date": row.due_date.isoformat(), "owner_id": row.owner_id}
    row.title, row.due_date, row.owner_id, row.comment = _checked_title(title), due_date, owner_id, comment.strip()
    row.save(update_fields=["title", "due_date", "owner", "comment"])
    after = {"title": row.title, "due_date": row.due_date.isoformat(), "owner_id": row.owner_id}
    changed = {name: [before[name], after[name]] for name in after if after[name] != before[name]}
    _record("corrective_action.changed", row, actor, {"fields": sorted(changed), "text": row.comment})


@transaction.atomic
def close_action(*, action_id: int, is_done: bool, closed_date: date, actor: Actor, result: str = "") -> None:
    """Say that an action was done, or that it is given up, which needs a reason.

    :raises CorrectiveActionNotFound: :raises CorrectiveActionRefused: it is closed, or no reason is given
    """
    row = _get_open(action_id)
    result = result.strip()
    if not is_done and not result:
        raise CorrectiveActionRefused(_("Say why."), field="result")
    row.state = CorrectiveAction.State.DONE if is_done else CorrectiveAction.State.DROPPED
    row.closed_date, row.closed_by_id, row.result = max(closed_date, row.opened_date), actor.user_id, result
    row.save(update_fields=["state", "closed_date", "closed_by_id", "result"])
    _record("corrective_action.done" if is_done else "corrective_action.dropped", row, actor, {"text": result})


@transaction.atomic
def reopen_action(*, action_id: int, actor: Actor) -> None:
    """Open an action again that was closed too early. :raises CorrectiveActionNotFound:"""
    row = _get(action_id)
    if row.state == CorrectiveAction.State.OPEN:
        return
    row.state, row.closed_date, row.closed_by_id = CorrectiveAction.State.OPEN, None, None
    row.save(update_fields=["state", "closed_date", "closed_by_id"])
    _record("corrective_action.reopened", row, actor, {})


def _get(action_id: int) -> CorrectiveAction:
    row = CorrectiveAction.objects.select_for_update().filter(id=action_id).first()
    if row is None:
        raise CorrectiveActionNotFound(f"no corrective action {action_id}")
    return row


def _get_open(action_id: int) -> CorrectiveAction:
    row = _get(action_id)
    if row.state != CorrectiveAction.State.OPEN:
        raise CorrectiveActionRefused(_("This action is closed already."))
    return row


def _checked_title(title: str) -> str:
    wanted = " ".join(title.split())[:TITLE_LENGTH_MAX]
    if not wanted:
        raise CorrectiveActionRefused(_("Say what is to be done."), field="title")
    return wanted


def _record(kind: str, row: CorrectiveAction, actor: Actor, payload: dict[str, Any]) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=row.company_id,
            subject_kind="corrective_action",
            subject_id=str(row.id),
            payload={"title": row.title, "due_date": row.due_date.isoformat(), **payload},
        )
    )
