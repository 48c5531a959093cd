"""Everything that writes: policies and holds, runs, sending."""

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
    start_run,
)
from quittance.dunning.services.sending import NoticeResult, send_notice, send_notices
from quittance.dunning.services.settling import (
    AnotherNoticeWaits,
    NoticeNotUncertain,
    resolve_uncertain,
    settle_interrupted,
)

__all__ = [
    "AnotherNoticeWaits",
    "BlockDatesWrong",
    "ItemNotOnAccount",
    "NoticeNotUncertain",
    "NoticeResult",
    "ReleaseResult",
    "RunNotReady",
    "RunOutdated",
    "UnknownPolicy",
    "assign_policy",
    "block_account",
    "cancel_run",
    "ensure_default_policy",
    "exclude_decisions",
    "fill_run",
    "lift_block",
    "prepare_run",
    "release_run",
    "resolve_uncertain",
    "send_notice",
    "send_notices",
    "settle_interrupted",
    "start_run",
]
