"""Add up what a file brought: lines by outcome, and amounts by currency, of what is in and of what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from django.db import connection

from quittance.core.money import currency_exponent
from quittance.core.ports.intake import ReadingStats

Totals: TypeAlias = dict[str, tuple[Decimal, Decimal]]
"""Debit and credit by currency, both positive as in a file's own columns."""

_TALLY = """
SELECT currency, company_currency,
    count(*) FILTER (WHERE problem = '' AND outcome = 'NEW'),
    count(*) FILTER (WHERE problem = '' AND outcome = 'CHANGED'),
    count(*) FILTER (WHERE problem = '' AND outcome = 'UNCHANGED'),
    count(*) FILTER (WHERE problem = '' AND outcome = 'OURS'),
    count(*) FILTER (WHERE problem <> ''),
    coalesce(sum(amount) FILTER (WHERE problem <> '' AND amount > 0), 0),
    coalesce(-sum(amount) FILTER (WHERE problem <> '' AND amount < 0), 0),
    coalesce(sum(amount_company) FILTER (WHERE problem <> '' AND amount_company > 0), 0),
    coalesce(-sum(amount_company) FILTER (WHERE problem <> '' AND amount_company < 0), 0),
    coalesce(sum(amount_company) FILTER (WHERE problem = '' AND amount_company > 0), 0),
    coalesce(-sum(amount_company) FILTER (WHERE problem = '' AND amount_company < 0), 0)
FROM intake_line GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of lines; refused amounts by document currency and by company currency, accepted ones by the latter.

    `returned` are lines that we sent to the ERP ourselves.
    """

    new: int
    changed: int
    unchanged: int
    returned: int
    refused: int
    refused_amounts: Totals
    refused_in_company: Totals
    accepted_in_company: Totals

    @property
    def accepted(self) -> int:
        """Count the lines that are in."""
        return self.new + self.changed + self.unchanged + self.returned

    def by_currency(self, stats: ReadingStats) -> Totals:
        """Return the file's own totals without the lines that were refused after they had been read."""
        refused = self.refused_in_company if stats.is_in_company_currency else self.refused_amounts
        found = {}
        for currency, debit, credit in stats.totals_by_currency:
            less_debit, less_credit = refused.get(currency, (Decimal(0), Decimal(0)))
            places = (
                max(2, currency_exponent(currency)) if stats.is_in_company_currency else currency_exponent(currency)
            )
            found[currency] = (round(debit - less_debit, places), round(credit - less_credit, places))
        return found

    def in_one_currency(self, by_currency: Totals) -> tuple[str, Decimal, Decimal] | None:
        """Return the only currency with its totals, else the company's; None when companies keep several."""
        filled = {currency: sides for currency, sides in by_currency.items() if any(sides)} or by_currency
        if len(filled) > 1:
            filled = {
                currency: (round(debit, places), round(credit, places))
                for currency, (debit, credit) in self.accepted_in_company.items()
                for places in (currency_exponent(currency),)
                if debit or credit
            }
        if len(filled) > 1:
            return None
        return next(((currency, *sides) for currency, sides in filled.items()), ("", Decimal(0), Decimal(0)))


def tally_lines() -> Tally:
    """Add up `intake_line`. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLY)
        rows = cursor.fetchall()
    return Tally(
        new=sum(row[2] for row in rows),
        changed=sum(row[3] for row in rows),
        unchanged=sum(row[4] for row in rows),
        returned=sum(row[5] for row in rows),
        refused=sum(row[6] for row in rows),
        refused_amounts=_totals((row[0], row[7], row[8]) for row in rows),
        refused_in_company=_totals((row[1], row[9], row[10]) for row in rows),
        accepted_in_company=_totals((row[1], row[11], row[12]) for row in rows),
    )


def _totals(rows: Iterable[tuple[str | None, Decimal, Decimal]]) -> Totals:
    found: Totals = {}
    for currency, debit, credit in rows:
        if currency:
            known = found.get(currency, (Decimal(0), Decimal(0)))
            found[currency] = (known[0] + debit, known[1] + credit)
    return found
