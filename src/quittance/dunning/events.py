"""What dunning writes into the story."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quittance.foundation.events import NewEvent
from quittance.foundation.permissions import Actor

RUN_PREPARED = "dunning_run.prepared"
RUN_RELEASED = "dunning_run.released"
RUN_CANCELLED = "dunning_run.cancelled"
DECISION_EXCLUDED = "dunning_decision.excluded"
DECISION_INCLUDED = "dunning_decision.included"
NOTICE_SENT = "dunning_notice.sent"
MESSAGE_SENT = "dunning_message.sent"
NOTICE_HELD = "dunning_notice.held"
NOTICE_FAILED = "dunning_notice.failed"
NOTICE_UNCERTAIN = "dunning_notice.uncertain"
TASK_OPENED = "dunning_task.opened"
TASK_DONE = "dunning_task.done"
PAYMENT_ANNOUNCED = "dunning_announcement.made"
ANNOUNCEMENT_ENDED = "dunning_announcement.ended"
BLOCK_SET = "dunning_block.set"
BLOCK_SET_UNTIL = "dunning_block.set_until"
BLOCK_LIFTED = "dunning_block.lifted"
POLICY_CHOSEN = "dunning_policy.chosen"
POLICY_CHANGED = "dunning_policy.changed"
TEXT_CHANGED = "dunning_text.changed"
TEXT_WITHDRAWN = "dunning_text.withdrawn"


def run_event(
    *, kind: str, run_id: int, company_id: int | None, actor: Actor, payload: Mapping[str, Any] | None = None
) -> NewEvent:
    """Return an event about a run."""
    return NewEvent(
        kind=kind,
        actor=actor,
        company_id=company_id,
        subject_kind="dunning_run",
        subject_id=str(run_id),
        payload=payload or {},
    )


def account_event(
    *,
    kind: str,
    actor: Actor,
    account_id: int,
    subject_kind: str,
    subject_id: int,
    company_id: int | None = None,
    customer_id: int | None = None,
    item_id: int | None = None,
    payload: Mapping[str, Any] | None = None,
) -> NewEvent:
    """Return an event about an account: a notice, a decision, a block."""
    return NewEvent(
        kind=kind,
        actor=actor,
        company_id=company_id,
        customer_id=customer_id,
        account_id=account_id,
        item_id=item_id,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        payload=payload or {},
    )
