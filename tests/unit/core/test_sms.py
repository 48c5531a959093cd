"""Length and encoding of SMS, at each border, and laws that hold for any text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.sms import Encoding, count_sms, simplify

BORDERS = [
    # text, encoding, units, segments, units left
    ("", "GSM_7", 0, 0, 160),
    ("a", "GSM_7", 1, 1, 159),
    ("a" * 160, "GSM_7", 160, 1, 0),
    ("a" * 161, "GSM_7", 161, 2, 145),
    ("a" * 306, "GSM_7", 306, 2, 0),
    ("a" * 307, "GSM_7", 307, 3, 152),
    ("€" * 80, "GSM_7", 160, 1, 0),
    ("€" * 80 + "a", "GSM_7", 161, 2, 144),  # 76 signs of two fill 152 of 153; the rest is 9
    ("[]{}^~|\\€\f", "GSM_7", 20, 1, 140),
    ("àéèùìòÇñÑöÖäÄüÜßÆæØøÅå£¥§¿¡¤", "GSM_7", 28, 1, 132),
    ("ΔΦΓΛΩΠΨΣΘΞ", "GSM_7", 10, 1, 150),
    ("ç", "UCS_2", 1, 1, 69),
    ("Ж" * 70, "UCS_2", 70, 1, 0),
    ("Ж" * 71, "UCS_2", 71, 2, 63),
    ("Ж" * 134, "UCS_2", 134, 2, 0),
    ("Ж" * 135, "UCS_2", 135, 3, 66),
    ("\U0001f600" * 35, "UCS_2", 70, 1, 0),
    ("\U0001f600" * 36, "UCS_2", 72, 2, 61),  # 33 pictures fill 66 of 67; three are left over
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments", "left"), BORDERS)
def test_each_border_is_where_the_standard_has_it(
    text: str, encoding: str, units: int, segments: int, left: int
) -> None:
    found = count_sms(text=text)
    assert (found.encoding, found.units, found.segments, found.units_left) == (encoding, units, segments, left)
    assert found.is_sendable is (segments > 0)


def test_beyond_255_segments_nothing_is_sent() -> None:
    assert count_sms(text="a" * 255 * 153).is_sendable
    assert not count_sms(text="a" * (255 * 153 + 1)).is_sendable


@given(st.text(max_size=800))
def test_segments_hold_all_units_and_not_many_more(text: str) -> None:
    found = count_sms(text=text)
    if found.segments > 1:
        part = 153 if found.encoding is Encoding.GSM_7 else 67
        assert math.ceil(found.units / part) <= found.segments <= math.ceil(found.units / (part - 1))
    assert found.units_left >= 0


@given(st.text(max_size=400), st.text(max_size=40))
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert count_sms(text=text + more).segments >= count_sms(text=text).segments


@given(st.text(max_size=400))
def test_to_simplify_twice_changes_nothing_more(text: str) -> None:
    once = simplify(text=text)
    assert simplify(text=once) == once


@given(st.text(alphabet="abcéèàùçêîôû€’«» \u202f\u00a0…", max_size=300))
def test_french_typography_always_fits_the_short_alphabet(text: str) -> None:
    assert count_sms(text=simplify(text=text)).encoding is Encoding.GSM_7
