"""Create, change, archive and reorder segments, and work out who belongs to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from quittance.core.segments import Rule, read_rule, write_rule
from quittance.foundation import clock, events
from quittance.foundation.permissions import Actor
from quittance.parties.queries import fold
from quittance.segments.compiler import compile_rule
from quittance.segments.models import Membership, MembershipRefresh, Segment, SegmentVersion

NAME_LENGTH_MAX: Final = 80
DESCRIPTION_LENGTH_MAX: Final = 250
CODE_LENGTH_MAX: Final = 40
_LOCK: Final = 7011


class SegmentNotFound(LookupError):
    """No segment has this id."""


class SegmentRefused(ValueError):
    """The segment cannot be kept like this; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        self.field = field
        super().__init__(message)


class RefreshTooEarly(ValueError):
    """Memberships were worked out for a later day already: the past is not rewritten."""


@transaction.atomic
def create_segment(
    *, name: str, rule: Rule, as_of: date, actor: Actor, description: str = "", policy_code: str = ""
) -> int:
    """Keep a new segment, last in order, work out who belongs to it, and return its id.

    :raises SegmentRefused: :raises RefreshTooEarly:
    """
    _lock()
    name = _checked_name(name, but=None)
    last = Segment.objects.aggregate(last=Max("position"))["last"] or 0
    segment = Segment.objects.create(
        code=_free_code(name),
        name=name,
        description=_cut(description, DESCRIPTION_LENGTH_MAX),
        rule=write_rule(rule),
        policy_code=_checked_policy(policy_code),
        position=last + 1,
    )
    _write_version(segment, as_of, actor)
    _refresh(segment, as_of)
    _record("segment.created", segment, actor, {"policy": segment.policy_code})
    return segment.id


@transaction.atomic
def change_segment(
    *, segment_id: int, name: str, rule: Rule, as_of: date, actor: Actor, description: str = "", policy_code: str = ""
) -> None:
    """Change a segment from a day on. Another name, rule or policy is a new version; who belonged before that
    day stays as it was.

    :raises SegmentNotFound: :raises SegmentRefused: :raises RefreshTooEarly:
    """
    segment = _get(segment_id)
    before = {"name": segment.name, "rule": segment.rule, "policy_code": segment.policy_code}
    after = {
        "name": _checked_name(name, but=segment.id),
        "rule": write_rule(rule),
        "policy_code": _checked_policy(policy_code),
    }
    description = _cut(description, DESCRIPTION_LENGTH_MAX)
    changed = [field for field in after if after[field] != before[field]]
    if not changed and description == segment.description:
        return
    for field, value in after.items():
        setattr(segment, field, value)
    segment.description = description
    if changed:
        segment.version += 1
        _write_version(segment, as_of, actor)
    segment.save()
    if "rule" in changed and segment.is_active:
        _refresh(segment, as_of)
    payload = {field: [before[field], after[field]] for field in changed if field != "rule"}
    _record("segment.changed", segment, actor, {**payload, "rule_changed": "rule" in changed})


@transaction.atomic
def use_segment(*, segment_id: int, is_active: bool, as_of: date, actor: Actor) -> None:
    """Archive a segment, whose accounts leave it on that day, or use it again. :raises SegmentNotFound:"""
    segment = _get(segment_id)
    if segment.is_active == is_active:
        return
    segment.is_active = is_active
    segment.version += 1
    segment.save(update_fields=["is_active", "version"])
    _write_version(segment, as_of, actor)
    _refresh(segment, as_of)
    _record("segment.restored" if is_active else "segment.archived", segment, actor, {})


@transaction.atomic
def reorder_segments(*, segment_ids: Sequence[int], actor: Actor) -> None:
    """Put segments in this order; those that are not named follow in theirs. :raises SegmentNotFound:"""
    _lock()
    found = {segment.id: segment for segment in Segment.objects.order_by("position", "id")}
    if missing := [one for one in segment_ids if one not in found]:
        raise SegmentNotFound(f"no segment {missing[0]}")
    order = list(dict.fromkeys([*segment_ids, *found]))
    if order == list(found):
        return
    for position, segment_id in enumerate(order, 1):
        found[segment_id].position = position
    Segment.objects.bulk_update(found.values(), ["position"])
    codes = [found[segment_id].code for segment_id in order]
    events.record(
        events.NewEvent(kind="segment.reordered", actor=actor, subject_kind="segment", payload={"codes": codes})
    )


@transaction.atomic
def refresh_memberships(*, as_of: date) -> dict[str, int]:
    """Work out who belongs to every segment on a day; return how many do, by code.

    Rows are closed and opened, one statement a segment; safe to run twice. Balances should be of that day.

    :raises RefreshTooEarly: it was done for a later day already
    """
    _lock()
    counts = {segment.code: _refresh(segment, as_of) for segment in Segment.objects.order_by("position", "id")}
    MembershipRefresh.objects.update_or_create(as_of=as_of, defaults={"finished_at": clock.now()})
    return counts


def ensure_memberships_fresh(*, today: date) -> bool:
    """Work out memberships unless that was done today, or for a later day; return whether it was done here."""
    if MembershipRefresh.objects.filter(as_of__gte=today).exists():
        return False
    refresh_memberships(as_of=today)
    return True


_REFRESH = """
WITH member AS MATERIALIZED (SELECT a.id {source}),
gone AS (
    SELECT m.id, m.from_date FROM segments_membership m
    WHERE m.segment_id = %(segment)s AND m.until_date IS NULL
      AND NOT EXISTS (SELECT FROM member WHERE member.id = m.account_id)
),
undone AS (DELETE FROM segments_membership m USING gone WHERE m.id = gone.id AND gone.from_date >= %(as_of)s),
closed AS (
    UPDATE segments_membership m SET until_date = %(as_of)s FROM gone
    WHERE m.id = gone.id AND gone.from_date < %(as_of)s
),
opened_again AS (
    UPDATE segments_membership m SET until_date = NULL FROM member
    WHERE m.segment_id = %(segment)s AND m.account_id = member.id AND m.until_date = %(as_of)s
    RETURNING m.account_id
),
opened AS (
    INSERT INTO segments_membership (segment_id, account_id, from_date)
    SELECT %(segment)s, member.id, %(as_of)s FROM member
    WHERE NOT EXISTS (
        SELECT FROM segments_membership m
        WHERE m.segment_id = %(segment)s AND m.account_id = member.id
          AND (m.until_date IS NULL OR m.until_date = %(as_of)s))
    ORDER BY member.id
)
SELECT count(*) FROM member
"""
_NOBODY = "FROM parties_customeraccount a WHERE false"


def _refresh(segment: Segment, as_of: date) -> int:
    """Close and open the rows of one segment; return how many accounts belong. :raises RefreshTooEarly:"""
    if MembershipRefresh.objects.filter(as_of__gt=as_of).exists():
        raise RefreshTooEarly(f"memberships were worked out for a later day than {as_of}")
    source, parameters = _NOBODY, {"as_of": as_of}
    if segment.is_active:
        statement = compile_rule(rule=read_rule(segment.rule), as_of=as_of)
        source, parameters = statement.source, dict(statement.parameters)
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH.format(source=source), {**parameters, "segment": segment.id})
        return int((cursor.fetchone() or (0,))[0])


def _lock() -> None:
    """Let one session at a time change segments or memberships."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _get(segment_id: int) -> Segment:
    _lock()
    segment = Segment.objects.select_for_update().filter(id=segment_id).first()
    if segment is None:
        raise SegmentNotFound(f"no segment {segment_id}")
    return segment


def _cut(text: str, length: int) -> str:
    return " ".join(text.split())[:length]


def _checked_name(name: str, *, but: int | None) -> str:
    wanted = _cut(name, NAME_LENGTH_MAX)
    if not wanted:
        raise SegmentRefused(_("Give it a name."), field="name")
    others = Segment.objects.all() if but is None else Segment.objects.exclude(id=but)
    if others.filter(name__iexact=wanted).exists():
        raise SegmentRefused(_("Another segment is called like this already."), field="name")
    return wanted


def _checked_policy(code: str) -> str:
    if not re.fullmatch(rf"[A-Z0-9_-]{{0,{CODE_LENGTH_MAX}}}", code):
        raise SegmentRefused(_("Choose one of the policies."), field="policy_code")
    return code


def _free_code(name: str) -> str:
    base = re.sub(r"[^A-Z0-9]+", "_", fold(name).upper()).strip("_")[: CODE_LENGTH_MAX - 6] or "SEGMENT"
    taken = set(Segment.objects.filter(code__startswith=base).values_list("code", flat=True))
    code, number = base, 1
    while code in taken:
        number += 1
        code = f"{base}_{number}"
    return code


def _write_version(segment: Segment, as_of: date, actor: Actor) -> None:
    SegmentVersion.objects.create(
        segment=segment,
        version=segment.version,
        name=segment.name,
        rule=segment.rule,
        policy_code=segment.policy_code,
        is_active=segment.is_active,
        from_date=as_of,
        recorded_by_id=actor.user_id,
        recorded_by_name=actor.label[:150],
        recorded_at=clock.now(),
    )


def _record(kind: str, segment: Segment, actor: Actor, payload: dict[str, Any]) -> None:
    members = Membership.objects.filter(segment=segment, until_date__isnull=True).count()
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            subject_kind="segment",
            subject_id=str(segment.id),
            payload={"segment": segment.name, **payload, "members": members},
        )
    )
