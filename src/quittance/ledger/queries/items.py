"""Read items: lists of any day, and one item with its whole story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject

from quittance.foundation.expressions import days_since
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.foundation.queries import list_events
from quittance.ledger.models import HandedLine, OpenItem, OpenItemVersion
from quittance.ledger.queries.allocations import list_allocations
from quittance.ledger.queries.as_of import TAKEN_BACK, TOUCHED_SINCE, UNDONE_SINCE, is_present
from quittance.parties.queries import account_filter

_AMOUNT = DecimalField(max_digits=20, decimal_places=4)

# Disputes and promises stand above the ledger; a list of items says of each whether it is held, in one query, so
# their tables are read by name here.
_IS_TOUCHED = """
SELECT EXISTS (
    SELECT 1 FROM ledger_allocation a LEFT JOIN ledger_allocationreversal r ON r.allocation_id = a.id
    WHERE a.debit_item_id = ledger_openitem.id AND (a.effective_date > %(as_of)s OR r.effective_date > %(as_of)s)
) OR EXISTS (
    SELECT 1 FROM ledger_allocation a LEFT JOIN ledger_allocationreversal r ON r.allocation_id = a.id
    WHERE a.credit_item_id = ledger_openitem.id AND (a.effective_date > %(as_of)s OR r.effective_date > %(as_of)s)
)
"""
_STATE = """
CASE
WHEN EXISTS (SELECT 1 FROM cases_dispute d WHERE d.item_id = ledger_openitem.id AND d.opened_date <= %s
             AND (d.closed_date IS NULL OR d.closed_date > %s)) THEN 'DISPUTED'
WHEN EXISTS (SELECT 1 FROM promises_promiseditem t JOIN promises_promisetopay p ON p.id = t.promise_id
             WHERE t.item_id = ledger_openitem.id AND p.made_on <= %s
             AND (p.decided_date IS NULL OR p.decided_date > %s)
             AND p.promised_date + p.tolerance_days >= %s) THEN 'PROMISED'
ELSE '' END
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDetail:
    """One item: its row as in `list_items` with more fields, what was applied, its earlier versions, its events."""

    row: dict[str, Any]
    allocations: list[dict[str, Any]]
    versions: list[dict[str, Any]]
    events: list[dict[str, Any]]


def list_items(
    *,
    as_of: date,
    scope: Scope = EVERYTHING,
    is_open: bool = True,
    customer_id: int | None = None,
    account_id: int | None = None,
) -> QuerySet[OpenItem, dict[str, Any]]:
    """Return items as `.values()` rows, those due first at the top; filter, sort and slice it. One or two queries.

    `open_amount` and `open_amount_company` are what was open at the end of the day (signed); `days_late` counts
    from the due date, negative before it; `state` is DISPUTED, PROMISED or blank. With `is_open` False all items
    dated up to the day are listed, settled ones too.
    """
    found = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"))
    if customer_id is not None:
        found = found.filter(account__customer_id=customer_id)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    return _rows(_open_amounts(found, as_of, is_open), as_of).order_by("due_date", "id")


def list_past_items(
    *, as_of: date, scope: Scope = EVERYTHING, account_id: int | None = None
) -> tuple[QuerySet[OpenItem, dict[str, Any]], ...]:
    """Return the items open on a past day in parts that share none; each has its index.

    Rows are narrow: `id`, `open_amount`, and what the items are sorted by; `list_past_rows` gives the rest of those
    shown. What was only applied since was more open then than now. So the parts are: what is open today and what was
    settled since, both with nothing undone since; and what had something undone since, whose amount then must be
    looked at.
    """
    found = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"), document_date__lte=as_of)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    undone = Q(id__in=RawSQL(*_positional(UNDONE_SINCE, as_of)))  # noqa: S611  (fixed text)
    found = found.annotate(open_amount=_present_and_taken_back("amount_open", "amount", as_of))
    parts = (
        found.filter(~Q(amount_open=0), ~undone),
        found.filter(~undone, amount_open=0, settled_date__gt=as_of),
        found.filter(undone).filter(~Q(open_amount=0)),
    )
    return tuple(part.values(*_NARROW) for part in parts)


def list_past_items_by_open(
    *, as_of: date, scope: Scope = EVERYTHING, account_id: int | None = None
) -> tuple[QuerySet[OpenItem, dict[str, Any]], QuerySet[OpenItem, dict[str, Any]]]:
    """Return the same in two parts for who asks by what was open: items untouched since, and those touched.

    What is untouched has its amount stored, and an index on it. What is touched costs a look-up a row: narrow it.
    """
    found = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"), document_date__lte=as_of)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    # A scalar, so that it is asked row by row in the order of the index, and not for all items first.
    found = found.annotate(is_touched=RawSQL(*_positional(_IS_TOUCHED, as_of), output_field=BooleanField()))  # noqa: S611  (fixed text)
    untouched = found.filter(~Q(amount_open=0), is_touched=False).annotate(open_amount=F("amount_open"))
    touched = found.filter(is_touched=True).annotate(
        open_amount=_present_and_taken_back("amount_open", "amount", as_of)
    )
    return untouched.values(*_NARROW), touched.filter(~Q(open_amount=0)).values(*_NARROW)


def list_past_rows(*, item_ids: Sequence[int], as_of: date) -> list[dict[str, Any]]:
    """Return items as in `list_items` of a past day, in the order of the ids; those that are gone are left out."""
    found = OpenItem.objects.filter(id__in=item_ids).annotate(
        open_amount=_present_and_taken_back("amount_open", "amount", as_of),
        open_amount_company=_present_and_taken_back("amount_company_open", "amount_company", as_of),
    )
    rows = {row["id"]: row for row in _rows(found, as_of)}
    return [rows[item_id] for item_id in item_ids if item_id in rows]


def find_item(*, item_id: int, as_of: date, scope: Scope = EVERYTHING) -> ItemDetail | None:
    """Return an item with its whole story, when the scope shows it. Five queries.

    `in_erp` tells an item that we sent to the ERP and that came back: journal, entry, document, source and import.
    """
    found = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"), id=item_id)
    more = (
        "receivable_account",
        "entry_number",
        "source",
        "external_id",
        "version",
        "batch_id",
        "recorded_at",
        "amount_company_open",
    )
    known = _rows(_open_amounts(found, as_of, is_open=False, is_dated=False), as_of)
    row = known.values(*more, *_NAMES, in_erp=_in_erp()).first()
    if row is None:
        return None
    versions: QuerySet[OpenItemVersion, Any] = OpenItemVersion.objects.filter(item_id=item_id).values(
        "version", "row", "replaced_at"
    )
    return ItemDetail(
        row=row,
        allocations=list_allocations(item_id=item_id),
        versions=list(versions.order_by("-version")),
        events=list_events(item_id=item_id),
    )


def _in_erp() -> Subquery:
    voice = HandedLine.objects.filter(item_id=OuterRef("id")).exclude(source="").order_by("-returned_at", "-id")
    told = JSONObject(
        journal="journal_code",
        entry="erp_entry_number",
        document="erp_document_number",
        source="source",
        batch="batch_id",
    )
    return Subquery(voice.values(told=told)[:1])


def search_items(*, text: str, as_of: date, scope: Scope = EVERYTHING, limit: int = 10) -> list[dict[str, Any]]:
    """Return items whose document number begins with `text`, or whose reference or original amount it is.

    Open ones come first. The reference is what the customer calls the document, such as the number of its order.
    """
    found = OpenItem.objects.filter(account_filter(scope=scope, prefix="account__"))
    wanted = text.strip().lower()
    condition = Q(search_text__startswith=wanted)
    if wanted:
        condition |= Q(reference__in={text.strip(), wanted, wanted.upper()})
    if (amount := _amount(wanted)) is not None:
        condition |= Q(amount_original__in=[amount, -amount]) & ~Q(amount_open=0)
    rows = _rows(_open_amounts(found.filter(condition), as_of, is_open=False), as_of)
    return list(rows.order_by("search_text", "id")[:limit])


def _open_amounts(found: QuerySet[OpenItem], as_of: date, is_open: bool, is_dated: bool = True) -> QuerySet[OpenItem]:
    """Put what was open on the day on each row, and keep what was (with `is_open`)."""
    if is_present(as_of=as_of):
        if is_open:
            found = found.filter(~Q(amount_open=0))
        return found.annotate(open_amount=F("amount_open"), open_amount_company=F("amount_company_open"))
    if is_dated:
        found = found.filter(document_date__lte=as_of)
    # Few items were touched since: only for them what was taken back is looked up, the others are as they are now.
    touched = Q(id__in=RawSQL(*_positional(TOUCHED_SINCE, as_of)))  # noqa: S611  (fixed text)
    if is_open:
        found = found.filter(~Q(amount_open=0) | touched)
    found = found.annotate(
        open_amount=_then(touched, "amount_open", "amount", as_of),
        open_amount_company=_then(touched, "amount_company_open", "amount_company", as_of),
    )
    return found.filter(~Q(open_amount=0)) if is_open else found


def _then(touched: Q, present: str, moved: str, as_of: date) -> Case:
    then = _present_and_taken_back(present, moved, as_of)
    return Case(When(touched, then=then), default=F(present), output_field=_AMOUNT)


def _present_and_taken_back(present: str, moved: str, as_of: date) -> Any:
    taken_back = Coalesce(_raw_amount(*_taken_back_of_row(moved, as_of)), Value(Decimal(0)))
    return ExpressionWrapper(F(present) + taken_back, output_field=_AMOUNT)


def _raw_amount(sql: str, parameters: list[date]) -> RawSQL:
    return RawSQL(sql, parameters, output_field=_AMOUNT)  # noqa: S611  (fixed text)


def _positional(sql: str, as_of: date) -> tuple[str, list[date]]:
    positional = sql.replace("%(as_of)s", "%s")
    return positional, [as_of] * positional.count("%s")


def _taken_back_of_row(column: str, as_of: date) -> tuple[str, list[date]]:
    sql, parameters = _positional(TAKEN_BACK, as_of)
    # The planner pushes the item down into each part of the union, so a row costs a few index look-ups.
    return f"SELECT {column} FROM ({sql}) t WHERE t.item_id = ledger_openitem.id", parameters


_NARROW = ("id", "document_date", "due_date", "amount_original", "open_amount")
_NAMES = (
    "id",
    "account_id",
    "customer_id",
    "customer_name",
    "customer_number",
    "account_number",
    "company_id",
    "company_name",
    "department_name",
    "collector_name",
    "kind",
    "document_number",
    "instalment",
    "document_date",
    "posting_date",
    "due_date",
    "days_late",
    "currency",
    "amount_original",
    "open_amount",
    "company_currency",
    "amount_company",
    "open_amount_company",
    "state",
    "label",
    "reference",
    "journal_code",
    "delay_reason_code",
    "is_factored",
    "settled_date",
    "amount_open",
    "search_text",
)


def _rows(found: QuerySet[OpenItem], as_of: date) -> QuerySet[OpenItem, dict[str, Any]]:
    rows: QuerySet[OpenItem, dict[str, Any]] = found.annotate(
        customer_id=F("account__customer_id"),
        customer_name=F("account__customer__name"),
        customer_number=F("account__customer__number"),
        account_number=F("account__number"),
        company_id=F("account__company_id"),
        company_name=F("account__company__name"),
        department_name=F("account__department__name"),
        collector_name=Coalesce("account__collector__name", Value("")),
        days_late=days_since("due_date", as_of=as_of),
        state=RawSQL(_STATE, [as_of] * 5, output_field=TextField()),  # noqa: S611  (fixed text)
    ).values(*_NAMES)
    return rows


def _amount(text: str) -> Decimal | None:
    """Read what a person typed as an amount: 1250, 1 250,00 or 1250.00."""
    digits = text.replace(" ", "").replace("\u202f", "").replace(",", ".")
    if digits.count(".") <= 1 and digits.replace(".", "").isdecimal() and len(digits) <= 16:
        return Decimal(digits)
    return None
