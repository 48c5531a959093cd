"""The list of customers: one row a customer and company currency, with the sums of the accounts one may see.

Sorting and counting need one sum an account; everything else is read for the customers of a page only. Amounts of
two currencies are never added: a customer that owes in two of them has two rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BooleanField,
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Max,
    Min,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Coalesce, NullIf

from quittance.core.behaviour import EARLY_DAYS_MIN, ON_TIME_DAYS_MAX, VERY_LATE_DAYS_MIN
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import AccountBalance, CustomerBalance, PastBalance
from quittance.ledger.queries.kept import is_prepared
from quittance.parties.queries import account_filter, customers

# Row key: field of the balance. The names differ because the ORM keeps the fields' own names.
SUMS = {
    "open_sum": "open_total",
    "overdue_sum": "overdue",
    "not_due_sum": "not_due",
    "due_1_30_sum": "due_1_30",
    "due_31_60_sum": "due_31_60",
    "due_61_90_sum": "due_61_90",
    "due_91_120_sum": "due_91_120",
    "due_over_120_sum": "due_over_120",
    "credit_sum": "credits",
    "unapplied_sum": "unapplied",
    "disputed_sum": "disputed",
    "promised_sum": "promised",
}
_CUSTOMER = {
    "name": "name",
    "name_folded": "name_folded",
    "number": "number",
    "country": "country",
    "town": "town",
    "siren": "siren",
    "vat_number": "vat_number",
    "numbers_folded": "numbers_folded",
    "is_strategic": "is_strategic",
    "parent_id": "parent_id",
}
# Where the ORM finds what is not a sum; named only when used, since each name is a join over all accounts.
PATHS = {
    **{name: f"account__customer__{field}" for name, field in _CUSTOMER.items()},
    "collector_id": "account__collector_id",
    "department_id": "account__department_id",
}
# The sums of a past day: their columns of the aged balance by customer, where they are not of the same name.
PAST_COLUMNS = {"open_sum": "total", **{name: field for name, field in SUMS.items() if name != "open_sum"}}
FACTS = frozenset(_CUSTOMER)
IDS_MAX = 20_000
ID_DIGITS_MAX = 19
PAYS_CODES = ("EARLY", "ON_TIME", "LATE", "VERY_LATE", "UNKNOWN")


def customer_sums(*, scope: Scope = EVERYTHING) -> QuerySet[Any, Any]:
    """Return rows of `id` (an account's, unique), `customer_id` and `currency`; filter and sort it by more names.

    The names of `SUMS`, `oldest_day`, `usual_delay` and `pays` (one of `PAYS_CODES`) are known to it, but only worked
    out when they are used; other facts are found at their `PATHS`. `with_figures` reads all of them.
    """
    usual = _round(Sum(F("usual_delay_days") * F("paid_count"), filter=~_never_paid()))
    return (
        AccountBalance.objects.filter(_within(scope))
        .order_by()
        .values("currency", customer_id=F("debtor_id"))
        .annotate(id=Min("account_id"))
        .alias(
            oldest_day=Min("oldest_due_date"),
            usual_delay=usual,
            **{name: Sum(field) for name, field in SUMS.items()},
        )
        .alias(
            pays=Case(
                When(usual_delay__isnull=True, then=Value("UNKNOWN")),
                When(usual_delay__lte=-EARLY_DAYS_MIN, then=Value("EARLY")),
                When(usual_delay__lte=ON_TIME_DAYS_MAX, then=Value("ON_TIME")),
                When(usual_delay__lt=VERY_LATE_DAYS_MIN, then=Value("LATE")),
                default=Value("VERY_LATE"),
                output_field=TextField(),
            )
        )
    )


def kept_sums(*, scope: Scope = EVERYTHING) -> QuerySet[Any, Any] | None:
    """Return rows of `id`, `customer_id`, `currency`, `open_sum` and `overdue_sum` that are kept, not added up.

    The same customers with the same sums as `customer_sums`, read by index; `id` is a row's own. None when the scope
    sees a part of the accounts only: what is kept are sums over all of them.
    """
    if scope.company_ids is not None or scope.department_id is not None:
        return None
    return CustomerBalance.objects.order_by().values(
        "id", "currency", customer_id=F("debtor_id"), open_sum=F("open_total"), overdue_sum=F("overdue")
    )


def among_customers(facts: Q, *, field: str) -> Q:
    """Return the condition that a row is of a customer with these facts (a condition on customers). One query.

    Their ids are read first, unless they are very many: the database would guess how many pass, and guesses badly
    for a part of a name.
    """
    found = customers().filter(facts).order_by()
    ids = found.values("id")[: IDS_MAX + 1].aggregate(ids=ArrayAgg("id", default=Value([])))["ids"]
    if len(ids) > IDS_MAX:
        return Q(**{f"{field}__in": found.values("id")})
    # Written as a text: the ORM copies and compares its values many times.
    return Q(_IsAmong(F(field), Value(f"{{{','.join(map(str, ids))}}}")))


class _IsAmong(Func):
    """Test against an array, which the database hashes; a list would be read term by term."""

    template = "%(expressions)s::bigint[])"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def _within(scope: Scope) -> Q:
    if scope.department_id is not None:
        return account_filter(scope=scope, prefix="account__")
    return Q() if scope.company_ids is None else Q(creditor_id__in=sorted(scope.company_ids))


def _never_paid() -> Q:
    return Q(usual_delay_days__isnull=True)


def _round(weighted: Any) -> Func:
    """Return the usual delay over accounts, each weighted by its number of payments, in whole days."""
    paid = NullIf(Sum("paid_count", filter=~_never_paid()), Value(0))
    return Func(weighted * Value(1.0) / paid, function="round", template="round((%(expressions)s)::numeric)::int",
                output_field=IntegerField())  # fmt: skip


def account_ids_of(rows: QuerySet[Any, Any], *, keys: Iterable[str] | None = None) -> list[int]:
    """Return the accounts that the rows add up, in their order; of all rows, or of those with a key. One query.

    A row of a list that shows one collector or department adds up their accounts alone.
    """
    if keys is not None:
        rows = rows.filter(_with_keys(keys))
    found = rows.annotate(account_ids=ArrayAgg("account_id")).values_list("account_ids", flat=True)
    return sorted(account_id for account_ids in found.iterator(chunk_size=10_000) for account_id in account_ids)


def row_key(row: Mapping[str, Any]) -> str:
    """Return what names a row whatever it is read from: its customer and its currency.

    >>> row_key({"customer_id": 7, "currency": "EUR"})
    '7-EUR'
    """
    return f"{row['customer_id']}-{row['currency']}"


def _with_keys(keys: Iterable[str]) -> Q:
    """Return the condition that a row has one of the keys; texts that are none are passed over."""
    wanted: dict[str, list[int]] = {}
    for key in keys:
        customer_id, _dash, currency = key.partition("-")
        if customer_id.isascii() and customer_id.isdigit() and len(customer_id) < ID_DIGITS_MAX:
            wanted.setdefault(currency, []).append(int(customer_id))
    found = Q(pk__in=[])
    for currency, ids in wanted.items():
        found |= Q(currency=currency, debtor_id__in=ids)
    return found


def with_figures(rows: QuerySet[Any, Any], *, customer_ids: Collection[int], as_of: date) -> list[dict[str, Any]]:
    """Return the rows of these customers with all they have to show; order is not kept. One query."""
    found = rows.filter(debtor_id__in=list(customer_ids)).annotate(
        **{name: F(name) for name in (*SUMS, "oldest_day", "usual_delay", "pays")},
        **{name: F(f"account__customer__{field}") for name, field in _CUSTOMER.items()},
        parent_name=Coalesce("account__customer__parent__name", Value("")),
        collector_name=Coalesce(Max("account__collector__name"), Value("")),
        collector_count=Count("account__collector_id", distinct=True),
        account_count=Count("account_id"),
        last_payment=Max("last_payment_date"),
    )
    return [{**row, "days_late": days_late(row["oldest_day"], as_of)} for row in found]


def days_late(oldest_day: date | None, as_of: date) -> int | None:
    """Return how late the oldest debit is, None when nothing is late."""
    return (as_of - oldest_day).days if oldest_day is not None and oldest_day < as_of else None


def past_rows(rows: Sequence[Mapping[str, Any]], *, as_of: date) -> list[dict[str, Any]]:
    """Return rows of an aged balance by customer as rows of this list, with the customers' facts. One query.

    Who pays how, disputes and promises are not part of a past day.
    """
    facts = _facts_of(int(row["key"]) for row in rows)
    found = []
    for row in rows:
        oldest = _oldest_bucket(row)
        found.append(
            {
                **facts[int(row["key"])],
                **{name: row.get(PAST_COLUMNS.get(name, field)) for name, field in SUMS.items()},
                "id": row["id"],
                "customer_id": int(row["key"]),
                "currency": row["currency"],
                "oldest_day": as_of - timedelta(days=oldest) if oldest else None,
                "days_late": oldest,
                "usual_delay": None,
                "pays": "UNKNOWN",
                "last_payment": None,
                "account_count": None,
            }
        )
    return found


def prepared_sums(*, as_of: date, scope: Scope = EVERYTHING) -> QuerySet[Any, Any] | None:
    """Return the rows of a past day that was prepared, as `past_rows` takes them, sorted and narrowed by index.

    None when the day is not prepared, or the scope sees a part of the accounts only. One query.
    """
    if scope.company_ids is not None or scope.department_id is not None or not is_prepared(as_of=as_of):
        return None
    columns = dict.fromkeys(PAST_COLUMNS.get(name, field) for name, field in SUMS.items())
    known = [name for name in columns if name not in ("disputed", "promised")]
    found = PastBalance.objects.filter(as_of=as_of, kind="CUSTOMER").order_by()
    rows: QuerySet[Any, Any] = found.values("id", "currency", *known).annotate(key=F("key_id"))
    return rows


def _oldest_bucket(row: Mapping[str, Any]) -> int | None:
    """Return the first day of the oldest bucket that holds something: the page says "from"."""
    steps = (("due_over_120", 121), ("due_91_120", 91), ("due_61_90", 61), ("due_31_60", 31), ("due_1_30", 1))
    return next((days for name, days in steps if row[name]), None)


def _facts_of(customer_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    rows = (
        customers()
        .filter(id__in=list(customer_ids))
        .values(
            "id",
            *_CUSTOMER.values(),
            parent_name=Coalesce("parent__name", Value("")),
            collector_id=Min("accounts__collector_id"),
            department_id=Min("accounts__department_id"),
            collector_name=Coalesce(Max("accounts__collector__name"), Value("")),
            collector_count=Count("accounts__collector_id", distinct=True),
        )
    )
    return {row.pop("id"): row for row in rows}
