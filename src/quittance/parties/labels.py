"""The names of the choices of an account (method of payment, way of delivery, language) and of a contact (role)."""

from __future__ import annotations

from typing import Any

from quittance.parties.models import LANGUAGES, Contact, CustomerAccount

ACCOUNT_LABELS: dict[str, dict[str, Any]] = {
    "payment_method": dict(CustomerAccount.PaymentMethod.choices),
    "delivery_preference": dict(CustomerAccount.Delivery.choices),
    "language": dict(LANGUAGES),
}
CONTACT_ROLES: list[tuple[str, Any]] = list(Contact.ContactRole.choices)
