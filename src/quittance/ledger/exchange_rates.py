"""Exchange rates: one for a pair of currencies and a day; a later day does not change what was posted before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils.translation import gettext as _

from quittance.core.money import is_known_currency
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.ledger.models import ExchangeRate


class RateRefused(ValueError):
    """The rate cannot be kept; the message says why."""


def list_exchange_rates() -> QuerySet[ExchangeRate, Any]:
    """Return the rates as `.values()` rows, latest day first; filter and slice it. One query."""
    found = ExchangeRate.objects.order_by("-rate_date", "-id")
    return found.values("id", "from_currency", "to_currency", "rate_date", "rate", "source")


def list_missing_rates(*, to_currency: str, first_days: Mapping[str, date]) -> list[str]:
    """Return the currencies that have no rate into `to_currency` on their first day. One query, none without days."""
    wanted = {code: day for code, day in first_days.items() if code != to_currency}
    if not wanted:
        return []
    rows = ExchangeRate.objects.filter(to_currency=to_currency, from_currency__in=wanted)
    earliest = dict(rows.values_list("from_currency").annotate(day=Min("rate_date")))
    return sorted(code for code, day in wanted.items() if code not in earliest or earliest[code] > day)


def set_exchange_rate(
    *, from_currency: str, to_currency: str, rate_date: date, rate: Decimal, actor: Actor, source: str = ""
) -> int:
    """Keep the units of `to_currency` for one `from_currency` on a day; the same day again replaces it.

    :raises RateRefused: unknown or equal currencies, or a rate that is not positive
    """
    for code in (from_currency, to_currency):
        if not is_known_currency(code):
            raise RateRefused(_("%(code)s is not a currency of ISO 4217.") % {"code": code})
    if from_currency == to_currency:
        raise RateRefused(_("A rate has two currencies."))
    if rate <= 0:
        raise RateRefused(_("A rate is positive."))
    key: dict[str, Any] = {"from_currency": from_currency, "to_currency": to_currency, "rate_date": rate_date}
    with transaction.atomic():
        before = ExchangeRate.objects.select_for_update().filter(**key).values_list("rate", flat=True).first()
        row, _is_created = ExchangeRate.objects.update_or_create(**key, defaults={"rate": rate, "source": source[:60]})
        events.record(
            events.NewEvent(
                kind="exchange_rate.set",
                actor=actor,
                subject_kind="exchange_rate",
                subject_id=str(row.pk),
                payload={
                    "from": from_currency,
                    "to": to_currency,
                    "date": rate_date.isoformat(),
                    "rate": f"{rate:f}",
                    "rate_before": f"{before:f}" if before is not None else "",
                },
            )
        )
    return row.pk
