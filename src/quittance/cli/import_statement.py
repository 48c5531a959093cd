"""`quittance import statement`: take a file of the bank in and match what it brought."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import click

EXIT_NOTHING_READ = 2
EXIT_REJECTED = 3
SHOWN_MAX = 20


class _Watched:
    """A stream that tells how many bytes have been read of it."""

    def __init__(self, stream: BinaryIO, on_read: Callable[[int], None]) -> None:
        self._stream = stream
        self._on_read = on_read

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._on_read(len(chunk))
        return chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@click.command(name="statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")
@click.option("--match/--no-match", "is_matching", default=True, show_default=True, help="Match the receipts at once.")
@click.option("--company", "company_code", default="", help="Code of the company a new bank account is of.")
@click.option("--account", "account_id", default="", help="IBAN or number of our account, for a table that names none.")
def command(file: Path, as_json: bool, is_matching: bool, company_code: str, account_id: str) -> None:
    """Import a bank statement, plain or in a ZIP.

    Read are camt.052, 053 and 054, MT940 and MT942, CFONB120, OFX, BAI2, CODA, and tables (CSV, XLSX) as they were
    confirmed on the page, else as their headings say.

    The same movements again change nothing. Exit code 0 when all was read, 3 when something was rejected (the rest
    is in), 2 when nothing could be read.
    """
    from quittance.cash.statement_results import import_object
    from quittance.foundation.permissions import Actor

    actor = Actor(label="quittance import statement")
    result = _import(file, _company_id(company_code), account_id, actor)
    matched = _match(result, actor) if is_matching else None
    if as_json:
        click.echo(json.dumps(import_object(result, matched), ensure_ascii=False))
    else:
        _tell(result, matched)
    click.get_current_context().exit(_exit_code(result))


def _company_id(code: str) -> int | None:
    """Return the company of a code, None for no code. :raises click.BadParameter: when there is none of it."""
    if not code:
        return None
    from quittance.parties.queries import list_companies

    known = {company.code: company.id for company in list_companies()}
    if code not in known:
        raise click.BadParameter(f"no company {code!r}; known are: {', '.join(sorted(known)) or 'none'}.")
    return known[code]


def _import(file: Path, company_id: int | None, account_id: str, actor: Any) -> Any:
    from quittance.cash.services import import_statement
    from quittance.cash.statement_files import TableSettings

    size = file.stat().st_size
    with (
        file.open("rb") as stream,
        click.progressbar(
            length=2 * size,
            label=f"Reading {file.name}",
            file=sys.stderr,
            show_pos=False,
            hidden=not sys.stderr.isatty(),
        ) as bar,
    ):
        watched = _Watched(stream, bar.update)
        return import_statement(
            stream=cast(BinaryIO, watched),
            filename=file.name,
            actor=actor,
            company_id=company_id,
            tables=TableSettings(account_id=account_id),
        )


def _match(result: Any, actor: Any) -> Any:
    from quittance.cash.services import match_transactions
    from quittance.cash.statement_results import add_runs
    from quittance.foundation import clock

    return add_runs(
        match_transactions(company_id=company_id, as_of=clock.today(), actor=actor) for company_id in result.company_ids
    )


def _exit_code(result: Any) -> int:
    if result.is_refused or (result.rejected and not result.transactions_read):
        return EXIT_NOTHING_READ
    return EXIT_REJECTED if result.rejected else 0


def _tell(result: Any, matched: Any) -> None:
    """Say in sentences what was done, rejected lines on stderr."""
    from quittance.cash.statement_results import amount_text, words

    if result.is_refused:
        click.echo(f"Nothing was imported. {words(result.reason, position=result.position)}", err=True)
        return
    check = {True: "opening + movements = closing", False: "the balances do NOT add up", None: "no balances to check"}
    click.echo(
        f"{result.format}: {result.transactions_read} movements read, {result.transactions_new} new, "
        f"{result.duplicates} known already, {result.pending} not booked yet, {result.rejected} rejected."
    )
    opening, closing = (amount_text(one) or "-" for one in (result.opening, result.closing))
    click.echo(f"Opening {opening}, sum {amount_text(result.sum)}, closing {closing}: {check[result.balanced]}.")
    if result.gap_count:
        click.echo(f"{result.gap_count} statement(s) do not begin where the one before ended: one is missing.")
    if result.doubtful:
        click.echo(f"{result.doubtful} of the new ones may be in already by another format: they wait for a person.")
    if matched is not None:
        click.echo(
            f"Waiting receipts: {matched.applied} matched, {matched.proposed} with a proposal for you, "
            f"{matched.unexplained} without."
        )
    for line in result.rejected_lines[:SHOWN_MAX]:
        click.echo(f"line {line.position}: {words(line.reason)}", err=True)
    if len(result.rejected_lines) > SHOWN_MAX:
        click.echo(f"... and {len(result.rejected_lines) - SHOWN_MAX} more on the page of the import.", err=True)
