"""Opening a file of a bank: plain or in a ZIP, and which reader knows it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from quittance.core.mapping.bank_profile import BankProfile
from quittance.core.ports.statement_tables import StatementTableReader
from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader
from quittance.core.reasons import ReasonCode, because
from quittance.foundation import registry
from quittance.ledger.intake.statement_profiles import find_statement_profile
from quittance.parties.payments import list_bank_accounts

GROUP: Final = "quittance.statements"
HEAD_BYTES: Final = 1 << 16
FILE_BYTES_MAX: Final = 1 << 29
ARCHIVE_BYTES_MAX: Final = 1 << 29
ARCHIVE_RATIO_MAX: Final = 200
ARCHIVE_MEMBERS_MAX: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSettings:
    """What a person said of a table: how it is read, and our account where the table does not name it."""

    profile: BankProfile | None = None
    account_id: str = ""


def installed_readers() -> list[StatementReader]:
    """Return a reader of each installed format; tables, which any text may look like, come last."""
    readers = [reader() for reader in registry.adapters_of(GROUP).values()]
    return sorted(readers, key=lambda reader: isinstance(reader, StatementTableReader))


def read_statement_file(
    *, stream: BinaryIO, readers: Sequence[StatementReader] | None = None, tables: TableSettings | None = None
) -> StatementFile:
    """Read a bank file, or all bank files inside a ZIP, with the reader that knows it.

    A table is read as `tables` says, else as a person confirmed it for the same headings, else as its headings
    propose, if that is complete.

    :raises FileRefused: nobody knows it, it cannot be read, or an archive would swell too far.
    """
    readers = installed_readers() if readers is None else readers
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise FileRefused(because(ReasonCode.EMPTY))
    settings = tables or TableSettings()
    if not head.startswith(b"PK\x03\x04") or any(reader.supports(head) for reader in readers):
        return _read_plain(stream, head, readers, settings)
    return _joined(_read_archive(stream, readers, settings))


def find_table_reader(stream: BinaryIO) -> StatementTableReader | None:
    """Return the reader of tables when the file is for it and for no other; the stream stands at its start again."""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    found = next((reader for reader in installed_readers() if head and reader.supports(head)), None)
    return found if isinstance(found, StatementTableReader) else None


def confirmed_profile(headings: Sequence[str]) -> BankProfile | None:
    """Return how a person confirmed tables with these headings, None when nobody did.

    The account kept with it counts only while it is our only one: with two, nobody can say which a file is of.
    """
    saved = find_statement_profile(headings=headings)
    if saved is not None and saved.account_id and len(list_bank_accounts()) != 1:
        return replace(saved, account_id="")
    return saved


def _read_table(reader: StatementTableReader, stream: BinaryIO, settings: TableSettings) -> StatementFile:
    profile = settings.profile
    if profile is None:
        preview = reader.preview(stream)
        stream.seek(0)
        profile = confirmed_profile(preview.headings) or preview.proposal.profile
    return reader.read_mapped(stream, profile=profile, account_id=settings.account_id)


def _read_plain(
    stream: BinaryIO, head: bytes, readers: Iterable[StatementReader], settings: TableSettings
) -> StatementFile:
    labels = []
    for reader in readers:
        if reader.supports(head):
            if isinstance(reader, StatementTableReader):
                return _read_table(reader, stream, settings)
            return reader.read(stream)
        labels.append(reader.label)
    raise FileRefused(because(ReasonCode.FORMAT_UNKNOWN, known="; ".join(labels) or "–"))


def _read_archive(stream: BinaryIO, readers: Sequence[StatementReader], settings: TableSettings) -> list[StatementFile]:
    """Read each member of a ZIP in memory, in order of its name; one that is refused refuses the archive."""
    files = []
    swollen = 0
    try:
        with zipfile.ZipFile(stream) as archive:
            members = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
            if len(members) > ARCHIVE_MEMBERS_MAX:
                raise FileRefused(because(ReasonCode.ARCHIVE_BOMB, problem="MANY_PARTS", parts=len(members)))
            for member in members:
                content = _inflate(archive, member, bytes_max=ARCHIVE_BYTES_MAX - swollen)
                swollen += len(content)
                files.append(_read_member(member.filename, content, readers, settings))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
        raise FileRefused(because(ReasonCode.ARCHIVE_UNREADABLE)) from error
    if not files:
        raise FileRefused(because(ReasonCode.ARCHIVE_EMPTY))
    return files


def _inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, bytes_max: int) -> bytes:
    """Unpack one member, believing what comes out and not what the archive says of its size."""
    limit = min(bytes_max, max(1 << 20, member.compress_size * ARCHIVE_RATIO_MAX))
    with archive.open(member) as packed:
        content = packed.read(limit + 1)
    if len(content) > limit:
        reason = because(ReasonCode.ARCHIVE_BOMB, problem="SWELLS", size=member.compress_size, most=limit)
        raise FileRefused(reason.also(member=member.filename))
    return content


def _read_member(
    name: str, content: bytes, readers: Sequence[StatementReader], settings: TableSettings
) -> StatementFile:
    try:
        return _read_plain(io.BytesIO(content), content[:HEAD_BYTES], readers, settings)
    except FileRefused as refused:
        raise FileRefused(refused.reason.also(member=name), position=refused.position) from refused


def _joined(files: Sequence[StatementFile]) -> StatementFile:
    formats = list(dict.fromkeys(file.format for file in files))
    return StatementFile(
        format=", ".join(formats)[:60],
        message_id=files[0].message_id,
        statements=tuple(statement for file in files for statement in file.statements),
        rejected=tuple(line for file in files for line in file.rejected),
    )
