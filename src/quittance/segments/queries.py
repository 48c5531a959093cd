"""Read segments, who belongs to them on any day, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from quittance.core.segments import Condition, Fact, Rule, evaluate, list_conditions, read_rule
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.queries import account_filter
from quittance.segments.compiler import compile_rule, read_facts
from quittance.segments.models import Membership, MembershipRefresh, Segment, SegmentVersion

SAMPLE_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRow:
    """A segment as it is now."""

    id: int
    code: str
    name: str
    description: str
    rule: Rule
    policy_code: str
    position: int
    is_active: bool
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """What a segment said from a day on."""

    version: int
    name: str
    rule: Rule
    policy_code: str
    is_active: bool
    from_date: date
    recorded_by_name: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSegment:
    """A segment that an account belongs to, since `from_date`."""

    account_id: int
    segment_id: int
    code: str
    name: str
    policy_code: str
    from_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """How many accounts a rule takes, what they owe by company currency, and those that owe most."""

    count: int
    open_total: Mapping[str, Decimal]
    sample: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCondition:
    """A condition, what is known of the account, and whether that meets it; `path` is its place in the rule."""

    path: tuple[int, ...]
    condition: Condition
    fact: Fact
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an account belongs to a segment or not, by what is known of it on a day."""

    segment: SegmentRow
    holds: bool
    conditions: Sequence[CheckedCondition]


def list_segments(*, is_active: bool | None = None) -> list[SegmentRow]:
    """Return segments in their order. One query."""
    found = Segment.objects.order_by("position", "id")
    return [_row(one) for one in (found if is_active is None else found.filter(is_active=is_active))]


def find_segment(*, segment_id: int) -> SegmentRow | None:
    """Return one segment. One query."""
    found = Segment.objects.filter(id=segment_id).first()
    return _row(found) if found else None


def list_versions(*, segment_id: int) -> list[VersionRow]:
    """Return what a segment said, latest first. One query."""
    found = SegmentVersion.objects.filter(segment_id=segment_id).order_by("-version", "-id")
    return [
        VersionRow(
            version=one.version,
            name=one.name,
            rule=read_rule(one.rule),
            policy_code=one.policy_code,
            is_active=one.is_active,
            from_date=one.from_date,
            recorded_by_name=one.recorded_by_name,
            recorded_at=one.recorded_at,
        )
        for one in found
    ]


def find_last_refresh() -> date | None:
    """Return the last day on which all memberships were worked out. One query."""
    return MembershipRefresh.objects.order_by("-as_of").values_list("as_of", flat=True).first()


def count_members(*, as_of: date, scope: Scope = EVERYTHING) -> dict[int, int]:
    """Return how many accounts belonged to each segment at the end of a day, by its id. One query."""
    found = Membership.objects.filter(_belonged_on(as_of), account_filter(scope=scope, prefix="account__"))
    return dict(found.values("segment_id").order_by().annotate(count=Count("id")).values_list("segment_id", "count"))


def list_members(*, segment_id: int, as_of: date, scope: Scope = EVERYTHING) -> QuerySet[Membership, Any]:
    """Return who belonged to a segment at the end of a day as `.values()` rows with what they owe now. One query."""
    return (
        Membership.objects.filter(
            _belonged_on(as_of), account_filter(scope=scope, prefix="account__"), segment_id=segment_id
        )
        .annotate(collector_name=Coalesce("account__collector__name", Value("")))
        .values(
            "id",
            "account_id",
            "from_date",
            "until_date",
            "collector_name",
            customer_id=F("account__customer_id"),
            customer_name=F("account__customer__name"),
            customer_folded=F("account__customer__name_folded"),
            account_number=F("account__number"),
            company_id=F("account__company_id"),
            company_name=F("account__company__name"),
            department_id=F("account__department_id"),
            department_name=F("account__department__name"),
            currency=F("account__company__currency"),
            open_total=F("account__balance__open_total"),
            overdue=F("account__balance__overdue"),
            usual_delay_days=F("account__balance__usual_delay_days"),
        )
    )


def segments_of_accounts(*, account_ids: Iterable[int], as_of: date) -> dict[int, list[AccountSegment]]:
    """Return the segments of accounts at the end of a day, the one that goes first at the head. One query."""
    wanted = list(account_ids)
    rows: dict[int, list[AccountSegment]] = {account_id: [] for account_id in wanted}
    found = (
        Membership.objects.filter(_belonged_on(as_of), account_id__in=wanted)
        .select_related("segment")
        .order_by("account_id", "segment__position", "segment_id")
    )
    for one in found:
        rows[one.account_id].append(
            AccountSegment(
                account_id=one.account_id,
                segment_id=one.segment_id,
                code=one.segment.code,
                name=one.segment.name,
                policy_code=one.segment.policy_code,
                from_date=one.from_date,
            )
        )
    return rows


def deciding_segment(segments: Sequence[AccountSegment]) -> AccountSegment | None:
    """Return the segment whose policy the account follows: the first that names one."""
    return next((one for one in segments if one.policy_code), None)


def list_memberships(*, account_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Return since when and until when accounts belonged to segments, latest first. One query."""
    found = Membership.objects.filter(account_id__in=list(account_ids))
    rows: QuerySet[Membership, Any] = found.order_by("-from_date", "segment__position", "-id").values(
        "account_id", "segment_id", "from_date", "until_date", name=F("segment__name"), code=F("segment__code")
    )
    return list(rows)


def explain_account(*, account_id: int, as_of: date) -> list[Explanation]:
    """Return for each segment in use why the account belongs to it or not, by what is known of it. Two queries."""
    segments = list_segments(is_active=True)
    fields = {condition.field for segment in segments for _path, condition in list_conditions(segment.rule)}
    facts = read_facts(account_ids=[account_id], as_of=as_of, fields=fields).get(account_id, {})
    return [_explain(segment, facts) for segment in segments]


def preview_rule(*, rule: Rule, as_of: date, scope: Scope = EVERYTHING, limit: int = SAMPLE_ROWS) -> Preview:
    """Return what a rule would take now. Two queries."""
    statement = compile_rule(rule=rule, as_of=as_of, scope=scope, needs=("balance",))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT co.currency, count(*), coalesce(sum(b.open_total), 0)"
            f" {statement.source} GROUP BY co.currency ORDER BY co.currency",
            statement.parameters,
        )
        sums = cursor.fetchall()
        names = ("account_id", "customer_id", "customer_name", "account_number", "currency", "open_total", "overdue")
        cursor.execute(
            "SELECT a.id, c.id, c.name, a.number, co.currency, coalesce(b.open_total, 0), coalesce(b.overdue, 0)"
            f" {statement.source} ORDER BY b.open_total DESC NULLS LAST, a.id LIMIT %(limit)s",
            {**statement.parameters, "limit": limit},
        )
        sample = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return Preview(
        count=sum(row[1] for row in sums), open_total={row[0]: row[2] for row in sums if row[2]}, sample=sample
    )


_KNOWN_VALUES: Mapping[str, str] = {
    "country": """SELECT DISTINCT c.country, '' FROM parties_customer c
        JOIN parties_customeraccount a ON a.customer_id = c.id WHERE c.country <> '' AND {seen} ORDER BY 1""",
    "company": """SELECT code, name FROM parties_company co
        WHERE %(companies)s::bigint[] IS NULL OR co.id = ANY(%(companies)s) ORDER BY 2, 1""",
    "department": """SELECT co.code || '/' || a.code, co.name || ' · ' || a.name FROM parties_department a
        JOIN parties_company co ON co.id = a.company_id WHERE {seen} ORDER BY 2, 1""",
    "collector": """SELECT DISTINCT u.email, u.name FROM parties_user u
        JOIN parties_customeraccount a ON a.collector_id = u.id WHERE {seen} ORDER BY 2, 1""",
    "payment_terms": "SELECT code, name FROM parties_paymentterms ORDER BY 2, 1",
}
_SEEN = "(%(companies)s::bigint[] IS NULL OR a.company_id = ANY(%(companies)s))"


def list_known_values(*, fields: Collection[str], scope: Scope = EVERYTHING) -> dict[str, list[tuple[str, str]]]:
    """Return code and name of the values that these fields have in the books. One query a field.

    Countries and collectors are those of customers and accounts of the scope; a field with a closed list, or with
    texts, is not answered.
    """
    companies = None if scope.company_ids is None else sorted(scope.company_ids)
    found: dict[str, list[tuple[str, str]]] = {}
    with connection.cursor() as cursor:
        for name in sorted(set(fields) & set(_KNOWN_VALUES)):
            cursor.execute(_KNOWN_VALUES[name].format(seen=_SEEN), {"companies": companies})
            found[name] = list(cursor.fetchall())
    return found


def list_policies() -> list[tuple[str, str]]:
    """Return code and name of the policies of reminders, read by table name: they stand above this app. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT ON (code) code, name FROM dunning_dunningpolicy ORDER BY code, version DESC")
        return list(cursor.fetchall())


def _belonged_on(as_of: date) -> Q:
    return Q(from_date__lte=as_of) & (Q(until_date__isnull=True) | Q(until_date__gt=as_of))


def _row(segment: Segment) -> SegmentRow:
    return SegmentRow(
        id=segment.id,
        code=segment.code,
        name=segment.name,
        description=segment.description,
        rule=read_rule(segment.rule),
        policy_code=segment.policy_code,
        position=segment.position,
        is_active=segment.is_active,
        version=segment.version,
    )


def _explain(segment: SegmentRow, facts: Mapping[str, Fact]) -> Explanation:
    return Explanation(
        segment=segment,
        holds=evaluate(rule=segment.rule, facts=facts),
        conditions=[
            CheckedCondition(
                path=path,
                condition=condition,
                fact=facts.get(condition.field),
                holds=evaluate(rule=condition, facts=facts),
            )
            for path, condition in list_conditions(segment.rule)
        ],
    )
