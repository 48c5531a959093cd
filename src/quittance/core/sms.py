"""Count what an SMS takes: its encoding, its length, in how many parts it travels.

Source: 3GPP TS 23.038 (the 7-bit default alphabet, 6.2.1, and its extension table, 6.2.1.1) and TS 23.040 (9.2.3.24.1:
the header of concatenated messages takes 6 octets of the 140). So a message alone has room for 160 septets or 70
UTF-16 units, each part of a longer one for 153 or 67.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["SEGMENTS_MAX", "Encoding", "SmsCount", "count_sms", "list_odd_signs", "simplify"]

SEGMENTS_MAX = 255
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_ALONE = {"GSM_7": 160, "UCS_2": 70}
_PART = {"GSM_7": 153, "UCS_2": 67}
_PLAIN = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u00ad": "", "\u2019": "'", "\u2018": "'",
        "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00ab": '"', "\u00bb": '"', "\u2013": "-", "\u2014": "-",
        "\u2011": "-", "\u2026": "...", "\u0153": "oe", "\u0152": "OE", "\t": " ", "\u00b0": "o",
    }
)  # fmt: skip


class Encoding(enum.StrEnum):
    """How the text travels."""

    GSM_7 = "GSM_7"
    UCS_2 = "UCS_2"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsCount:
    """What a text takes.

    `units` are septets (GSM_7) or UTF-16 units (UCS_2). `segments` is how many messages are sent and paid for, 0 for
    an empty text. `units_left` is what the last segment still has room for. `is_sendable` is False beyond 255 segments.
    """

    encoding: Encoding
    units: int
    segments: int
    units_left: int

    @property
    def is_sendable(self) -> bool:
        """Tell whether the text travels as one message at all."""
        return 0 < self.segments <= SEGMENTS_MAX


def count_sms(*, text: str) -> SmsCount:
    """Return what a text takes; a sign of two units is never split between two segments.

    >>> count_sms(text="a" * 160).segments, count_sms(text="a" * 161).segments
    (1, 2)
    >>> count_sms(text="€" * 80).units, count_sms(text="ê").encoding.value
    (160, 'UCS_2')
    >>> count_sms(text="é" * 305 + "€").segments  # the escape of the sign would be the last septet of the second part
    3
    """
    encoding = Encoding.GSM_7 if all(sign in _BASIC or sign in _EXTENSION for sign in text) else Encoding.UCS_2
    sizes = list(_sizes(text, encoding))
    units = sum(sizes)
    if units <= _ALONE[encoding]:
        return SmsCount(encoding=encoding, units=units, segments=1 if text else 0, units_left=_ALONE[encoding] - units)
    segments, used = 1, 0
    for size in sizes:
        if used + size > _PART[encoding]:
            segments, used = segments + 1, 0
        used += size
    return SmsCount(encoding=encoding, units=units, segments=segments, units_left=_PART[encoding] - used)


def list_odd_signs(*, text: str) -> tuple[str, ...]:
    """Return the signs that the 7-bit alphabet lacks, each once, in the order of the text.

    >>> list_odd_signs(text="ça va, œuf ?"), list_odd_signs(text="50 €")
    (('ç', 'œ'), ())
    """
    return tuple(dict.fromkeys(sign for sign in text if sign not in _BASIC and sign not in _EXTENSION))


def _sizes(text: str, encoding: Encoding) -> Iterator[int]:
    for sign in text:
        if encoding is Encoding.GSM_7:
            yield 2 if sign in _EXTENSION else 1
        else:
            yield 2 if ord(sign) > 0xFFFF else 1


def simplify(*, text: str) -> str:
    """Return the text as the 7-bit alphabet can write it, when only typography or accents stand in the way.

    A text with signs that have no such likeness (another script, a picture) keeps them and its accents.

    >>> simplify(text="Reçu : 1\\u202f234,50 €, c’est noté")
    "Recu : 1 234,50 €, c'est noté"
    >>> simplify(text="Привет, ça va")
    'Привет, ça va'
    """
    plain = unicodedata.normalize("NFC", text).translate(_PLAIN)
    folded = "".join(_likeness(sign) for sign in plain)
    return folded if count_sms(text=folded).encoding is Encoding.GSM_7 else plain


def _likeness(sign: str) -> str:
    if sign in _BASIC or sign in _EXTENSION:
        return sign
    letters = unicodedata.normalize("NFKD", sign)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)) or sign
