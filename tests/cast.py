"""The named cast of the tests: one company of ours, its people, and customers with known manners.

Alice collects and owns the accounts, Bob is her colleague, Charlie is a stranger of another company, Clara the
cash clerk, Diane the CFO, Adam the administrator; Petra signs in on the portal for Durand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password

from quittance.foundation import clock
from quittance.ledger.models import OpenItem
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

PASSWORD = "correct horse battery"
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Everybody at once; see the module's text."""

    company: Company
    department: Department
    services: Department
    other_company: Company
    bank_account: CompanyBankAccount
    terms: PaymentTerms
    alice: User
    bob: User
    charlie: User
    manager: User
    clara: User
    diane: User
    adam: User
    petra: User
    durand: Customer
    account: CustomerAccount
    people: dict[str, User] = field(default_factory=dict)


def make_cast() -> Cast:
    """Write the cast to the database and return it."""
    company = Company.objects.create(
        code="ARV",
        name="Arvor Distribution",
        legal_identifier="552100554",
        sender_email="credit@arvor.example",
        sender_name="Arvor Distribution",
        receivable_prefixes=["411"],
        street="4 quai des Fosses",
        postcode="29200",
        town="Brest",
    )
    other = Company.objects.create(code="OTH", name="Other Trading", currency="USD", receivable_prefixes=["411"])
    department = Department.objects.create(company=company, code="WHO", name="Wholesale")
    services = Department.objects.create(company=company, code="SRV", name="Services")
    bank_account = CompanyBankAccount.objects.create(
        company=company, iban="FR7630006000011234567890189", bic="AGRIFRPP", name="Main account"
    )
    terms = PaymentTerms.objects.create(code="30N", name="30 days", days=30)
    people = {
        name: _person(name, [role], [company])
        for name, role in (
            ("alice", "COLLECTOR"),
            ("bob", "COLLECTOR"),
            ("manager", "CREDIT_MANAGER"),
            ("clara", "CASH_CLERK"),
            ("diane", "CFO"),
            ("adam", "ADMINISTRATOR"),
        )
    }
    charlie = _person("charlie", ["COLLECTOR"], [other])
    durand = Customer.objects.create(number="C0001", name="Durand & Fils", country="FR", town="Lyon")
    account = make_account(durand, company, department, number="411DURAND", collector=people["alice"], terms=terms)
    Contact.objects.create(
        customer=durand,
        name="Marie Petit",
        email="m.petit@durand.example",
        phone="+33400000001",
        language="fr",
    )
    petra = _person("petra", ["PORTAL"], [], portal_customer=durand)
    return Cast(
        company=company,
        department=department,
        services=services,
        other_company=other,
        bank_account=bank_account,
        terms=terms,
        charlie=charlie,
        petra=petra,
        durand=durand,
        account=account,
        people={**people, "charlie": charlie, "petra": petra},
        **people,
    )


@cache
def _hashed() -> str:
    """Return the hash of PASSWORD, made once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def _person(name: str, roles: list[str], companies: list[Company], **fields: object) -> User:
    user = User.objects.create(
        email=f"{name}@example.com", password=_hashed(), name=name.capitalize(), roles=roles, language="en", **fields
    )
    user.companies.set(companies)
    return user


def make_account(
    customer: Customer,
    company: Company,
    department: Department,
    *,
    number: str,
    collector: User | None = None,
    terms: PaymentTerms | None = None,
    language: str = "fr",
) -> CustomerAccount:
    """Write one account."""
    return CustomerAccount.objects.create(
        customer=customer,
        company=company,
        department=department,
        number=number,
        collector=collector,
        payment_terms=terms,
        language=language,
        currency=company.currency,
    )


def make_item(
    account: CustomerAccount,
    amount: str | Decimal,
    *,
    due: date,
    kind: str | None = None,
    number: str | None = None,
    issued: date | None = None,
    currency: str | None = None,
) -> OpenItem:
    """Write one item: a positive amount is an invoice, a negative one a payment unless `kind` says otherwise."""
    value = Decimal(amount)
    serial = next(_numbers)
    issued = issued or due - timedelta(days=30)
    item = OpenItem.objects.create(
        account=account,
        kind=kind or ("INVOICE" if value > 0 else "PAYMENT"),
        document_number=number or f"F{serial:06d}",
        document_date=issued,
        posting_date=issued,
        due_date=due,
        currency=currency or account.currency,
        amount_original=value,
        amount_open=value,
        company_currency=account.currency,
        amount_company=value,
        amount_company_open=value,
        source="TEST",
        external_id=f"T{serial}",
        payload_hash=f"{serial}",
        recorded_at=clock.now(),
    )
    item.refresh_from_db()
    return item
