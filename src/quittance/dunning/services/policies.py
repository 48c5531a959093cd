"""The standard policy, the policy of an account, and dated holds."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from quittance.dunning import events
from quittance.dunning.models import AccountPolicy, DunningBlock, DunningLevel, DunningPolicy
from quittance.dunning.shipped import ShippedPolicy, further_policies, standard_policy
from quittance.foundation import clock
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import Actor
from quittance.ledger.services import lock_items
from quittance.parties.queries import get_accounts


class UnknownPolicy(Exception):
    """No policy has that code."""


class ItemNotOnAccount(Exception):
    """The item to hold hangs on another account."""


class BlockDatesWrong(Exception):
    """A hold cannot end before it begins."""


def ensure_default_policy() -> int:
    """Return the id of the default policy; write the shipped ones when there is none.

    The migrations write them too; this is for a database that was emptied.
    """
    found = DunningPolicy.objects.filter(is_default=True).order_by("-version").first()
    if found is not None:
        return found.pk
    with transaction.atomic():
        for shipped in further_policies():
            if not DunningPolicy.objects.filter(code=shipped.code).exists():
                _write_shipped(shipped)
        return _write_shipped(standard_policy())


def _write_shipped(shipped: ShippedPolicy) -> int:
    policy, _is_new = DunningPolicy.objects.update_or_create(code=shipped.code, version=1, defaults=shipped.columns)
    for step in shipped.steps:
        others = {name: value for name, value in step.items() if name != "rank"}
        DunningLevel.objects.get_or_create(policy=policy, rank=step["rank"], defaults=others)
    return policy.pk


def assign_policy(*, account_id: int, policy_code: str, actor: Actor) -> None:
    """Let an account follow another policy than the default one; the default's code takes that back.

    :raises UnknownPolicy: when no policy has that code.
    """
    policy = DunningPolicy.objects.filter(code=policy_code).order_by("-version").first()
    if policy is None:
        raise UnknownPolicy(f"no dunning policy is called {policy_code}")
    with transaction.atomic():
        if policy.is_default:
            AccountPolicy.objects.filter(account_id=account_id).delete()
        else:
            AccountPolicy.objects.update_or_create(account_id=account_id, defaults={"policy_code": policy_code})
        record(
            events.account_event(
                kind=events.POLICY_CHOSEN,
                actor=actor,
                account_id=account_id,
                subject_kind="dunning_policy",
                subject_id=policy.pk,
                payload={"policy": policy_code},
            )
        )


def block_account(
    *,
    account_id: int,
    reason: str,
    from_date: date,
    until_date: date | None,
    actor: Actor,
    item_id: int | None = None,
) -> int:
    """Hold an account, or one of its items, from a day on until a day, both included (None: without end).

    :raises BlockDatesWrong: when it would end before it begins.
    :raises ItemNotFound: :raises ItemNotOnAccount: the item hangs on another account.
    """
    if until_date is not None and until_date < from_date:
        raise BlockDatesWrong("the hold ends before it begins")
    with transaction.atomic():
        if item_id is not None and lock_items(item_ids=[item_id])[item_id].account.id != account_id:
            raise ItemNotOnAccount(f"item {item_id} is not on account {account_id}")
        block = DunningBlock.objects.create(
            account_id=account_id,
            item_id=item_id,
            reason=reason,
            from_date=from_date,
            until_date=until_date,
            created_by_id=actor.user_id,
            created_at=clock.now(),
        )
        payload = {"text": reason, "until_date": until_date.isoformat() if until_date else ""}
        record(_block_event(events.BLOCK_SET if until_date is None else events.BLOCK_SET_UNTIL, block, actor, payload))
    return block.pk


def lift_block(*, block_id: int, actor: Actor) -> None:
    """End a hold today: it no longer counts from today on; one that is over stays as it was."""
    today = clock.today()
    with transaction.atomic():
        block = DunningBlock.objects.select_for_update().get(pk=block_id)
        if block.until_date is not None and block.until_date < today:
            return
        if block.from_date >= today:
            block.delete()
        else:
            block.until_date = date.fromordinal(today.toordinal() - 1)
            block.save(update_fields=["until_date"])
        record(_block_event(events.BLOCK_LIFTED, block, actor, {"text": block.reason}, block_id=block_id))


def _block_event(
    kind: str, block: DunningBlock, actor: Actor, payload: dict[str, str], *, block_id: int | None = None
) -> NewEvent:
    """Return an event about a hold, with everything it is about; a hold taken off on its first day has no row left."""
    account = get_accounts(account_ids=[block.account_id])[block.account_id]
    return events.account_event(
        kind=kind,
        actor=actor,
        account_id=account.id,
        company_id=account.company_id,
        customer_id=account.customer_id,
        item_id=block.item_id,
        subject_kind="dunning_block",
        subject_id=block_id or block.pk,
        payload=payload,
    )
