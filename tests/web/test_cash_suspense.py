"""The suspense as lists: what the database sorts, narrows and adds up is what the payments and receipts are."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse

from quittance.cash import services, suspense
from quittance.cash.models import BankTransaction
from quittance.cash.suspense import AGES, Asked
from quittance.foundation import clock
from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.ledger.models import OpenItem
from quittance.ledger.services import refresh_balances
from quittance.parties.models import Customer, User
from quittance.web.tables import AllOf, AnyOf, Condition, ListSource, Order, Where
from quittance.web.views.cash_suspense import (
    MoneySource,
    MoneyTable,
    SuspenseSource,
    SuspenseTable,
    _Suspense,
    money_url,
)
from tests.cast import Cast, make_account, make_cast, make_item
from tests.integration.cash.desk import TODAY, actor, receipt

pytestmark = pytest.mark.django_db
DAY = TODAY + timedelta(days=40)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def streamed(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.fixture
def cast() -> Cast:
    """Write payments of two companies, in two currencies, some of tomorrow, beside debts, and receipts on the desk."""
    cast = make_cast()
    department = cast.department.__class__.objects.create(company=cast.other_company, code="X", name="X")
    for n in range(19):
        customer = Customer.objects.create(number=f"N{n:02}", name=f"{'Éa_b%'[n % 5]} customer {n % 7}")
        place = (cast.other_company, department) if n % 6 == 5 else (cast.company, cast.department)
        account = make_account(customer, *place, number=f"N{n:02}")
        for age in range(0, 30 * (n % 5) + 1, 17):
            make_item(account, f"-{10 + n % 4}.50", due=DAY, issued=DAY - timedelta(days=age))
        make_item(account, "500", due=DAY)
        if n % 4 == 1:
            make_item(account, "-3", due=DAY, issued=DAY + timedelta(days=1))
        if n % 7 == 2:
            make_item(account, "-8", due=DAY, issued=DAY - timedelta(days=70), currency="USD")
    refresh_balances(account_ids=None, as_of=DAY)
    for n, name in enumerate(("A", "B", "C", "D")):
        line = receipt(f"{20 + n}.00", reference=name, name=f"Payer {name}")
        if n < 2:
            BankTransaction.objects.filter(id=line.id).update(customer=cast.durand)
        elif n == 3:
            services.keep_unidentified(transaction_id=line.id, comment="", actor=actor(cast.clara))
    return cast


def pieces(scope: Scope = EVERYTHING, day: date = DAY) -> list[dict[str, Any]]:
    """Return every payment and receipt, found one by one."""
    found = []
    for item in OpenItem.objects.filter(kind="PAYMENT", amount_open__lt=0).select_related("account__customer"):
        account = item.account
        found.append(
            {
                "id": item.id, "kind": "UNAPPLIED", "company_id": account.company_id, "account_id": account.id,
                "customer": account.customer, "currency": item.currency, "amount": -item.amount_open,
                "day": item.document_date,
            }
        )  # fmt: skip
    lines = BankTransaction.objects.filter(state__in=["WAITING", "UNIDENTIFIED"], amount__gt=0)
    for line in lines.select_related("bank_account", "customer"):
        found.append(
            {
                "id": -line.id, "kind": "KNOWN" if line.customer else "UNIDENTIFIED", "account_id": None,
                "company_id": line.bank_account.company_id, "customer": line.customer, "currency": line.currency,
                "amount": line.amount, "day": line.booking_date,
            }
        )  # fmt: skip
    return [
        {**row, "age": (day - row["day"]).days, "place": age_of((day - row["day"]).days)}
        | {"customer_id": row["customer"].id if row["customer"] else None}
        | {"customer_folded": row["customer"].name_folded if row["customer"] else ""}
        for row in found
        if row["day"] <= day and (scope.company_ids is None or row["company_id"] in scope.company_ids)
    ]


def age_of(days: int) -> int:
    return next(n for n, (first, last) in enumerate(AGES) if first <= days and (last is None or days <= last))


def by_account(scope: Scope = EVERYTHING, day: date = DAY) -> list[dict[str, Any]]:
    """Return the rows of the suspense, added up in memory."""
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in pieces(scope, day):
        whose = one["account_id"] or f"{one['company_id']}-{one['customer_id'] or 0}"
        groups[f"{one['kind']}-{whose}-{one['currency']}"].append(one)
    return [
        {
            **{name: rows[0][name] for name in suspense.SUSPENSE_COLUMNS if name not in ("id", "total")},
            "id": key,
            "total": sum(row["amount"] for row in rows),
            "count": len(rows),
            **{f"age_{n}": sum(row["amount"] for row in rows if row["place"] == n) for n in range(len(AGES))},
        }
        for key, rows in groups.items()
    ]


def shown(rows: Any) -> list[dict[str, Any]]:
    """Return rows without what is added for the page alone."""
    more = ("company_name", "customer_name", "account_number", "line_id", "item_id", "what", "text", "customer")
    return [{name: value for name, value in row.items() if name not in more} for row in rows]


EVERY = Order(field="id", id_field="id")
CONDITIONS: list[Condition] = [
    AllOf([]),
    Where("kind", "in", ["UNAPPLIED"]),
    Where("kind", "in", ["KNOWN", "UNIDENTIFIED"]),
    Where("currency", "icontains", "usd"),
    AnyOf([Where("currency", "exact", "USD"), Where("kind", "exact", "KNOWN")]),
]


@pytest.mark.parametrize("condition", [*CONDITIONS, Where("total", "gte", Decimal(30))], ids=str)
def test_rows_by_account_are_the_sums_of_their_payments(cast: Cast, condition: Condition) -> None:
    expected = ListSource(by_account()).where(condition)
    source = SuspenseSource(asked=Asked(as_of=DAY)).where(condition)
    rows = expected.page(order=EVERY, cursor=None, limit=100)
    assert shown(source.page(order=EVERY, cursor=None, limit=100)) == rows
    assert shown(source.stream(order=EVERY)) == rows
    assert source.count(limit=100) == len(rows) > 0
    assert source.count(limit=3) == min(3, len(rows))


@pytest.mark.parametrize("condition", [*CONDITIONS, Where("age", "lte", 20), Where("place", "in", [1, 4])], ids=str)
def test_money_is_every_payment_and_receipt(cast: Cast, condition: Condition) -> None:
    expected = ListSource(pieces()).where(condition)
    source = MoneySource(asked=Asked(as_of=DAY)).where(condition)
    rows = shown(expected.page(order=EVERY, cursor=None, limit=100))
    assert shown(source.page(order=EVERY, cursor=None, limit=100)) == rows
    assert shown(source.stream(order=EVERY)) == rows
    assert source.count(limit=100) == len(rows) > 0


@pytest.mark.parametrize("place", range(len(AGES)))
def test_an_age_shows_who_has_money_of_it(cast: Cast, place: int) -> None:
    expected = {row["id"] for row in by_account() if row[f"age_{place}"]}
    source = SuspenseSource(asked=Asked(as_of=DAY)).where(Where("place", "in", [place]))
    assert {row["id"] for row in source.page(order=EVERY, cursor=None, limit=100)} == expected


def test_sums_by_kind_are_those_of_the_rows(cast: Cast) -> None:
    for scope in (EVERYTHING, Scope(company_ids=frozenset({cast.other_company.id})), Scope(company_ids=frozenset())):
        expected: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in pieces(scope):
            expected[row["kind"], row["currency"]] += row["amount"]
        found = {(one.kind, one.currency): one.amount for one in suspense.list_sums(as_of=DAY, scope=scope)}
        assert found == expected


def test_only_what_the_scope_shows_is_read(cast: Cast) -> None:
    scope = Scope(company_ids=frozenset({cast.other_company.id}))
    asked = Asked(as_of=DAY, scope=scope)
    assert shown(SuspenseSource(asked=asked).page(order=EVERY, cursor=None, limit=100)) == sorted(
        by_account(scope), key=lambda row: str(row["id"])
    )
    assert {row["id"] for row in MoneySource(asked=asked).stream(order=EVERY)} == {row["id"] for row in pieces(scope)}


@pytest.mark.parametrize("sort", ["total", "-total", "customer_name", "-customer_name"])
def test_pages_by_account_go_forth_and_back(cast: Cast, sort: str) -> None:
    rows = by_account()
    assert_pages(SuspenseTable, SuspenseSource(asked=Asked(as_of=DAY)), sort, rows)


@pytest.mark.parametrize("sort", ["day", "-day", "amount", "-amount", "-age", "customer_name"])
def test_pages_of_money_go_forth_and_back(cast: Cast, sort: str) -> None:
    assert_pages(MoneyTable, MoneySource(asked=Asked(as_of=DAY)), sort, pieces())


def assert_pages(table_class: type[_Suspense], source: SuspenseSource, sort: str, rows: list[dict[str, Any]]) -> None:
    def table_at(cursor: str) -> _Suspense:
        request = RequestFactory().get("/cash/suspense/", {"sort": sort, "cursor": cursor})
        table = table_class(request, source)
        table.size = 4
        return table

    expected = [row["id"] for row in ListSource(rows).page(order=table_at("").order, cursor=None, limit=1000)]
    table = table_at("")
    assert [row["id"] for row in table.source.stream(order=table.order)] == expected
    pages = [[row["id"] for row in table.page.rows]]
    while table.page.next_cursor:
        table = table_at(table.page.next_cursor)
        pages.append([row["id"] for row in table.page.rows])
        assert table.count == len(expected)
    assert [row_id for page in pages for row_id in page] == expected
    back = table_at(table.page.previous_cursor)
    assert [row["id"] for row in back.page.rows] == pages[-2]


def test_customers_are_searched_by_name_without_accents_and_by_number(cast: Cast) -> None:
    for text, wanted in (("ea cust", None), ("é customer 3", "N10"), ("n07", "N07")):
        request = RequestFactory().get("/", {"q": text})
        table = SuspenseTable(request, SuspenseSource(asked=Asked(as_of=DAY)))
        numbers = {row["account_number"] for row in table.page.rows}
        assert numbers == ({wanted} if wanted else set()), text
        assert table.count == len(table.page.rows)


def test_a_figure_opens_the_money_that_it_is(cast: Cast) -> None:
    client = signed_in(cast.adam)
    request = RequestFactory().get("/")
    table = SuspenseTable(request, SuspenseSource(asked=Asked(as_of=DAY)))
    for row in table.page.rows:
        for place in (None, *(n for n in range(len(AGES)) if row[f"age_{n}"])):
            asked = QueryDict(money_url(row, place).partition("?")[2])
            money = [
                one
                for one in pieces()
                if one["kind"] == asked["kind"]
                and one["currency"] == asked["currency"]
                and str(one["company_id"]) == asked["company"]
                and str(one["account_id"] or "") == asked.get("account", "")
                and str(one["customer_id"] or "") == asked.get("customer", "")
                and (place is None or one["place"] == place)
            ]
            assert sum(one["amount"] for one in money) == row["total" if place is None else f"age_{place}"]
    page = client.get(reverse("cash_suspense_money"), {"kind": "UNIDENTIFIED", "currency": "EUR"})
    assert "Payer C" in page.content.decode()
    assert "Payer A" not in page.content.decode()
    refused = client.get(reverse("cash_suspense_money"), {"kind": "UNAPPLIED", "company": "x", "age": "99"})
    assert refused.status_code == 422


def test_money_is_narrowed_by_payer_document_text_and_day(cast: Cast) -> None:
    unapplied = OpenItem.objects.filter(kind="PAYMENT", amount_open__lt=0, document_date__lte=DAY)
    number = unapplied.order_by("id").values_list("document_number", flat=True)[0]
    for asked, count in (({"payer": "payer c"}, 1), ({"payer": number}, 1), ({"said": "no such"}, 0)):
        table = MoneyTable(RequestFactory().get("/", asked), MoneySource(asked=Asked(as_of=DAY)))
        assert (len(table.page.rows), table.count) == (count, count)
    table = MoneyTable(RequestFactory().get("/", {"day_to": "2025-12-31"}), MoneySource(asked=Asked(as_of=DAY)))
    assert table.count == len([row for row in pieces() if row["day"] <= date(2025, 12, 31)]) > 0


@pytest.mark.parametrize("name", ["cash_suspense", "cash_suspense_money"])
def test_exports_hold_every_row_that_passes(cast: Cast, name: str) -> None:
    client = signed_in(cast.adam)
    day = clock.today()
    scope = Scope(company_ids=frozenset({cast.company.id}))
    rows = by_account(scope, day) if name == "cash_suspense" else pieces(scope, day)
    answer = streamed(client.get(reverse(name), {"export": "csv"})).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(answer)))) == len(rows) + 1
    answer = streamed(client.get(reverse(name), {"export": "csv", "kind": "KNOWN"})).decode()
    assert len(answer.strip().splitlines()) == len([row for row in rows if row["kind"] == "KNOWN"]) + 1
