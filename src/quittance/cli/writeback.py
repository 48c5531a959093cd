"""`quittance writeback ...`: export what waits for the ERP, write a batch's files again, note what the ERP said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

EXIT_NOTHING = 2
EXIT_UNFIT = 3
FORMATS = ("FEC", "CSV", "JSON")
_COMPANY = click.option("--company", "company_code", default="", help="Code of the company; not needed with only one.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")


@click.group()
def command() -> None:
    """Send what was decided to the ERP and note its answers."""


@command.command(name="export")
@_COMPANY
@click.option("--batch", "batch_number", type=int, default=None, help="Write the files of this batch again instead.")
@click.option(
    "--format", "formats", type=click.Choice(FORMATS), multiple=True, default=["FEC"], show_default=True,
    help="May be given several times.",
)  # fmt: skip
@click.option(
    "--output", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder of the files.",
)  # fmt: skip
@_JSON
def export(company_code: str, batch_number: int | None, formats: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Let all that waits leave as one batch and write its files.

    A batch never changes: its files are the same bytes each time. Exit code 2 when nothing waits.
    """
    from quittance.foundation import clock
    from quittance.foundation.permissions import Actor
    from quittance.writeback import queries, services

    company_id = _company_id(company_code)
    if batch_number is None:
        try:
            batch_id = services.export_batch(
                company_id=company_id, as_of=clock.today(), actor=Actor(label="quittance writeback export")
            )
        except services.NothingWaits:
            click.echo("Nothing waits for the ERP.", err=True)
            click.get_current_context().exit(EXIT_NOTHING)
    else:
        batch_id = _batch_id(company_id, batch_number)
    batch = queries.find_batch(batch_id=batch_id) or {}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in dict.fromkeys(formats):
        found = services.read_batch_file(batch_id=batch_id, format=name)
        path = folder / found.filename
        path.write_bytes(found.content)
        written.append({"format": name, "path": str(path), "sha256": found.sha256})
    told = {
        "batch": batch["number"],
        "entries": batch["entry_count"],
        "lines": batch["line_count"],
        "total": f"{batch['debit_total']:f}",
        "currency": batch["currency"],
        "files": written,
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"Batch {told['batch']}: {told['entries']} entries, {told['lines']} lines.")
    for file in written:
        click.echo(f"{file['format']}: {file['path']}")


@command.command(name="acknowledge")
@click.argument("batch_number", type=int, metavar="BATCH")
@_COMPANY
@click.option("--reference", default="", help="The ERP's own reference.")
@click.option("--entry", "numbers", type=int, multiple=True, help="Only this entry; may be given several times.")
@click.option("--refused", "refusal", default="", help="The entries were refused, and why; name them with --entry.")
@_JSON
def acknowledge(
    batch_number: int, company_code: str, reference: str, numbers: tuple[int, ...], refusal: str, as_json: bool
) -> None:
    """Note that the ERP took a batch, or some of its entries, or refused them.

    The same again changes nothing. Exit code 3 when an entry is not of the batch, or was answered otherwise before.
    """
    from quittance.foundation.permissions import Actor
    from quittance.writeback import services

    if refusal and not numbers:
        raise click.UsageError("Say with --entry which entries were refused.")
    actor = Actor(label="quittance writeback acknowledge")
    batch_id = _batch_id(_company_id(company_code), batch_number)
    try:
        if numbers:
            answers = [
                services.Answer(number=one, reference=reference, refusal=refusal) for one in dict.fromkeys(numbers)
            ]
            result = services.answer_entries(batch_id=batch_id, answers=answers, actor=actor)
        else:
            result = services.acknowledge_batch(batch_id=batch_id, reference=reference, actor=actor)
    except services.AnswerRefused as error:
        raise click.UsageError(f"{error}.") from error
    told = {
        "acknowledged": result.acknowledged, "refused": result.refused, "unchanged": result.unchanged,
        "unfit": list(result.unfit),
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(f"{result.acknowledged} taken, {result.refused} refused, {result.unchanged} answered so before.")
        for number in result.unfit:
            click.echo(f"entry {number}: not of this batch, or answered otherwise before", err=True)
    click.get_current_context().exit(EXIT_UNFIT if result.unfit else 0)


def _company_id(code: str) -> int:
    """Return the company of a code, else the only one. :raises click.BadParameter:"""
    from quittance.parties.queries import list_companies

    known: dict[str, Any] = {company.code: company.id for company in list_companies()}
    if not code and len(known) == 1:
        return int(next(iter(known.values())))
    if code not in known:
        raise click.BadParameter(f"no company {code!r}; known are: {', '.join(sorted(known)) or 'none'}.")
    return int(known[code])


def _batch_id(company_id: int, number: int) -> int:
    from quittance.foundation.permissions import Scope
    from quittance.writeback.queries import list_batches

    found = list_batches(scope=Scope(company_ids=frozenset({company_id}))).filter(number=number).first()
    if found is None:
        raise click.BadParameter(f"the company has no batch {number}.")
    return int(found["id"])
