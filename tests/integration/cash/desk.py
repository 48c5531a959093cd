"""What the tests of the desk share: receipts that wait, and who decides on them."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from quittance.cash import services
from quittance.cash.models import BankTransaction
from quittance.foundation.permissions import SYSTEM, Actor
from quittance.ledger.models import OpenItem
from quittance.parties.models import User
from tests.adapters.statements.samples import detail, document, entry, statement

DUE = date(2026, 1, 5)
TODAY = date(2026, 1, 10)


def actor(user: User) -> Actor:
    return Actor(user_id=user.pk, label=user.name)


def receipt(amount: str, *, reference: str = "R1", name: str = "Somebody", text: str = "") -> BankTransaction:
    """Take in one receipt that nothing explains."""
    content = document(statement(entry(amount, reference=reference, details=detail(name=name, text=text))))
    before = set(BankTransaction.objects.values_list("id", flat=True))
    services.import_statement(stream=io.BytesIO(content), filename=f"{reference}.xml", actor=SYSTEM)
    return BankTransaction.objects.exclude(id__in=before).get()


def opened() -> dict[str, tuple[Decimal, Decimal]]:
    """Return what every item has open, in its currency and ours, by document and kind."""
    return {
        f"{item.kind} {item.document_number} {item.id}": (item.amount_open, item.amount_company_open)
        for item in OpenItem.objects.all()
    }
