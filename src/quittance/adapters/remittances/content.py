"""Bytes and texts of remittance files: bounded, decoded, with rejected lines made alike."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import BinaryIO, Final

from quittance.core.ports.remittances import FileRefused, RejectedLine
from quittance.core.reasons import Reason, ReasonCode, because

BYTES_MAX: Final = 1 << 26
"""Sixty-four megabytes: some hundred thousand lines. More in one advice is a mistake or an attack."""

AMOUNT_BELOW: Final = Decimal(10) ** 14


def read_bytes(stream: BinaryIO, *, most: int = BYTES_MAX) -> bytes:
    """Read a whole file. :raises FileRefused: EMPTY, REMITTANCE_TOO_LARGE"""
    content = stream.read(most + 1)
    if not content:
        raise FileRefused(because(ReasonCode.EMPTY))
    if len(content) > most:
        raise FileRefused(because(ReasonCode.REMITTANCE_TOO_LARGE, most=most))
    return content


def decode(content: bytes) -> str:
    """Return the text of a file: by its mark, else UTF-8, else Western European; never a failure."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def rejected(position: int, content: str, reason: Reason) -> RejectedLine:
    """Return a line that was not taken in, its content shortened."""
    return RejectedLine(position=position, content=content.replace("\x00", "")[:400], reason=reason)


def read_plain_amount(text: str, *, decimal_mark: str = ".") -> Decimal | None:
    """Return an amount as machines write it, None for anything else.

    >>> read_plain_amount("-12.50"), read_plain_amount("12,5", decimal_mark=","), read_plain_amount("1e9")
    (Decimal('-12.50'), Decimal('12.5'), None)
    """
    plain = text.strip().replace(decimal_mark, ".")
    if not plain.lstrip("+-").replace(".", "", 1).isdigit() or not plain.isascii():
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    return amount if abs(amount) < AMOUNT_BELOW and amount == round(amount, 4) else None
