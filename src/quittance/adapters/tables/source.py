"""Bytes of a file in blocks: plain, gzip or UTF-16, with limits on what a small file may grow into."""

from __future__ import annotations

import codecs
import gzip
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from quittance.core.ports.intake import FileRefused
from quittance.core.reasons import ReasonCode, because

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK_BYTES: Final = 1 << 20
GZIP_MAGIC: Final = b"\x1f\x8b"
ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeLimits:
    """How large a file may be. `file_bytes_max` None: no limit (the command line streams what it is given).

    A packed file is refused when it grows past `expanded_bytes_max`, or beyond `expansion_ratio_max` times
    its own size once it has passed `expansion_free_bytes` (small files pack well for honest reasons).
    """

    file_bytes_max: int | None = None
    expanded_bytes_max: int = 20 * (1 << 30)
    expansion_ratio_max: int = 250
    expansion_free_bytes: int = 64 << 20


class ByteSource:
    """One pass over the bytes of a file, unpacked, with the count of bytes taken from the disk."""

    def __init__(self, *, path: Path, limits: SizeLimits | None = None) -> None:
        """Check the size and what the first bytes say. :raises FileRefused: TOO_LARGE, EMPTY_FILE, NOT_TEXT"""
        self._path = path
        self._limits = limits or SizeLimits()
        self.bytes_read = 0
        try:
            self.size = path.stat().st_size
            with path.open("rb") as file:
                head = file.read(16)
        except OSError as error:
            raise FileRefused(because(ReasonCode.UNREADABLE_FILE, detail=error.strerror)) from error
        refuse_large(size=self.size, limits=self._limits)
        if not head:
            raise FileRefused(because(ReasonCode.EMPTY_FILE))
        if head.startswith((ZIP_MAGIC, OLE_MAGIC, b"%PDF")):
            raise FileRefused(because(ReasonCode.NOT_TEXT))
        self._is_gzip = head.startswith(GZIP_MAGIC)

    def blocks(self) -> Iterator[bytes]:
        """Yield the content as bytes of an ASCII-compatible encoding (UTF-16 comes out as UTF-8).

        :raises FileRefused: BROKEN_ARCHIVE, ARCHIVE_BOMB, BROKEN_UTF16
        """
        self.bytes_read = 0
        raw = self._unpacked() if self._is_gzip else self._plain()
        first = next(raw, b"")
        if not first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            yield first
            yield from raw
            return
        decoder = codecs.getincrementaldecoder("utf-16")()
        try:
            yield decoder.decode(first).encode()
            for block in raw:
                yield decoder.decode(block).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise FileRefused(because(ReasonCode.BROKEN_UTF16)) from error

    def _plain(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                self.bytes_read += len(block)
                yield block

    def _unpacked(self) -> Iterator[bytes]:
        limits = self._limits
        bytes_max = max(limits.expansion_free_bytes, self.size * limits.expansion_ratio_max)
        bytes_max = min(bytes_max, limits.expanded_bytes_max)
        expanded = 0
        with self._path.open("rb") as file:
            packed = gzip.GzipFile(fileobj=cast("BinaryIO", file))
            try:
                while block := packed.read(BLOCK_BYTES):
                    expanded += len(block)
                    if expanded > bytes_max:
                        raise FileRefused(
                            because(ReasonCode.ARCHIVE_BOMB, problem="SWELLS", size=self.size, most=bytes_max)
                        )
                    self.bytes_read = file.tell()
                    yield block
            except (OSError, EOFError, zlib.error) as error:
                raise FileRefused(because(ReasonCode.BROKEN_ARCHIVE)) from error


def refuse_large(*, size: int, limits: SizeLimits) -> None:
    """Refuse a file over the limit in words a person can act on. :raises FileRefused: TOO_LARGE"""
    if limits.file_bytes_max is not None and size > limits.file_bytes_max:
        raise FileRefused(because(ReasonCode.TOO_LARGE, size=size, most=limits.file_bytes_max))


def unpack_head(head: bytes, *, bytes_max: int = 64 * 1024) -> bytes:
    """Unpack the beginning of a gzip file from its first bytes; nothing when they are not that."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, bytes_max)
    except zlib.error:
        return b""
