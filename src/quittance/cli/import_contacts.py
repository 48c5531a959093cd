"""`quittance import contacts`: take a file of contacts in (CSV, XLSX)."""

from __future__ import annotations

from pathlib import Path

import click

from quittance.cli.import_ledger import finish


@click.command(name="contacts")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--company", "company_code", default="", help="Code of the company, where the file names none.")
@click.option("--source", default="", help="Name of the system the file comes from.")
@click.option("--profile", default=None, help="Name of a saved mapping; otherwise the proposed one is used.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(file: Path, company_code: str, source: str, profile: str | None, as_json: bool) -> None:
    """Import contacts from a CSV or XLSX table.

    Blank cells say nothing; the same file again changes nothing. Exit code 0 when all was read, 3 when something was
    rejected (the rest is in), 2 when nothing could be read.
    """
    from quittance.foundation.permissions import Actor
    from quittance.ledger.services import import_file
    from quittance.parties.queries import find_company, list_companies

    known = list_companies()
    company = find_company(code=company_code) if company_code else (known[0] if len(known) == 1 else None)
    if company_code and company is None:
        names = ", ".join(row.code for row in known) or "none"
        raise click.BadParameter(f"no company {company_code!r}; known are: {names}.", param_hint="--company")
    batch_id = import_file(
        path=file,
        actor=Actor(label="quittance import contacts"),
        company_id=company.id if company else None,
        source=source,
        kind="CONTACTS",
        profile_name=profile,
    )
    finish(batch_id=batch_id, as_json=as_json)
