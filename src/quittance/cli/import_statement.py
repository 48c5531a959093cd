"""`quittance import statement`: take a file of the bank in and match what it brought."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    """What matching did over all companies that the file was for."""

    applied: int
    proposed: int
    unexplained: int


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
    from quittance.foundation.permissions import Actor

    actor = Actor(label="quittance import statement")
    result = _import(file, _company_id(company_code), account_id, actor)
    matched = _match(result, actor) if is_matching else None
    if as_json:
        click.echo(json.dumps(_object(result, matched), ensure_ascii=False))
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


def _match(result: Any, actor: Any) -> _Matched:
    from quittance.cash.services import match_transactions
    from quittance.foundation import clock

    runs = [
        match_transactions(company_id=company_id, as_of=clock.today(), actor=actor) for company_id in result.company_ids
    ]
    return _Matched(
        applied=sum(run.applied for run in runs),
        proposed=sum(run.proposed for run in runs),
        unexplained=sum(run.unexplained for run in runs),
    )


def _exit_code(result: Any) -> int:
    if result.is_refused or (result.rejected and not result.transactions_read):
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


def _object(result: Any, matched: _Matched | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "format": result.format,
        "status": result.status,
        "transactions_read": result.transactions_read,
        "transactions_new": result.transactions_new,
        "duplicates": result.duplicates,
        "pending": result.pending,
        "rejected": result.rejected,
        "opening": _text(result.opening),
        "closing": _text(result.closing),
        "sum": _text(result.sum),
        "balanced": result.balanced,
        "statements": len(result.statement_ids),
        "gaps": result.gap_count,
        "doubtful": result.doubtful,
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
    if matched is not None:
        found["matched"] = matched.applied
        found["proposed"] = matched.proposed
        found["unexplained"] = matched.unexplained
    return found


def _tell(result: Any, matched: _Matched | None) -> None:
    """Say in sentences what was done, rejected lines on stderr."""
    if result.is_refused:
        click.echo(f"Nothing was imported. {_words(result.reason, position=result.position)}", err=True)
        return
    check = {True: "opening + movements = closing", False: "the balances do NOT add up", None: "no balances to check"}
    click.echo(
        f"{result.format}: {result.transactions_read} movements read, {result.transactions_new} new, "
        f"{result.duplicates} known already, {result.pending} not booked yet, {result.rejected} rejected."
    )
    click.echo(
        f"Opening {_text(result.opening) or '-'}, sum {_text(result.sum)}, closing {_text(result.closing) or '-'}: "
        f"{check[result.balanced]}."
    )
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
        click.echo(f"line {line.position}: {_words(line.reason)}", err=True)
    if len(result.rejected_lines) > SHOWN_MAX:
        click.echo(f"... and {len(result.rejected_lines) - SHOWN_MAX} more on the page of the import.", err=True)
