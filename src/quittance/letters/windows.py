"""Where the address must stand so that the window of the envelope shows it, in millimetres of an A4 sheet.

France: envelope DL, 110 x 220, window 35 x 100, 20 from its right and bottom edges (so 55 to 90 from its top), sheet
folded in three. The sheet may lie up to 11 mm lower and 10 mm further right than the envelope's top left corner, so
what stands between 55 and 79 from the top and 110 and 190 from the left is seen however it lies. Printers ask for an
address that begins 55 mm from the top and 110 mm from the left (edics.fr, "Rédiger vos adresses"); folds at 99 and 198.

Elsewhere: DIN 5008 form B, address field 85 x 45 at 20 from the left and 45 from the top, of which the first 17.7 mm
hold the sender's line and remarks; folds at 105 and 210, hole mark at 148.5 (sapwickler.de, "Maßen eines
Geschäftsbriefes laut DIN 5008"; korrespondenz-din-5008.de, "DIN 5008 Adressfeld").
"""

from __future__ import annotations

from dataclasses import dataclass

_RIGHT_COUNTRIES = frozenset({"FR", "MC"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rectangle of the sheet that holds the recipient's address, and the marks for folding; all in mm."""

    side: str
    left: float
    top: float
    width: float
    height: float
    folds: tuple[float, ...]
    hole: float | None = None


FRENCH_RIGHT = Window(side="right", left=110, top=55, width=80, height=24, folds=(99, 198))
DIN_LEFT = Window(side="left", left=25, top=62.7, width=80, height=27.3, folds=(105, 210), hole=148.5)


def window_of(country: str) -> Window:
    """Return the window of the envelopes used in a sender's country.

    >>> window_of("FR").side, window_of("DE").side
    ('right', 'left')
    """
    return FRENCH_RIGHT if country in _RIGHT_COUNTRIES else DIN_LEFT
