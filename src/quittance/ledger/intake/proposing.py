"""Say how a file would be read, before anything is read of it: reader, settings, mapping, preview."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Final

from quittance.core.ports.intake import FileRefused, LedgerLine
from quittance.core.reasons import MappingCode, Reason, ReasonCode, because
from quittance.foundation import clock
from quittance.foundation.permissions import Actor
from quittance.foundation.registry import adapter, adapters_of
from quittance.ledger.models import MappingProfile, OpenItem
from quittance.parties.queries import CompanyRow, find_company

PREVIEW_ROWS: Final = 20
_HEAD_BYTES: Final = 64 * 1024
_FEC_NAME: Final = re.compile(r"(\d{9})FEC(\d{4})(\d{2})(\d{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProposal:
    """How a file would be read. `settings` is what `start_import` takes; nothing `missing` means it can start.

    `choices` are rows (name, heading, confidence_pct, why); `rows` the first lines as text under `headings`.
    """

    reader: str
    reader_label: str
    kind: str
    source: str
    layout: str = ""
    settings: dict[str, Any]
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    choices: tuple[dict[str, Any], ...] = ()
    unmapped_headings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    warnings: tuple[Reason, ...] = ()
    profile_name: str = ""
    sheet_names: tuple[str, ...] = field(default=())

    @property
    def is_ready(self) -> bool:
        """Tell whether the file can be read as proposed."""
        return not self.missing


class UnknownProfile(LookupError):
    """No mapping profile has this name, which is the message."""


def propose(
    *,
    path: Path,
    filename: str,
    company_id: int | None,
    source: str = "",
    kind: str | None = None,
    reader: str | None = None,
    settings: Mapping[str, Any] | None = None,
    profile_name: str | None = None,
) -> ImportProposal:
    """Choose the reader, its settings and, for a table, the mapping. :raises FileRefused: :raises UnknownProfile:"""
    company = find_company(company_id=company_id) if company_id else None
    identifier = reader or _find_reader(path, filename)
    given = dict(settings or {})
    if identifier == "table":
        return _propose_table(path, company, source, kind, given, profile_name)
    return _propose_fec(identifier, path, filename, company, source, given)


def save_profile(*, name: str, settings: Mapping[str, Any], path: Path, actor: Actor) -> None:
    """Keep a confirmed mapping under a name; the next file with the same headings is proposed with it."""
    profile = settings.get("profile")
    if not profile:
        return
    preview = adapter("quittance.erp", "table")().preview(path=path)
    MappingProfile.objects.update_or_create(
        name=name[:80],
        defaults={
            "kind": str(profile.get("kind", ""))[:12],
            "headings_hash": _headings_hash(preview.headings),
            "profile": profile,
            "created_by_id": actor.user_id,
            "created_at": clock.now(),
        },
    )


def _find_reader(path: Path, filename: str) -> str:
    """Return the identifier of the reader that knows the file; the table reader, which knows most, is asked last."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise FileRefused(because(ReasonCode.EMPTY_FILE))
    for identifier in sorted(adapters_of("quittance.erp"), key=lambda each: (each == "table", each)):
        if adapter("quittance.erp", identifier)().supports(name=filename, head=head):
            return identifier
    raise FileRefused(because(ReasonCode.UNKNOWN_FORMAT))


def _propose_fec(
    identifier: str, path: Path, filename: str, company: CompanyRow | None, source: str, given: dict[str, Any]
) -> ImportProposal:
    reader = adapter("quittance.erp", identifier)()
    source = source or _default_source(identifier, company)
    settings: dict[str, Any] = {
        "receivable_prefixes": list(company.receivable_prefixes if company else ()) or ["411"],
        "company_currency": company.currency if company else "EUR",
        **given,
    }
    warnings: list[Reason] = []
    if "is_opening_taken" not in settings and _has_year_before(source, filename):
        settings["is_opening_taken"] = False
        warnings.append(because(MappingCode.OPENING_LEFT_OUT))
    reading = reader.open(path=path, settings=settings)
    found = [row for row in islice(reading.records(), PREVIEW_ROWS * 5) if isinstance(row, LedgerLine)]
    return ImportProposal(
        reader=identifier,
        reader_label=str(reader.label),
        kind=reading.kind.value,
        source=source,
        settings=settings,
        layout=reading.stats.layout if found else "",
        headings=tuple(column.name for column in fields(LedgerLine)),
        rows=tuple(tuple(_text(value) for value in astuple(row)) for row in found[:PREVIEW_ROWS]),
        warnings=tuple(warnings),
    )


def _propose_table(
    path: Path,
    company: CompanyRow | None,
    source: str,
    kind: str | None,
    given: dict[str, Any],
    profile_name: str | None,
) -> ImportProposal:
    reader = adapter("quittance.erp", "table")()
    prefixes = given.pop("receivable_prefixes", None)
    preview = reader.preview(path=path, settings={"kind": kind} if kind else None)
    proposal = preview.proposal
    saved = _saved_profile(profile_name, preview.headings)
    profile = given.get("profile") or (saved.profile if saved else proposal.profile.to_json())
    if prefixes:
        profile = {**profile, "receivable_prefixes": list(prefixes)}
    return ImportProposal(
        reader="table",
        reader_label=str(reader.label),
        kind=str(profile["kind"]),
        source=source or _default_source("ERP", company),
        settings={"profile": json.loads(json.dumps(profile))},
        layout=preview.layout,
        headings=preview.headings,
        rows=tuple(tuple(_text(cell) for cell in cells) for _position, cells in preview.rows[:PREVIEW_ROWS]),
        choices=tuple(
            {
                "name": choice.name,
                "heading": choice.heading,
                "confidence_pct": choice.confidence_pct,
                "why": choice.why,
            }
            for choice in proposal.choices
        ),
        unmapped_headings=proposal.unmapped_headings,
        missing=() if saved or given.get("profile") else proposal.missing,
        warnings=proposal.warnings,
        profile_name=saved.name if saved else "",
        sheet_names=preview.sheet_names,
    )


def _saved_profile(name: str | None, headings: Sequence[str]) -> MappingProfile | None:
    """Return the profile of that name, else the latest one for these headings. :raises UnknownProfile:"""
    if name:
        found = MappingProfile.objects.filter(name=name).first()
        if found is None:
            raise UnknownProfile(name)
        return found
    return MappingProfile.objects.filter(headings_hash=_headings_hash(headings)).order_by("-created_at", "-id").first()


def _headings_hash(headings: Sequence[str]) -> str:
    return sha256("\x1f".join(headings).encode()).hexdigest()


def _default_source(prefix: str, company: CompanyRow | None) -> str:
    """Return `FEC-<company code>`: ids of two companies' files never meet."""
    name = prefix.upper()
    return f"{name}-{company.code}" if company else name


def _has_year_before(source: str, filename: str) -> bool:
    """Tell whether items of an earlier year came from this source, by the closing day in the legal file name.

    What an earlier import of this very year brought does not count: the day in a name may be wrong.
    """
    match = _FEC_NAME.search(filename)
    if match is None:
        return False
    try:
        closing = date(int(match[2]), int(match[3]), int(match[4]))
        year_before = closing.replace(year=closing.year - 1, day=min(closing.day, 28))
    except ValueError:
        return False
    earlier = OpenItem.objects.filter(source=source, posting_date__lte=year_before)
    return earlier.exclude(batch__filename__icontains=match[0]).exists()


def _text(value: object) -> str:
    return "" if value is None or value == () else str(value)
