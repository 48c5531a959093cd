"""How a company's messages name it, where answers come back to, and what media cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers
from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.delivery import tokens
from quittance.delivery.models import MediumPrice, SenderIdentity
from quittance.foundation import events
from quittance.foundation.permissions import Actor

SMS_NAME_LENGTH_MAX = 11


class SenderRefused(ValueError):
    """The setting can't be kept; `field` names what is wrong, the message says why."""

    def __init__(self, text: str, *, field: str = "") -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a company set for its messages; empty fields leave what each message says itself."""

    company_id: int
    reply_address: str = ""
    has_plus_address: bool = False
    bounce_address: str = ""
    sms_sender: str = ""
    copies: str = SenderIdentity.Copies.NEVER

    def reply_to(self, *, account_id: int) -> str:
        """Return where answers about an account go, "" when the company reads no mailbox."""
        if self.reply_address and self.has_plus_address:
            return tokens.reply_address(address=self.reply_address, account_id=account_id)
        return self.reply_address


_OF_ACCOUNTS = """
SELECT a.id, s.company_id, s.reply_address, s.has_plus_address, s.bounce_address, s.sms_sender
FROM delivery_senderidentity s JOIN parties_customeraccount a ON a.company_id = s.company_id
WHERE a.id = ANY(%s)
"""


def list_identities_of_accounts(*, account_ids: Sequence[int]) -> dict[int, Identity]:
    """Return the identity of each account's company, where it set one. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_ACCOUNTS, [list(account_ids)])
        names = ("company_id", "reply_address", "has_plus_address", "bounce_address", "sms_sender")
        return {row[0]: Identity(**dict(zip(names, row[1:], strict=True))) for row in cursor.fetchall()}


def get_identity(*, company_id: int) -> Identity:
    """Return what a company set; all empty when nothing. One query."""
    names = Identity.__dataclass_fields__
    row = SenderIdentity.objects.filter(company_id=company_id).values(*names).first()
    return Identity(**row) if row else Identity(company_id=company_id)


def set_identity(
    *,
    company_id: int,
    reply_address: str,
    has_plus_address: bool,
    bounce_address: str,
    sms_sender: str,
    actor: Actor,
    copies: str = SenderIdentity.Copies.NEVER,
) -> None:
    """Keep how a company's messages name it, and which of them bring copies of invoices.

    :raises SenderRefused: when an SMS can't show that sender, or there is no such way with copies.
    """
    if copies not in SenderIdentity.Copies.values:
        raise SenderRefused(_("There is no such choice."), field="copies")
    values: dict[str, Any] = {
        "reply_address": reply_address.strip(),
        "has_plus_address": has_plus_address,
        "bounce_address": bounce_address.strip(),
        "sms_sender": _checked_sms_sender(sms_sender.strip()),
        "copies": copies,
    }
    with transaction.atomic():
        before = get_identity(company_id=company_id)
        SenderIdentity.objects.update_or_create(company_id=company_id, defaults=values)
        was = {name: getattr(before, name) for name in values}
        changed = {name: [was[name], value] for name, value in values.items() if was[name] != value}
        if changed:
            payload = {"changes": changed}
            events.record(
                events.NewEvent(kind="delivery.sender_set", actor=actor, company_id=company_id, payload=payload)
            )


def _checked_sms_sender(text: str) -> str:
    """Return a telephone number as E.164, or a name of at most eleven letters and digits with one letter."""
    if not text:
        return ""
    if text.startswith("+"):
        number = find_phone(text=text, country="")
        if number is None:
            raise SenderRefused(_("This is not a telephone number."), field="sms_sender")
        return number
    plain = text.replace(" ", "")
    is_name = len(text) <= SMS_NAME_LENGTH_MAX and plain.isascii() and plain.isalnum() and not plain.isdigit()
    if not is_name:
        raise SenderRefused(
            _("Write a number that begins with +, or a name of at most 11 letters and digits."), field="sms_sender"
        )
    return text


def list_prices() -> list[dict[str, Any]]:
    """Return the prices of media, by unit, newest first. One query."""
    found = MediumPrice.objects.order_by("unit", "-from_date", "id")
    return [dict(row) for row in found.values("id", "unit", "from_date", "price", "currency")]


def set_price(*, unit: str, from_date: date, price: Decimal, currency: str, actor: Actor) -> None:
    """Keep what a unit costs from a day on; the same unit and day again replaces it.

    :raises SenderRefused: when there is no such unit, or the price is below zero.
    """
    if unit not in MediumPrice.Unit.values:
        raise SenderRefused(_("There is no such unit."), field="unit")
    if price < 0:
        raise SenderRefused(_("A price is not below zero."), field="price")
    with transaction.atomic():
        MediumPrice.objects.update_or_create(
            unit=unit, from_date=from_date, defaults={"price": price, "currency": currency}
        )
        payload = {"unit": unit, "from_date": from_date.isoformat(), "price": str(price), "currency": currency}
        events.record(events.NewEvent(kind="delivery.price_set", actor=actor, payload=payload))


def find_phone(*, text: str, country: str) -> str | None:
    """Return a telephone number as E.164 (+33612345678); None when it is none. `country` is that of national ones.

    >>> find_phone(text="06 12 34 56 78", country="FR"), find_phone(text="+34 612 345 678", country="")
    ('+33612345678', '+34612345678')
    >>> find_phone(text="ask Marie", country="FR")
    """
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def can_take_sms(*, number: str) -> bool:
    """Say whether an E.164 number is one that takes SMS: a mobile, or one of a country that does not tell them apart.

    >>> can_take_sms(number="+33612345678"), can_take_sms(number="+33140506070")
    (True, False)
    """
    kind = phonenumbers.number_type(phonenumbers.parse(number, None))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
