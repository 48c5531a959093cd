"""Names of payers, brought to a form in which they can be compared."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[0-9a-z]+")
_LEGAL_FORMS = frozenset(
    word
    for words in (
        "sa sas sasu sarl eurl snc sci scop selarl ei eirl gie sca scs",
        "gmbh ag kg ohg ug gbr ev mbh co",
        "ltd limited plc llc llp lp inc incorporated corp corporation company",
        "sl slu sau srl spa sapa sc scl nv bv bvba sprl ab as oy aps lda",
    )
    for word in words.split()
)
# Words that stand before a name or join its parts, and that banks and people leave out as they like.
_FILLERS = frozenset(
    word
    for words in ("ets etablissements ste societe groupe group grupo", "the et and und y e de du des la le les of")
    for word in words.split()
)


@lru_cache(maxsize=65536)
def fold_name(name: str) -> str:
    """Return the words of a name, lower case, without accents or punctuation.

    >>> fold_name("Éts. DURAND & Fils, S.A.R.L.")
    'ets durand fils sarl'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"\b(?:[a-z]\.){2,}[a-z]?\b", lambda found: found[0].replace(".", ""), plain)
    return " ".join(_WORD.findall(plain))


def without_legal_form(folded: str) -> str:
    """Return a folded name without the words that only say its legal form, unless nothing else is left.

    >>> without_legal_form("ets durand fils sarl")
    'ets durand fils'
    """
    words = [word for word in folded.split() if word not in _LEGAL_FORMS]
    return " ".join(words) or folded


def core_words(folded: str) -> tuple[str, ...]:
    """Return the words of a folded name that tell it from others, in their order.

    >>> core_words("ets durand et fils sarl")
    ('durand', 'fils')
    """
    words = tuple(word for word in folded.split() if word not in _LEGAL_FORMS and word not in _FILLERS)
    return words or tuple(folded.split())


def initials(folded: str) -> str:
    """Return the first letters of a name of three words or more, "" for shorter ones.

    >>> initials("cascade energy solutions llc")
    'ces'
    """
    words = [word for word in folded.split() if word not in _LEGAL_FORMS]
    return "".join(word[0] for word in words) if len(words) > 2 else ""


def fold_iban(iban: str) -> str:
    """Return an account number without spaces, upper case."""
    return "".join(iban.split()).upper()
