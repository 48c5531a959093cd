"""A decision as it was written down, beside the facts of now: what sending and the preview start from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

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


def read_decision(*, decision_id: int, as_of: date, policies: dict[int, Policy] | None = None) -> StoredDecision:
    """Return a decision under the policy it was made by, with the account's facts as of now. Eight queries.

    `policies` keeps the versions that were read, by id, for the next of a batch: two queries less, and inside a
    transaction the long ones are planned once.

    :raises DunningDecision.DoesNotExist: when there is none of that id.
    """
    found = read_decisions(decision_ids=[decision_id], as_of=as_of, policies=policies)
    if not found:
        raise models.DunningDecision.DoesNotExist(f"there is no decision {decision_id}")
    return found[decision_id]


def read_decisions(
    *, decision_ids: Iterable[int], as_of: date, policies: dict[int, Policy] | None = None
) -> dict[int, StoredDecision]:
    """Return decisions by id, each as `read_decision` does; those that are not there are left out.

    Two queries, and for each policy they were made by two more and those of `gather`.
    """
    rows = models.DunningDecision.objects.prefetch_related("items").select_related("level", "run")
    groups: defaultdict[tuple[int, bool], list[models.DunningDecision]] = defaultdict(list)
    for row in rows.filter(pk__in=list(decision_ids)).order_by("id"):
        groups[row.policy_id, row.medium == DunningMedium.SMS].append(row)
    known = {} if policies is None else policies
    found: dict[int, StoredDecision] = {}
    for (policy_id, is_sms), group in groups.items():
        policy = known[policy_id] = known.get(policy_id) or read_policy(policy_id=policy_id)
        ids = sorted({row.account_id for row in group})
        book = PolicyBook(default=policy, by_code={})
        gathered = gather(
            account_ids=ids,
            as_of=as_of,
            book=book,
            reads_numbers=is_sms,
            is_one_of_many=policies is not None and len(ids) == 1,
        )
        accounts = {one.account_id: replace(one, policy=policy) for one in gathered}
        found |= {row.pk: _stored(row, policy, accounts[row.account_id]) for row in group}
    return found


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
