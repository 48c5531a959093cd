"""Read who is who."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from quittance.foundation.permissions import EVERYTHING, Scope
from quittance.parties.models import Company, CustomerAccount, Department, User


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """A company as a choice in the frame."""

    id: int
    code: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRow:
    """A department as a choice in the frame."""

    id: int
    company_id: int
    code: str
    name: str


def company_ids_of_user(*, user_id: int) -> frozenset[int] | None:
    """Return the companies a person may see; None means all of them. One or two queries."""
    user = User.objects.only("sees_all_companies", "is_superuser").get(pk=user_id)
    if user.sees_all_companies or user.is_superuser:
        return None
    return frozenset(user.companies.values_list("id", flat=True))


def list_companies(*, company_ids: frozenset[int] | None = None) -> list[CompanyRow]:
    """Return companies by name, all or those in `company_ids`. One query."""
    found = Company.objects.order_by("name", "id")
    if company_ids is not None:
        found = found.filter(id__in=company_ids)
    return [CompanyRow(id=c.id, code=c.code, name=c.name, currency=c.currency) for c in found]


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
)


def account_rows(found: QuerySet[CustomerAccount]) -> list[AccountRow]:
    """Turn a selection of accounts into rows, in its order. One query."""
    named = {name: F(path) for name, path in _ACCOUNT_VALUES.items()}
    return [
        AccountRow(**{name: "" if value is None and name in _ACCOUNT_VALUES else value for name, value in row.items()})
        for row in found.values(*_ACCOUNT_FIELDS, **named)
    ]


def list_accounts(*, customer_id: int, scope: Scope = EVERYTHING) -> list[AccountRow]:
    """Return the accounts of a customer that the scope shows, by company and department. One query."""
    found = CustomerAccount.objects.filter(customer_id=customer_id).filter(account_filter(scope=scope))
    return account_rows(found.order_by("company__name", "department__name", "id"))


def find_account(*, account_id: int, scope: Scope = EVERYTHING) -> AccountRow | None:
    """Return an account when the scope shows it. One query."""
    found = CustomerAccount.objects.filter(id=account_id).filter(account_filter(scope=scope))
    return next(iter(account_rows(found)), None)


def get_accounts(*, account_ids: Iterable[int]) -> dict[int, AccountRow]:
    """Return accounts by id; ids that do not exist are left out. One query."""
    found = CustomerAccount.objects.filter(id__in=list(account_ids)).order_by("id")
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
