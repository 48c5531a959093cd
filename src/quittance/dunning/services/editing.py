"""Change policies: always a new version from a day on, so that what was decided before stays explained by its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction

from quittance.core.dunning import DunningLevel as Level
from quittance.core.dunning import DunningMedium, StepClock, StepCondition, StepWrong, Validation, check_levels
from quittance.core.dunning_facts import DEFAULT_ROLES
from quittance.dunning import events
from quittance.dunning.models import DunningDecision, DunningLevel, DunningPolicy
from quittance.dunning.services.policies import UnknownPolicy
from quittance.foundation import clock
from quittance.foundation.events import NewEvent, record
from quittance.foundation.permissions import Actor

STEPS_MAX = 20
OFFSET_DAYS_MIN, OFFSET_DAYS_MAX = -60, 400
TONES = ("FRIENDLY", "FIRM", "FORMAL")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{0,29}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDraft:
    """A step as somebody wants it; `code` is that of the step it changes, "" for a new one."""

    code: str = ""
    name: str
    offset_days: int
    tone: str = "FRIENDLY"
    medium: str = "EMAIL"
    counted_from: str = "DUE_DATE"
    condition: str = "ALWAYS"
    condition_amount: Decimal = Decimal(0)
    recipient_roles: tuple[str, ...] = DEFAULT_ROLES
    message_code: str = ""
    is_registered: bool = False
    interval_days_min: int | None = None
    validated_by: str = ""
    falls_back_to_email: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDraft:
    """A policy as somebody wants it; the columns of `DunningPolicy` with the same names."""

    name: str
    description: str = ""
    interval_days_min: int = 7
    amount_min: Decimal = Decimal(0)
    bank_data_age_days_max: int = 4
    validated_by: str = "COLLECTOR"
    touches_max: int | None = None
    touches_days: int = 30
    is_quiet_on_weekends: bool = False
    is_quiet_on_holidays: bool = False
    is_statement: bool = False
    is_timing_learnt: bool = False
    tolerance_days_learnt: int = 3
    steps: tuple[StepDraft, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong: `step` counts from 0 (None: the policy itself), `field` as in the draft, `code` says what.

    Codes: NO_STEPS, TOO_MANY_STEPS, NOT_LATER, NO_STEP_BEFORE, A_DAY_AT_LEAST, NO_AMOUNT, NO_NAME, NAME_TAKEN,
    ONLY_LETTERS, FORMAL_TOO_EARLY, IN_THE_PAST, BEFORE_NEWEST, UNKNOWN_VALUE, OUT_OF_RANGE, NO_CHANGE.
    """

    field: str
    code: str
    step: int | None = None


class PolicyRefused(Exception):
    """The draft can't become a policy; `problems` say where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{one.step}.{one.field} {one.code}" for one in problems))
        self.problems = tuple(problems)


class VersionInForce(Exception):
    """A version that has begun, or by which something was decided, is never taken back."""


def draft_of(*, row: DunningPolicy) -> PolicyDraft:
    """Return a stored version as a draft. One query unless its levels are there."""
    names = [one.name for one in fields(PolicyDraft) if one.name != "steps"]
    steps = sorted(row.levels.all(), key=lambda level: level.rank)
    return PolicyDraft(
        **{name: getattr(row, name) for name in names},
        steps=tuple(
            StepDraft(
                **{one.name: getattr(step, one.name) for one in fields(StepDraft) if one.name != "recipient_roles"},
                recipient_roles=tuple(step.recipient_roles),
            )
            for step in steps
        ),
    )


def check_draft(*, draft: PolicyDraft) -> list[Problem]:
    """Return what is wrong with a draft, step by step; [] when it can be kept. No query."""
    found = []
    if not draft.name.strip():
        found.append(Problem(field="name", code="NO_NAME"))
    if not draft.steps:
        found.append(Problem(field="steps", code="NO_STEPS"))
    if len(draft.steps) > STEPS_MAX:
        found.append(Problem(field="steps", code="TOO_MANY_STEPS"))
    for place, step in enumerate(draft.steps):
        found += [replace(one, step=place) for one in _check_step(step)]
    return found or _check_order(draft.steps)


def _check_step(step: StepDraft) -> Iterable[Problem]:
    if not step.name.strip():
        yield Problem(field="name", code="NO_NAME")
    if not OFFSET_DAYS_MIN <= step.offset_days <= OFFSET_DAYS_MAX:
        yield Problem(field="offset_days", code="OUT_OF_RANGE")
    if step.counted_from == StepClock.PREVIOUS_STEP and step.offset_days < 1:
        yield Problem(field="offset_days", code="A_DAY_AT_LEAST")
    if step.is_registered and step.medium != "LETTER":
        yield Problem(field="is_registered", code="ONLY_LETTERS")
    if step.condition == StepCondition.OVERDUE_AT_LEAST and step.condition_amount <= 0:
        yield Problem(field="condition_amount", code="NO_AMOUNT")
    if step.tone == "FORMAL" and step.offset_days <= 0:
        yield Problem(field="tone", code="FORMAL_TOO_EARLY")
    known = {
        "tone": TONES,
        "medium": tuple(DunningMedium),
        "counted_from": tuple(StepClock),
        "condition": tuple(StepCondition),
        "validated_by": ("", *Validation),
    }
    for name, values in known.items():
        if getattr(step, name) not in values:
            yield Problem(field=name, code="UNKNOWN_VALUE")
    if not step.recipient_roles:
        yield Problem(field="recipient_roles", code="UNKNOWN_VALUE")


def _check_order(steps: Sequence[StepDraft]) -> list[Problem]:
    """Return the first step that can't stand where it does, as the core sees it."""
    for count in range(1, len(steps) + 1):
        try:
            check_levels(levels_of(steps=steps[:count]))
        except StepWrong as error:
            follows = steps[count - 1].counted_from == StepClock.PREVIOUS_STEP
            what, where = ("NO_STEP_BEFORE", "counted_from") if follows else ("NOT_LATER", "offset_days")
            if follows and "at least a day" in error.what:
                what, where = "A_DAY_AT_LEAST", "offset_days"
            return [Problem(step=count - 1, field=where, code=what)]
    return []


def levels_of(*, steps: Sequence[StepDraft]) -> tuple[Level, ...]:
    """Return the steps as the core takes them, ranked from 1 on."""
    return tuple(
        Level(
            rank=place,
            offset_days=step.offset_days,
            code=step.code or f"NEW_{place}",
            tone=step.tone,
            medium=DunningMedium(step.medium),
            counted_from=StepClock(step.counted_from),
            condition=StepCondition(step.condition),
            amount_min=step.condition_amount,
            recipient_roles=step.recipient_roles,
            message_code=step.message_code,
            is_registered=step.is_registered,
            interval_days_min=step.interval_days_min,
            validated_by=Validation(step.validated_by) if step.validated_by else None,
            falls_back_to_email=step.falls_back_to_email,
        )
        for place, step in enumerate(steps, start=1)
    )


def create_version(*, policy_code: str, draft: PolicyDraft, from_date: date, actor: Actor) -> int:
    """Keep a draft as the next version of a policy, in force from a day on; return its id.

    :raises UnknownPolicy: :raises PolicyRefused: also when it begins before today, or before the newest version does.
    """
    with transaction.atomic():
        newest = _newest(policy_code)
        problems = [*check_draft(draft=draft), *_check_day(from_date, newest.valid_from)]
        if not problems and draft_of(row=newest) == draft:
            problems = [Problem(field="", code="NO_CHANGE")]
        if problems:
            raise PolicyRefused(problems)
        policy = _write(draft, policy_code, newest.version + 1, from_date, is_default=newest.is_default)
        record(_changed(policy, actor))
    return policy.pk


def create_policy(*, draft: PolicyDraft, from_date: date, actor: Actor, copied_from: str = "") -> str:
    """Keep a draft as a policy of the company's own; return its code, made from its name.

    :raises PolicyRefused: also when another policy has that name.
    """
    with transaction.atomic():
        problems = [*check_draft(draft=draft), *_check_day(from_date, clock.today())]
        names = {name.casefold() for name in DunningPolicy.objects.values_list("name", flat=True)}
        if draft.name.strip().casefold() in names:
            problems.append(Problem(field="name", code="NAME_TAKEN"))
        if problems:
            raise PolicyRefused(problems)
        code = _free_code(draft.name)
        policy = _write(draft, code, 1, from_date, is_default=False)
        record(_changed(policy, actor, {"copied_from": copied_from} if copied_from else {}))
    return code


def make_default(*, policy_code: str, from_date: date, actor: Actor) -> None:
    """Let every account without another policy follow this one from a day on: a new version of it and of the last one.

    :raises UnknownPolicy: :raises PolicyRefused: when it begins before today, or before a version that is to come.
    """
    with transaction.atomic():
        chosen = _newest(policy_code)
        if chosen.is_default:
            return
        newest = {row.code: row for row in DunningPolicy.objects.select_for_update().order_by("code", "version")}
        before = [row for row in newest.values() if row.is_default]
        if problems := [one for row in (chosen, *before) for one in _check_day(from_date, row.valid_from)]:
            raise PolicyRefused(problems)
        # The new one first: there is no day without a default one.
        for row, is_default in ((chosen, True), *((one, False) for one in before)):
            policy = _write(draft_of(row=row), row.code, row.version + 1, from_date, is_default=is_default)
            record(_changed(policy, actor, {"is_default": is_default}))


def withdraw_version(*, policy_id: int, actor: Actor) -> None:
    """Take back a version that has not begun.

    :raises UnknownPolicy: :raises VersionInForce: when it has begun, was decided by, or is the policy's only one, or
        decides with another one which policy is the default.
    """
    with transaction.atomic():
        policy = DunningPolicy.objects.select_for_update().filter(pk=policy_id).first()
        if policy is None:
            raise UnknownPolicy(f"no version {policy_id} of a policy")
        others = DunningPolicy.objects.filter(code=policy.code).exclude(pk=policy_id)
        before = others.filter(version__lt=policy.version).order_by("-version").first()
        if (
            policy.valid_from <= clock.today()
            or before is None
            or before.is_default != policy.is_default
            or others.filter(version__gt=policy.version).exists()
            or DunningDecision.objects.filter(policy=policy).exists()
        ):
            raise VersionInForce(f"version {policy.version} of {policy.code} can't be taken back")
        record(_changed(policy, actor, {"withdrawn": True}))
        policy.delete()


def _newest(policy_code: str) -> DunningPolicy:
    """Return the newest version, locked: two people never make the same version."""
    found = DunningPolicy.objects.select_for_update().filter(code=policy_code).order_by("-version").first()
    if found is None:
        raise UnknownPolicy(f"no dunning policy is called {policy_code}")
    return found


def _check_day(from_date: date, newest_from: date) -> list[Problem]:
    if from_date < clock.today():
        return [Problem(field="from_date", code="IN_THE_PAST")]
    return [Problem(field="from_date", code="BEFORE_NEWEST")] if from_date < newest_from else []


def _write(draft: PolicyDraft, code: str, version: int, from_date: date, *, is_default: bool) -> DunningPolicy:
    columns: dict[str, Any] = {
        one.name: getattr(draft, one.name) for one in fields(PolicyDraft) if one.name not in ("steps", "name")
    }
    policy = DunningPolicy.objects.create(
        code=code,
        version=version,
        name=draft.name.strip(),
        valid_from=from_date,
        is_default=is_default,
        **columns,
    )
    taken = set(DunningLevel.objects.filter(policy__code=code).values_list("code", flat=True))
    used: set[str] = set()
    for rank, step in zip(_ranks(draft.steps, code), draft.steps, strict=True):
        is_kept = _CODE.fullmatch(step.code) and step.code not in used
        step_code = step.code if is_kept else _next_code(step.name, taken)
        taken.add(step_code)
        used.add(step_code)
        others = {**asdict(step), "recipient_roles": list(step.recipient_roles)}
        DunningLevel.objects.create(policy=policy, rank=rank, **{**others, "code": step_code})
    return policy


def _ranks(steps: Sequence[StepDraft], policy_code: str) -> list[int]:
    """Return a rank for each step: its own of before where there is room for the new ones, else all from 1 on."""
    last = DunningPolicy.objects.filter(code=policy_code).order_by("-version")[1:2].prefetch_related("levels").first()
    own = {level.code: level.rank for level in last.levels.all()} if last else {}
    ranks: list[int] = []
    for step in steps:
        lowest = ranks[-1] + 1 if ranks else min(own.values(), default=1)
        ranks.append(own.get(step.code, lowest))
    is_rising = all(lower < higher for lower, higher in pairwise(ranks))
    return ranks if is_rising else list(range(1, len(steps) + 1))


def _free_code(name: str) -> str:
    taken = set(DunningPolicy.objects.values_list("code", flat=True))
    return _next_code(name, taken, otherwise="POLICY")


def _next_code(name: str, taken: set[str], *, otherwise: str = "STEP") -> str:
    """Return a code made from a name that nothing has had: the last step of an item is found by it."""
    plain = unicodedata.normalize("NFKD", name.upper()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_")[:24].strip("_")
    stem = stem if _CODE.fullmatch(stem) else otherwise
    return next(code for code in (stem, *(f"{stem}_{number}" for number in range(2, 10_000))) if code not in taken)


def _changed(policy: DunningPolicy, actor: Actor, more: dict[str, Any] | None = None) -> NewEvent:
    return NewEvent(
        kind=events.POLICY_CHANGED,
        actor=actor,
        subject_kind="dunning_policy",
        subject_id=str(policy.pk),
        payload={
            "policy": policy.code,
            "version": policy.version,
            "valid_from": policy.valid_from.isoformat(),
            **(more or {}),
        },
    )
