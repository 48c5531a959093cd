"""Our companies as the settings show and change them, and the terms of payment that all of them share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from quittance.core import terms
from quittance.foundation import events
from quittance.foundation.permissions import EVERYTHING, Actor, Scope
from quittance.parties.models import Company, CompanyBankAccount, Department, PaymentTerms

_PREFIX = re.compile(r"[0-9A-Za-z]{1,20}")


class CompanyNotFound(LookupError):
    """No company of the scope has this id."""


class CompanyRefused(ValueError):
    """The change cannot be made; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountRow:
    """A bank account of a company; `days_old` counts from the last statement, None when none was imported."""

    id: int
    iban: str
    bic: str
    name: str
    currency: str
    is_shown_on_notices: bool
    last_statement_date: date | None
    days_old: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySettings:
    """A company with its departments (code, name, number of accounts) and bank accounts."""

    id: int
    code: str
    name: str
    currency: str
    country: str
    legal_identifier: str
    address: str
    sender_name: str
    sender_email: str
    phone: str
    language: str
    receivable_prefixes: tuple[str, ...]
    payment_terms_id: int | None
    payment_terms_name: str
    departments: tuple[dict[str, Any], ...]
    bank_accounts: tuple[BankAccountRow, ...]


def list_company_settings(*, today: date, scope: Scope = EVERYTHING) -> list[CompanySettings]:
    """Return the companies of the scope by name. Three queries."""
    found = Company.objects.order_by("name", "id").select_related("payment_terms")
    if scope.company_ids is not None:
        found = found.filter(id__in=scope.company_ids)
    companies = list(found)
    departments: dict[int, list[dict[str, Any]]] = {}
    rows = Department.objects.filter(company__in=companies).order_by("name", "id")
    for row in rows.values("id", "company_id", "code", "name", account_count=Count("accounts")):
        departments.setdefault(row["company_id"], []).append(dict(row))
    accounts: dict[int, list[BankAccountRow]] = {}
    for account in CompanyBankAccount.objects.filter(company__in=companies).order_by("name", "id"):
        accounts.setdefault(account.company_id, []).append(_bank_account(account, today))
    return [_settings(company, departments.get(company.id, []), accounts.get(company.id, [])) for company in companies]


def get_company_settings(*, company_id: int, today: date, scope: Scope = EVERYTHING) -> CompanySettings:
    """Return one company. Three queries. :raises CompanyNotFound:"""
    found = next((row for row in list_company_settings(today=today, scope=scope) if row.id == company_id), None)
    if found is None:
        raise CompanyNotFound(f"no company {company_id}")
    return found


def change_company(
    *,
    company_id: int,
    receivable_prefixes: Sequence[str],
    sender_name: str,
    sender_email: str,
    phone: str,
    language: str,
    payment_terms_id: int | None,
    actor: Actor,
) -> None:
    """Change how a company's ledger is read and who its messages come from.

    :raises CompanyNotFound: :raises CompanyRefused:
    """
    prefixes = list(dict.fromkeys(receivable_prefixes))
    if not prefixes or not all(_PREFIX.fullmatch(prefix) for prefix in prefixes):
        raise CompanyRefused(
            _("Write one account prefix at least, of digits and letters."), field="receivable_prefixes"
        )
    if payment_terms_id is not None and not PaymentTerms.objects.filter(id=payment_terms_id).exists():
        raise CompanyRefused(_("These terms do not exist."), field="payment_terms")
    values = {
        "receivable_prefixes": prefixes,
        "sender_name": sender_name,
        "sender_email": sender_email,
        "phone": phone,
        "language": language,
        "payment_terms_id": payment_terms_id,
    }
    with transaction.atomic():
        company = Company.objects.select_for_update().filter(id=company_id).first()
        if company is None:
            raise CompanyNotFound(f"no company {company_id}")
        changed = {
            name: [getattr(company, name), value] for name, value in values.items() if getattr(company, name) != value
        }
        if not changed:
            return
        for name, value in values.items():
            setattr(company, name, value)
        company.save()
        _record("company.changed", company, actor, changed)


def show_on_notices(*, company_id: int, bank_account_id: int, is_shown: bool, actor: Actor) -> None:
    """Say whether reminders ask to be paid on a bank account. :raises CompanyNotFound: it is not the company's"""
    with transaction.atomic():
        found = CompanyBankAccount.objects.select_for_update().select_related("company")
        account = found.filter(id=bank_account_id, company_id=company_id).first()
        if account is None:
            raise CompanyNotFound(f"no bank account {bank_account_id} of company {company_id}")
        if account.is_shown_on_notices != is_shown:
            account.is_shown_on_notices = is_shown
            account.save(update_fields=["is_shown_on_notices"])
            changed = {"is_shown_on_notices": [not is_shown, is_shown], "iban": account.iban}
            _record("company.changed", account.company, actor, changed)


def add_department(*, company_id: int, code: str, name: str, actor: Actor) -> int:
    """Add a department to a company. :raises CompanyNotFound: :raises CompanyRefused: the code is taken"""
    with transaction.atomic():
        company = Company.objects.select_for_update().filter(id=company_id).first()
        if company is None:
            raise CompanyNotFound(f"no company {company_id}")
        if Department.objects.filter(company=company, code=code).exists():
            raise CompanyRefused(_("The company has a department with this code already."), field="code")
        department = Department.objects.create(company=company, code=code, name=name)
        _record("department.created", company, actor, {"code": code, "name": name})
    return department.id


def list_payment_terms(*, issued: date) -> list[dict[str, Any]]:
    """Return the terms of payment, each with the due date of an invoice of the day `issued`. One query."""
    rows = PaymentTerms.objects.order_by("days", "code", "id").values(
        "id", "code", "name", "days", "end_of_month", "day_of_month"
    )
    return [{**row, "example": _due(dict(row), issued)} for row in rows]


def _due(row: dict[str, Any], issued: date) -> date:
    counted = terms.PaymentTerms(
        days=row["days"], end_of_month=terms.EndOfMonth(row["end_of_month"]), day_of_month=row["day_of_month"]
    )
    return terms.due_date(terms=counted, document_date=issued)


def _record(kind: str, company: Company, actor: Actor, payload: dict[str, Any]) -> None:
    events.record(
        events.NewEvent(
            kind=kind,
            actor=actor,
            company_id=company.id,
            subject_kind="company",
            subject_id=str(company.id),
            payload={"company": company.code, **payload},
        )
    )


def _bank_account(account: CompanyBankAccount, today: date) -> BankAccountRow:
    last = account.last_statement_date
    return BankAccountRow(
        id=account.id,
        iban=" ".join(account.iban[start : start + 4] for start in range(0, len(account.iban), 4)),
        bic=account.bic,
        name=account.name,
        currency=account.currency,
        is_shown_on_notices=account.is_shown_on_notices,
        last_statement_date=last,
        days_old=(today - last).days if last else None,
    )


def _settings(company: Company, departments: list[dict[str, Any]], accounts: list[BankAccountRow]) -> CompanySettings:
    place = " ".join(part for part in (company.postcode, company.town) if part)
    return CompanySettings(
        id=company.id,
        code=company.code,
        name=company.name,
        currency=company.currency,
        country=company.country,
        legal_identifier=company.legal_identifier,
        address=", ".join(part for part in (company.street, place) if part),
        sender_name=company.sender_name,
        sender_email=company.sender_email,
        phone=company.phone,
        language=company.language,
        receivable_prefixes=tuple(company.receivable_prefixes),
        payment_terms_id=company.payment_terms_id,
        payment_terms_name=company.payment_terms.name if company.payment_terms else "",
        departments=tuple(departments),
        bank_accounts=tuple(accounts),
    )
