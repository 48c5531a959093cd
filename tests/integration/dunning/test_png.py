"""The picture of the code to scan: the same pixels as the library that made the code would draw."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

import pytest
import segno

from quittance.dunning.messages.png import draw_png


def pixels(png: bytes) -> tuple[bytes, bytes]:
    """Size and unpacked rows of a PNG, every checksum looked at."""
    at, header, packed = 8, b"", b""
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        name, content = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length) == (zlib.crc32(name + content),)
        header, packed = (content if name == b"IHDR" else header), packed + (content if name == b"IDAT" else b"")
        at += 12 + length
    return header, zlib.decompress(packed)


def lines(unpacked: bytes, side: int) -> Iterator[int]:
    """Each row of pixels as a number; 2 says that a row is told by its difference to the one above (RFC 2083, 6.4)."""
    width, above = -(-side // 8) + 1, bytes(-(-side // 8))
    for start in range(0, len(unpacked), width):
        told, row = unpacked[start], unpacked[start + 1 : start + width]
        assert told in (0, 2)
        above = bytes((one + up) % 256 for one, up in zip(row, above, strict=True)) if told == 2 else row
        yield int.from_bytes(above) >> (len(above) * 8 - side)


@pytest.mark.parametrize("text", ["BCD\n002\n1\nSCT", "x" * 150, "1"])
def test_it_draws_what_the_library_would(text: str) -> None:
    code = segno.make(text, error="m", micro=False)
    other = io.BytesIO()
    code.save(other, kind="png", scale=4, border=4)
    ours = pixels(draw_png(matrix=code.matrix, scale=4, border=4))
    theirs = pixels(other.getvalue())
    assert ours[0] == theirs[0]
    (side,) = struct.unpack(">I", ours[0][:4])
    assert list(lines(ours[1], side)) == list(lines(theirs[1], side))
