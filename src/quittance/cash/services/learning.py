"""What people decide on what was learnt of payers: add, switch off and on, give to another customer, forget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from stdnum import iban
from stdnum.exceptions import ValidationError

from quittance.cash.errors import LearntNotFound, LearntRefused
from quittance.cash.learnt import hidden_value
from quittance.cash.models import HabitDecision, LearntThing, PayerIdentity
from quittance.core.matching import fold_iban, fold_name
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor

Kind = PayerIdentity.Kind
VALUE_LENGTH_MAX = 200


@transaction.atomic
def add_payer(*, customer_id: int, kind: str, value: str, actor: Actor) -> int:
    """Say under which bank account or name a customer pays, and return the id of what is known.

    What was learnt already is used again and counts as given.

    :raises LearntRefused: a bank account that is none, a name that says nothing, or a customer that has it already
    """
    text = _value(kind, value)
    found = PayerIdentity.objects.select_for_update(no_key=True).filter(customer_id=customer_id, kind=kind, value=text)
    identity = found.first()
    if identity is None:
        identity = PayerIdentity.objects.create(
            customer_id=customer_id, kind=kind, value=text, seen_count=0, is_given=True
        )
    elif identity.is_given and identity.is_active:
        raise LearntRefused("value", "TAKEN")
    else:
        identity.is_given = identity.is_active = True
        identity.save(update_fields=["is_given", "is_active"])
    _tell("payer.added", identity, actor)
    return identity.id


@transaction.atomic
def switch_payer(*, identity_id: int, is_active: bool, actor: Actor) -> None:
    """Use what is known of a payer, or no longer. :raises LearntNotFound:"""
    identity = _lock(identity_id)
    if identity.is_active == is_active:
        return
    identity.is_active = is_active
    identity.save(update_fields=["is_active"])
    _tell("payer.switched_on" if is_active else "payer.switched_off", identity, actor)


@transaction.atomic
def move_payer(*, identity_id: int, customer_id: int, actor: Actor) -> int:
    """Say that what is known of a payer is another customer's, and return the id of what is known of that one.

    Where that customer has it already both become one.

    :raises LearntNotFound:
    """
    identity = _lock(identity_id)
    before = identity.customer_id
    if before == customer_id:
        return identity.id
    same = (
        PayerIdentity.objects.select_for_update(no_key=True)
        .filter(customer_id=customer_id, kind=identity.kind, value=identity.value)
        .first()
    )
    if same is not None:
        days = [day for day in (same.last_seen_date, identity.last_seen_date) if day is not None]
        same.seen_count += identity.seen_count
        same.last_seen_date = max(days, default=None)
        same.is_given = same.is_active = True
        identity.delete()
        identity = same
    else:
        identity.customer_id = customer_id
        identity.is_given = identity.is_active = True
    identity.save()
    _tell("payer.moved", identity, actor, {"from": str(before), "to": str(customer_id)})
    return identity.id


@transaction.atomic
def forget_payer(*, identity_id: int, actor: Actor) -> None:
    """Forget a bank account or name of a payer, until it is seen again. :raises LearntNotFound:"""
    identity = _lock(identity_id)
    _tell("payer.forgotten", identity, actor)
    identity.delete()


@transaction.atomic
def switch_habit(*, customer_id: int, strategy: str, is_on: bool, actor: Actor) -> None:
    """Let what people confirmed of a way to pay count for a customer, or no longer. :raises LearntNotFound:"""
    decision = _decision(customer_id, strategy)
    if decision.is_off == (not is_on):
        return
    decision.is_off = not is_on
    decision.save()
    _tell_habit("habit.switched_on" if is_on else "habit.switched_off", decision, actor)


@transaction.atomic
def forget_habit(*, customer_id: int, strategy: str, actor: Actor) -> None:
    """Learn a way to pay of a customer anew: only what is confirmed from now on counts. :raises LearntNotFound:"""
    decision = _decision(customer_id, strategy)
    decision.forgotten_at, decision.is_off = clock.now(), False
    decision.save()
    _tell_habit("habit.forgotten", decision, actor)


def _value(kind: str, value: str) -> str:
    """Return a bank account or name as it is compared with what banks write. :raises LearntRefused:"""
    if kind == Kind.IBAN:
        try:
            return str(iban.validate(fold_iban(value)))
        except ValidationError as error:
            raise LearntRefused("value", "INVALID") from error
    if kind != Kind.NAME:
        raise LearntRefused("kind", "INVALID")
    text = " ".join(value.split())[:VALUE_LENGTH_MAX]
    if not fold_name(text):
        raise LearntRefused("value", "EMPTY")
    return text


def _lock(identity_id: int) -> PayerIdentity:
    found = PayerIdentity.objects.select_for_update(no_key=True).filter(pk=identity_id).first()
    if found is None:
        raise LearntNotFound(f"nothing was learnt of id {identity_id}")
    return found


def _decision(customer_id: int, strategy: str) -> HabitDecision:
    """Return what was decided on a habit, locked, or a new decision; a habit that nobody confirmed is none."""
    habits = LearntThing.objects.filter(customer_id=customer_id, kind=LearntThing.HABIT, value=strategy)
    if not habits.exists():
        raise LearntNotFound(f"customer {customer_id} has no habit {strategy}")
    HabitDecision.objects.get_or_create(customer_id=customer_id, strategy=strategy)
    return HabitDecision.objects.select_for_update(no_key=True).get(customer_id=customer_id, strategy=strategy)


def _tell(kind: str, identity: PayerIdentity, actor: Actor, more: Mapping[str, Any] | None = None) -> None:
    told = {"kind": identity.kind, "value": hidden_value(kind=identity.kind, value=identity.value), **(more or {})}
    _record(kind, identity.customer_id, told, actor)


def _tell_habit(kind: str, decision: HabitDecision, actor: Actor) -> None:
    _record(kind, decision.customer_id, {"strategy": decision.strategy}, actor)


def _record(kind: str, customer_id: int, payload: dict[str, Any], actor: Actor) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            customer_id=customer_id,
            subject_kind="customer",
            subject_id=str(customer_id),
            payload=payload,
        )
    )
