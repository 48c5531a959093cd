"""The customers of a past day: sums of the aged balance, sorted and narrowed by the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Any, Final

from django.db.models import Q

from quittance.foundation.permissions import Scope
from quittance.ledger.queries import GroupBy, customer_list
from quittance.ledger.queries.aged_pages import COLUMNS, AgedPage, Narrowing, iter_aged_rows, read_aged_page
from quittance.parties import queries as parties
from quittance.web.paging import Cursor
from quittance.web.tables import AllOf, AnyOf, Condition, Order, QuerySetSource, Raw, Where
from quittance.web.tables.sources import Row, after
from quittance.web.tables.sql import condition_sql, order_sql
from quittance.web.views.customer_table import drawn, fields_of

STREAM_ROWS: Final = 2000
# The name as it is sorted by; the aged balance has the name alone.
_FOLDED: Final = "quittance_fold(name)"
_PLACES: Final = {**customer_list.PAST_COLUMNS, "name_folded": _FOLDED}
_FACTS: Final = ("name_folded", "number", "country", "town", "siren", "vat_number", "numbers_folded", "is_strategic")
_PREPARED_PLACES: Final = {**customer_list.PAST_COLUMNS, **{name: f"customer__{name}" for name in _FACTS}}
_KNOWN: Final = (*COLUMNS, _FOLDED)
_OF_ACCOUNTS: Final = {"collector_id": "accounts__collector_id", "department_id": "accounts__department_id"}


@dataclass(slots=True, kw_only=True)
class PastCustomerSource:
    """Reads the sums of a page, then the facts of its customers; narrowed by facts, their ids are read first."""

    as_of: date
    scope: Scope
    on_sums: tuple[Condition, ...] = ()
    on_facts: tuple[Condition, ...] = ()
    read: AgedPage | None = None

    def where(self, condition: Condition) -> PastCustomerSource:
        """Return the source narrowed by a condition on a sum or on a fact of the customer."""
        if fields_of(condition) <= customer_list.PAST_COLUMNS.keys():
            return replace(self, on_sums=(*self.on_sums, _placed(condition, _PLACES)), read=None)
        return replace(self, on_facts=(*self.on_facts, condition), read=None)

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page with the number of all rows: three queries, one more when narrowed by facts."""
        order = _placed_order(order)
        is_backward = cursor is not None and cursor.is_backward
        beyond = None
        if cursor is not None:
            beyond = _narrowing(after(order=order, cursor=cursor, is_nullable=False), "beyond")
        self.read = read_aged_page(
            as_of=self.as_of, scope=self.scope, group_by=GroupBy.CUSTOMER, where=self._narrowing(), beyond=beyond,
            order_sql=order_sql(order, columns=_KNOWN, is_backward=is_backward), limit=limit,
        )  # fmt: skip
        return self._drawn(self.read.rows)

    def count(self, *, limit: int) -> int:
        """Return how many rows there are, up to `limit`; none is read again when a page was."""
        if self.read is None:
            self.page(order=Order(field="id", id_field="id"), cursor=None, limit=0)
        return min(self.read.row_count, limit) if self.read else 0

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows, a chunk at a time."""
        rows = iter_aged_rows(
            as_of=self.as_of, scope=self.scope, group_by=GroupBy.CUSTOMER, where=self._narrowing(),
            order_sql=order_sql(_placed_order(order), columns=_KNOWN),
        )  # fmt: skip
        while chunk := list(islice(rows, STREAM_ROWS)):
            yield from self._drawn(chunk)

    def _drawn(self, rows: Sequence[dict[str, Any]]) -> list[Row]:
        return [drawn(row) for row in customer_list.past_rows(rows, as_of=self.as_of)]

    def _narrowing(self) -> Narrowing:
        found = _narrowing(AllOf(self.on_sums), "where")
        if not self.on_facts:
            return found
        return Narrowing(
            sql=f"{found.sql} AND key = ANY(%(customer_keys)s)",
            parameters={**found.parameters, "customer_keys": self._keys()},
        )

    def _keys(self) -> list[str]:
        """Return the keys of the customers whose facts pass."""
        found = Q()
        for condition in self.on_facts:
            if fields_of(condition) == {"pays"}:
                # How a customer pays is known of today only.
                found &= Q() if condition.holds({"pays": "UNKNOWN"}) else Q(pk__in=[])
            else:
                found &= _placed(condition, _OF_ACCOUNTS).q()
        if any(fields_of(condition) & _OF_ACCOUNTS.keys() for condition in self.on_facts):
            found &= parties.account_filter(scope=self.scope, prefix="accounts__")
        return [str(one) for one in parties.customers().filter(found).order_by().values_list("id", flat=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCustomerSource:
    """The same of a day whose sums are kept (`prepared_sums`): sorted by index, narrowed in one query."""

    rows: QuerySetSource
    as_of: date

    def where(self, condition: Condition) -> PreparedCustomerSource:
        """Return the source narrowed by a condition on a sum or on a fact of the customer."""
        if fields_of(condition) == {"pays"}:
            # How a customer pays is known of today only.
            is_any = condition.holds({"pays": "UNKNOWN"})
            found = Raw(Q() if is_any else Q(pk__in=[]))
        elif fields_of(condition) & _OF_ACCOUNTS.keys():
            found = Raw(_among(_placed(condition, _OF_ACCOUNTS)))
        elif fields_of(condition) <= customer_list.FACTS:
            found = Raw(_among(condition))
        else:
            return replace(self, rows=self.rows.where(_placed(condition, _PREPARED_PLACES)))
        return replace(self, rows=self.rows.where(found))

    def page(self, *, order: Order, cursor: Cursor | None, limit: int) -> list[Row]:
        """Read one page: two queries."""
        return self._drawn(self.rows.page(order=self._placed(order), cursor=cursor, limit=limit))

    def count(self, *, limit: int) -> int:
        """Count up to `limit`."""
        return self.rows.count(limit=limit)

    def stream(self, *, order: Order) -> Iterator[Row]:
        """Go through all rows, a chunk at a time."""
        rows = self.rows.stream(order=self._placed(order))
        while chunk := list(islice(rows, STREAM_ROWS)):
            yield from self._drawn(chunk)

    def _placed(self, order: Order) -> Order:
        return replace(order, field=_PREPARED_PLACES.get(order.field, order.field))

    def _drawn(self, rows: Sequence[Row]) -> list[Row]:
        return [drawn(row) for row in customer_list.past_rows(rows, as_of=self.as_of)]


def _among(condition: Condition) -> Q:
    return customer_list.among_customers(condition.q(), field="customer_id")


def _narrowing(condition: Condition, prefix: str) -> Narrowing:
    sql, parameters = condition_sql(condition, columns=_KNOWN, prefix=prefix)
    return Narrowing(sql=sql, parameters=parameters)


def _placed(condition: Condition, places: dict[str, str]) -> Condition:
    match condition:
        case Where():
            return Where(places.get(condition.field, condition.field), condition.test, condition.value)
        case AnyOf():
            return AnyOf([_placed(one, places) for one in condition.conditions])
        case AllOf():
            return AllOf([_placed(one, places) for one in condition.conditions])
        case _:
            return condition


def _placed_order(order: Order) -> Order:
    return replace(order, field=_PLACES.get(order.field, order.field))
