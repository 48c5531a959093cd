"""`quittance replay-match`: take the decision on a bank line again."""

from __future__ import annotations

import json
from typing import Any

import click

EXIT_DIFFERENT = 3


@click.command(name="replay-match")
@click.argument("line", type=int)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, all that the decision was taken from too."
)
def command(line: int, as_json: bool) -> None:
    """Take the latest decision of matching on a bank LINE (its number in the address) again.

    It is taken from what was known then, kept beside the line. Exit code 0 when the same comes out, 3 when not: then
    the rules have changed since.
    """
    from quittance.cash.replaying import find_replay
    from quittance.cash.services.remembering import DECISION, INPUTS

    found = find_replay(transaction_id=line)
    if found is None:
        raise click.ClickException(f"matching has not decided on a bank line {line}")
    if as_json:
        facts = {
            "line": line,
            "decided_at": found.decided_at.isoformat(),
            "is_same": found.is_same,
            "decision": DECISION.dump_python(found.decision, mode="json"),
            "again": DECISION.dump_python(found.again, mode="json"),
            "inputs": INPUTS.dump_python(found.inputs, mode="json"),
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(found)
    if not found.is_same:
        raise SystemExit(EXIT_DIFFERENT)


def _print(found: Any) -> None:
    click.echo(f"Decided {found.decided_at:%Y-%m-%d %H:%M}: {found.decision.outcome}, {found.decision.reason}")
    click.echo(f"From {len(found.inputs.items)} open items and {len(found.inputs.payers)} possible payers:")
    chosen = (found.decision.proposal,) if found.decision.proposal else ()
    for proposal in (*chosen, *found.decision.alternatives):
        click.echo(f"  {proposal.confidence / 10:5.1f} %  {proposal.strategy}  {len(proposal.lines)} items")
    again = "the same" if found.is_same else f"{found.again.outcome}, {found.again.reason}"
    click.echo(f"Taken again: {again}.")
