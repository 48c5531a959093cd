"""How well a heading names a field; a heading that may name something else names nothing."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from quittance.core.mapping.targets import TARGET_FIELDS, TARGETS_BY_NAME, TargetField
from quittance.core.mapping.text import fold_heading, heading_key, words_of
from quittance.core.money import is_known_currency
from quittance.core.ports.intake import FileKind
from quittance.core.reasons import MappingCode, Reason, because

KNOWN_SCORE_MIN: Final = 80
_RANK_MAX: Final = 40
_PLAIN_SCORE: Final = 82
_WITH_MORE_SCORE: Final = 74
_ALIKE_SCORE: Final = 70
_ALIKE_LETTERS_MIN: Final = 5
_ALIKE_MIN: Final = 0.85
_NUMBERED: Final = re.compile(r"(?<=[a-z]) \d+$")
# Words that may stand beside a known heading without changing what it says.
_OF_MONEY: Final = words_of("in en eur euro ttc incl devise")
_OF_FILES: Final = words_of("sap erp sage odoo field champ campo col colonne")
_OF_ITEMS: Final = words_of(
    "client customer cliente tier facture invoice factura document documento piece comptable rechnung"
)
_OF_PARTIES: Final = words_of("client customer cliente tier partner debitor kunde tercero debtor")
# Headings that say too little to be found inside longer ones.
_TOO_PLAIN: Final = words_of(
    "type nature date total value ref name nom nombre text label description libelle amount montant importe journal "
    "client customer cliente tier partner debitor kunde debtor tercero deudor debiteur payer societe company compte "
    "account cuenta konto invoice facture factura document documento piece balance solde saldo position class entry id "
    "title poste function role group groupe grupo service division site limit fecha tipo n code land ort standard term "
    "contact contacto reference year item residual lettre sens sign text texto detail objet entity gestionnaire"
)
_KNOWN_KEYS: Final = frozenset(key for target in TARGET_FIELDS for key in target.ranks)
_KNOWN_JOINED: Final = frozenset(word for target in TARGET_FIELDS for word in target.joined)


def is_known_heading(text: str) -> bool:
    """Tell whether a cell is a known heading as it stands.

    >>> is_known_heading("Nº de factura"), is_known_heading("DueDate"), is_known_heading("F-2026-1")
    (True, True, False)
    """
    folded = fold_heading(text)
    key = heading_key(folded)
    return key in _KNOWN_KEYS or not _KNOWN_JOINED.isdisjoint({folded.replace(" ", ""), key.replace(" ", "")})


@lru_cache(maxsize=16384)
def match_heading(name: str, folded: str, kind: FileKind) -> tuple[int, Reason | None]:
    """Say how well a folded heading names a field in a kind of file (0 to 100) and why.

    >>> items = FileKind.OPEN_ITEMS
    >>> match_heading("document_number", "belnr", items)[0] > match_heading("document_number", "invoice id", items)[0]
    True
    >>> print(*match_heading("fiscal_year", "buisness year", items))
    70 HEADING_ALIKE heading='business year'
    >>> match_heading("customer_name", "n tiers", items), match_heading("due_date", "siren", items)
    ((0, None), (0, None))
    """
    target = TARGETS_BY_NAME[name]
    if not folded:
        return 0, None
    for candidate, penalty in ((folded, 0), (_NUMBERED.sub("", folded), 15)):
        key = heading_key(candidate)
        rank = target.ranks.get(key)
        for joined in (candidate.replace(" ", ""), key.replace(" ", "")):
            rank = target.ranks.get(target.joined.get(joined, "")) if rank is None else rank
        if rank is not None:
            return 100 - penalty - min(rank, _RANK_MAX) // 4, because(MappingCode.HEADING_KNOWN, heading=candidate)
        if kind is not FileKind.OPEN_ITEMS and key in target.plain_keys:
            return _PLAIN_SCORE - penalty, because(MappingCode.HEADING_KNOWN, heading=candidate)
    words = heading_key(folded).split()
    found = _inside(target, words)
    if found:
        return _WITH_MORE_SCORE, because(MappingCode.HEADING_CONTAINS, heading=found)
    found = _alike(target, words)
    return (_ALIKE_SCORE, because(MappingCode.HEADING_ALIKE, heading=found)) if found else (0, None)


def _inside(target: TargetField, words: list[str]) -> str:
    """Return the longest known heading that leaves only words that say nothing else, "" for none."""
    has = set(words)
    beside = _OF_FILES | _OF_MONEY
    beside |= _OF_ITEMS if FileKind.CUSTOMERS not in target.kinds and FileKind.CONTACTS not in target.kinds else set()
    beside |= _OF_PARTIES if FileKind.OPEN_ITEMS not in target.kinds or target.name == "terms_code" else set()
    keys = [
        key
        for key in target.ranks
        if key not in _TOO_PLAIN
        and set(key.split()) < has
        and all(_says_nothing(word, beside) for word in has - set(key.split()))
    ]
    plain = [key for key in target.ranks if key in _TOO_PLAIN and key in has]
    keys += [key for key in plain if all(_says_nothing(word, _OF_FILES | _OF_MONEY) for word in has - {key})]
    return max(keys, key=len, default="")


def _says_nothing(word: str, beside: frozenset[str]) -> bool:
    return word in beside or is_known_currency(word.upper())


def _alike(target: TargetField, words: list[str]) -> str:
    """Return the known heading of which each word differs by a slip of the pen at most, "" for none."""
    for heading in target.ranks:
        known = heading.split()
        if len(known) == len(words) and sum(map(len, words)) > _ALIKE_LETTERS_MIN:
            pairs = list(zip(words, known, strict=True))
            if all(a == b or _is_slip(a, b) for a, b in pairs):
                return heading
    return ""


def _is_slip(word: str, known: str) -> bool:
    long_enough = min(len(word), len(known)) >= _ALIKE_LETTERS_MIN
    return long_enough and word[0] == known[0] and SequenceMatcher(None, word, known).ratio() > _ALIKE_MIN
