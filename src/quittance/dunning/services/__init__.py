"""Everything that writes: policies and holds, runs, sending."""

from quittance.dunning.services.announcing import (
    ANNOUNCED_DAYS,
    AnnouncementOver,
    announce_payment,
    end_announcement,
)
from quittance.dunning.services.assigning import (
    Assigned,
    AssignmentUndone,
    assign_policies,
    is_assignment_within,
    undo_assignment,
)
from quittance.dunning.services.mass import (
    NobodyChosen,
    OwnWordsRefused,
    UnknownText,
    list_mass_media,
    prepare_mass_run,
    start_mass_run,
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
from quittance.dunning.services.selections import FrozenSelection, find_selection, freeze_selection
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
    "Assigned",
    "AssignmentUndone",
    "BlockDatesWrong",
    "FrozenSelection",
    "ItemNotOnAccount",
    "NoChannel",
    "NobodyChosen",
    "NoticeNotUncertain",
    "NoticeResult",
    "OwnWordsRefused",
    "ReleaseResult",
    "RunNotReady",
    "RunOutdated",
    "TaskNotOpen",
    "UnknownPolicy",
    "UnknownText",
    "announce_payment",
    "assign_policies",
    "assign_policy",
    "block_account",
    "cancel_run",
    "end_announcement",
    "ensure_default_policy",
    "exclude_decisions",
    "fill_run",
    "find_selection",
    "finish_task",
    "freeze_selection",
    "is_assignment_within",
    "lift_block",
    "list_by_channel",
    "list_mass_media",
    "prepare_mass_run",
    "prepare_run",
    "release_run",
    "release_unattended",
    "resolve_uncertain",
    "send_notice",
    "send_notices",
    "settle_interrupted",
    "start_mass_run",
    "start_run",
    "undo_assignment",
]
