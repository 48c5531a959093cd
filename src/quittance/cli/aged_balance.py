"""`quittance aged-balance`: print what was open on a day, by days past due."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import click

COLUMNS = {
    "not_due": "not due",
    "due_1_30": "1-30",
    "due_31_60": "31-60",
    "due_61_90": "61-90",
    "due_91_120": "91-120",
    "due_over_120": "> 120",
    "credits": "credits",
    "unapplied": "unapplied",
    "total": "total",
}
GROUPINGS = ("account", "customer", "group", "department", "company", "currency", "company_currency")
ROWS_SHOWN_MAX = 200


@click.command(name="aged-balance")
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day; today by default.")
@click.option("--company", "company_code", default="", help="Code of one company.")
@click.option("--by", "group_by", type=click.Choice(GROUPINGS), default="account", show_default=True)
@click.option(
    "--basis", type=click.Choice(["due", "document"]), default="due", show_default=True, help="Count days from."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")
def command(as_of: Any, company_code: str, group_by: str, basis: str, as_json: bool) -> None:
    """Print the aged balance of a day: debits by days past due, credits and unapplied cash in their own columns."""
    from quittance.core.ageing import AgeingBasis
    from quittance.foundation import clock
    from quittance.foundation.permissions import Scope
    from quittance.ledger.queries import GroupBy, aged_balance
    from quittance.parties.queries import find_company

    day = as_of.date() if as_of else clock.today()
    scope = Scope()
    if company_code:
        company = find_company(code=company_code)
        if company is None:
            raise click.BadParameter(f"no company {company_code!r}", param_hint="--company")
        scope = Scope(company_ids=frozenset({company.id}))
    report = aged_balance(
        as_of=day,
        scope=scope,
        group_by=GroupBy[group_by.upper()],
        basis=AgeingBasis.DUE_DATE if basis == "due" else AgeingBasis.DOCUMENT_DATE,
    )
    if as_json:
        click.echo(json.dumps(_object(report, day, group_by, basis), ensure_ascii=False))
    else:
        _print(report, day, group_by)


def _object(report: Any, day: date, group_by: str, basis: str) -> dict[str, Any]:
    return {
        "as_of": day.isoformat(),
        "group_by": group_by,
        "basis": basis,
        "buckets": list(COLUMNS)[:6],
        "accounts" if group_by == "account" else "rows": [_row(row) for row in report.rows],
        "totals": [_row(row) for row in report.totals],
    }


def _row(row: Any) -> dict[str, Any]:
    return {
        "key": row.key,
        "code": row.code,
        "name": row.name,
        "currency": row.currency,
        "buckets": {name: _amount(getattr(row, name)) for name in list(COLUMNS)[:6]},
        "credits": _amount(row.credits),
        "unapplied": _amount(row.unapplied),
        "overdue": _amount(row.overdue),
        "total": _amount(row.total),
        "items": int(row.item_count),
    }


def _amount(value: Decimal) -> str:
    """Write an amount with two decimals, or as many as it needs.

    >>> _amount(Decimal("12.5000")), _amount(Decimal("0.1250"))
    ('12.50', '0.125')
    """
    short = value.normalize() if value else Decimal(0)
    return f"{value:.2f}" if short == short.quantize(Decimal("0.01")) else f"{short:f}"


def _print(report: Any, day: date, group_by: str) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(width=None if Console().is_terminal else 200)
    if not report.rows:
        console.print(f"Nothing was open on {day.isoformat()}.")
        return
    table = Table(title=f"Aged balance on {day.isoformat()}", box=None, pad_edge=False)
    table.add_column(group_by.replace("_", " "), no_wrap=True, max_width=44)
    table.add_column("")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report.rows[:ROWS_SHOWN_MAX]:
        name = row.code if row.name in ("", row.code) else f"{row.code} {row.name}"
        table.add_row(name, row.currency, *_cells(row))
    if len(report.rows) > ROWS_SHOWN_MAX:
        table.add_row(f"... and {len(report.rows) - ROWS_SHOWN_MAX} more (--json shows all)", "")
    table.add_section()
    for row in report.totals:
        table.add_row("total", row.currency, *_cells(row), style="bold")
    console.print(table)


def _cells(row: Any) -> list[str]:
    return [f"{getattr(row, name):,.2f}" if getattr(row, name) else "-" for name in COLUMNS]
