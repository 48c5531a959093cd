"""`quittance import debit-status`: take an answer of the bank to a collection in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

EXIT_NOTHING_READ = 2
EXIT_UNCLEAR = 3


@click.command(name="debit-status")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")
def command(file: Path, as_json: bool) -> None:
    """Import an answer of the bank (pain.002) to a collection of direct debits.

    What it rejects is owed again. The same file twice changes nothing. Exit code 0 when all was read, 3 when a line
    says nothing clear or names a debit that is not ours (the rest is in), 2 when nothing could be taken in.
    """
    from quittance.debits.services import import_status
    from quittance.foundation.permissions import Actor

    with file.open("rb") as stream:
        found = import_status(stream=stream, filename=file.name, actor=Actor(label="quittance import debit-status"))
    if as_json:
        click.echo(json.dumps(_object(found), ensure_ascii=False))
    else:
        _tell(found)
    click.get_current_context().exit(_exit_code(found))


def _exit_code(found: Any) -> int:
    if found.status in ("REFUSED", "NOT_OURS"):
        return EXIT_NOTHING_READ
    return EXIT_UNCLEAR if found.unknown or found.unread else 0


def _words(reason: Any) -> str:
    from quittance.foundation.reason_words import english_words

    return english_words(code=reason.code, params=dict(reason.params)) if reason else ""


def _object(found: Any) -> dict[str, Any]:
    return {
        "format": found.format,
        "status": found.status,
        "collection": found.collection_number,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "amount_rejected": f"{found.amount_rejected:.2f}",
        "reject_codes": found.reject_codes,
        "unknown": list(found.unknown),
        "unread_lines": [
            {"position": one["position"], "reason_code": one["reason"].code.value, "reason": _words(one["reason"])}
            for one in found.unread
        ],
        "message": _words(found.reason),
        "reason_code": found.reason.code.value if found.reason else "",
    }


def _tell(found: Any) -> None:
    """Say in sentences what was done, what was not clear on stderr."""
    if found.status == "REFUSED":
        click.echo(f"Nothing was imported. {_words(found.reason)}", err=True)
        return
    if found.status == "NOT_OURS":
        click.echo("Nothing was imported. It answers no file of ours.", err=True)
        return
    if found.status == "KNOWN":
        click.echo(f"Collection {found.collection_number}: this answer was taken in before, nothing changed.")
        return
    click.echo(
        f"{found.format}: collection {found.collection_number}, {found.accepted} debits taken, "
        f"{found.rejected} rejected ({found.amount_rejected:.2f} EUR owed again)."
    )
    for code, count in sorted(found.reject_codes.items()):
        click.echo(f"  {code or 'no reason'}: {count}")
    for name in found.unknown:
        click.echo(f"{name}: no debit of ours", err=True)
    for one in found.unread:
        click.echo(f"line {one['position']}: {_words(one['reason'])}", err=True)
