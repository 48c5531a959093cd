"""`quittance verify-events`."""

from __future__ import annotations

import dataclasses
import json

import click

from quittance.foundation.events import verify_chain


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
def command(as_json: bool) -> None:
    """Check that no recorded event was changed, removed or slipped in; exit 2 when one was."""
    report = verify_chain()
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(report), default=str))
    elif report.is_intact:
        click.echo(f"{report.checked} events checked: the chain is intact.")
    else:
        click.echo(f"{report.checked} events checked: the chain is broken at event {report.broken_at}.", err=True)
    click.get_current_context().exit(0 if report.is_intact else 2)
