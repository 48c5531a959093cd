"""What may be lost: provision by age, and how much hangs on a few customers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from quittance.core.ageing import AgedBalance
from quittance.core.kpis.result import KpiReason, KpiResult, divide, known, product, unknown
from quittance.core.money import exact_sum, quantize, single_currency


class MissingProvisionRate(LookupError):
    """The provision matrix has no rate for a bucket that holds something."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the provision matrix has no rate for the bucket {code}")
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionLine:
    """The provision of one ageing bucket, rounded to the currency; the rate is in percent."""

    code: str
    amount_open: Decimal
    rate_pct: Decimal
    provision: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerBalance:
    """What one customer, or one group, owes: signed."""

    customer: str
    currency: str
    amount: Decimal


def provision_lines(*, balance: AgedBalance, rates_pct: Mapping[str, Decimal]) -> tuple[ProvisionLine, ...]:
    """Return the provision of each bucket of one currency's aged balance (provision matrix).

    :raises MissingProvisionRate: when a bucket that holds something has no rate.
    """
    lines = []
    for aged in balance.buckets:
        code = aged.bucket.code
        if aged.amount and code not in rates_pct:
            raise MissingProvisionRate(code)
        rate_pct = rates_pct.get(code, Decimal(0))
        provision = quantize(product(aged.amount, rate_pct, Decimal("0.01")), balance.currency)
        lines.append(ProvisionLine(code=code, amount_open=aged.amount, rate_pct=rate_pct, provision=provision))
    return tuple(lines)


def provision_amount(*, balance: AgedBalance, rates_pct: Mapping[str, Decimal]) -> KpiResult:
    """Return the sum of the provisions of the buckets, in the currency of the balance.

    >>> from datetime import date
    >>> from quittance.core.ageing import AgeingItem, age
    >>> items = [
    ...     AgeingItem(currency="EUR", amount_open=Decimal(amount), due_date=due)
    ...     for amount, due in [("1000.00", date(2026, 3, 1)), ("200.00", date(2025, 1, 1))]
    ... ]
    >>> balance = age(items, date(2026, 3, 31))["EUR"]
    >>> provision_amount(balance=balance, rates_pct={"D1_30": Decimal("1.5"), "OVER_120": Decimal(50)}).value
    Decimal('115.00')

    :raises MissingProvisionRate: when a bucket that holds something has no rate.
    """
    lines = provision_lines(balance=balance, rates_pct=rates_pct)
    return known(quantize(exact_sum(line.provision for line in lines), balance.currency))


def top_customers_pct(*, balances: Iterable[CustomerBalance], top: int) -> KpiResult:
    """Return how many percent of what is owed the largest debtors owe; credit balances are left out.

    >>> owed = [
    ...     CustomerBalance(customer=name, currency="EUR", amount=Decimal(amount))
    ...     for name, amount in [("A", 60), ("B", 30), ("C", 10), ("D", -50)]
    ... ]
    >>> top_customers_pct(balances=owed, top=2).value
    Decimal('90')

    :raises MixedCurrencies: when the balances have several currencies.
    """
    amounts = sorted(_owed_by_customer(balances), reverse=True)
    if not amounts:
        return unknown(KpiReason.NO_RECEIVABLES)
    return known(divide(product(exact_sum(amounts[:top]), 100), exact_sum(amounts)))


def concentration_index(*, balances: Iterable[CustomerBalance]) -> KpiResult:
    """Return the Herfindahl index of what is owed: from near 0 (many small debtors) to 10,000 (only one).

    >>> halves = [
    ...     CustomerBalance(customer=name, currency="EUR", amount=Decimal(5)) for name in ("A", "B")
    ... ]
    >>> concentration_index(balances=halves).value
    Decimal('5000')

    :raises MixedCurrencies: when the balances have several currencies.
    """
    amounts = _owed_by_customer(balances)
    if not amounts:
        return unknown(KpiReason.NO_RECEIVABLES)
    total = exact_sum(amounts)
    squares = exact_sum(product(amount, amount) for amount in amounts)
    return known(divide(product(squares, 10_000), product(total, total)))


def _owed_by_customer(balances: Iterable[CustomerBalance]) -> list[Decimal]:
    counted = list(balances)
    single_currency(each.currency for each in counted)
    by_customer: dict[str, list[Decimal]] = defaultdict(list)
    for each in counted:
        by_customer[each.customer].append(each.amount)
    owed = (exact_sum(amounts) for amounts in by_customer.values())
    return [amount for amount in owed if amount > 0]
