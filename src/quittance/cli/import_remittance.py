"""`quittance import remittance`: keep what a payer says of a payment until the money comes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

EXIT_NOTHING_READ = 2
EXIT_REJECTED = 3
SHOWN_MAX = 20


@click.command(name="remittance")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")
@click.option("--company", "company_code", default="", help="Code of the company that is paid.")
def command(file: Path, as_json: bool, company_code: str) -> None:
    """Import a remittance advice.

    Read are tables (CSV, XLSX) as they were confirmed on the page, else as their headings say, saved mails, PDF and
    text, EDIFACT REMADV, X12 820 and UBL RemittanceAdvice.

    The same advice again changes nothing. Exit code 0 when all was read, 3 when something was rejected (the rest is
    in), 2 when nothing could be read.
    """
    from quittance.cli.import_statement import _company_id
    from quittance.foundation.permissions import Actor
    from quittance.remittances.services import import_remittance

    actor = Actor(label="quittance import remittance")
    with file.open("rb") as stream:
        result = import_remittance(stream=stream, filename=file.name, actor=actor, company_id=_company_id(company_code))
    if as_json:
        click.echo(json.dumps(_object(result), ensure_ascii=False))
    else:
        _tell(result)
    click.get_current_context().exit(_exit_code(result))


def _exit_code(result: Any) -> int:
    is_known = bool(result.duplicates or result.same_as_batch_id)
    if result.is_refused or (result.rejected and not result.remittance_ids and not is_known):
        return EXIT_NOTHING_READ
    return EXIT_REJECTED if result.rejected else 0


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _words(reason: Any, *, position: int | None = None) -> str:
    """Return a reason in English, with the line of the file where it is known."""
    from quittance.foundation.reason_words import english_words

    if reason is None:
        return ""
    params = dict(reason.params) | ({"line": str(position)} if position else {})
    return english_words(code=reason.code, params=params)


def _object(result: Any) -> dict[str, Any]:
    return {
        "format": result.format,
        "status": result.status,
        "remittances": result.remittances_read,
        "remittances_new": len(result.remittance_ids),
        "duplicates": result.duplicates,
        "lines_read": result.lines_read,
        "rejected": result.rejected,
        "total": _text(result.total),
        "sum": _text(result.lines_sum),
        "balanced": result.is_adding_up,
        "rejected_lines": [
            {
                "position": line.position,
                "reason_code": line.reason_code,
                "reason_params": dict(line.reason.params),
                "reason": _words(line.reason),
            }
            for line in result.rejected_lines
        ],
        "message": _words(result.reason, position=result.position),
        "reason_code": result.reason.code.value if result.reason else "",
        "reason_params": dict(result.reason.params) if result.reason else {},
    }


def _tell(result: Any) -> None:
    """Say in sentences what was done, rejected lines on stderr."""
    if result.is_refused:
        click.echo(f"Nothing was imported. {_words(result.reason, position=result.position)}", err=True)
        return
    if result.same_as_batch_id:
        click.echo(_words(result.reason))
        return
    check = {
        True: "the lines make the announced total",
        False: "the lines do NOT make the announced total",
        None: "no announced total to check",
    }
    click.echo(
        f"{result.format}: {result.remittances_read} advice(s) with {result.lines_read} lines read, "
        f"{len(result.remittance_ids)} new, {result.duplicates} known already, {result.rejected} line(s) rejected."
    )
    click.echo(
        f"Lines {_text(result.lines_sum)}, announced {_text(result.total) or '-'}: {check[result.is_adding_up]}."
    )
    for line in result.rejected_lines[:SHOWN_MAX]:
        click.echo(f"line {line.position}: {_words(line.reason)}", err=True)
    if len(result.rejected_lines) > SHOWN_MAX:
        click.echo(f"... and {len(result.rejected_lines) - SHOWN_MAX} more on the page of the import.", err=True)
