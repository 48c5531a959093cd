"""Take customer masters and contact files in: blank says nothing, what differs is changed, the rest is left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from quittance.core.ports.intake import ContactLine, LineRemark, MasterLine, RejectedLine
from quittance.core.reasons import ReasonCode, because
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.parties.agreements import DISCOUNT_DAYS_MAX, DISCOUNT_PER_MILLE_MAX
from quittance.parties.intake import ACCOUNT_TABLE, Resolution, resolve_staged_accounts
from quittance.parties.models import LANGUAGES, Contact, Customer, CustomerAccount, PaymentTerms, User, VirtualIban
from quittance.parties.queries import fold
from quittance.parties.virtual_ibans import VirtualIbanRefused, give_virtual_iban

_Key = tuple[str, str, str]
_LANGUAGES: Final = frozenset(code for code, _name in LANGUAGES)
_METHODS: Final = {
    "TRANSFER": "transfer virement vir vrt transferencia wire banktransfer bacs sepa",
    "DIRECT_DEBIT": "direct_debit directdebit debit prelevement prlv domiciliacion sdd",
    "CARD": "card carte cb tarjeta",
    "CHEQUE": "cheque chq check",
    "BILL": "bill lcr traite effet bor pagare letra",
}
_ROLES: Final = {
    "BUYER": "buyer acheteur achats purchasing comprador compras",
    "FINANCE": "finance daf cfo director_financiero tresorerie treasury",
    "MANAGEMENT": "management direction gerant ceo direccion gerencia dirigeant",
    "LOGISTICS": "logistics logistique logistica entrepot",
    "LEGAL": "legal juridique juridico contentieux",
}
_WORDS: Final = {word: code for table in (_METHODS, _ROLES) for code, text in table.items() for word in text.split()}
_VIRTUAL_IBAN_REASONS = {
    "WRONG": ReasonCode.VIRTUAL_IBAN_WRONG,
    "OURS": ReasonCode.VIRTUAL_IBAN_OURS,
    "TAKEN": ReasonCode.VIRTUAL_IBAN_TAKEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of a file of parties."""

    new_count: int
    changed_count: int
    unchanged_count: int
    rejected: list[RejectedLine]
    remarks: list[LineRemark]
    created: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a line belongs; `problem` blank when it could be told."""

    customer_id: int
    account_id: int
    is_new: bool
    problem: str


def take_masters(
    *,
    lines: Sequence[MasterLine],
    company_id: int | None,
    department_id: int | None,
    may_create_companies: bool,
    moment: datetime,
    actor: Actor,
) -> Taken:
    """Create or change the customers and accounts of the lines, in the caller's transaction."""
    created = _resolve(lines, company_id, department_id, moment, may_create_companies, may_create=True)
    places = _places()
    lookups = _Lookups.load(lines)
    given = _given_virtual_ibans(lines)
    rejected, remarks = [], []
    changed: list[tuple[int, list[str]]] = []
    counts = {"new": 0, "unchanged": 0}
    customers = _by_id(Customer, {place.customer_id for place in places.values()})
    accounts = _by_id(CustomerAccount, {place.account_id for place in places.values()})
    for line in lines:
        place = places[_key(line)]
        if place.problem:
            rejected.append(_rejected(line, place.problem))
            continue
        customer, account = customers[place.customer_id], accounts[place.account_id]
        values, told = lookups.values_of(line, customer)
        remarks += told
        names = [*_set(customer, values["customer"]), *_set(account, values["account"])]
        names += _main_contact(line, customer)
        names += _virtual_iban(line, account, given, remarks, actor)
        if place.is_new:
            counts["new"] += 1
        elif names:
            changed.append((customer.id, names))
        else:
            counts["unchanged"] += 1
    _save(Customer, customers.values(), _CUSTOMER_FIELDS)
    _save(CustomerAccount, accounts.values(), _ACCOUNT_FIELDS)
    events.record_all(_changed_events(changed, actor))
    return Taken(
        new_count=counts["new"],
        changed_count=len(changed),
        unchanged_count=counts["unchanged"],
        rejected=rejected,
        remarks=remarks,
        created=created,
    )


def take_contacts(
    *,
    lines: Sequence[ContactLine],
    company_id: int | None,
    department_id: int | None,
    may_create_companies: bool,  # noqa: ARG001  (contacts never create a company)
    moment: datetime,
    actor: Actor,
) -> Taken:
    """Create or change contacts of known accounts, told apart by e-mail, else by name; in the caller's transaction."""
    created = _resolve(lines, company_id, department_id, moment, may_create_companies=False, may_create=False)
    places = _places()
    known = _known_contacts({place.customer_id for place in places.values() if not place.problem})
    rejected: list[RejectedLine] = []
    changed: list[tuple[int, list[str]]] = []
    counts = {"new": 0, "unchanged": 0}
    for line in lines:
        place = places[_key(line)]
        if place.problem:
            rejected.append(_rejected(line, place.problem))
            continue
        found = known.get(_contact_key(place.customer_id, line.email, line.contact_name))
        contact = found or Contact(customer_id=place.customer_id, account_id=_contact_account(line, place))
        names = _set(contact, _contact_values(line))
        if found is None or names:
            contact.save()
        known[_contact_key(place.customer_id, contact.email, contact.name)] = contact
        if found is None:
            counts["new"] += 1
        elif names:
            changed.append((place.customer_id, names))
        else:
            counts["unchanged"] += 1
    events.record_all(_changed_events(changed, actor))
    return Taken(
        new_count=counts["new"],
        changed_count=len(changed),
        unchanged_count=counts["unchanged"],
        rejected=rejected,
        remarks=[],
        created=created,
    )


_CUSTOMER_FIELDS: Final = (
    "name",
    "siren",
    "vat_number",
    "street",
    "postcode",
    "town",
    "country",
    "language",
    "is_strategic",
    "credit_limit",
    "credit_limit_currency",
    "parent_id",
)
_ACCOUNT_FIELDS: Final = (
    "payment_terms_id",
    "payment_method",
    "collector_id",
    "language",
    "currency",
    "discount_per_mille",
    "discount_days",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lookups:
    """What codes of a master file stand for."""

    terms: Mapping[str, int]
    people: Mapping[str, int]
    parents: Mapping[str, int]

    @classmethod
    def load(cls, lines: Sequence[MasterLine]) -> _Lookups:
        wanted = {line.parent_number for line in lines if line.parent_number}
        people = User.objects.filter(portal_customer__isnull=True).values_list("id", "email", "name")
        return cls(
            terms=dict(PaymentTerms.objects.values_list("code", "id")),
            people={fold(text): id_ for id_, email, name in people for text in (email, name)},
            parents=dict(Customer.objects.filter(number__in=wanted).values_list("number", "id")),
        )

    def values_of(self, line: MasterLine, customer: Customer) -> tuple[dict[str, dict[str, Any]], list[LineRemark]]:
        """Return what the line says of customer and account, and remarks about codes that are not known."""
        remarks: list[LineRemark] = []

        def find(table: Mapping[str, Any], text: str | None, column: str) -> Any:
            if not text:
                return None
            if text not in table:
                remarks.append(_remark(line, column, text))
            return table.get(text)

        language = (line.language_code or "").lower()[:2]
        parent_id = find(self.parents, line.parent_number, "parent_number")
        values = {
            "customer": {
                "name": line.customer_name[:200],
                "siren": (line.siren or "").replace(" ", "")[:9],
                "vat_number": (line.vat_number or "").replace(" ", "")[:20],
                "street": line.street[:150],
                "postcode": line.postcode[:12],
                "town": line.city[:80],
                "country": (line.country_code or "")[:2].upper(),
                "language": language if language in _LANGUAGES else "",
                "is_strategic": line.is_strategic,
                "credit_limit": line.credit_limit,
                "credit_limit_currency": line.currency if line.credit_limit is not None else None,
                "parent_id": parent_id if parent_id != customer.id else None,
            },
            "account": {
                "payment_terms_id": find(self.terms, line.terms_code, "terms_code"),
                "payment_method": find(_WORDS, fold(line.payment_method or "").replace(" ", "_"), "payment_method"),
                "collector_id": find(self.people, fold(line.collector or ""), "collector"),
                "language": language if language in _LANGUAGES else "",
                "currency": line.currency,
                **_discount(line, remarks),
            },
        }
        return values, remarks


def _discount(line: MasterLine, remarks: list[LineRemark]) -> dict[str, int]:
    """Return the terms of discount that a line gives; what cannot be is left out with a remark."""
    if line.discount_pct is None:
        return {}
    per_mille, days = line.discount_pct * 10, line.discount_days or 0
    if per_mille != int(per_mille) or not 0 <= per_mille <= DISCOUNT_PER_MILLE_MAX:
        remarks.append(_remark(line, "discount_pct", f"{line.discount_pct:f}"))
        return {}
    if not 0 <= days <= DISCOUNT_DAYS_MAX:
        remarks.append(_remark(line, "discount_days", str(days)))
        return {}
    return {"discount_per_mille": int(per_mille), "discount_days": days if per_mille else 0}


def _resolve(
    lines: Iterable[MasterLine | ContactLine],
    company_id: int | None,
    department_id: int | None,
    moment: datetime,
    may_create_companies: bool,
    may_create: bool,
) -> Resolution:
    rows: dict[_Key, tuple[Any, ...]] = {}
    for line in lines:
        if isinstance(line, MasterLine):
            facts = (line.customer_name, line.currency, line.terms_code or "", line.position)
        else:
            facts = ("", None, "", line.position)
        rows.setdefault(_key(line), (*_key(line), *facts))
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS intake_account, intake_customer")
        cursor.execute(ACCOUNT_TABLE)
        with cursor.copy(
            "COPY intake_account (company_code, department_code, account_number, customer_name, currency, terms_code,"
            " position) FROM STDIN"
        ) as copy:
            for row in rows.values():
                copy.write_row(row)
    return resolve_staged_accounts(
        company_id=company_id,
        department_id=department_id,
        moment=moment,
        may_create_companies=may_create_companies,
        may_create_accounts=may_create,
    )


def _places() -> dict[_Key, _Place]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT company_code, department_code, account_number, customer_id, account_id, is_new, problem"
            " FROM intake_account"
        )
        return {
            (company, department, number): _Place(
                customer_id=customer_id, account_id=account_id, is_new=is_new, problem=problem
            )
            for company, department, number, customer_id, account_id, is_new, problem in cursor.fetchall()
        }


def _key(line: MasterLine | ContactLine) -> _Key:
    return line.company_code or "", line.department_code or "", line.account_number


def _by_id(model: Any, ids: set[int]) -> dict[int, Any]:
    return {row.id: row for row in model.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True)}


def _set(row: Any, values: Mapping[str, Any]) -> list[str]:
    """Put values that say something and differ on the row; return their names."""
    names = [name for name, value in values.items() if value not in (None, "") and getattr(row, name) != value]
    for name in names:
        setattr(row, name, values[name])
    return names


def _save(model: Any, rows: Iterable[Any], names: Sequence[str]) -> None:
    model.objects.bulk_update(list(rows), [name.removesuffix("_id") for name in names], batch_size=500)


def _main_contact(line: MasterLine, customer: Customer) -> list[str]:
    """Add the e-mail or telephone of the master as a contact, unless the customer has one with it."""
    if not line.email and not line.phone:
        return []
    same = {"email__iexact": line.email} if line.email else {"phone": line.phone[:30]}
    if Contact.objects.filter(customer=customer, **same).exists():
        return []
    Contact.objects.create(
        customer=customer, name=customer.name[:120], email=line.email, phone=line.phone[:30], language=customer.language
    )
    return ["contact"]


def _given_virtual_ibans(lines: Sequence[MasterLine]) -> dict[str, tuple[int, int]]:
    """Return whose the virtual accounts of the lines are by now: customer and company by IBAN. One query."""
    wanted = [line.virtual_iban for line in lines if line.virtual_iban]
    if not wanted:
        return {}
    rows = VirtualIban.objects.filter(iban__in=wanted).values_list("iban", "customer_id", "company_id")
    return {iban: (customer_id, company_id) for iban, customer_id, company_id in rows}


def _virtual_iban(
    line: MasterLine,
    account: CustomerAccount,
    given: Mapping[str, tuple[int, int]],
    remarks: list[LineRemark],
    actor: Actor,
) -> list[str]:
    """Give the customer the virtual account that the line names; say by its line what cannot be."""
    whose = (account.customer_id, account.company_id)
    if not line.virtual_iban or given.get(line.virtual_iban) == whose:
        return []
    try:
        give_virtual_iban(customer_id=whose[0], company_id=whose[1], iban=line.virtual_iban, actor=actor)
    except VirtualIbanRefused as refused:
        reason = because(_VIRTUAL_IBAN_REASONS[refused.problem], value=line.virtual_iban[:40])
        remarks.append(LineRemark(position=line.position, content=line.account_number, reason=reason))
        return []
    return ["virtual_iban"]


def _known_contacts(customer_ids: set[int]) -> dict[tuple[int, str], Contact]:
    found = Contact.objects.filter(customer_id__in=customer_ids).order_by("-id")
    return {_contact_key(contact.customer_id, contact.email, contact.name): contact for contact in found}


def _contact_key(customer_id: int, email: str, name: str) -> tuple[int, str]:
    return customer_id, email.strip().lower() or fold(name.strip())


def _contact_account(line: ContactLine, place: _Place) -> int | None:
    """Return the account when the line names a department, None for a contact of all accounts."""
    return place.account_id if line.department_code else None


def _contact_values(line: ContactLine) -> dict[str, Any]:
    language = (line.language_code or "").lower()[:2]
    role = fold(line.role).replace(" ", "_")
    return {
        "name": (line.contact_name or line.email or line.phone)[:120],
        "email": line.email,
        "phone": (line.phone or line.mobile)[:30],
        "role": _WORDS.get(role) if role in _WORDS and _WORDS[role] in _ROLES else None,
        "language": language if language in _LANGUAGES else "",
    }


def _rejected(line: MasterLine | ContactLine, problem: str) -> RejectedLine:
    return RejectedLine(
        position=line.position,
        content=" | ".join(part for part in (*_key(line), getattr(line, "customer_name", "")) if part),
        reason=because(ReasonCode(problem), account=line.account_number, company=line.company_code or "–"),
    )


def _remark(line: MasterLine, column: str, text: str) -> LineRemark:
    return LineRemark(
        position=line.position,
        content=line.account_number,
        reason=because(ReasonCode.UNKNOWN_CODE, field=column, value=text),
    )


def _changed_events(changed: list[tuple[int, list[str]]], actor: Actor) -> Iterator[events.NewEvent]:
    for customer_id, names in changed:
        yield events.NewEvent(
            kind="customer.changed_by_erp",
            actor=actor,
            customer_id=customer_id,
            subject_kind="customer",
            subject_id=str(customer_id),
            payload={"fields": sorted(set(names))},
        )
