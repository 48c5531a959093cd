"""A decision as it was written down, beside the facts of now: what sending and the preview start from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import QuerySet

from quittance.core.dunning import DunningDecision, DunningMedium, DunningOutcome, DunningReason, ItemDecision
from quittance.core.dunning_facts import totals_by_currency
from quittance.dunning import chosen, models
from quittance.dunning.facts import GatheredAccount, gather
from quittance.dunning.messages.free import FreeTexts
from quittance.dunning.policies import Policy, PolicyBook, read_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """The decision of a run and its account as it stands on another day; `free_texts` are a person's own words."""

    decision_id: int
    run_id: int
    decision: DunningDecision
    account: GatheredAccount
    free_texts: FreeTexts | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What the messages of a batch share, and of each what no longer changes once it waits to be sent.

    `decisions` and `account_ids` are by the ids of decisions and of notices; policies are kept as they are read.
    """

    decisions: dict[int, models.DunningDecision] = field(default_factory=dict)
    account_ids: dict[int, int] = field(default_factory=dict)
    policies: dict[int, Policy] = field(default_factory=dict)


def read_batch(*, notice_ids: Iterable[int]) -> Batch:
    """Return the batch of some notices, policies not read yet. Three queries."""
    pairs = models.DunningNotice.objects.filter(pk__in=list(notice_ids)).values_list("id", "decision_id", "account_id")
    notices = list(pairs)
    rows = _rows().filter(pk__in=[decision_id for _id, decision_id, _account_id in notices])
    return Batch(
        decisions={row.pk: row for row in rows},
        account_ids={notice_id: account_id for notice_id, _decision_id, account_id in notices},
    )


def read_decision(*, decision_id: int, as_of: date, batch: Batch | None = None) -> StoredDecision:
    """Return a decision under the policy it was made by, with the account's facts as of now. Eight queries.

    With the `batch` that it is of, four or five; inside a transaction the long ones are then planned once.

    :raises DunningDecision.DoesNotExist: when there is none of that id.
    """
    row = batch.decisions.get(decision_id) if batch else None
    if batch is None or row is None:
        found = read_decisions(decision_ids=[decision_id], as_of=as_of)
        if not found:
            raise models.DunningDecision.DoesNotExist(f"there is no decision {decision_id}")
        return found[decision_id]
    policy = batch.policies[row.policy_id] = batch.policies.get(row.policy_id) or read_policy(policy_id=row.policy_id)
    return _read_together([row], policy, as_of, is_one_of_many=True)[decision_id]


def read_decisions(*, decision_ids: Iterable[int], as_of: date) -> dict[int, StoredDecision]:
    """Return decisions by id, each as `read_decision` does; those that are not there are left out.

    Two queries, and for each policy they were made by two more and those of `gather`.
    """
    groups: defaultdict[tuple[int, bool], list[models.DunningDecision]] = defaultdict(list)
    for row in _rows().filter(pk__in=list(decision_ids)).order_by("id"):
        groups[row.policy_id, row.medium == DunningMedium.SMS].append(row)
    found: dict[int, StoredDecision] = {}
    for (policy_id, _is_sms), group in groups.items():
        found |= _read_together(group, read_policy(policy_id=policy_id), as_of)
    return found


def _rows() -> QuerySet[models.DunningDecision]:
    return models.DunningDecision.objects.prefetch_related("items").select_related("level", "run")


def _read_together(
    rows: Sequence[models.DunningDecision], policy: Policy, as_of: date, *, is_one_of_many: bool = False
) -> dict[int, StoredDecision]:
    """Return decisions of one policy, all SMS or none, with the facts of their accounts."""
    gathered = gather(
        account_ids=sorted({row.account_id for row in rows}),
        as_of=as_of,
        book=PolicyBook(default=policy, by_code={}),
        reads_numbers=rows[0].medium == DunningMedium.SMS,
        is_one_of_many=is_one_of_many,
    )
    accounts = {one.account_id: replace(one, policy=policy) for one in gathered}
    return {row.pk: _stored(row, policy, accounts[row.account_id]) for row in rows}


def _stored(row: models.DunningDecision, policy: Policy, account: GatheredAccount) -> StoredDecision:
    level = policy.level_of_rank(row.level.rank) if row.level else None
    if row.run.origin == models.DunningRun.Origin.MASS:
        level = chosen.level_of_text(message_code=row.run.message_code, medium=DunningMedium(row.run.medium))
        account = chosen.saying(account, level)
    items = tuple(_item(one, policy) for one in row.items.all())
    is_sent = row.outcome == DunningOutcome.SEND
    decision = DunningDecision(
        account_id=row.account_id,
        outcome=DunningOutcome(row.outcome),
        reason=_reason(row.reason_code),
        level=level,
        items=items,
        amounts=totals_by_currency((item.currency, item.amount) for item in items if item.included) if is_sent else (),
        medium=DunningMedium(row.medium),
    )
    texts = row.run.free_texts or None
    return StoredDecision(decision_id=row.pk, run_id=row.run_id, decision=decision, account=account, free_texts=texts)


def _item(row: models.DunningDecisionItem, policy: Policy) -> ItemDecision:
    return ItemDecision(
        item_id=row.item_id,
        currency=row.currency,
        overdue_days=row.overdue_days,
        included=row.is_included,
        reason=_reason(row.reason_code),
        amount=row.amount,
        amount_held=row.amount_held,
        amount_disputed=row.amount_disputed,
        amount_covered=row.amount_covered,
        level=policy.level_of_rank(row.level_rank),
        detail=row.detail,
    )


def _reason(code: str) -> DunningReason:
    """Return the core's reason; codes that only the release knows count as what they are for the account."""
    return DunningReason(code) if code in DunningReason.__members__ else DunningReason.MIN_INTERVAL
