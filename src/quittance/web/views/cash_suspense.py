"""The money that stands in suspense: by account and age, and the receipts and payments behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from quittance.cash import suspense as money
from quittance.cash.suspense import Asked
from quittance.foundation.permissions import Permission
from quittance.ledger.queries.aged_pages import Narrowing
from quittance.parties.queries import fold, number_part
from quittance.web.access import Desk, companies_of, desk_of, requires
from quittance.web.paging import Cursor
from quittance.web.rendering import render_table
from quittance.web.tables import (
    AllOf,
    AmountFilter,
    AnyOf,
    ChoiceFilter,
    Column,
    Condition,
    DateFilter,
    Empty,
    Order,
    Table,
    TextFilter,
    Where,
)
from quittance.web.tables.columns import Row
from quittance.web.tables.sources import after
from quittance.web.tables.sql import condition_sql, order_sql
from quittance.web.tables.table import COUNT_LIMIT

KINDS = {
    "UNAPPLIED": lazy("Unapplied on accounts"),
    "KNOWN": lazy("On the desk, payer known"),
    "UNIDENTIFIED": lazy("Unidentified"),
}
AGE_LABELS = (lazy("0–7 days"), lazy("8–30"), lazy("31–60"), lazy("61–90"), lazy("over 90"))


@dataclass(slots=True, kw_only=True)
class SuspenseSource:
    """Rows by account of `cash.suspense.read_suspense`, sorted, narrowed and counted by the database."""

    asked: Asked
    conditions: tuple[Condition, ...] = ()
    row_count: int | None = None
    columns: ClassVar[Sequence[str]] = money.SUSPENSE_COLUMNS
    read: ClassVar[Callable[..., money.MoneyPage]] = staticmethod(money.read_suspense)
    iterate: ClassVar[Callable[..., Iterator[dict[str, Any]]]] = staticmethod(money.iter_suspense)

    def where(self, condition: Condition) -> Self:
        """Return the source narrowed by a condition; one on customers asks for them alone."""
        if _fields(condition) & set(money.CUSTOMER_COLUMNS):
            sql, parameters = condition_sql(condition, columns=money.CUSTOMER_COLUMNS, prefix="customer")
            return replace(self, asked=replace(self.asked, customers=Narrowing(sql=sql, parameters=parameters)))
        return self._narrowed(condition)

    def _narrowed(self, condition: Condition) -> Self:
        if isinstance(condition, Where) and condition.field == "place" and "place" not in self.columns:
            places: Any = condition.value
            return replace(self, asked=replace(self.asked, places=tuple(places)))
        conditions = (*self.conditions, condition)
        sql, parameters = condition_sql(AllOf(conditions), columns=self.columns)
        where = Narrowing(sql=sql, parameters=parameters)
        return replace(self, conditions=conditions, asked=replace(self.asked, where=where))

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page: one query."""
        beyond = None
        if cursor is not None:
            passed = after(order=order, cursor=cursor, is_nullable=False)
            sql, parameters = condition_sql(passed, columns=self.columns, prefix="beyond")
            beyond = Narrowing(sql=sql, parameters=parameters)
        is_backward = cursor is not None and cursor.is_backward
        found = self.read(
            asked=self.asked,
            order_sql=order_sql(order, columns=self.columns, is_backward=is_backward),
            limit=limit,
            count_max=COUNT_LIMIT + 1,
            beyond=beyond,
        )
        self.row_count = found.row_count
        return list(found.rows)

    def count(self, *, limit: int) -> int:
        """Return how many rows there are, up to `limit`; none is read again when a page was."""
        if self.row_count is None:
            self.page(order=Order(field="id", id_field="id"), cursor=None, limit=1)
        return min(self.row_count or 0, limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows."""
        return self.iterate(asked=self.asked, order_sql=order_sql(order, columns=self.columns))


@dataclass(slots=True, kw_only=True)
class MoneySource(SuspenseSource):
    """The same of receipts and payments, one row each, of `cash.suspense.read_money`."""

    columns: ClassVar[Sequence[str]] = (*money.MONEY_COLUMNS, *money.TEXT_COLUMNS)
    read: ClassVar[Callable[..., money.MoneyPage]] = staticmethod(money.read_money)
    iterate: ClassVar[Callable[..., Iterator[dict[str, Any]]]] = staticmethod(money.iter_money)


def _fields(condition: Condition) -> set[str]:
    match condition:
        case Where():
            return {condition.field}
        case AnyOf() | AllOf():
            return {name for one in condition.conditions for name in _fields(one)}
        case _:
            return set()


class _Suspense(Table):
    has_saved_views = False
    search_hint = lazy("Name or number of the customer")
    amount_field: ClassVar[str]
    more_filters: ClassVar[list[Any]] = []
    empty = Empty(title=lazy("Nothing stands in suspense."), text=lazy("Every receipt is applied."))

    def __init__(self, request: HttpRequest, rows: SuspenseSource, **options: Any) -> None:
        self.filters = [  # type: ignore[misc]  # the companies are those the person may see
            ChoiceFilter(name="kind", label=lazy("What it is"), choices=list(KINDS.items())),
            ChoiceFilter(
                name="company", label=lazy("Company"), field="company_id", reads=int,
                choices=lambda: [(str(one.id), one.name) for one in companies_of(request)],
            ),
            TextFilter(name="currency", label=lazy("Currency")),
            AmountFilter(name="amount", label=lazy("Amount"), field=self.amount_field),
            ChoiceFilter(name="age", label=lazy("Age"), field="place", choices=_ages(), reads=int),
            *self.more_filters,
        ]  # fmt: skip
        super().__init__(request, rows, **options)

    def search_condition(self, text: str) -> Condition:
        """Return customers whose name holds the text, or one of whose numbers begins with it."""
        return AnyOf(
            [Where("name_folded", "contains", fold(text)), Where("numbers_folded", "contains", number_part(text))]
        )


class SuspenseTable(_Suspense):
    """Money applied to nothing, one row an account and currency; on the desk one a customer."""

    key = "cash-suspense"
    caption = lazy("Suspense")
    id_type = str
    default_sort = "-total"
    amount_field = "total"
    columns: ClassVar[list[Column]] = [
        Column(key="kind", label=lazy("What it is"), labels=KINDS),
        Column(key="company_name", label=lazy("Company"), priority=2),
        Column(key="customer_name", label=lazy("Customer"), is_sortable=True, sort_by="customer_folded"),
        Column(key="account_number", label=lazy("Account"), priority=3),
        *(
            Column(
                key=f"age_{place}", label=label, kind="money", priority=2,
                href=lambda row, place=place: money_url(row, place),  # type: ignore[misc]
            )
            for place, label in enumerate(AGE_LABELS)
        ),
        Column(key="total", label=lazy("Total"), kind="money", is_sortable=True, href=lambda row: money_url(row)),
        Column(key="count", label=lazy("Payments"), kind="number", is_visible=False),
    ]  # fmt: skip


class MoneyTable(_Suspense):
    """The receipts and payments behind a figure."""

    key = "cash-suspense-money"
    caption = lazy("Receipts and payments")
    default_sort = "day"
    amount_field = "amount"
    columns: ClassVar[list[Column]] = [
        Column(key="day", label=lazy("Day"), kind="date", is_sortable=True),
        Column(key="what", label=lazy("Payer or document"), kind="link", href=lambda row: piece_url(row)),
        Column(key="customer_name", label=lazy("Customer"), is_sortable=True, sort_by="customer_folded"),
        Column(key="text", label=lazy("Text"), priority=2, template="cash/_text_cell.html"),
        Column(key="age", label=lazy("Days"), kind="number", is_sortable=True),
        Column(key="amount", label=lazy("Amount"), kind="money", is_sortable=True),
        Column(key="company_name", label=lazy("Company"), is_visible=False),
    ]
    more_filters: ClassVar[list[Any]] = [
        TextFilter(name="payer", label=lazy("Payer or document"), field="what"),
        TextFilter(name="said", label=lazy("Text"), field="text"),
        DateFilter(name="day", label=lazy("Day")),
    ]


@requires(Permission.SEE_CASH)
@require_safe
def suspense(request: HttpRequest) -> HttpResponseBase:
    """Show the money that is applied to nothing, by age."""
    desk = desk_of(request)
    source = SuspenseSource(asked=Asked(as_of=desk.today, scope=desk.scope))
    table = SuspenseTable(request, source, as_of=desk.today)
    return render_table(request, "cash/suspense.html", table, {"suspense": tiles(desk)})


@requires(Permission.SEE_CASH)
@require_safe
def suspense_money(request: HttpRequest) -> HttpResponseBase:
    """List the receipts and payments behind a figure of the suspense."""
    desk = desk_of(request)
    source = MoneySource(asked=Asked(as_of=desk.today, scope=desk.scope))
    for name in ("customer", "account"):
        if (wanted := _number(request, name)) is not None:
            source = source.where(Where(f"{name}_id", "exact", wanted))
    kinds = request.GET.getlist("kind")
    context = {"kind": KINDS.get(kinds[0], "") if len(kinds) == 1 else ""}
    return render_table(request, "cash/suspense_money.html", MoneyTable(request, source, as_of=desk.today), context)


def tiles(desk: Desk) -> list[dict[str, Any]]:
    """Return the sums of the suspense by kind and currency, with their addresses."""
    return [
        {
            "kind": KINDS[one.kind],
            "currency": one.currency,
            "amount": one.amount,
            "href": f"{reverse('cash_suspense_money')}?{urlencode({'kind': one.kind, 'currency': one.currency})}",
        }
        for one in sorted(
            money.list_sums(as_of=desk.today, scope=desk.scope), key=lambda one: list(KINDS).index(one.kind)
        )
    ]


def money_url(row: Row, place: int | None = None) -> str:
    """Return the address of the money behind a figure; blank when there is none."""
    if place is not None and not row[f"age_{place}"]:
        return ""
    asked = {
        "kind": row["kind"], "company": row["company_id"], "customer": row["customer_id"],
        "account": row["account_id"], "currency": row["currency"], "age": place,
    }  # fmt: skip
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return f"{reverse('cash_suspense_money')}?{query}"


def piece_url(row: Row) -> str:
    """Return the page of a receipt or of a payment."""
    if row["line_id"] is not None:
        return reverse("cash_line", args=[row["line_id"]])
    return reverse("item_detail", args=[row["item_id"]])


def _ages() -> list[tuple[str, str | Promise]]:
    return [(str(place), label) for place, label in enumerate(AGE_LABELS)]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
