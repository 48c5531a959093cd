"""Say who pays a bank line, from the bank account used before or from the name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from quittance.core.matching.values import BankLine, Evidence, EvidenceKind, PayerIdentity

IBAN_CONFIDENCE = 980
NAME_CONFIDENCE = 930
NAME_WITHOUT_FORM_CONFIDENCE = 850
SHARED_PENALTY = 300

_WORD = re.compile(r"[0-9a-z]+")
_LEGAL_FORMS = frozenset(
    word
    for words in (
        "sa sas sasu sarl eurl snc sci scop selarl ei eirl gie sca scs",
        "gmbh ag kg ohg ug gbr ev mbh co",
        "ltd limited plc llc llp lp inc corp corporation company",
        "sl slu sau srl spa sapa sc scl nv bv bvba sprl ab as oy aps lda",
    )
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


def fold_iban(iban: str) -> str:
    """Return an account number without spaces, upper case."""
    return "".join(iban.split()).upper()


class PayerDirectory:
    """Known bank accounts and names of account families; built once, then only read."""

    def __init__(self, *, ibans: Iterable[tuple[str, int]], names: Iterable[tuple[str, int]]) -> None:
        """Take pairs of IBAN (seen on an earlier, confirmed payment or given) or name, and account family."""
        self._by_iban: dict[str, set[int]] = {}
        self._by_name: dict[str, set[int]] = {}
        self._by_short_name: dict[str, set[int]] = {}
        for iban, family in ibans:
            if folded := fold_iban(iban):
                self._by_iban.setdefault(folded, set()).add(family)
        for name, family in names:
            if folded := fold_name(name):
                self._by_name.setdefault(folded, set()).add(family)
                self._by_short_name.setdefault(without_legal_form(folded), set()).add(family)

    def identify(self, line: BankLine) -> tuple[PayerIdentity, ...]:
        """Return the families the payer may be, best first; confidence drops where several share the trait."""
        name = fold_name(line.payer_name)
        sources = (
            (self._by_iban.get(fold_iban(line.payer_iban)), IBAN_CONFIDENCE, EvidenceKind.PAYER_IBAN_KNOWN),
            (self._by_name.get(name), NAME_CONFIDENCE, EvidenceKind.PAYER_NAME_EQUAL),
            (
                self._by_short_name.get(without_legal_form(name)),
                NAME_WITHOUT_FORM_CONFIDENCE,
                EvidenceKind.PAYER_NAME_SIMILAR,
            ),
        )
        best: dict[int, PayerIdentity] = {}
        for families, confidence, kind in sources:
            text = line.payer_iban if kind is EvidenceKind.PAYER_IBAN_KNOWN else line.payer_name
            for family in families or ():
                shared = SHARED_PENALTY if len(families or ()) > 1 else 0
                found = PayerIdentity(
                    account_family=family,
                    confidence=confidence - shared,
                    evidence=(Evidence(kind=kind, text=text),),
                )
                if family not in best or best[family].confidence < found.confidence:
                    best[family] = found
        return tuple(sorted(best.values(), key=lambda one: (-one.confidence, one.account_family)))
