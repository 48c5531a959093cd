"""`quittance dun`: who would get which reminder on a day, who is held and why; and, when told to, send them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click

from quittance.dunning import queries, services
from quittance.dunning.deciding import DecisionFigures
from quittance.dunning.reasons import reason_word
from quittance.foundation.permissions import Actor
from quittance.parties import queries as parties

ACTOR = Actor(label="Command line")
TITLES = {"SEND": "Will go", "HOLD": "Held", "PERSON": "Needs a person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Accounts of one outcome and reason, with their amounts in one company currency."""

    outcome: str
    reason: str
    currency: str
    count: int
    amount: Decimal


def add_up(decisions: Iterable[DecisionFigures]) -> list[Sum]:
    """Count and add up decisions by outcome, reason and company currency."""
    counts: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    amounts: defaultdict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for one in decisions:
        reason = one.level.code if one.level else one.decision.reason.value
        key = (one.decision.outcome.value, reason, one.account.company_currency)
        counts[key] += 1
        amounts[key] += one.amount_company
    return [
        Sum(outcome=outcome, reason=reason, currency=currency, count=count, amount=amounts[outcome, reason, currency])
        for (outcome, reason, currency), count in sorted(
            counts.items(), key=lambda pair: (pair[0][0], -pair[1], pair[0])
        )
    ]


def account_as_json(one: DecisionFigures) -> dict[str, Any]:
    """Return one decision for a machine."""
    contact = one.account.contact
    return {
        "account": one.account.account_number,
        "customer": one.account.customer_name,
        "outcome": one.decision.outcome.value,
        "reason": one.decision.reason.value,
        "level": one.level.code if one.level else None,
        "amounts": [{"currency": currency, "amount": f"{amount:.2f}"} for currency, amount in one.amounts],
        "recipient": contact.email if contact else None,
        "language": one.account.message_language,
        "items": one.item_count,
        "overdue_days_max": one.overdue_days_max,
    }


@click.command()
@click.option("--as-of", "as_of", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day, as 2026-05-31.")
@click.option("--company", default="", help="Code of one of our companies; all of them when left out.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen: a past day is seen as it stood then.")
@click.option("--release", is_flag=True, help="Also queue the messages; the worker sends them.")
@click.option("--list", "listed", default=20, show_default=True, help="How many messages to name.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_of: datetime, company: str, dry_run: bool, release: bool, listed: int, as_json: bool) -> None:
    """Evaluate reminders for a day. Without --release nothing leaves: the run waits for review on its page."""
    if dry_run and release:
        raise click.UsageError("--dry-run writes nothing, so there is nothing to --release.")
    day = as_of.date()
    company_id = _company_id(company)
    if dry_run:
        decisions = list(queries.simulate_run(company_id=company_id, as_of=day))
        report: dict[str, Any] = {"dry_run": True, "run": None}
    else:
        run_id = services.prepare_run(company_id=company_id, as_of=day, actor=ACTOR)
        decisions = []
        report = {"dry_run": False, "run": run_id}
    sums = add_up(decisions) if dry_run else _sums_of_run(report["run"])
    if release:
        released = services.release_run(run_id=report["run"], actor=ACTOR)
        report["queued"] = released.queued
        report["already_notified"] = released.already_notified
    report |= {"as_of": day.isoformat(), "company": company or None}
    if as_json:
        click.echo(json.dumps(report | _sums_as_json(sums) | _accounts_as_json(decisions, dry_run), indent=2))
        return
    _print(report, sums, day)
    if dry_run:
        _print_messages(decisions, listed)


def _company_id(code: str) -> int | None:
    if not code:
        return None
    companies = {one.code: one.id for one in parties.list_companies()}
    if code not in companies:
        known = ", ".join(sorted(companies)) or "none"
        raise click.BadParameter(f"no company has the code {code} (there are: {known})", param_hint="--company")
    return companies[code]


def _sums_of_run(run_id: int) -> list[Sum]:
    return [
        Sum(outcome=one.outcome, reason=one.reason_code, currency=one.currency, count=one.count, amount=one.amount)
        for one in queries.summarise_run(run_id=run_id)
    ]


def _sums_as_json(sums: list[Sum]) -> dict[str, Any]:
    names = {"SEND": "will_go", "HOLD": "held", "PERSON": "needs_person"}
    return {
        name: {
            "count": sum(one.count for one in sums if one.outcome == outcome),
            "totals": _totals(one for one in sums if one.outcome == outcome),
            "by_reason": [
                {"reason": one.reason, "count": one.count, "currency": one.currency, "amount": f"{one.amount:.2f}"}
                for one in sums
                if one.outcome == outcome
            ],
        }
        for outcome, name in names.items()
    }


def _totals(sums: Iterable[Sum]) -> dict[str, str]:
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in sums:
        totals[one.currency] += one.amount
    return {currency: f"{amount:.2f}" for currency, amount in sorted(totals.items())}


def _accounts_as_json(decisions: list[DecisionFigures], dry_run: bool) -> dict[str, Any]:
    return {"accounts": [account_as_json(one) for one in decisions]} if dry_run else {}


def _print(report: dict[str, Any], sums: list[Sum], day: date) -> None:
    what = "Dry run" if report["dry_run"] else f"Run {report['run']}"
    click.echo(f"{what} as of {day.isoformat()}{', company ' + report['company'] if report['company'] else ''}")
    for outcome, title in TITLES.items():
        mine = [one for one in sums if one.outcome == outcome]
        totals = ", ".join(f"{amount} {currency}" for currency, amount in _totals(mine).items())
        click.echo(f"\n{title}: {sum(one.count for one in mine)}{'  (' + totals + ')' if totals else ''}")
        for one in mine:
            click.echo(f"  {one.count:>7}  {one.amount:>16,.2f} {one.currency}  {reason_word(one.reason)}")
    if not sums:
        click.echo("\nNothing is due: nobody would be written to.")
    if "queued" in report:
        click.echo(f"\n{report['queued']} messages queued; the worker sends them.")
    elif not report["dry_run"]:
        click.echo("\nNothing has left. Review and send it on the page of the run, or repeat with --release.")


def _print_messages(decisions: list[DecisionFigures], listed: int) -> None:
    going = sorted(
        (one for one in decisions if one.decision.outcome == "SEND"),
        key=lambda one: (-one.amount_company, one.account.account_id),
    )
    if not going or listed <= 0:
        return
    click.echo(f"\nMessages{f' (the {listed} greatest)' if len(going) > listed else ''}:")
    for one in going[:listed]:
        amounts = " + ".join(f"{amount:,.2f} {currency}" for currency, amount in one.amounts)
        contact = one.account.contact
        level = reason_word(one.level.code) if one.level else ""
        click.echo(
            f"  {one.account.account_number:<16} {one.account.customer_name[:30]:<30} {level:<16} {amounts:>20}"
            f"  {contact.email if contact else ''}"
        )
