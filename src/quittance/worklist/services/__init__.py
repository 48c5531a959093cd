"""Everything that writes to the worklist."""

from quittance.worklist.services.calling import (
    CallRefused,
    ContactUnknown,
    DisputeDraft,
    LoggedCall,
    OutcomeIncomplete,
    PromiseDraft,
    log_call,
    next_working_day,
    open_disputes,
)
from quittance.worklist.services.deciding import TaskRefused, assign_tasks, complete_tasks, reopen_tasks, snooze_tasks
from quittance.worklist.services.refreshing import TOPIC, ensure_tasks_fresh, refresh_tasks

__all__ = [
    "TOPIC",
    "CallRefused",
    "ContactUnknown",
    "DisputeDraft",
    "LoggedCall",
    "OutcomeIncomplete",
    "PromiseDraft",
    "TaskRefused",
    "assign_tasks",
    "complete_tasks",
    "ensure_tasks_fresh",
    "log_call",
    "next_working_day",
    "open_disputes",
    "refresh_tasks",
    "reopen_tasks",
    "snooze_tasks",
]
