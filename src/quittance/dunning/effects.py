"""Say what a change of a policy would do: decide about its accounts by both versions, writing nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from quittance.core.dunning import ContactRules, DunningDecision, LearntTiming, Validation
from quittance.dunning.deciding import decide
from quittance.dunning.facts import GatheredAccount, gather, list_candidates
from quittance.dunning.models import DunningPolicy
from quittance.dunning.policies import Policy, PolicyBook, policy_of, read_policies
from quittance.dunning.services.editing import PolicyDraft, levels_of
from quittance.dunning.standing import moved_ranks
from quittance.foundation.permissions import EVERYTHING, Scope

ACCOUNTS_PER_LOOK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An account that the two versions treat differently on the day."""

    account_id: int
    account_number: str
    customer_name: str
    before: DunningDecision
    after: DunningDecision
    step_before: str
    step_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a change does on a day; `looked_at` accounts follow the policy and have something due.

    `is_sample` when there are more accounts than were looked at.
    """

    looked_at: int
    changes: tuple[Change, ...]
    sent_before: int
    sent_after: int
    is_sample: bool


def preview_change(
    *, policy_code: str, draft: PolicyDraft, as_of: date, scope: Scope = EVERYTHING, accounts_max: int = 4000
) -> Effect:
    """Return what would change on a day if the draft were in force by then; of at most so many accounts.

    :raises KeyError: no such policy is in force. :raises StepWrong: the draft was not checked.
    """
    book = read_policies(as_of=as_of)
    before = book.by_code[policy_code]
    other = _book_with(book, _policy_of_draft(draft, before))
    ids = list_candidates(as_of=as_of, horizon=max(book.horizon(as_of), other.horizon(as_of)), company_id=None)
    looked_at, sent, changes = 0, [0, 0], []
    place = 0
    while place < len(ids) and place < accounts_max:
        some = ids[place : place + ACCOUNTS_PER_LOOK]
        place += len(some)
        now = [one for one in gather(account_ids=some, as_of=as_of, book=book) if _counts(one, before, scope)]
        then = gather(account_ids=[one.account_id for one in now], as_of=as_of, book=other) if now else []
        for one, two in zip(now, then, strict=True):
            decided = decide(account=one, as_of=as_of), decide(account=two, as_of=as_of)
            looked_at += 1
            sent = [count + (decision.outcome == "SEND") for count, decision in zip(sent, decided, strict=True)]
            if _told(decided[0]) != _told(decided[1]):
                changes.append(_change(one, *decided, before, draft))
    return Effect(
        looked_at=looked_at,
        changes=tuple(changes),
        sent_before=sent[0],
        sent_after=sent[1],
        is_sample=place < len(ids),
    )


def _counts(account: GatheredAccount, policy: Policy, scope: Scope) -> bool:
    return account.policy.id == policy.id and scope.allows_company(account.company_id)


def _told(decision: DunningDecision) -> tuple[object, ...]:
    level = decision.level
    return decision.outcome, decision.reason, decision.medium, level and level.code, decision.amounts


def _change(
    account: GatheredAccount, before: DunningDecision, after: DunningDecision, policy: Policy, draft: PolicyDraft
) -> Change:
    names = {f"NEW_{place}": step.name for place, step in enumerate(draft.steps, start=1)}
    names |= {step.code: step.name for step in draft.steps if step.code}
    codes = {level.code: level.code for level in policy.levels}
    return Change(
        account_id=account.account_id,
        account_number=account.account_number,
        customer_name=account.customer_name,
        before=before,
        after=after,
        step_before=names.get(before.level.code, codes[before.level.code]) if before.level else "",
        step_after=names[after.level.code] if after.level else "",
    )


def _policy_of_draft(draft: PolicyDraft, before: Policy) -> Policy:
    """Return a draft as the policy it would be, with what its older versions mean in it."""
    policy = replace(
        before,
        levels=levels_of(steps=draft.steps),
        level_ids={},
        interval_days_min=draft.interval_days_min,
        amount_min=draft.amount_min,
        bank_data_age_days_max=draft.bank_data_age_days_max,
        validated_by=Validation(draft.validated_by),
        rules=ContactRules(
            touches_max=draft.touches_max,
            touches_days=draft.touches_days,
            is_quiet_on_weekends=draft.is_quiet_on_weekends,
            is_quiet_on_holidays=draft.is_quiet_on_holidays,
        ),
        timing=LearntTiming(tolerance_days=draft.tolerance_days_learnt) if draft.is_timing_learnt else None,
        is_statement=draft.is_statement,
        moved_ranks={},
    )
    versions = DunningPolicy.objects.filter(code=before.code).prefetch_related("levels")
    moved = {row.pk: moved_ranks(before=policy_of(row), now=policy) for row in versions}
    return replace(policy, moved_ranks={key: ranks for key, ranks in moved.items() if ranks})


def _book_with(book: PolicyBook, policy: Policy) -> PolicyBook:
    default = policy if book.default.code == policy.code else book.default
    return PolicyBook(default=default, by_code={**book.by_code, policy.code: policy})
