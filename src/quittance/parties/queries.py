"""Read who is who."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.models import Company, Contact, Customer, CustomerAccount, Department, Note, User


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """A company as a choice in the frame."""

    id: int
    code: str
    name: str
    currency: str
    receivable_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRow:
    """A department as a choice in the frame."""

    id: int
    company_id: int
    code: str
    name: str


def company_ids_of_user(*, user_id: int) -> frozenset[int] | None:
    """Return the companies a person may see; None means all of them. One query."""
    rows = list(User.objects.filter(pk=user_id).values_list("sees_all_companies", "is_superuser", "companies"))
    if any(sees_all or is_superuser for sees_all, is_superuser, _ in rows):
        return None
    return frozenset(company_id for _, _, company_id in rows if company_id is not None)


def list_companies(*, company_ids: frozenset[int] | None = None) -> list[CompanyRow]:
    """Return companies by name, all or those in `company_ids`. One query."""
    found = Company.objects.order_by("name", "id")
    if company_ids is not None:
        found = found.filter(id__in=company_ids)
    return [_company_row(company) for company in found]


def find_company(
    *, company_id: int | None = None, code: str | None = None, legal_identifier: str | None = None
) -> CompanyRow | None:
    """Return a company by id, by code or by its legal identifier (SIREN). One query."""
    asked = {"id": company_id, "code": code, "legal_identifier": legal_identifier}
    wanted = {name: value for name, value in asked.items() if value is not None}
    found = Company.objects.filter(**wanted).order_by("id").first() if wanted else None
    return _company_row(found) if found else None


def _company_row(company: Company) -> CompanyRow:
    return CompanyRow(
        id=company.id,
        code=company.code,
        name=company.name,
        currency=company.currency,
        receivable_prefixes=tuple(company.receivable_prefixes),
    )


def list_departments(*, company_ids: frozenset[int] | None = None) -> list[DepartmentRow]:
    """Return departments by company and name. One query."""
    found = Department.objects.order_by("company__name", "name", "id")
    if company_ids is not None:
        found = found.filter(company_id__in=company_ids)
    return [_department_row(d) for d in found]


def find_department(*, company_id: int, department_id: int) -> DepartmentRow | None:
    """Return the department when it belongs to the company. One query."""
    found = Department.objects.filter(company_id=company_id, id=department_id).first()
    return _department_row(found) if found else None


def _department_row(department: Department) -> DepartmentRow:
    return DepartmentRow(id=department.id, company_id=department.company_id, code=department.code, name=department.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account with the keys of what it belongs to; `company_currency` is what its balance is kept in."""

    id: int
    number: str
    customer_id: int
    customer_number: str
    customer_name: str
    company_id: int
    company_name: str
    company_currency: str
    department_id: int
    department_name: str
    currency: str
    language: str
    payment_method: str
    delivery_preference: str
    payment_terms_id: int | None
    payment_terms_name: str
    collector_id: int | None
    collector_name: str
    is_active: bool
    discount_per_mille: int = 0
    discount_days: int = 0
    is_oldest_first: bool = False
    nets_credit_notes: bool = False
    matching_threshold: int | None = None


_ACCOUNT_VALUES = {
    "customer_number": "customer__number",
    "customer_name": "customer__name",
    "company_name": "company__name",
    "company_currency": "company__currency",
    "department_name": "department__name",
    "payment_terms_name": "payment_terms__name",
    "collector_name": "collector__name",
}
_ACCOUNT_FIELDS = (
    "id",
    "number",
    "customer_id",
    "company_id",
    "department_id",
    "currency",
    "language",
    "payment_method",
    "delivery_preference",
    "payment_terms_id",
    "collector_id",
    "is_active",
    "discount_per_mille",
    "discount_days",
    "is_oldest_first",
    "nets_credit_notes",
    "matching_threshold",
)


def account_rows(found: QuerySet[CustomerAccount]) -> list[AccountRow]:
    """Turn a selection of accounts into rows, in its order. One query."""
    named = {name: F(path) for name, path in _ACCOUNT_VALUES.items()}
    rows: QuerySet[CustomerAccount, Any] = found.values(*_ACCOUNT_FIELDS, **named)
    return [AccountRow(**_without_none(row)) for row in rows]


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    """Write names that are not there as blank."""
    return {name: "" if value is None and name in _ACCOUNT_VALUES else value for name, value in row.items()}


def list_accounts(*, customer_id: int, scope: Scope = EVERYTHING) -> list[AccountRow]:
    """Return the accounts of a customer that the scope shows, by company and department. One query."""
    found = CustomerAccount.objects.filter(customer_id=customer_id).filter(account_filter(scope=scope))
    return account_rows(found.order_by("company__name", "department__name", "id"))


def find_account(*, account_id: int, scope: Scope = EVERYTHING) -> AccountRow | None:
    """Return an account when the scope shows it. One query."""
    found = CustomerAccount.objects.filter(id=account_id).filter(account_filter(scope=scope))
    return next(iter(account_rows(found)), None)


def find_account_by_number(*, number: str, scope: Scope = EVERYTHING) -> int | None:
    """Return the id of the account of a number; None when there is none, or several companies use it. One query."""
    found = CustomerAccount.objects.filter(account_filter(scope=scope), number=number).order_by("id")
    ids = list(found.values_list("id", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def get_accounts(*, account_ids: Iterable[int]) -> dict[int, AccountRow]:
    """Return accounts by id; ids that do not exist are left out. One query."""
    found = CustomerAccount.objects.filter(id__any=account_ids).order_by("id")
    return {row.id: row for row in account_rows(found)}


def account_filter(*, scope: Scope, prefix: str = "") -> Q:
    """Return the condition that keeps a query inside the scope; `prefix` is the path to the account.

    `account_filter(scope=scope, prefix="account__")` narrows rows that hang on an account.
    """
    condition = Q()
    if scope.company_ids is not None:
        condition &= Q(**{f"{prefix}company_id__in": sorted(scope.company_ids)})
    if scope.department_id is not None:
        condition &= Q(**{f"{prefix}department_id": scope.department_id})
    return condition


def customers() -> QuerySet[Customer]:
    """Return all customers, for apps above to narrow, annotate and turn into rows."""
    return Customer.objects.all()


def find_customer(*, customer_id: int) -> dict[str, Any] | None:
    """Return a customer's own facts. One query."""
    rows: QuerySet[Customer, Any] = Customer.objects.filter(id=customer_id).values(
        "id",
        "number",
        "name",
        "kind",
        "parent_id",
        "is_strategic",
        "country",
        "language",
        "siren",
        "vat_number",
        "lei",
        "street",
        "postcode",
        "town",
        "industry",
        "tags",
        "credit_limit",
        "credit_limit_currency",
        parent_name=Coalesce("parent__name", Value("")),
    )
    return cast("dict[str, Any] | None", rows.first())


def list_contacts(*, customer_id: int, account_id: int | None = None) -> list[dict[str, Any]]:
    """Return the active contacts of a customer; with an account, those of it and those of all accounts. One query."""
    found = Contact.objects.filter(customer_id=customer_id, is_active=True)
    if account_id is not None:
        found = found.filter(Q(account_id=account_id) | Q(account_id__isnull=True))
    rows = found.order_by("role", "name", "id").values(
        "id", "account_id", "role", "name", "email", "phone", "language", "is_opted_out"
    )
    return [{**row, "role_name": Contact.ContactRole(row["role"]).label} for row in rows]


def list_notes(*, customer_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Return the notes about a customer, pinned ones first, then latest first. One query."""
    found = Note.objects.filter(customer_id=customer_id).order_by("-is_pinned", "-created_at", "-id")
    rows: QuerySet[Note, Any] = found.values(
        "id",
        "account_id",
        "text",
        "is_pinned",
        "created_at",
        "author_id",
        author_name=Coalesce("author__name", Value("")),
    )
    return list(rows[:limit])


_GROUP = """
WITH RECURSIVE tree (id, depth, path) AS (
    SELECT id, 0, ARRAY[name_folded] FROM parties_customer WHERE id = quittance_group_root(%s)
    UNION ALL
    SELECT c.id, depth + 1, path || c.name_folded FROM tree JOIN parties_customer c ON c.parent_id = tree.id
    WHERE depth < 20
)
SELECT c.id, c.number, c.name, c.parent_id, c.country, tree.depth
FROM tree JOIN parties_customer c ON c.id = tree.id ORDER BY tree.path, c.id LIMIT 500
"""


def list_group(*, customer_id: int) -> list[dict[str, Any]]:
    """Return the whole group of a customer, top first, each daughter below its mother (`depth`). One query."""
    with connection.cursor() as cursor:
        cursor.execute(_GROUP, [customer_id])
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def search_customers(*, text: str, scope: Scope = EVERYTHING, limit: int = 10) -> list[dict[str, Any]]:
    """Return customers in the scope whose name holds `text`, or whose number, SIREN or VAT number starts with it.

    Names that begin with it come first. One query.
    """
    wanted = fold(text.strip())
    found = Customer.objects.filter(
        Q(name_folded__contains=wanted)
        | Q(numbers_folded__contains=number_part(text))
        | Q(numbers_folded__contains=number_part(text.replace(" ", "")))
        | Q(accounts__number__istartswith=text.strip())
    ).filter(account_filter(scope=scope, prefix="accounts__"), accounts__isnull=False)
    found = found.annotate(begins=Q(name_folded__startswith=wanted)).order_by("-begins", "name_folded", "id").distinct()
    rows: QuerySet[Customer, Any] = found.values("id", "number", "name", "town", "country", "begins", "name_folded")
    return list(rows[:limit])


def number_part(text: str) -> str:
    """Return what `numbers_folded` of a customer holds when its number, SIREN or VAT number begins with the text.

    >>> number_part("FR 12")
    ' fr 12'
    """
    return f" {fold(text.strip())}"


def fold(text: str) -> str:
    """Write text as the stored search columns have it: no accents, lower case.

    >>> fold("Société Générale")
    'societe generale'
    """
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not "\u0300" <= mark <= "\u036f").lower()
