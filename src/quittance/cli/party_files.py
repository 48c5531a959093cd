"""`quittance import customers` and `quittance import contacts`, which differ by one word."""

from __future__ import annotations

from pathlib import Path

import click

from quittance.cli.import_ledger import finish


def party_command(*, name: str, kind: str) -> click.Command:
    """Return the command that takes a table of customers, or of contacts, in."""

    @click.command(name=name, help=HELP.format(name=name))
    @click.argument("file", type=click.Path(path_type=Path))
    @click.option("--company", "company_code", default="", help="Code of the company, where the file names none.")
    @click.option("--source", default="", help="Name of the system the file comes from.")
    @click.option("--profile", default=None, help="Name of a saved mapping; otherwise the proposed one is used.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    def command(file: Path, company_code: str, source: str, profile: str | None, as_json: bool) -> None:
        from quittance.foundation.permissions import Actor
        from quittance.ledger.services import import_file

        batch_id = import_file(
            path=file,
            actor=Actor(label=f"quittance import {name}"),
            company_id=_company_id(company_code),
            source=source,
            kind=kind,
            profile_name=profile,
        )
        finish(batch_id=batch_id, as_json=as_json)

    return command


HELP = """Import {name} from a CSV or XLSX table.

Blank cells say nothing; the same file again changes nothing. Exit code 0 when all was read, 3 when something was
rejected (the rest is in), 2 when nothing could be read.
"""


def _company_id(code: str) -> int | None:
    """Return the company of a code, else the only one, else None. :raises click.BadParameter: an unknown code"""
    from quittance.parties.queries import find_company, list_companies

    known = list_companies()
    if not code:
        return known[0].id if len(known) == 1 else None
    company = find_company(code=code)
    if company is None:
        names = ", ".join(row.code for row in known) or "none"
        raise click.BadParameter(f"no company {code!r}; known are: {names}.", param_hint="--company")
    return company.id
