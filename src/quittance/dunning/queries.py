"""Read runs, decisions and notices; say what a run would do, and why an account is held."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from quittance.delivery import queries as delivery
from quittance.delivery.queries import TransmissionRow
from quittance.delivery.services import MessageContent
from quittance.dunning.deciding import (
    DecisionFigures,
    decide,
    decide_again,
    figures_of,
    is_kept,
    telling_reason,
)
from quittance.dunning.facts import gather, list_candidates
from quittance.dunning.messages import render_message
from quittance.dunning.models import (
    DunningBlock,
    DunningDecision,
    DunningDecisionItem,
    DunningNotice,
    DunningNoticeItem,
    DunningRun,
    PaymentAnnouncement,
)
from quittance.dunning.policies import read_policies
from quittance.dunning.services.recording import ACCOUNTS_PER_CHUNK, chunks
from quittance.dunning.stored import read_decision
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Scope

RUN_FIELDS = (
    "id",
    "company_id",
    "as_of",
    "origin",
    "message_code",
    "medium",
    "company_ids",
    "free_texts",
    "state",
    "created_by_id",
    "created_by_label",
    "created_at",
    "released_by_id",
    "released_at",
    "finished_at",
    "send_count",
    "hold_count",
    "person_count",
    "sent_count",
    "held_at_sending_count",
    "failed_count",
    "progress_done",
    "progress_total",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run with its counts; `company_name` is '' when it covers all companies.

    Of origin MASS, `message_code` says which text goes by `medium`, and `company_ids` whose accounts were chosen.
    """

    id: int
    company_id: int | None
    company_name: str
    as_of: date
    origin: str
    message_code: str
    medium: str
    company_ids: list[int]
    free_texts: dict[str, dict[str, str]]
    state: str
    created_by_id: int | None
    created_by_label: str
    created_at: datetime
    released_by_id: int | None
    released_at: datetime | None
    finished_at: datetime | None
    send_count: int
    hold_count: int
    person_count: int
    sent_count: int
    held_at_sending_count: int
    failed_count: int
    progress_done: int
    progress_total: int | None


def list_runs(*, scope: Scope = EVERYTHING) -> QuerySet[DunningRun, Any]:
    """Return the runs a person may see, for a table: those of the companies in scope, and those over all companies.

    One to chosen accounts of several companies is seen by who sees one of them.
    """
    found = DunningRun.objects.all()
    if scope.company_ids is not None:
        is_mine = Q(origin="POLICY") | Q(company_ids__overlap=sorted(scope.company_ids))
        found = found.filter(Q(company_id__in=scope.company_ids) | Q(company_id=None) & is_mine)
    rows: QuerySet[DunningRun, Any] = found.values(*RUN_FIELDS, company_name=F("company__name"))
    return rows.order_by("-created_at", "-id")


def find_run(*, run_id: int, scope: Scope = EVERYTHING) -> RunRow | None:
    """Return one run, None when there is none or it is out of scope. One query."""
    row = list_runs(scope=scope).filter(pk=run_id).first()
    return RunRow(**{**row, "company_name": row["company_name"] or ""}) if row else None


# The step of a message, else the text that a person chose; "" for what is held.
_LEVEL_CODE = Coalesce("level__code", Case(When(outcome="SEND", then=F("run__message_code")), default=Value("")))


def _dicts(rows: QuerySet[Any, Any]) -> list[dict[str, Any]]:
    return list(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeSum:
    """How many accounts of one outcome and reason, and their amounts in one company currency.

    `manager_count` of them leave only when a credit manager releases the run.
    """

    outcome: str
    reason_code: str
    level_code: str
    currency: str
    is_excluded: bool
    count: int
    amount: Decimal
    manager_count: int = 0


def summarise_run(*, run_id: int, scope: Scope = EVERYTHING) -> list[OutcomeSum]:
    """Return counts and sums by outcome, level, reason and company currency, the greatest count first. One query."""
    found = _decisions(run_id, scope).annotate(level_code=_LEVEL_CODE)
    found = found.values("outcome", "reason_code", "level_code", "company_currency", "is_excluded")
    reserved = Count("id", filter=Q(outcome="SEND", is_excluded=False, validated_by="MANAGER", notice__isnull=True))
    rows = found.annotate(count=Count("id"), amount=Sum("amount_company"), manager_count=reserved)
    return [
        OutcomeSum(
            outcome=row["outcome"],
            reason_code=row["reason_code"],
            level_code=row["level_code"],
            currency=row["company_currency"],
            is_excluded=row["is_excluded"],
            count=row["count"],
            amount=row["amount"],
            manager_count=row["manager_count"],
        )
        for row in rows.order_by("outcome", "level__rank", "-count", "reason_code", "company_currency", "is_excluded")
    ]


def _decisions(run_id: int, scope: Scope) -> QuerySet[DunningDecision, Any]:
    found = DunningDecision.objects.filter(run_id=run_id)
    if scope.company_ids is not None:
        found = found.filter(account__company_id__in=scope.company_ids)
    if scope.department_id is not None:
        found = found.filter(account__department_id=scope.department_id)
    return found


# A message that came back counts as failed; the pages say which it was.
_CAME_BACK = Q(state="FAILED", transmission__state="BOUNCED")
_NOTICE_STATE = Case(When(_CAME_BACK, then=Value("BOUNCED")), default=F("state"))


def count_bounced(*, run_id: int) -> int:
    """Return how many messages of a run came back. One query."""
    return DunningNotice.objects.filter(_CAME_BACK, decision__run_id=run_id).count()


def list_decisions(*, run_id: int, scope: Scope = EVERYTHING) -> QuerySet[DunningDecision, Any]:
    """Return what a run decided, account by account, for a table.

    `status` is where the message stands: EXCLUDED, the state of its notice once released (BOUNCED when it came back),
    else the outcome. `reason`
    is why it is held, at sending or before; `why` the level of a message, else the reason. `notice_id` is None before
    the release.
    """
    annotated = (
        _decisions(run_id, scope)
        .annotate(
            status=Case(
                When(is_excluded=True, then=Value("EXCLUDED")),
                When(notice__state="FAILED", notice__transmission__state="BOUNCED", then=Value("BOUNCED")),
                When(notice__isnull=False, then=F("notice__state")),
                default=F("outcome"),
            ),
            # By what a message goes; nothing where none goes.
            by=Case(When(outcome="SEND", then=F("medium")), default=Value("")),
            reason=Case(
                When(notice__state="HELD", then=F("notice__held_reason_code")),
                default=F("reason_code"),
            ),
        )
        .annotate(why=Case(When(Q(outcome="SEND") & ~Q(status="HELD"), then=_LEVEL_CODE), default=F("reason")))
    )
    return annotated.values(
        "status",
        "reason",
        "why",
        "by",
        "id",
        "outcome",
        "reason_code",
        "is_excluded",
        "amounts",
        "amount_company",
        "company_currency",
        "item_count",
        "overdue_days_max",
        "recipient_name",
        "recipient_email",
        "language",
        "validated_by",
        "account_id",
        account_number=F("account__number"),
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
        department_name=F("account__department__name"),
        level_code=_LEVEL_CODE,
        level_name=F("level__name"),
        notice_id=F("notice__id"),
    )


def list_reasons(*, run_id: int, outcome: str, scope: Scope = EVERYTHING) -> list[str]:
    """Return the reasons that occur in a run for an outcome. One query."""
    found = _decisions(run_id, scope).filter(outcome=outcome).values_list("reason_code", flat=True)
    return sorted(set(found.distinct()))


def find_decision(*, decision_id: int, scope: Scope = EVERYTHING) -> dict[str, Any] | None:
    """Return one decision as `list_decisions` does, with its `run_id`. Two queries at most."""
    run_id = DunningDecision.objects.filter(pk=decision_id).values_list("run_id", flat=True).first()
    if run_id is None:
        return None
    row = list_decisions(run_id=run_id, scope=scope).filter(pk=decision_id).first()
    return {**row, "run_id": run_id} if row else None


def list_decision_items(*, decision_id: int) -> list[dict[str, Any]]:
    """Return the items of a decision, each with its reason, oldest due date first. One query."""
    return _dicts(
        DunningDecisionItem.objects.filter(decision_id=decision_id)
        .order_by("item__due_date", "item_id")
        .values(
            "item_id",
            "is_included",
            "reason_code",
            "level_rank",
            "currency",
            "overdue_days",
            "amount",
            "amount_held",
            "amount_disputed",
            "amount_covered",
            "detail",
            document_number=F("item__document_number"),
            due_date=F("item__due_date"),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The very message that would leave now, or why none would (`content` is then None)."""

    content: MessageContent | None
    held_reason_code: str = ""


def render_preview(*, decision_id: int) -> Preview:
    """Return the message of a decision exactly as it would leave now. Eleven queries.

    :raises DunningDecision.DoesNotExist: when there is none of that id.
    """
    run_as_of = DunningDecision.objects.values_list("run__as_of", flat=True).get(pk=decision_id)
    day = max(clock.today(), run_as_of)
    stored = read_decision(decision_id=decision_id, as_of=day)
    decision = decide_again(decision=stored.decision, account=stored.account, as_of=day)
    if decision.outcome != "SEND":
        return Preview(content=None, held_reason_code=telling_reason(decision).value)
    content = render_message(account=stored.account, decision=decision, as_of=day, free_texts=stored.free_texts)
    return Preview(content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """A notice with what became of it; `state` is BOUNCED when it came back."""

    id: int
    account_id: int
    account_number: str
    customer_id: int
    customer_name: str
    run_id: int
    level_name: str
    level_code: str
    notice_date: date
    state: str
    held_reason_code: str
    amount_company: Decimal
    company_currency: str
    medium: str
    done_at: datetime | None
    done_note: str
    transmission: TransmissionRow | None
    items: tuple[dict[str, Any], ...]


_NOTICE_FIELDS = {
    "account_number": F("account__number"),
    "customer_id": F("account__customer_id"),
    "customer_name": F("account__customer__name"),
    "run_id": F("decision__run_id"),
    "level_name": Coalesce("level__name", Value("")),
    "level_code": Coalesce("level__code", "decision__run__message_code"),
}


def _notices(scope: Scope) -> QuerySet[DunningNotice]:
    found = DunningNotice.objects.all()
    if scope.company_ids is not None:
        found = found.filter(account__company_id__in=scope.company_ids)
    return found


def find_notice(*, notice_id: int, scope: Scope = EVERYTHING) -> NoticeRow | None:
    """Return one notice, None when there is none or it is out of scope. Three queries."""
    plain = (
        "id",
        "account_id",
        "medium",
        "done_at",
        "done_note",
        "notice_date",
        "state",
        "held_reason_code",
        "amount_company",
        "company_currency",
    )
    found: QuerySet[DunningNotice, Any] = _notices(scope).values(*plain, "transmission_id", **_NOTICE_FIELDS)
    row = found.filter(pk=notice_id).first()
    if row is None:
        return None
    transmission_id = row.pop("transmission_id")
    items = DunningNoticeItem.objects.filter(notice_id=notice_id).order_by("item__due_date", "item_id")
    listed = items.values(
        "item_id",
        "level_rank",
        "currency",
        "amount",
        document_number=F("item__document_number"),
        due_date=F("item__due_date"),
    )
    transmission = delivery.get_transmission(transmission_id=transmission_id) if transmission_id else None
    if row["state"] == "FAILED" and transmission is not None and transmission.state == "BOUNCED":
        row["state"] = "BOUNCED"
    return NoticeRow(**row, transmission=transmission, items=tuple(_dicts(listed)))


def list_notices_of_account(*, account_id: int, scope: Scope = EVERYTHING) -> QuerySet[DunningNotice, Any]:
    """Return the notices of an account, newest first; `status` is BOUNCED for one that came back, else its state."""
    found = _notices(scope).filter(account_id=account_id).order_by("-notice_date", "-id")
    plain = ("id", "medium", "notice_date", "state", "held_reason_code", "amount_company", "company_currency")
    rows: QuerySet[DunningNotice, Any] = found.values(*plain, status=_NOTICE_STATE, **_NOTICE_FIELDS)
    return rows


def list_notices_of_item(*, item_id: int) -> list[dict[str, Any]]:
    """Return the notices that listed an item, newest first. One query."""
    found = DunningNoticeItem.objects.filter(item_id=item_id).order_by("-notice__notice_date", "-notice_id")
    return _dicts(
        found.values(
            "notice_id",
            "level_rank",
            "amount",
            "currency",
            notice_date=F("notice__notice_date"),
            state=Case(
                When(notice__state="FAILED", notice__transmission__state="BOUNCED", then=Value("BOUNCED")),
                default=F("notice__state"),
            ),
            level_name=F("notice__level__name"),
            level_code=Coalesce("notice__level__code", "notice__decision__run__message_code"),
        )
    )


def list_blocks_of_account(*, account_id: int) -> list[dict[str, Any]]:
    """Return the holds of an account and of its items, newest first. One query."""
    found = DunningBlock.objects.filter(account_id=account_id).order_by("-from_date", "-id")
    return _dicts(
        found.values("id", "item_id", "reason", "from_date", "until_date", document_number=F("item__document_number"))
    )


def explain_account(*, account_id: int, as_of: date) -> DecisionFigures | None:
    """Decide about one account now, without writing: why it would get a message, or why it is held. Six queries."""
    book = read_policies(as_of=as_of)
    found = gather(account_ids=[account_id], as_of=as_of, book=book, looks_back=as_of < clock.today())
    if not found:
        return None
    return figures_of(account=found[0], decision=decide(account=found[0], as_of=as_of))


def simulate_run(*, company_id: int | None, as_of: date) -> Iterator[DecisionFigures]:
    """Decide about every account as of a day, writing nothing; a past day is seen as it stood then.

    Three queries, and four more for every two thousand accounts.
    """
    looks_back = as_of < clock.today()
    book = read_policies(as_of=as_of)
    waiting = list_candidates(as_of=as_of, horizon=book.horizon(as_of), company_id=company_id, looks_back=looks_back)
    for account_ids in chunks(rows=waiting, size=ACCOUNTS_PER_CHUNK):
        for account in gather(account_ids=account_ids, as_of=as_of, book=book, looks_back=looks_back):
            decision = decide(account=account, as_of=as_of)
            if is_kept(decision):
                yield figures_of(account=account, decision=decision)


def find_last_run(*, scope: Scope = EVERYTHING) -> RunRow | None:
    """Return the newest run in scope. Two queries."""
    newest = list_runs(scope=scope).aggregate(newest=Max("id"))["newest"]
    return find_run(run_id=newest, scope=scope) if newest else None


def list_queued_notices(*, run_id: int) -> list[int]:
    """Return the ids of the notices of a run that wait for sending. One query."""
    found = DunningNotice.objects.filter(decision__run_id=run_id, state=DunningNotice.State.QUEUED)
    return list(found.order_by("id").values_list("id", flat=True))


def list_announcements_of_account(*, account_id: int) -> list[dict[str, Any]]:
    """Return where the customer said that it is paid, newest first. One query."""
    found = PaymentAnnouncement.objects.filter(account_id=account_id).order_by("-announced_on", "-id")
    return _dicts(
        found.values(
            "id", "item_id", "announced_on", "until_date", "said", "source",
            document_number=F("item__document_number"),
        )
    )  # fmt: skip


# Money comes some days before the word of it, or after; what was said longer ago explains no payment.
ANNOUNCED_DAYS_MAX = 30


def list_announced_items(*, company_id: int, as_of: date) -> list[tuple[int, date, int]]:
    """Return (account, day of the word, item) of what customers of a company lately said they paid. One query.

    Only items that are open still; what was said of a whole account names none. Cash reads it by
    `QUITTANCE_ANNOUNCEMENT_SOURCES`.
    """
    found = PaymentAnnouncement.objects.filter(
        account__company_id=company_id, item__amount_open__gt=0, announced_on__lte=as_of,
        announced_on__gt=as_of - timedelta(days=ANNOUNCED_DAYS_MAX),
    )  # fmt: skip
    rows = found.order_by("account_id", "announced_on", "item_id").values_list("account_id", "announced_on", "item_id")
    return [(account_id, day, item_id) for account_id, day, item_id in rows.distinct() if item_id is not None]


def list_announcements_of_items(*, item_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return where the customer said that one of these items is paid, newest first. One query."""
    found = PaymentAnnouncement.objects.filter(item_id__in=item_ids).order_by("-announced_on", "-id")
    return _dicts(found.values("id", "item_id", "announced_on", "until_date", "said", "source"))


def find_notice_id(*, transmission_id: int) -> int | None:
    """Return the notice that a transmission carries, None when it carries none. One query."""
    return DunningNotice.objects.filter(transmission_id=transmission_id).values_list("id", flat=True).first()
