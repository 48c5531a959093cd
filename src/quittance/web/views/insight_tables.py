"""The aged balance as a table: one row a key and currency, in the order of names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from quittance.foundation.permissions import Scope
from quittance.ledger.queries import GroupBy
from quittance.ledger.queries.aged_pages import COLUMNS, AgedPage, Narrowing, iter_aged_rows, read_aged_page
from quittance.web.insight_words import BUCKET_LABELS
from quittance.web.paging import Cursor
from quittance.web.tables import AllOf, AmountFilter, Column, Condition, Empty, Order, Table
from quittance.web.tables.sources import Row, after
from quittance.web.tables.sql import condition_sql, order_sql

TOTALS = (*BUCKET_LABELS, "credits", "unapplied", "total", "overdue")


@dataclass(slots=True, kw_only=True)
class AgedSource:
    """Rows of the aged balance, sorted, narrowed and added up by the database; what was read last is kept."""

    as_of: date
    scope: Scope
    group_by: GroupBy
    conditions: tuple[Condition, ...] = ()
    read: AgedPage | None = None

    def where(self, condition: Condition) -> AgedSource:
        """Return the source narrowed by a condition."""
        return replace(self, conditions=(*self.conditions, condition), read=None)

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page with the totals and the number of all rows: two queries."""
        is_backward = cursor is not None and cursor.is_backward
        beyond = None
        if cursor is not None:
            beyond = _narrowing(after(order=order, cursor=cursor, is_nullable=False), "beyond")
        self.read = read_aged_page(
            as_of=self.as_of,
            scope=self.scope,
            group_by=self.group_by,
            where=_narrowing(AllOf(self.conditions)),
            beyond=beyond,
            order_sql=order_sql(order, columns=COLUMNS, is_backward=is_backward),
            limit=limit,
        )
        return [self._drawn(row) for row in self.read.rows]

    def count(self, *, limit: int) -> int:
        """Return how many rows there are, up to `limit`; none is read again when a page was."""
        if self.read is None:
            self.page(order=Order(field="id", id_field="id"), cursor=None, limit=0)
        return min(self.read.row_count, limit) if self.read else 0

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows."""
        rows = iter_aged_rows(
            as_of=self.as_of,
            scope=self.scope,
            group_by=self.group_by,
            where=_narrowing(AllOf(self.conditions)),
            order_sql=order_sql(order, columns=COLUMNS),
        )
        return map(self._drawn, rows)

    def totals(self) -> dict[str, Any]:
        """Return the last line of what was read, when there is one currency to add up in."""
        totals = self.read.totals if self.read else []
        return {name: totals[0][name] for name in TOTALS} if len(totals) == 1 else {}

    def _drawn(self, row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "group_by": self.group_by}


def _narrowing(condition: Condition, prefix: str = "where") -> Narrowing:
    sql, parameters = condition_sql(condition, columns=COLUMNS, prefix=prefix)
    return Narrowing(sql=sql, parameters=parameters)


def _behind(group_by: GroupBy, key: str) -> str:
    """Return the address of what one row adds up."""
    here = reverse("aged_balance")
    match group_by:
        case GroupBy.CUSTOMER | GroupBy.GROUP:
            return reverse("customer_detail", args=[int(key)])
        case GroupBy.ACCOUNT:
            return f"{reverse('item_list')}?{urlencode({'account': key})}"
        case GroupBy.COMPANY:
            return f"{here}?{urlencode({'desk_company': key, 'by': GroupBy.DEPARTMENT.value})}"
        case GroupBy.CURRENCY | GroupBy.COMPANY_CURRENCY:
            return f"{reverse('item_list')}?{urlencode({'currency': key})}"
        case _:
            return ""


class AgedTable(Table):
    """Amounts by age; sums of the company's currency (by currency: of the documents')."""

    key = "aged"
    id_type = str
    caption = _("Aged balance")
    CHOICES: ClassVar[list[tuple[str, Any]]] = [
        (GroupBy.CUSTOMER.value, _("Customer")),
        (GroupBy.ACCOUNT.value, _("Account")),
        (GroupBy.GROUP.value, _("Group")),
        (GroupBy.DEPARTMENT.value, _("Department")),
        (GroupBy.COMPANY.value, _("Company")),
        (GroupBy.CURRENCY.value, _("Document currency")),
    ]
    columns: ClassVar[list[Column]] = [
        Column(key="name", label=_("Name"), is_sortable=True, href=lambda row: _behind(row["group_by"], row["key"])),
        Column(key="code", label=_("Number"), is_sortable=True, priority=3),
        Column(key="total", label=_("Total"), kind="money", is_sortable=True),
        Column(key="overdue", label=_("Overdue"), kind="money", is_sortable=True),
        *(
            Column(key=key, label=label, kind="money", is_sortable=True, priority=2)
            for key, label in BUCKET_LABELS.items()
        ),
        Column(key="credits", label=_("Credits"), kind="money", priority=2),
        Column(key="unapplied", label=_("Unapplied cash"), kind="money", priority=2),
        Column(key="currency", label=_("Currency"), priority=3, is_visible=False),
    ]
    filters: ClassVar[list[Any]] = [
        AmountFilter(name="total", label=_("Total")),
        AmountFilter(name="overdue", label=_("Overdue")),
    ]
    search_fields: ClassVar[list[str]] = ["name", "code"]
    default_sort = "-overdue"
    empty = Empty(title=_("Nothing is owed on this day."), text=_("Import a ledger, or choose another day above."))

    def context(self) -> dict[str, Any]:
        """Return what the template needs; the last line adds up the rows that pass, on whatever page they are."""
        self.page  # noqa: B018 - reading the page reads the totals
        self.totals = cast(AgedSource, self.source).totals()
        return super().context()
