"""Opening what a payer sent: which reader knows it, and how a person confirmed its columns."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import BinaryIO, Final

from quittance.core.mapping.remittance_profile import KIND, RemittanceProfile
from quittance.core.ports.remittances import (
    Breadth,
    FileRefused,
    RemittanceFile,
    RemittanceReader,
    RemittanceTableReader,
)
from quittance.core.reasons import ReasonCode, because
from quittance.foundation import registry
from quittance.foundation.permissions import Actor
from quittance.ledger.intake.remittance_profiles import find_profile, save_profile

GROUP: Final = "quittance.remittances"
HEAD_BYTES: Final = 1 << 16
FILE_BYTES_MAX: Final = 1 << 26


def installed_readers() -> list[RemittanceReader]:
    """Return a reader of each installed format; tables and free text, which much may look like, come last."""
    readers: list[RemittanceReader] = [reader() for reader in registry.adapters_of(GROUP).values()]
    return sorted(readers, key=lambda reader: reader.breadth)


def find_reader(stream: BinaryIO) -> RemittanceReader | None:
    """Return the reader that knows a file; the stream stands at its start again."""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    return next((reader for reader in installed_readers() if head and reader.supports(head)), None)


def find_table_reader(stream: BinaryIO) -> RemittanceTableReader | None:
    """Return the reader of tables when the file is for it and for no other."""
    found = find_reader(stream)
    return found if isinstance(found, RemittanceTableReader) else None


def read_remittance_file(*, stream: BinaryIO, profile: RemittanceProfile | None = None) -> RemittanceFile:
    """Read a file with the reader that knows it.

    A table is read as `profile` says, else as a person confirmed it for the same headings, else as its headings
    propose, if that is complete.

    :raises FileRefused: nobody knows it, or it cannot be read
    """
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise FileRefused(because(ReasonCode.EMPTY))
    reader = find_reader(stream)
    if reader is None:
        known = "; ".join(each.label for each in installed_readers())
        raise FileRefused(because(ReasonCode.REMITTANCE_FORMAT_UNKNOWN, known=known or "–"))
    if not isinstance(reader, RemittanceTableReader):
        return reader.read(stream)
    if profile is None:
        preview = reader.preview(stream)
        stream.seek(0)
        profile = confirmed_profile(preview.headings) or preview.proposal.profile
    return reader.read_mapped(stream, profile=profile)


def is_machine_made(stream: BinaryIO) -> bool:
    """Say whether a file is of a format that says by itself that it is a remittance advice."""
    reader = find_reader(stream)
    return reader is not None and reader.breadth is Breadth.FORMAT


def confirmed_profile(headings: Sequence[str]) -> RemittanceProfile | None:
    """Return how a person confirmed tables with these headings, None when nobody did. One query."""
    values = find_profile(kind=KIND, key=_key(headings))
    return None if values is None else RemittanceProfile.from_json(values)


def keep_profile(*, headings: Sequence[str], profile: RemittanceProfile, actor: Actor) -> None:
    """Keep a confirmed profile; the next table with the same headings is read by it without a question."""
    save_profile(kind=KIND, key=_key(headings), values=profile.to_json(), actor=actor)


def _key(headings: Sequence[str]) -> str:
    return sha256("\x1f".join([KIND, *headings]).encode()).hexdigest()
