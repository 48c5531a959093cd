"""When the claims of items lapse: read by `core.limitation` from what is known, and moved by what people record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.core.limitation import LASTING, DebtorKind, EventKind, LimitationClock, run_clock
from quittance.core.limitation import LimitationEvent as Happening
from quittance.core.limitation import LimitationRule as Rule
from quittance.foundation import clock as present
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import LockedItem, lock_items
from quittance.litigation.models import LimitationEvent, LimitationRule
from quittance.parties.attachments import find_attachment
from quittance.promises.plan_queries import list_acknowledgements

COMMENT_LENGTH_MAX: Final = 300
REASON_LENGTH_MAX: Final = 200
_DEBTOR_KINDS: Final = {
    "COMPANY": DebtorKind.BUSINESS,
    "SOLE_TRADER": DebtorKind.BUSINESS,
    "PUBLIC": DebtorKind.PUBLIC,
}

_ITEMS = """
SELECT i.id, i.account_id, i.document_number, i.document_date, i.due_date, i.currency, i.amount_open,
    i.company_currency, i.amount_company_open, a.number, a.company_id, c.id, c.name, c.kind, c.country, o.country
FROM ledger_openitem i
JOIN parties_customeraccount a ON a.id = i.account_id
JOIN parties_customer c ON c.id = a.customer_id
JOIN parties_company o ON o.id = a.company_id
WHERE i.id = ANY(%s)
"""
# A payment is the debtor's own act; a credit note or a write-off is ours and moves nothing.
_PAYMENTS = """
SELECT a.debit_item_id, a.effective_date, c.document_number
FROM ledger_allocation a
JOIN ledger_openitem c ON c.id = a.credit_item_id AND c.kind = 'PAYMENT'
WHERE a.debit_item_id = ANY(%(items)s) AND a.effective_date <= %(as_of)s
  AND NOT EXISTS (SELECT FROM ledger_allocationreversal r
                  WHERE r.allocation_id = a.id AND r.effective_date <= %(as_of)s)
"""


class LimitationEventNotFound(LookupError):
    """No event of limitation has this id."""


class LimitationRefused(ValueError):
    """It cannot be recorded like this; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemClock:
    """The clock of an item's claim; `rule` and `clock` are None when no period is known for its country and debtor."""

    item_id: int
    account_id: int
    account_number: str
    company_id: int
    customer_id: int
    customer_name: str
    document_number: str
    document_date: date
    due_date: date
    currency: str
    amount_open: Decimal
    company_currency: str
    amount_company_open: Decimal
    country: str
    debtor_kind: str
    rule: Rule | None
    is_to_be_checked: bool
    clock: LimitationClock | None

    @property
    def end_date(self) -> date | None:
        """Return the last day in time, None when it is not known or the clock stands still."""
        return self.clock.end_date if self.clock else None

    @property
    def has_start(self) -> bool:
        """Tell whether somebody said when delivery or service was completed."""
        return self.clock is not None and any(move.event.kind is EventKind.START for move in self.clock.moves)


def law_of(*, customer_kind: str, customer_country: str, company_country: str) -> tuple[str, str]:
    """Return the country and kind of debtor whose rule counts: the seller's country, a public body's own.

    >>> law_of(customer_kind="COMPANY", customer_country="DE", company_country="FR")
    ('FR', 'BUSINESS')
    >>> law_of(customer_kind="PUBLIC", customer_country="DE", company_country="FR")
    ('DE', 'PUBLIC')
    """
    kind = _DEBTOR_KINDS.get(customer_kind, DebtorKind.CONSUMER)
    country = company_country if kind is DebtorKind.BUSINESS else customer_country or company_country
    return country, kind.value


def list_rules() -> list[dict[str, Any]]:
    """Return the periods of all countries. One query."""
    rows = LimitationRule.objects.order_by("country", "debtor_kind", "from_date", "id")
    return [dict(row) for row in rows.values()]


def list_clocks(*, item_ids: Collection[int], as_of: date) -> dict[int, ItemClock]:
    """Return the clocks of items by id, as known on a day. Five queries."""
    wanted = list(set(item_ids))
    if not wanted:
        return {}
    rules = list_rules()
    happened = _happenings(wanted, as_of)
    return {row[0]: _clock(row, rules, happened[row[0]], as_of) for row in _select(_ITEMS, [wanted])}


def find_clock(*, item_id: int, as_of: date) -> ItemClock | None:
    """Return the clock of one item, None when there is no such item."""
    return list_clocks(item_ids=[item_id], as_of=as_of).get(item_id)


def list_events_of_item(*, item_id: int) -> list[dict[str, Any]]:
    """Return what people recorded of an item's claim, latest first, what was taken back too. One query."""
    found = LimitationEvent.objects.filter(item_id=item_id).order_by("-event_date", "-id")
    return [
        dict(row)
        for row in found.values(
            "id", "item_id", "kind", "event_date", "end_date", "comment", "attachment_id", "attachment__filename",
            "recorded_by_name", "recorded_at", "is_withdrawn", "withdrawn_reason",
        )
    ]  # fmt: skip


@transaction.atomic
def record_event(
    *,
    item_id: int,
    kind: str,
    event_date: date,
    actor: Actor,
    end_date: date | None = None,
    comment: str = "",
    attachment_id: int | None = None,
) -> int:
    """Write down what happened to the claim of an item; return the event's id.

    A lawsuit or suspension without an end goes on; `end_event` says later when it was over.

    :raises ItemNotFound: :raises LimitationRefused: no such kind, a day to come, an end without sense, a strange file
    """
    item = lock_items(item_ids=[item_id])[item_id]
    today = present.today()
    if kind not in LimitationEvent.Kind.values:
        raise LimitationRefused(_("Choose what happened."), field="kind")
    if event_date > today:
        raise LimitationRefused(_("That day is still to come."), field="event_date")
    if end_date is not None:
        _check_end(kind, event_date, end_date)
    if attachment_id is not None:
        found = find_attachment(attachment_id=attachment_id)
        if found is None or found["customer_id"] != item.account.customer_id:
            raise LimitationRefused(_("This file is not kept with the customer."), field="attachment")
    row = LimitationEvent.objects.create(
        item_id=item_id,
        kind=kind,
        event_date=event_date,
        end_date=end_date,
        comment=" ".join(comment.split())[:COMMENT_LENGTH_MAX],
        attachment_id=attachment_id,
        recorded_by_id=actor.user_id,
        recorded_by_name=actor.label[:150],
        recorded_at=present.now(),
    )
    events.record(_event("limitation.recorded", row, item, actor, {"text": row.comment}))
    return row.id


@transaction.atomic
def end_event(*, event_id: int, end_date: date, actor: Actor) -> None:
    """Say when a lawsuit or suspension was over. :raises LimitationEventNotFound: :raises LimitationRefused:"""
    row, item = _lock(event_id)
    if row.end_date is not None or row.is_withdrawn:
        raise LimitationRefused(_("It is over already, or was taken back."))
    _check_end(row.kind, row.event_date, end_date)
    row.end_date = end_date
    row.save(update_fields=["end_date"])
    events.record(_event("limitation.ended", row, item, actor, {}))


@transaction.atomic
def withdraw_event(*, event_id: int, reason: str, actor: Actor) -> None:
    """Take back what was recorded by mistake; a reason is necessary.

    :raises LimitationEventNotFound: :raises LimitationRefused:
    """
    row, item = _lock(event_id)
    wanted = " ".join(reason.split())[:REASON_LENGTH_MAX]
    if not wanted:
        raise LimitationRefused(_("Say why."), field="reason")
    if row.is_withdrawn:
        raise LimitationRefused(_("It is over already, or was taken back."))
    row.is_withdrawn, row.withdrawn_reason = True, wanted
    row.save(update_fields=["is_withdrawn", "withdrawn_reason"])
    events.record(_event("limitation.withdrawn", row, item, actor, {"text": wanted}))


def _lock(event_id: int) -> tuple[LimitationEvent, LockedItem]:
    item_id = LimitationEvent.objects.filter(id=event_id).values_list("item_id", flat=True).first()
    if item_id is None:
        raise LimitationEventNotFound(f"no event {event_id}")
    item = lock_items(item_ids=[item_id])[item_id]
    return LimitationEvent.objects.select_for_update(no_key=True).get(id=event_id), item


def _check_end(kind: str, event_date: date, end_date: date) -> None:
    if EventKind(kind) not in LASTING:
        raise LimitationRefused(_("Only a court action or a suspension has an end."), field="end_date")
    if end_date < event_date:
        raise LimitationRefused(_("It cannot end before it began."), field="end_date")
    if end_date > present.today():
        raise LimitationRefused(_("That day is still to come."), field="end_date")


def _happenings(item_ids: list[int], as_of: date) -> defaultdict[int, list[Happening]]:
    found: defaultdict[int, list[Happening]] = defaultdict(list)
    recorded = LimitationEvent.objects.filter(item_id__in=item_ids, is_withdrawn=False, event_date__lte=as_of)
    for row in recorded.order_by("id"):
        found[row.item_id].append(
            Happening(kind=EventKind(row.kind), event_date=row.event_date, end_date=row.end_date, reference=row.comment)
        )
    for item_id, day, number in _select(_PAYMENTS, {"items": item_ids, "as_of": as_of}):
        found[item_id].append(Happening(kind=EventKind.PART_PAYMENT, event_date=day, reference=number))
    for item_id, day, _plan_id in list_acknowledgements(item_ids=item_ids, as_of=as_of):
        reference = _("payment plan accepted")
        found[item_id].append(Happening(kind=EventKind.ACKNOWLEDGEMENT, event_date=day, reference=reference))
    return found


def _clock(
    row: tuple[Any, ...], rules: Iterable[Mapping[str, Any]], happened: list[Happening], as_of: date
) -> ItemClock:
    country, debtor_kind = law_of(customer_kind=row[13], customer_country=row[14], company_country=row[15])
    known = [
        rule
        for rule in rules
        if (rule["country"], rule["debtor_kind"]) == (country, debtor_kind) and rule["from_date"] <= row[3]
    ]
    rule = _rule(known[-1]) if known else None
    clock = None if rule is None else run_clock(rule=rule, document_date=row[3], events=happened, as_of=as_of)
    return ItemClock(
        item_id=row[0],
        account_id=row[1],
        document_number=row[2],
        document_date=row[3],
        due_date=row[4],
        currency=row[5],
        amount_open=row[6],
        company_currency=row[7],
        amount_company_open=row[8],
        account_number=row[9],
        company_id=row[10],
        customer_id=row[11],
        customer_name=row[12],
        country=country,
        debtor_kind=debtor_kind,
        rule=rule,
        is_to_be_checked=bool(known and known[-1]["is_to_be_checked"]),
        clock=clock,
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        months=row["months"],
        interrupting=frozenset(EventKind(code) for code in row["interrupting"]),
        is_from_next_year=row["is_from_next_year"],
        months_left_min=row["months_left_min"],
        source=row["source"],
    )


def _select(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _event(
    kind: str, row: LimitationEvent, item: LockedItem, actor: Actor, payload: Mapping[str, str]
) -> events.NewEvent:
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=item.account.company_id,
        customer_id=item.account.customer_id,
        account_id=item.account.id,
        item_id=item.id,
        subject_kind="limitation_event",
        subject_id=str(row.id),
        payload={
            "document": item.document_number,
            "happened": row.kind,
            "event_date": row.event_date.isoformat(),
            "end_date": row.end_date.isoformat() if row.end_date else "",
            **payload,
        },
    )
