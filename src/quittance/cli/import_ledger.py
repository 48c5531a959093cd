"""`quittance import ledger`: take a file of the ERP in (FEC, CSV, XLSX)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

EXIT_NOTHING_READ = 2
EXIT_REJECTED = 3
SHOWN_MAX = 20
STAGES = {
    "READING": "Reading",
    "CHECKING": "Checking",
    "POSTING": "Posting",
    "LETTERING": "Applying letters",
    "BALANCES": "Balances",
}
_FEC_NAME = re.compile(r"(?<!\d)(\d{9,14})FEC\d{8}", re.IGNORECASE)


@click.command(name="ledger")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--company", "company_code", default="", help="Code of the company whose file it is.")
@click.option(
    "--source", default="", help="Name of the ERP; its ids are unique under it. By default the company's own."
)
@click.option("--snapshot", is_flag=True, help="The file holds everything that is open: what has vanished is closed.")
@click.option("--profile", default=None, help="Name of a saved mapping; otherwise the proposed one is used.")
@click.option(
    "--receivable-prefix", "prefixes", multiple=True, help="Account prefix to take, 411 by default. Repeatable."
)
@click.option("--known-accounts-only", is_flag=True, help="Reject lines of unknown accounts instead of creating them.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; amounts are strings.")
def command(
    file: Path,
    company_code: str,
    source: str,
    snapshot: bool,
    profile: str | None,
    prefixes: tuple[str, ...],
    known_accounts_only: bool,
    as_json: bool,
) -> None:
    """Import a ledger file: FEC, CSV or XLSX.

    The same file again changes nothing. Exit code 0 when all was read, 3 when something was rejected (the rest is
    in), 2 when nothing could be read.
    """
    from quittance.foundation.permissions import Actor
    from quittance.ledger.services import import_file

    actor = Actor(label="quittance import ledger")
    company_id, note, may_create = _company(company_code, file, actor)
    if note and not as_json:
        click.echo(note)
    with _progress(file) as on_progress:
        batch_id = import_file(
            path=file,
            actor=actor,
            company_id=company_id,
            source=source,
            settings={"receivable_prefixes": list(prefixes)} if prefixes else None,
            profile_name=profile,
            is_snapshot=snapshot,
            may_create_companies=may_create,
            may_create_accounts=not known_accounts_only,
            on_progress=on_progress,
        )
    finish(batch_id=batch_id, as_json=as_json, note=note)


def finish(*, batch_id: int, as_json: bool, note: str = "") -> None:
    """Say what came of an import and leave with its exit code."""
    from quittance.foundation.queries import find_import, list_rejected_lines
    from quittance.foundation.reason_words import english_words

    batch = find_import(batch_id=batch_id)
    if batch is None:
        raise click.ClickException(f"import {batch_id} has vanished")
    batch["message"] = english_words(code=batch["reason_code"], params=batch["reason_params"], before=batch["message"])
    rejected = [
        {**row, "reason": english_words(code=row["reason_code"], params=row["reason_params"], before=row["reason"])}
        for row in list_rejected_lines(batch_id=batch_id)[: SHOWN_MAX * 5]
    ]
    batch["message"] = batch["message"] or _all_rejected(batch, rejected)
    if as_json:
        click.echo(json.dumps(result_object(batch, rejected, note), ensure_ascii=False))
    else:
        _tell(batch, rejected)
    click.get_current_context().exit(_exit_code(batch))


def _all_rejected(batch: dict[str, Any], rejected: list[dict[str, Any]]) -> str:
    """Say that nothing was taken because every line was rejected, "" when that is not so."""
    count = batch["lines_rejected"]
    if not count or batch["lines_accepted"]:
        return ""
    reason = next((line["reason"] for line in rejected if not line["is_warning"]), "")
    lines = "The only line was rejected" if count == 1 else f"All {count} lines were rejected"
    return f"{lines}; the first reason: {reason}" if reason else f"{lines}."


def result_object(batch: dict[str, Any], rejected: list[dict[str, Any]], note: str) -> dict[str, Any]:
    """Return what `--json` prints."""
    report = batch["report"]
    return {
        "import": batch["id"],
        "status": batch["status"],
        "format": batch["format"],
        "source": batch["source"],
        "lines_read": batch["lines_read"],
        "lines_accepted": batch["lines_accepted"],
        "lines_rejected": batch["lines_rejected"],
        "lines_other": report.get("lines_other", 0),
        "receivable_currency": report.get("receivable_currency", ""),
        "receivable_debit": report.get("receivable_debit", "0.00"),
        "receivable_credit": report.get("receivable_credit", "0.00"),
        "receivable_by_currency": _by_currency(report),
        "letter_groups": report.get("letter_groups", 0),
        "letter_groups_applied": report.get("letter_groups_applied", 0),
        "new": batch["lines_new"],
        "changed": batch["lines_changed"],
        "unchanged": batch["lines_unchanged"],
        "closed": batch["lines_closed"],
        "returned": report.get("lines_returned", 0),
        "is_unchanged": batch["status"] == "UNCHANGED",
        "encoding": report.get("encoding", ""),
        "message": batch["message"],
        "reason_code": batch["reason_code"],
        "reason_params": batch["reason_params"],
        "note": note,
        "created": report.get("created", {}),
        "rejected_lines": [_told(line) for line in rejected if not line["is_warning"]],
        "remarks": [_told(line) for line in rejected if line["is_warning"]],
    }


def _told(line: dict[str, Any]) -> dict[str, Any]:
    return {name: line[name] for name in ("position", "reason_code", "reason_params", "reason")}


def _by_currency(report: dict[str, Any]) -> dict[str, dict[str, str]]:
    totals = report.get("totals_by_currency", [])
    return {currency: {"debit": debit, "credit": credit} for currency, debit, credit in totals}


def _company(code: str, file: Path, actor: Any) -> tuple[int | None, str, bool]:
    """Return the company, what to say about it, and whether companies named in the file may be created.

    Without a code the SIREN in the legal name of a FEC says whose it is; a company is created for one that is new. Else
    it is the only company there is; in an empty installation the file's own companies, or one called MAIN.

    :raises click.BadParameter: an unknown code, or none where there are several companies
    """
    from quittance.parties.queries import find_company, list_companies
    from quittance.parties.services import create_company

    known = list_companies()
    if code:
        company = find_company(code=code)
        if company is not None:
            return company.id, "", False
        if known:
            names = ", ".join(row.code for row in known)
            raise click.BadParameter(f"no company {code!r}; known are: {names}.", param_hint="--company")
        return create_company(code=code, name=code, actor=actor), f"Company {code} was created.", False
    match = _FEC_NAME.search(file.name)
    if match is not None and file.exists():
        return _company_of_siren(match[1], actor)
    if len(known) == 1:
        return known[0].id, "", False
    if not known:
        return _first_company(file, actor)
    names = ", ".join(row.code for row in known)
    raise click.BadParameter(f"say whose file it is; companies are: {names}.", param_hint="--company")


def _company_of_siren(siren: str, actor: Any) -> tuple[int, str, bool]:
    from quittance.parties.queries import find_company
    from quittance.parties.services import create_company

    company = find_company(legal_identifier=siren) or find_company(code=siren)
    if company is not None:
        return company.id, "", False
    created = create_company(code=siren, name=f"SIREN {siren}", legal_identifier=siren, actor=actor)
    return created, f"Company {siren} was created, after the SIREN in the file's name.", False


def _first_company(file: Path, actor: Any) -> tuple[int | None, str, bool]:
    """In an empty installation: let the file name its companies if it does, else make one called MAIN."""
    from quittance.core.ports.intake import FileRefused
    from quittance.ledger.intake.proposing import propose
    from quittance.parties.services import create_company

    try:
        found = propose(path=file, filename=file.name, company_id=None)
    except (FileRefused, OSError):
        return None, "", False
    columns = dict(found.settings.get("profile", {}).get("columns", []))
    if "company_code" in columns:
        return None, "Companies named in the file are created.", True
    company_id = create_company(code="MAIN", name="Main company", actor=actor)
    return company_id, "Company MAIN was created; rename it in the settings.", False


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[str, int, int], None] | None]:
    """Draw how far the import is on the terminal, if there is one."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=None)
        yield lambda stage, done, total: bar.update(
            task, description=STAGES.get(stage, stage), completed=done, total=total or None
        )


def _exit_code(batch: dict[str, Any]) -> int:
    if batch["status"] in {"REFUSED", "FAILED"} or (batch["lines_rejected"] and not batch["lines_accepted"]):
        return EXIT_NOTHING_READ
    return EXIT_REJECTED if batch["lines_rejected"] else 0


def _tell(batch: dict[str, Any], rejected: list[dict[str, Any]]) -> None:
    if batch["status"] in {"REFUSED", "FAILED"}:
        click.echo(f"Nothing was imported. {batch['message']}", err=True)
        return
    report = batch["report"]
    click.echo(
        f"{batch['format']}: {batch['lines_read']} lines read, {batch['lines_accepted']} of customers taken "
        f"({batch['lines_new']} new, {batch['lines_changed']} changed, {batch['lines_unchanged']} unchanged), "
        f"{batch['lines_rejected']} rejected."
    )
    if batch["kind"] == "LEDGER":
        for currency, sides in _by_currency(report).items():
            click.echo(f"Receivable accounts: {currency} debit {sides['debit']}, credit {sides['credit']}.")
        click.echo(
            f"Letter groups: {report.get('letter_groups', 0)}, of which "
            f"{report.get('letter_groups_applied', 0)} applied."
        )
    if returned := report.get("lines_returned", 0):
        click.echo(f"{returned} lines were sent to the ERP from here and came back: not posted again.")
    if batch["lines_closed"]:
        click.echo(f"{batch['lines_closed']} items that have vanished from the snapshot were closed.")
    if batch["message"]:
        click.echo(batch["message"])
    for line in rejected[:SHOWN_MAX]:
        kind = "note" if line["is_warning"] else "rejected"
        click.echo(f"line {line['position']} ({kind}): {line['reason']}", err=True)
    if len(rejected) > SHOWN_MAX:
        click.echo("... the rest is on the page of the import.", err=True)
