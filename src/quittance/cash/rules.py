"""What a company posts by rule as the difference of a payment, and up to how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db import transaction

from quittance.cash.errors import RuleRefused
from quittance.cash.models import CashDifference, DifferenceRule
from quittance.core import matching as core
from quittance.core.money import quantize, to_minor_units
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.ledger.services import RateMissing, convert_to_company

Reason = CashDifference.Reason
KINDS: Final = (Reason.SMALL_DIFFERENCE.value, Reason.BANK_FEE.value, Reason.EXCHANGE.value)
# Which bounds a kind has: an amount in company currency, a share per mille of the payment.
HAS_AMOUNT: Final = frozenset({Reason.SMALL_DIFFERENCE.value, Reason.BANK_FEE.value})
HAS_SHARE: Final = frozenset({Reason.SMALL_DIFFERENCE.value, Reason.EXCHANGE.value})
SHARE_MAX: Final = 100
# An amount of this many units keeps enough digits of a rate.
_UNITS: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule of a company: `amount_max` in its currency and `share_max` per mille, 0 where the kind has no such bound.

    `is_shipped` when nobody has set it.
    """

    kind: str
    is_on: bool
    amount_max: Decimal
    share_max: int
    is_shipped: bool


# What holds for a company until somebody sets something else.
SHIPPED: Final[Mapping[str, tuple[bool, Decimal, int]]] = {
    Reason.SMALL_DIFFERENCE.value: (True, Decimal(1), 5),
    Reason.BANK_FEE.value: (False, Decimal(25), 0),
    Reason.EXCHANGE.value: (False, Decimal(0), 10),
}


def list_rules(*, company_id: int) -> list[RuleRow]:
    """Return the rules of a company, one of each kind. One query."""
    stored = {row.kind: row for row in DifferenceRule.objects.filter(company_id=company_id)}
    rows = []
    for kind in KINDS:
        if kind in stored:
            one = stored[kind]
            rows.append(
                RuleRow(
                    kind=kind, is_on=one.is_on, amount_max=one.amount_max, share_max=one.share_max, is_shipped=False
                )
            )
        else:
            is_on, amount, share = SHIPPED[kind]
            rows.append(RuleRow(kind=kind, is_on=is_on, amount_max=amount, share_max=share, is_shipped=True))
    return rows


@transaction.atomic
def set_rule(*, company_id: int, kind: str, is_on: bool, amount_max: Decimal, share_max: int, actor: Actor) -> bool:
    """Set up to how much a company posts a kind of difference by itself; return whether anything changed.

    Bounds that the kind does not have are kept as 0.

    :raises RuleRefused: an unknown kind, a bound out of its range, or a rule that is on and allows nothing
    """
    if kind not in KINDS:
        raise RuleRefused("kind", f"{kind} is never posted by rule")
    amount = amount_max if kind in HAS_AMOUNT else Decimal(0)
    share = share_max if kind in HAS_SHARE else 0
    if amount < 0 or (is_on and kind in HAS_AMOUNT and not amount):
        raise RuleRefused("amount_max", "an amount is positive where the rule is on")
    if not 0 <= share <= SHARE_MAX or (is_on and kind in HAS_SHARE and not share):
        raise RuleRefused("share_max", f"a share is between 1 and {SHARE_MAX} per mille where the rule is on")
    before = next(row for row in list_rules(company_id=company_id) if row.kind == kind)
    if not before.is_shipped and (before.is_on, before.amount_max, before.share_max) == (is_on, amount, share):
        return False
    DifferenceRule.objects.update_or_create(
        company_id=company_id, kind=kind, defaults={"is_on": is_on, "amount_max": amount, "share_max": share}
    )
    events.record(
        events.NewEvent(
            kind="difference_rule.set",
            actor=actor,
            company_id=company_id,
            subject_kind="company",
            subject_id=str(company_id),
            payload={
                "difference": kind,
                "before": _told(before.is_on, before.amount_max, before.share_max),
                "after": _told(is_on, amount, share),
            },
        )
    )
    return True


def _told(is_on: bool, amount_max: Decimal, share_max: int) -> dict[str, Any]:
    return {"is_on": is_on, "amount_max": f"{amount_max:f}", "share_max": share_max}


def get_difference_rules(*, company_id: int, company_currency: str, currency: str, on: date) -> core.DifferenceRules:
    """Return the rules of a company for payments in a currency, in its minor units. One query, another for a rate.

    Without a rate nothing is posted by rule.
    """
    rows = {row.kind: row for row in list_rules(company_id=company_id) if row.is_on}
    try:
        value = convert_to_company(amount=_UNITS, currency=currency, company_currency=company_currency, on=on)
    except RateMissing:
        return core.DifferenceRules()
    units, worth = to_minor_units(_UNITS, currency), to_minor_units(value, company_currency)

    def amount(kind: str) -> int:
        if kind not in rows:
            return 0
        minor = to_minor_units(quantize(rows[kind].amount_max, company_currency), company_currency)
        return minor * units // worth if worth else 0

    def share(kind: str) -> int:
        return rows[kind].share_max if kind in rows else 0

    return core.DifferenceRules(
        small_minor=amount(Reason.SMALL_DIFFERENCE),
        small_per_mille=share(Reason.SMALL_DIFFERENCE),
        fee_minor=amount(Reason.BANK_FEE),
        exchange_per_mille=share(Reason.EXCHANGE),
    )
