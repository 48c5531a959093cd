"""Opening a file of a bank: plain or in a ZIP, and which reader knows it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader
from quittance.core.reasons import ReasonCode, because
from quittance.foundation import registry

GROUP: Final = "quittance.statements"
HEAD_BYTES: Final = 1 << 16
FILE_BYTES_MAX: Final = 1 << 29
ARCHIVE_BYTES_MAX: Final = 1 << 29
ARCHIVE_RATIO_MAX: Final = 200
ARCHIVE_MEMBERS_MAX: Final = 1000


def installed_readers() -> list[StatementReader]:
    """Return a reader of each installed format."""
    return [reader() for reader in registry.adapters_of(GROUP).values()]


def read_statement_file(*, stream: BinaryIO, readers: Sequence[StatementReader] | None = None) -> StatementFile:
    """Read a bank file, or all bank files inside a ZIP, with the reader that knows it.

    :raises FileRefused: nobody knows it, it cannot be read, or an archive would swell too far.
    """
    readers = installed_readers() if readers is None else readers
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise FileRefused(because(ReasonCode.EMPTY))
    if not head.startswith(b"PK\x03\x04"):
        return _read_plain(stream, head, readers)
    return _joined(_read_archive(stream, readers))


def _read_plain(stream: BinaryIO, head: bytes, readers: Iterable[StatementReader]) -> StatementFile:
    labels = []
    for reader in readers:
        if reader.supports(head):
            return reader.read(stream)
        labels.append(reader.label)
    raise FileRefused(because(ReasonCode.FORMAT_UNKNOWN, known="; ".join(labels) or "–"))


def _read_archive(stream: BinaryIO, readers: Sequence[StatementReader]) -> list[StatementFile]:
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
                files.append(_read_member(member.filename, content, readers))
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


def _read_member(name: str, content: bytes, readers: Sequence[StatementReader]) -> StatementFile:
    try:
        return _read_plain(io.BytesIO(content), content[:HEAD_BYTES], readers)
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
