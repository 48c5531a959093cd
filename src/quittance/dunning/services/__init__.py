"""Everything that writes: policies and holds, runs, sending."""

from quittance.dunning.services.announcing import (
    ANNOUNCED_DAYS,
    AnnouncementOver,
    announce_payment,
    end_announcement,
)
from quittance.dunning.services.policies import (
    BlockDatesWrong,
    ItemNotOnAccount,
    UnknownPolicy,
    assign_policy,
    block_account,
    ensure_default_policy,
    lift_block,
)
from quittance.dunning.services.recording import fill_run
from quittance.dunning.services.runs import (
    ReleaseResult,
    RunNotReady,
    RunOutdated,
    cancel_run,
    exclude_decisions,
    prepare_run,
    release_run,
    release_unattended,
    start_run,
)
from quittance.dunning.services.sending import NoChannel, NoticeResult, list_by_channel, send_notice, send_notices
from quittance.dunning.services.settling import (
    AnotherNoticeWaits,
    NoticeNotUncertain,
    resolve_uncertain,
    settle_interrupted,
)
from quittance.dunning.services.step_tasks import TaskNotOpen, finish_task

__all__ = [
    "ANNOUNCED_DAYS",
    "AnnouncementOver",
    "AnotherNoticeWaits",
    "BlockDatesWrong",
    "ItemNotOnAccount",
    "NoChannel",
    "NoticeNotUncertain",
    "NoticeResult",
    "ReleaseResult",
    "RunNotReady",
    "RunOutdated",
    "TaskNotOpen",
    "UnknownPolicy",
    "announce_payment",
    "assign_policy",
    "block_account",
    "cancel_run",
    "end_announcement",
    "ensure_default_policy",
    "exclude_decisions",
    "fill_run",
    "finish_task",
    "lift_block",
    "list_by_channel",
    "prepare_run",
    "release_run",
    "release_unattended",
    "resolve_uncertain",
    "send_notice",
    "send_notices",
    "settle_interrupted",
    "start_run",
]
