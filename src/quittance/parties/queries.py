"""Read who is who."""

from __future__ import annotations

from dataclasses import dataclass

from quittance.parties.models import Company, Department, User


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
    return DepartmentRow(
        id=department.id, company_id=department.company_id, code=department.code, name=department.name
    )
