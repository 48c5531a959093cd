"""The rates of late-payment interest: what the law says by country and day, and what contracts say by account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from quittance.core import interest_rules
from quittance.core.currencies import is_known_currency
from quittance.core.interest import LateRate as Rate
from quittance.core.interest_rules import FloorReason, Regime, StatutoryRate
from quittance.foundation import events
from quittance.foundation.permissions import Actor
from quittance.interest.models import AgreedRate, DirectiveCountry, LateRate
from quittance.parties.services import AccountNotFound, lock_accounts

DIRECTIVE = "EU"
RATE_PCT_MAX = 100
COUNTRY_LENGTH = 2


class LateRateRefused(ValueError):
    """The rate cannot be kept; the message says why, `field` where."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class LawRow:
    """One row of the law's timeline of a country and regime."""

    country: str
    regime: str
    from_date: date
    rate_pct: Decimal
    floor_pct: Decimal | None
    indemnity: Decimal
    indemnity_currency: str


def list_late_rates() -> list[dict[str, Any]]:
    """Return all dated rates by country and regime, latest first, with the last day each counts for. One query."""
    rows = LateRate.objects.order_by("country", "regime", "-from_date", "id").values(
        "id", "country", "regime", "from_date", "rate_pct", "floor_pct", "indemnity", "indemnity_currency", "source",
        "is_to_be_checked",
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    for row in rows:
        newer = found[-1] if found else None
        is_same = newer is not None and (newer["country"], newer["regime"]) == (row["country"], row["regime"])
        found.append({**row, "next_date": newer["from_date"] if newer and is_same else None})
    return found


def list_directive_countries() -> list[str]:
    """Return the countries for which the rows of the directive count. One query."""
    return list(DirectiveCountry.objects.order_by("country").values_list("country", flat=True))


def list_law() -> list[LawRow]:
    """Return the law's timeline of every country that has one: its own rows, before them the directive's. Two queries.

    A country of the directive whose own rates begin later is covered by the common minimum until then.
    """
    rows: defaultdict[tuple[str, str], list[LawRow]] = defaultdict(list)
    for row in LateRate.objects.order_by("from_date", "id"):
        rows[row.country, row.regime].append(
            LawRow(
                country=row.country,
                regime=row.regime,
                from_date=row.from_date,
                rate_pct=row.rate_pct,
                floor_pct=row.floor_pct,
                indemnity=row.indemnity,
                indemnity_currency=row.indemnity_currency,
            )
        )
    for country in list_directive_countries():
        for regime in Regime:
            own = rows[country, regime.value]
            before = [row for row in rows[DIRECTIVE, regime.value] if not own or row.from_date < own[0].from_date]
            rows[country, regime.value] = [*(_of_country(row, country) for row in before), *own]
    return [row for key in sorted(rows) for row in rows[key]]


def _of_country(row: LawRow, country: str) -> LawRow:
    return LawRow(
        country=country,
        regime=row.regime,
        from_date=row.from_date,
        rate_pct=row.rate_pct,
        floor_pct=row.floor_pct,
        indemnity=row.indemnity,
        indemnity_currency=row.indemnity_currency,
    )


def statutory_rates(*, law: Collection[LawRow], country: str, regime: str) -> list[StatutoryRate]:
    """Return the law of one country and regime as the core takes it."""
    return [
        StatutoryRate(from_date=row.from_date, rate_pct=row.rate_pct, floor_pct=row.floor_pct)
        for row in law
        if (row.country, row.regime) == (country, regime)
    ]


def list_agreed_rates(*, account_ids: Collection[int]) -> dict[int, list[Rate]]:
    """Return the agreed rates of accounts, oldest first. One query."""
    found: defaultdict[int, list[Rate]] = defaultdict(list)
    for row in AgreedRate.objects.filter(account_id__in=list(account_ids)).order_by("from_date", "id"):
        found[row.account_id].append(Rate(from_date=row.from_date, rate_pct=row.rate_pct))
    return dict(found)


def list_agreed_rate_rows(*, account_id: int) -> list[dict[str, Any]]:
    """Return the agreed rates of an account with their sources, latest first. One query."""
    rows = AgreedRate.objects.filter(account_id=account_id).order_by("-from_date", "-id")
    return [dict(row) for row in rows.values("id", "from_date", "rate_pct", "source")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLaw:
    """What counts for an account: `regime` '' when the law of trade debts does not speak of its customer."""

    country: str
    regime: str
    statutory: tuple[StatutoryRate, ...]
    agreed: tuple[Rate, ...]

    @property
    def rates(self) -> tuple[Rate, ...]:
        """Return the rates that are applied, by day."""
        return interest_rules.applicable_rates(statutory=self.statutory, agreed=self.agreed) if self.regime else ()


_PARTIES = """
SELECT c.kind, c.country, co.country FROM parties_customeraccount a
JOIN parties_customer c ON c.id = a.customer_id JOIN parties_company co ON co.id = a.company_id WHERE a.id = %s
"""


def get_account_law(*, account_id: int) -> AccountLaw:
    """Return what counts for an account. Four queries. :raises AccountNotFound:"""
    with connection.cursor() as cursor:
        cursor.execute(_PARTIES, [account_id])
        found = cursor.fetchone()
    if found is None:
        raise AccountNotFound([account_id])
    kind, customer_country, company_country = found
    regime = interest_rules.regime_of(customer_kind=kind)
    if regime is None:
        return AccountLaw(country=company_country, regime="", statutory=(), agreed=())
    country = interest_rules.law_country(
        regime=regime, company_country=company_country, customer_country=customer_country
    )
    return AccountLaw(
        country=country,
        regime=regime.value,
        statutory=tuple(statutory_rates(law=list_law(), country=country, regime=regime.value)),
        agreed=tuple(list_agreed_rates(account_ids=[account_id]).get(account_id, [])),
    )


def set_late_rate(
    *,
    country: str,
    regime: str,
    from_date: date,
    rate_pct: Decimal,
    source: str,
    actor: Actor,
    floor_pct: Decimal | None = None,
    indemnity: Decimal = Decimal(0),
    indemnity_currency: str = "EUR",
) -> int:
    """Keep what the law of a country says from a day on; the same day again replaces it. Return the id.

    What was claimed before keeps its amounts. :raises LateRateRefused:
    """
    country = country.strip().upper()
    source = " ".join(source.split())[:255]
    _check_late_rate(country, regime, source, indemnity, indemnity_currency)
    for field, rate in (("rate_pct", rate_pct), ("floor_pct", floor_pct)):
        _check_rate(rate, field)
    values: dict[str, Any] = {
        "rate_pct": rate_pct,
        "floor_pct": floor_pct,
        "indemnity": indemnity,
        "indemnity_currency": indemnity_currency,
        "source": source,
        "is_to_be_checked": False,
    }
    with transaction.atomic():
        key: dict[str, Any] = {"country": country, "regime": regime, "from_date": from_date}
        before = LateRate.objects.select_for_update().filter(**key).values_list("rate_pct", flat=True).first()
        row, _is_new = LateRate.objects.update_or_create(**key, defaults=values)
        payload = {
            "country": country, "regime": regime, "from_date": from_date.isoformat(), "rate_pct": f"{rate_pct:f}",
            "rate_before": "" if before is None else f"{before:f}", "source": source,
        }  # fmt: skip
        events.record(
            events.NewEvent(
                kind="late_rate.set", actor=actor, subject_kind="late_rate", subject_id=str(row.pk), payload=payload
            )
        )
    return row.pk


def _check_late_rate(country: str, regime: str, source: str, indemnity: Decimal, currency: str) -> None:
    if len(country) != COUNTRY_LENGTH or not (country.isascii() and country.isalpha()):
        raise LateRateRefused(_("A country has two letters, such as FR; EU is the directive."), field="country")
    if regime not in list(Regime):
        raise LateRateRefused(_("Say whether it counts for businesses or for public bodies."), field="regime")
    if not source:
        raise LateRateRefused(_("Say where the rate is published."), field="source")
    if indemnity < 0:
        raise LateRateRefused(_("An indemnity is not negative."), field="indemnity")
    if not is_known_currency(currency):
        raise LateRateRefused(
            _("%(code)s is not a currency of ISO 4217.") % {"code": currency}, field="indemnity_currency"
        )


def _check_rate(rate: Decimal | None, field: str) -> None:
    if rate is not None and not 0 <= rate <= RATE_PCT_MAX:
        raise LateRateRefused(_("A rate lies between 0 and 100 % a year."), field=field)


@transaction.atomic
def agree_rate(*, account_id: int, from_date: date, rate_pct: Decimal, source: str, actor: Actor) -> FloorReason:
    """Keep the rate that the contract with an account sets from a day on; the same day again replaces it.

    Return how it stands to the floor: allowed, or the floor is not known.

    :raises AccountNotFound: :raises LateRateRefused: below the floor, not positive, no contract named
    """
    account = lock_accounts(account_ids=[account_id])[account_id]
    source = " ".join(source.split())[:255]
    if not 0 < rate_pct <= RATE_PCT_MAX:
        raise LateRateRefused(_("A rate lies between 0 and 100 % a year."), field="rate_pct")
    if not source:
        raise LateRateRefused(_("Name the contract or the terms that say it."), field="source")
    law = get_account_law(account_id=account_id)
    decision = interest_rules.check_floor(rate_pct=rate_pct, from_date=from_date, statutory=law.statutory)
    if decision.reason is FloorReason.BELOW_FLOOR:
        text = _("The law allows no rate below %(floor)s %% on that day.")
        raise LateRateRefused(text % {"floor": f"{decision.floor_pct:f}".rstrip("0").rstrip(".")}, field="rate_pct")
    row, _is_new = AgreedRate.objects.update_or_create(
        account_id=account_id,
        from_date=from_date,
        defaults={"rate_pct": rate_pct, "source": source, "recorded_by_id": actor.user_id},
    )
    events.record(
        events.NewEvent(
            kind="interest.rate_agreed",
            actor=actor,
            company_id=account.company_id,
            customer_id=account.customer_id,
            account_id=account_id,
            subject_kind="agreed_rate",
            subject_id=str(row.pk),
            payload={"rate": f"{rate_pct:f}", "from_date": from_date.isoformat(), "text": source},
        )
    )
    return decision.reason
