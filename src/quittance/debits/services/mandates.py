"""Keep mandates and how a company collects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from quittance.core.debits import has_expired
from quittance.debits import stories
from quittance.debits.errors import DebitRefused, MandateNotFound
from quittance.debits.gathering import DIRECT_DEBIT
from quittance.debits.identifiers import (
    IdentifierWrong,
    is_reference,
    read_bic,
    read_creditor_identifier,
    read_iban,
)
from quittance.debits.models import DebitSettings, Mandate
from quittance.foundation import clock, events
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.parties import editing
from quittance.parties.payments import list_bank_accounts
from quittance.parties.queries import get_accounts
from quittance.parties.services import lock_accounts

State = Mandate.State


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMandate:
    """A mandate as it was signed; `reference` blank lets us number it."""

    account_id: int
    scheme: str
    signed_on: date
    debtor_name: str
    iban: str
    bic: str = ""
    street: str = ""
    postcode: str = ""
    town: str
    country: str
    reference: str = ""
    is_one_off: bool = False
    last_used_on: date | None = None


@transaction.atomic
def record_mandate(*, mandate: NewMandate, actor: Actor) -> int:
    """Keep a signed mandate and let its account pay by debit; return the mandate's id.

    :raises DebitRefused: an identifier is wrong, a day to come, another mandate is in force
    """
    account = lock_accounts(account_ids=[mandate.account_id])[mandate.account_id]
    values = _checked(mandate)
    if mandate.signed_on > clock.today():
        raise DebitRefused(_("That day is still to come."), field="signed_on")
    in_force = Mandate.objects.filter(account_id=account.id, state__in=[State.ACTIVE, State.PENDING]).first()
    if in_force is not None:
        raise DebitRefused(
            _("The mandate %(reference)s is in force: cancel it first.") % {"reference": in_force.reference}
        )
    reference = mandate.reference.strip() or _next_reference(account.company_id, account.id)
    row = Mandate(
        company_id=account.company_id,
        account_id=account.id,
        reference=reference,
        signed_on=mandate.signed_on,
        is_one_off=mandate.is_one_off,
        last_used_on=mandate.last_used_on,
        recorded_by_name=actor.label[:150],
        recorded_at=clock.now(),
        **values,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise DebitRefused(_("Another mandate of this company has this reference."), field="reference") from error
    if account.payment_method != DIRECT_DEBIT:
        editing.edit_account(
            account_id=account.id,
            language=account.language,
            payment_method=DIRECT_DEBIT,
            delivery_preference=account.delivery_preference,
            payment_terms_id=account.payment_terms_id,
            collector_id=account.collector_id,
            actor=actor,
        )
    events.record(stories.of_mandate("mandate.recorded", row, account, actor))
    return row.pk


def _checked(mandate: NewMandate) -> dict[str, Any]:
    """Return the columns that a bank has to know. :raises DebitRefused:"""
    if mandate.scheme not in Mandate.Scheme.values:
        raise DebitRefused(_("Choose one of the schemes."), field="scheme")
    name, town = " ".join(mandate.debtor_name.split())[:70], " ".join(mandate.town.split())[:35]
    country = mandate.country.strip().upper()
    if not name:
        raise DebitRefused(_("Banks ask for the name of the account's owner."), field="debtor_name")
    if not town or len(country) != 2 or not country.isalpha():
        raise DebitRefused(_("Banks ask for town and country apart since 15 November 2026."), field="town")
    if mandate.reference.strip() and not is_reference(mandate.reference.strip()):
        raise DebitRefused(
            _("A reference has up to 35 letters, digits and signs like - or /, without spaces."), field="reference"
        )
    return {
        "scheme": mandate.scheme,
        "debtor_name": name,
        "iban": _identified(read_iban, mandate.iban, "iban"),
        "bic": _identified(read_bic, mandate.bic, "bic") if mandate.bic.strip() else "",
        "street": " ".join(mandate.street.split())[:70],
        "postcode": mandate.postcode.strip()[:16],
        "town": town,
        "country": country,
    }


def _identified(read: Any, text: str, field: str) -> str:
    words = {
        ("iban", "NOT_SEPA"): _("This account is outside the SEPA area: it cannot be debited so."),
        ("iban", "WRONG"): _("This is no IBAN: its check digits or its length are wrong."),
        ("iban", "EMPTY"): _("Write the IBAN."),
        ("bic", "WRONG"): _("This is no BIC: it has 8 or 11 letters and digits."),
        ("creditor_identifier", "WRONG"): _("This is no creditor identifier: its check digits or its form are wrong."),
        ("creditor_identifier", "EMPTY"): _("Write the creditor identifier."),
    }
    try:
        return str(read(text))
    except IdentifierWrong as error:
        raise DebitRefused(words[field, error.code], field=field) from error


def _next_reference(company_id: int, account_id: int) -> str:
    number = Mandate.objects.filter(account_id=account_id).count() + 1
    return f"M{company_id}-{account_id}-{number}"


@transaction.atomic
def amend_mandate(*, mandate_id: int, iban: str, bic: str, actor: Actor) -> None:
    """Write that the debtor's account changed: the next collection tells the bank.

    :raises MandateNotFound: :raises DebitRefused: not in force, no IBAN, the same account
    """
    row, account = _locked(mandate_id)
    new_iban = _identified(read_iban, iban, "iban")
    new_bic = _identified(read_bic, bic, "bic") if bic.strip() else ""
    if row.state not in (State.ACTIVE, State.PENDING):
        raise DebitRefused(_("This mandate is over."))
    if new_iban == row.iban and new_bic == row.bic:
        raise DebitRefused(_("This is the account that the mandate has."), field="iban")
    if row.last_used_on is not None and new_iban != row.iban and "iban" not in row.amended_from:
        # Bank and country stand at the head of an IBAN; another one there is another bank for all that we know.
        is_other_bank = new_iban[:2] != row.iban[:2] or new_iban[4:8] != row.iban[4:8]
        row.amended_from = {**row.amended_from, "iban": row.iban, "is_bank_changed": is_other_bank}
    before = row.iban
    row.iban, row.bic, row.state, row.state_reason = new_iban, new_bic, State.ACTIVE, ""
    row.save()
    events.record(
        stories.of_mandate("mandate.amended", row, account, actor, {"before": before[-4:], "after": new_iban[-4:]})
    )


@transaction.atomic
def cancel_mandate(*, mandate_id: int, on_date: date, reason: str, actor: Actor) -> None:
    """End a mandate: nothing is debited under it any more, and what is owed is chased again.

    :raises MandateNotFound: :raises DebitRefused: it is over, no reason
    """
    row, account = _locked(mandate_id)
    why = " ".join(reason.split())[:200]
    if row.state not in (State.ACTIVE, State.PENDING):
        raise DebitRefused(_("This mandate is over."))
    if not why:
        raise DebitRefused(_("Say why."), field="reason")
    row.state, row.ended_on = State.CANCELLED, max(on_date, row.signed_on)
    row.save()
    events.record(stories.of_mandate("mandate.cancelled", row, account, actor, {"text": why}))


@transaction.atomic
def confirm_mandate(*, mandate_id: int, actor: Actor) -> None:
    """Use a mandate again that waited to be checked. :raises MandateNotFound: :raises DebitRefused: it does not wait"""
    row, account = _locked(mandate_id)
    if row.state != State.PENDING:
        raise DebitRefused(_("This mandate does not wait."))
    row.state, row.state_reason = State.ACTIVE, ""
    row.save()
    events.record(stories.of_mandate("mandate.confirmed", row, account, actor))


def suspend_mandate(*, mandate: Mandate, reason_code: str, actor: Actor) -> None:
    """Let a mandate wait because of what a bank said; call it inside a transaction, its account locked."""
    if mandate.state != State.ACTIVE:
        return
    mandate.state, mandate.state_reason = State.PENDING, reason_code[:35]
    mandate.save(update_fields=["state", "state_reason"])
    account = get_accounts(account_ids=[mandate.account_id])[mandate.account_id]
    events.record(stories.of_mandate("mandate.suspended", mandate, account, actor, {"reason_code": reason_code}))


def expire_mandates(*, as_of: date) -> int:
    """End the mandates that nobody used for 36 months, each in a transaction of its own; return how many."""
    expired = 0
    found = Mandate.objects.filter(state__in=[State.ACTIVE, State.PENDING]).order_by("id")
    for mandate_id in [row.pk for row in found.iterator(chunk_size=2000) if has_expired(mandate=row.fact, day=as_of)]:
        with transaction.atomic():
            row, account = _locked(mandate_id)
            if row.state in (State.ACTIVE, State.PENDING) and has_expired(mandate=row.fact, day=as_of):
                row.state, row.ended_on = State.EXPIRED, as_of
                row.save()
                events.record(stories.of_mandate("mandate.expired", row, account, SYSTEM))
                expired += 1
    return expired


def _locked(mandate_id: int) -> tuple[Mandate, Any]:
    """Lock the account, then its mandate. :raises MandateNotFound:"""
    account_id = Mandate.objects.filter(pk=mandate_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise MandateNotFound(f"no mandate {mandate_id}")
    account = lock_accounts(account_ids=[account_id])[account_id]
    return Mandate.objects.select_for_update(no_key=True).get(pk=mandate_id), account


@transaction.atomic
def change_settings(
    *, company_id: int, creditor_identifier: str, bank_account_id: int, lead_days: int, notice_days: int, actor: Actor
) -> None:
    """Keep how a company collects. :raises DebitRefused: no creditor identifier, a strange or no IBAN account, days"""
    accounts = {row.id: row for row in list_bank_accounts(company_ids=[company_id])}
    chosen = accounts.get(bank_account_id)
    if chosen is None or chosen.currency != "EUR":
        raise DebitRefused(_("Choose one of this company's accounts in euro."), field="bank_account")
    try:
        read_iban(chosen.iban)
    except IdentifierWrong as error:
        raise DebitRefused(_("This account has no IBAN of the SEPA area."), field="bank_account") from error
    if not (1 <= lead_days <= 30 and 0 <= notice_days <= 60):
        raise DebitRefused(_("Write 1 to 30 days for the bank, 0 to 60 for the customer."), field="lead_days")
    values = {
        "creditor_identifier": _identified(read_creditor_identifier, creditor_identifier, "creditor_identifier"),
        "bank_account_id": bank_account_id,
        "lead_days": lead_days,
        "notice_days": notice_days,
    }
    before = DebitSettings.objects.select_for_update().filter(company_id=company_id).first()
    if before is not None and all(getattr(before, name) == value for name, value in values.items()):
        return
    DebitSettings.objects.update_or_create(company_id=company_id, defaults=values)
    events.record(
        events.NewEvent(
            kind="debit_settings.changed",
            actor=actor,
            company_id=company_id,
            subject_kind="company",
            subject_id=str(company_id),
            payload={
                name: {"before": str(getattr(before, name)) if before else "", "after": str(value)}
                for name, value in values.items()
                if before is None or getattr(before, name) != value
            },
        )
    )
