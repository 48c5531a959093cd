"""Who pays us and where: our bank accounts with the freshness of their data, and the names of payers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from quittance.parties.models import Company, CompanyBankAccount, Customer, CustomerAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccountRow:
    """One of our bank accounts; `iban` is what the bank calls it where it has no IBAN."""

    id: int
    company_id: int
    company_name: str
    iban: str
    name: str
    currency: str
    last_statement_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerName:
    """A customer under the root of its group, as it may sign its payments."""

    customer_id: int
    group_id: int
    name: str


def fold_account_id(account_id: str) -> str:
    """Return a bank account's identification without spaces, upper case, as it is kept."""
    return "".join(account_id.split()).upper()[:34]


def list_bank_accounts(*, company_ids: Iterable[int] | None = None) -> list[BankAccountRow]:
    """Return our bank accounts by company and name, all or those of some companies. One query."""
    found = CompanyBankAccount.objects.select_related("company").order_by("company__name", "name", "id")
    if company_ids is not None:
        found = found.filter(company_id__in=list(company_ids))
    return [_row(account) for account in found]


def find_bank_account(*, account_id: str) -> BankAccountRow | None:
    """Return the account that a bank calls so. One query."""
    found = CompanyBankAccount.objects.select_related("company").filter(iban=fold_account_id(account_id)).first()
    return _row(found) if found else None


def add_bank_account(*, company_id: int, account_id: str, name: str, currency: str) -> BankAccountRow:
    """Keep a bank account first met on a statement; it is not shown on notices until a person says so."""
    found, _ = CompanyBankAccount.objects.get_or_create(
        iban=fold_account_id(account_id),
        defaults={
            "company_id": company_id,
            "name": name[:80],
            "currency": currency,
            "is_shown_on_notices": False,
        },
    )
    return _row(found)


def add_first_company(*, name: str, currency: str) -> int:
    """Keep our first company, met as the owner of a bank account, and return its id."""
    company, _ = Company.objects.get_or_create(
        code="MAIN", defaults={"name": name[:150] or "Our company", "currency": currency}
    )
    return company.id


def lock_bank_account(*, bank_account_id: int) -> None:
    """Let one file at a time write to a bank account, until the transaction ends."""
    CompanyBankAccount.objects.select_for_update(no_key=True).get(pk=bank_account_id)


def record_statement_date(*, bank_account_id: int, statement_date: date) -> None:
    """Remember up to which day the bank's data is known; never goes back."""
    CompanyBankAccount.objects.filter(
        Q(last_statement_date__isnull=True) | Q(last_statement_date__lt=statement_date), pk=bank_account_id
    ).update(last_statement_date=statement_date)


def bank_data_age_days(*, company_id: int, as_of: date) -> int | None:
    """Return the days since the last statement of the company's stalest bank account, never below 0.

    None when the company has no bank account, or has one that never had a statement. One query.
    """
    dates = list(CompanyBankAccount.objects.filter(company_id=company_id).values_list("last_statement_date", flat=True))
    known = [day for day in dates if day is not None]
    if not known or len(known) < len(dates):
        return None
    return max(0, max((as_of - day).days for day in known))


def list_payer_names(*, company_id: int) -> list[PayerName]:
    """Return the customers that have an account with the company, each with the root of its group. Two queries."""
    parents = dict(Customer.objects.filter(parent__isnull=False).values_list("id", "parent_id"))
    customers = (
        Customer.objects.filter(accounts__company_id=company_id).distinct().order_by("id").values_list("id", "name")
    )
    return [
        PayerName(customer_id=customer_id, group_id=_root(customer_id, parents), name=name)
        for customer_id, name in customers.iterator(chunk_size=10_000)
    ]


def list_group_roots(*, customer_ids: Iterable[int]) -> dict[int, int]:
    """Return the root of each customer's group. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, quittance_group_root(id) FROM unnest(%s::bigint[]) AS c(id)", [list(customer_ids)])
        return dict(cursor.fetchall())


def _root(customer_id: int, parents: dict[int, int]) -> int:
    """Return the top of the group, as the database finds it: at most 20 steps up."""
    for _ in range(20):
        parent = parents.get(customer_id)
        if parent is None:
            break
        customer_id = parent
    return customer_id


def _row(account: CompanyBankAccount) -> BankAccountRow:
    return BankAccountRow(
        id=account.id,
        company_id=account.company_id,
        company_name=account.company.name,
        iban=account.iban,
        name=account.name,
        currency=account.currency,
        last_statement_date=account.last_statement_date,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """An account that money may be posted on."""

    id: int
    number: str
    customer_id: int
    customer_name: str
    department_name: str


def list_account_choices(
    *, company_id: int, customer_id: int | None = None, text: str = "", limit: int = 12
) -> list[AccountChoice]:
    """Return accounts of a company: those of a customer, or those whose customer or number holds a text. One query.

    Nothing when neither is given.
    """
    found = CustomerAccount.objects.filter(company_id=company_id)
    if text:
        folded = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", text.strip()).lower()
            if not unicodedata.combining(letter)
        )
        found = found.filter(Q(customer__name_folded__contains=folded) | Q(number__icontains=text.strip()))
    elif customer_id is not None:
        found = found.filter(customer_id=customer_id)
    else:
        return []
    rows = found.select_related("customer", "department").order_by("customer__name_folded", "number", "id")[:limit]
    return [
        AccountChoice(
            id=account.id,
            number=account.number,
            customer_id=account.customer_id,
            customer_name=account.customer.name,
            department_name=account.department.name,
        )
        for account in rows
    ]
