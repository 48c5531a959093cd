"""Money of a payer that is here and applied to nothing yet: nobody breaks his word because our desk is behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum
from django.utils.module_loading import import_string

from quittance.foundation import clock
from quittance.ledger.queries import list_items


def list_cash_waiting(*, account_ids: Collection[int], as_of: date) -> dict[tuple[int, str], Decimal]:
    """Return positive amounts by account and currency: unapplied payments, and what `QUITTANCE_CREDIT_SOURCES` tell.

    Nothing for a past day: what waited then has been applied since, or is known not to be meant. A query, and those of
    the sources.
    """
    if not account_ids or as_of < clock.today():
        return {}
    found: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    unapplied = list_items(as_of=as_of).filter(account_id__in=list(account_ids), kind="PAYMENT", amount_open__lt=0)
    for row in unapplied.order_by().values("account_id", "currency").annotate(waiting=Sum("amount_open")):
        found[row["account_id"], row["currency"]] -= row["waiting"]
    for name in getattr(settings, "QUITTANCE_CREDIT_SOURCES", ()):
        for account_id, currency, amount in import_string(name)(account_ids=list(account_ids), as_of=as_of):
            found[account_id, currency] += amount
    return dict(found)
