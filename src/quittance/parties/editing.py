"""What our people change by hand about customers, their accounts and their contacts; the ERP keeps the rest.

Each change is told in an event with the values before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models, transaction

from quittance.foundation import events
from quittance.foundation.permissions import Actor, Scope
from quittance.parties.models import LANGUAGES, Contact, Customer, CustomerAccount, PaymentTerms
from quittance.parties.people import list_people

TAGS_MAX = 12
TAG_LENGTH_MAX = 40


class EditRefused(ValueError):
    """The change cannot be made; `field` names what is wrong, `problem` says why in a word.

    `problem` is UNKNOWN (no such choice), TOO_MANY (tags), NO_WAY (a contact without e-mail and telephone), TAKEN
    (another contact of the same people has the address), RANGE (a number too small or too large) or ALONE (days of a
    discount without a discount).
    """

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class ContactNotFound(LookupError):
    """No contact has this id."""


@transaction.atomic
def edit_customer(*, customer_id: int, language: str, is_strategic: bool, tags: Sequence[str], actor: Actor) -> bool:
    """Change what we say of a customer ourselves; return whether anything changed. :raises EditRefused:"""
    customer = Customer.objects.select_for_update(no_key=True).get(id=customer_id)
    wanted = list(dict.fromkeys(tag.strip()[:TAG_LENGTH_MAX] for tag in tags if tag.strip()))
    if len(wanted) > TAGS_MAX:
        raise EditRefused("tags", "TOO_MANY")
    values = {"language": _language(language), "is_strategic": is_strategic, "tags": wanted}
    changed = _change(customer, values)
    if changed:
        events.record(_event("customer.edited", actor, changed, customer_id=customer.id))
    return bool(changed)


@transaction.atomic
def edit_account(
    *,
    account_id: int,
    language: str,
    payment_method: str,
    delivery_preference: str,
    payment_terms_id: int | None,
    collector_id: int | None,
    actor: Actor,
) -> bool:
    """Change the ways of an account; return whether anything changed. Items keep their due dates.

    :raises EditRefused: an unknown choice, or a collector who may not see the company
    """
    account = CustomerAccount.objects.select_for_update(no_key=True).get(id=account_id)
    _check_choices(payment_method=payment_method, delivery_preference=delivery_preference)
    if payment_terms_id is not None and not PaymentTerms.objects.filter(id=payment_terms_id).exists():
        raise EditRefused("payment_terms", "UNKNOWN")
    if collector_id is not None and collector_id != account.collector_id:
        people = list_people(scope=Scope(company_ids=frozenset({account.company_id})))
        if collector_id not in dict(people):
            raise EditRefused("collector", "UNKNOWN")
    values = {
        "language": _language(language),
        "payment_method": payment_method,
        "delivery_preference": delivery_preference,
        "payment_terms_id": payment_terms_id,
        "collector_id": collector_id,
    }
    return change_account(account_id=account_id, values=values, actor=actor)


@transaction.atomic
def change_account(*, account_id: int, values: Mapping[str, Any], actor: Actor) -> bool:
    """Write checked values on an account and tell what changed; return whether anything did."""
    account = CustomerAccount.objects.select_for_update(no_key=True).get(id=account_id)
    changed = _change(account, values)
    if changed:
        events.record(_event("account.edited", actor, changed, customer_id=account.customer_id, account=account))
    return bool(changed)


@transaction.atomic
def add_contact(*, customer_id: int, account_id: int | None, values: Mapping[str, Any], actor: Actor) -> int:
    """Write a contact of a customer, for one account or for all (None), and return its id.

    `values`: name, role, email, phone, language ('' as the account's), is_opted_out.

    :raises EditRefused:
    """
    Customer.objects.select_for_update(no_key=True).get(id=customer_id)
    contact = Contact(customer_id=customer_id, account_id=account_id)
    _change(contact, _contact_values(values))
    _check_contact(contact)
    contact.save()
    events.record(_contact_event("contact.added", contact, actor, {"email": contact.email, "phone": contact.phone}))
    return contact.id


@transaction.atomic
def edit_contact(*, contact_id: int, account_id: int | None, values: Mapping[str, Any], actor: Actor) -> bool:
    """Change a contact; return whether anything changed. :raises ContactNotFound: :raises EditRefused:"""
    contact = _lock_contact(contact_id)
    changed = _change(contact, {**_contact_values(values), "account_id": account_id}, saves=False)
    _check_contact(contact)
    if changed:
        contact.save()
        events.record(_contact_event("contact.edited", contact, actor, changed))
    return bool(changed)


@transaction.atomic
def retire_contact(*, contact_id: int, actor: Actor) -> None:
    """Write to a contact no more; what was sent to it stays. :raises ContactNotFound:"""
    _set_active(contact_id, False, "contact.retired", actor)


@transaction.atomic
def restore_contact(*, contact_id: int, actor: Actor) -> None:
    """Use a retired contact again. :raises ContactNotFound: :raises EditRefused: another one has its address by now"""
    _set_active(contact_id, True, "contact.restored", actor)


def find_contact(*, contact_id: int) -> dict[str, Any] | None:
    """Return a contact, retired or not, None when there is none. One query."""
    rows: models.QuerySet[Contact, Any] = Contact.objects.filter(id=contact_id).values(
        "id", "customer_id", "account_id", "role", "name", "email", "phone", "language", "is_opted_out", "is_active"
    )
    found: dict[str, Any] | None = rows.first()
    return found


def contact_role_choices() -> list[tuple[str, str]]:
    """Return code and name of each role of a contact."""
    return [(code, str(name)) for code, name in Contact.ContactRole.choices]


def payment_method_choices() -> list[tuple[str, str]]:
    """Return code and name of each method of payment."""
    return [(code, str(name)) for code, name in CustomerAccount.PaymentMethod.choices]


def delivery_choices() -> list[tuple[str, str]]:
    """Return code and name of each way to send."""
    return [(code, str(name)) for code, name in CustomerAccount.Delivery.choices]


def _set_active(contact_id: int, is_active: bool, kind: str, actor: Actor) -> None:
    contact = _lock_contact(contact_id)
    if contact.is_active == is_active:
        return
    contact.is_active = is_active
    _check_contact(contact)
    contact.save(update_fields=["is_active"])
    events.record(_contact_event(kind, contact, actor, {}))


def _lock_contact(contact_id: int) -> Contact:
    found = Contact.objects.select_for_update(of=("self",), no_key=True).select_related("account")
    contact = found.filter(id=contact_id).first()
    if contact is None:
        raise ContactNotFound(f"no contact {contact_id}")
    return contact


def _contact_values(values: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: str(values[name]).strip() for name in ("name", "role", "email", "phone", "language")}
    if wanted["role"] not in Contact.ContactRole.values:
        raise EditRefused("role", "UNKNOWN")
    if wanted["language"]:
        _language(wanted["language"])
    return {**wanted, "is_opted_out": bool(values["is_opted_out"])}


def _check_contact(contact: Contact) -> None:
    """Refuse a contact that nobody could reach, and an address that is there already. :raises EditRefused:"""
    if not contact.email and not contact.phone:
        raise EditRefused("email", "NO_WAY")
    if not contact.email or not contact.is_active:
        return
    same = Contact.objects.filter(
        customer_id=contact.customer_id, account_id=contact.account_id, email__iexact=contact.email, is_active=True
    )
    if same.exclude(id=contact.id).exists():
        raise EditRefused("email", "TAKEN")


def _check_choices(*, payment_method: str, delivery_preference: str) -> None:
    if payment_method not in CustomerAccount.PaymentMethod.values:
        raise EditRefused("payment_method", "UNKNOWN")
    if delivery_preference not in CustomerAccount.Delivery.values:
        raise EditRefused("delivery_preference", "UNKNOWN")


def _language(code: str) -> str:
    if code not in dict(LANGUAGES):
        raise EditRefused("language", "UNKNOWN")
    return code


def _change(row: models.Model, values: Mapping[str, Any], *, saves: bool = True) -> dict[str, list[Any]]:
    """Set values on a row that is there already, save it, and return what changed: before and after by name."""
    changed = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    for name, value in values.items():
        setattr(row, name, value)
    if changed and saves and row.pk is not None:
        row.save(update_fields=list(changed))
    return changed


def _contact_event(kind: str, contact: Contact, actor: Actor, payload: Mapping[str, Any]) -> events.NewEvent:
    account = CustomerAccount.objects.get(id=contact.account_id) if contact.account_id else None
    values = {"contact": contact.name or contact.email, **payload}
    return _event(kind, actor, values, customer_id=contact.customer_id, account=account, contact_id=contact.id)


def _event(
    kind: str,
    actor: Actor,
    payload: Mapping[str, Any],
    *,
    customer_id: int,
    account: CustomerAccount | None = None,
    contact_id: int | None = None,
) -> events.NewEvent:
    subject = (
        ("contact", contact_id) if contact_id else ("account", account.id) if account else ("customer", customer_id)
    )
    return events.NewEvent(
        kind=kind,
        actor=actor,
        company_id=account.company_id if account else None,
        customer_id=customer_id,
        account_id=account.id if account else None,
        subject_kind=subject[0],
        subject_id=str(subject[1]),
        payload=dict(payload),
    )
