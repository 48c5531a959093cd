"""Write a postal address as the post reads it: at most six lines, the place in capitals, the country last.

Rules: France's post (NF Z 10-011: six lines of 38 characters, place in capitals) and the Universal Postal Union (name
of the country in capitals on the last line, in the language of the country it is posted in).
"""

from __future__ import annotations

import textwrap

from babel import Locale

LINES_MAX = 6
LINE_LENGTH_MAX = 38
LINE_LENGTH_WIDEST = 48  # what the window has room for
_POSTCODE_ON_ITS_OWN = frozenset({"GB", "IE", "GI", "JE", "GG", "IM"})
_POSTCODE_LAST = frozenset({"US", "CA", "AU", "NZ", "IN", "SG"})
_LANGUAGE_OF = {"FR": "fr", "BE": "fr", "LU": "fr", "MC": "fr", "CH": "fr", "ES": "es"}


def postal_lines(
    *, name: str, contact: str = "", street: str = "", postcode: str = "", town: str = "", country: str, posted_in: str
) -> tuple[str, ...]:
    """Return the lines of an address; `posted_in` is the country it is posted in.

    What there is no room for is left out: the contact first, then the end of a long name.

    >>> postal_lines(name="Durand & Fils", contact="M. Petit", street="3 rue des Lilas", postcode="69003",
    ...     town="Lyon", country="FR", posted_in="FR")
    ('Durand & Fils', 'M. Petit', '3 rue des Lilas', '69003 LYON')
    >>> postal_lines(name="Smith Ltd", street="1 High Street", postcode="SW1A 1AA", town="London", country="GB",
    ...     posted_in="FR")
    ('Smith Ltd', '1 High Street', 'LONDON', 'SW1A 1AA', 'ROYAUME-UNI')
    """
    place = _place(postcode=postcode.strip(), town=town.strip().upper(), country=country)
    end = [*place, *([_country_name(country, posted_in)] if country and country != posted_in else [])]
    person = contact if contact.strip() != name.strip() else ""
    for length, who in ((LINE_LENGTH_MAX, person), (LINE_LENGTH_MAX, ""), (LINE_LENGTH_WIDEST, "")):
        lines = [*_wrapped(name, length), *_wrapped(who, length), *_wrapped(street, length), *end]
        if len(lines) <= LINES_MAX:
            return tuple(lines)
    where = [*_wrapped(street, LINE_LENGTH_WIDEST), *end][-(LINES_MAX - 1) :]
    return (*_wrapped(name, LINE_LENGTH_WIDEST)[: LINES_MAX - len(where)], *where)


def is_deliverable(*, name: str, street: str, town: str) -> bool:
    """Say whether the post can deliver a letter to it: somebody, somewhere. Some countries have no postcodes."""
    return bool(name.strip() and street.strip() and town.strip())


def _place(*, postcode: str, town: str, country: str) -> list[str]:
    if country in _POSTCODE_ON_ITS_OWN:
        return [part for part in (town, postcode) if part]
    parts = (town, postcode) if country in _POSTCODE_LAST else (postcode, town)
    joined = " ".join(part for part in parts if part)
    return [joined] if joined else []


def _country_name(country: str, posted_in: str) -> str:
    names = Locale(_LANGUAGE_OF.get(posted_in, "en")).territories
    return str(names.get(country, country)).upper()


def _wrapped(text: str, length: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), length, break_on_hyphens=False)
