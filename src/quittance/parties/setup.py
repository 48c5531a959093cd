"""Services that set an installation up: companies, people, customers with their accounts and contacts, in bulk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import transaction

from quittance.parties.models import (
    Company,
    CompanyBankAccount,
    Contact,
    Customer,
    CustomerAccount,
    Department,
    PaymentTerms,
    User,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCompany:
    """A company with its bank account and departments (code, name)."""

    code: str
    name: str
    currency: str = "EUR"
    country: str = "FR"
    legal_identifier: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    sender_email: str = ""
    phone: str = ""
    language: str = "fr"
    iban: str = ""
    bic: str = ""
    departments: Sequence[tuple[str, str]] = ()
    receivable_prefixes: Sequence[str] = ("411",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """An account of a customer, its company, department and terms by their codes, its collector by e-mail."""

    company: str
    department: str
    number: str
    currency: str
    terms: str
    payment_method: str
    language: str
    collector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer with its accounts and, when known, the person to write to; `parent` is a customer's number."""

    number: str
    name: str
    kind: str = "COMPANY"
    country: str = ""
    language: str = "fr"
    parent: str = ""
    is_strategic: bool = False
    siren: str = ""
    vat_number: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    industry: str = ""
    credit_limit: Decimal | None = None
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    accounts: Sequence[NewAccount] = field(default_factory=tuple)


@transaction.atomic
def add_company(*, company: NewCompany) -> int:
    """Write a company with its bank account and departments; return its id."""
    row = Company.objects.create(
        code=company.code,
        name=company.name,
        currency=company.currency,
        country=company.country,
        legal_identifier=company.legal_identifier,
        street=company.street,
        postcode=company.postcode,
        town=company.town,
        sender_name=company.name,
        sender_email=company.sender_email,
        phone=company.phone,
        language=company.language,
        receivable_prefixes=list(company.receivable_prefixes),
    )
    Department.objects.bulk_create(Department(company=row, code=code, name=name) for code, name in company.departments)
    if company.iban:
        CompanyBankAccount.objects.create(
            company=row, iban=company.iban, bic=company.bic, name=company.name, currency=company.currency
        )
    return int(row.id)


@transaction.atomic
def add_person(
    *, email: str, name: str, roles: Collection[str], language: str, companies: Collection[str] | None,
    password: str = "", password_hash: str = "", portal_customer: str = "",
) -> int:  # fmt: skip
    """Write a person with a password, or one hashed before, and return its id.

    `companies` by code, None for all of them; `portal_customer` by number makes it a customer's.
    """
    customer = Customer.objects.get(number=portal_customer) if portal_customer else None
    user = User.objects.create(
        email=User.objects.normalize_email(email), password=password_hash or make_password(password), name=name,
        roles=list(roles), language=language, sees_all_companies=companies is None, portal_customer=customer,
    )  # fmt: skip
    user.companies.set(Company.objects.filter(code__in=companies or ()))
    return int(user.pk)


@transaction.atomic
def add_terms(*, terms: Mapping[str, tuple[str, int, str]]) -> None:
    """Write payment terms: code to (name, days, end of month as in `PaymentTerms.EndOfMonth`)."""
    PaymentTerms.objects.bulk_create(
        (PaymentTerms(code=c, name=name, days=days, end_of_month=eom) for c, (name, days, eom) in terms.items()),
        ignore_conflicts=True,
    )


@transaction.atomic
def add_customers(*, customers: Sequence[NewCustomer]) -> None:
    """Write customers with accounts and contacts: some ten statements, however many there are."""
    Customer.objects.bulk_create(
        [
            Customer(
                number=c.number, name=c.name, kind=c.kind, country=c.country, language=c.language,
                is_strategic=c.is_strategic, siren=c.siren, vat_number=c.vat_number, street=c.street,
                postcode=c.postcode, town=c.town, industry=c.industry, credit_limit=c.credit_limit,
            )
            for c in customers
        ],
        batch_size=5000,
    )  # fmt: skip
    ids = dict(Customer.objects.filter(number__in=[c.number for c in customers]).values_list("number", "id"))
    daughters = [Customer(id=ids[c.number], parent_id=ids[c.parent]) for c in customers if c.parent]
    Customer.objects.bulk_update(daughters, ["parent"], batch_size=2000)
    _add_accounts(customers, ids)
    Contact.objects.bulk_create(
        [
            Contact(
                customer_id=ids[c.number], name=c.contact_name, email=c.contact_email, phone=c.contact_phone,
                language=c.language,
            )
            for c in customers
            if c.contact_name
        ],
        batch_size=5000,
    )  # fmt: skip


def _add_accounts(customers: Sequence[NewCustomer], ids: Mapping[str, int]) -> None:
    companies = dict(Company.objects.values_list("code", "id"))
    departments = {(company, code): pk for company, code, pk in Department.objects.values_list("company", "code", "id")}
    terms = dict(PaymentTerms.objects.values_list("code", "id"))
    people = dict(User.objects.values_list("email", "id"))
    CustomerAccount.objects.bulk_create(
        [
            CustomerAccount(
                customer_id=ids[c.number], company_id=companies[a.company],
                department_id=departments[companies[a.company], a.department], number=a.number, currency=a.currency,
                payment_terms_id=terms[a.terms], payment_method=a.payment_method, language=a.language,
                collector_id=people.get(a.collector),
            )
            for c in customers
            for a in c.accounts
        ],
        batch_size=5000,
    )  # fmt: skip
