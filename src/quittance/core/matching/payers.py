"""Say who pays a bank line: by what the bank passes on, by what is known of the payer, and by names."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from rapidfuzz import fuzz

from quittance.core.matching.names import core_words, fold_iban, fold_name, initials, without_legal_form
from quittance.core.matching.values import BankLine, Evidence, EvidenceKind, PayerIdentity

__all__ = ["PayerDirectory", "fold_iban", "fold_name"]

VIRTUAL_IBAN_CONFIDENCE = 995
MANDATE_CONFIDENCE = 990
IBAN_CONFIDENCE = 980
NAME_CONFIDENCE = 930
NAME_WITHOUT_FORM_CONFIDENCE = 850
NAME_CUT_CONFIDENCE = 750
NAME_SIMILAR_CONFIDENCE = 700
NAME_INITIALS_CONFIDENCE = 300
SHARED_PENALTY = 300
# Banks cut names after 24 to 70 characters; shorter beginnings belong to too many.
CUT_NAME_MIN = 12
SIMILARITY_MIN = 88
SIMILAR_NAMES_MAX = 3
# A word that many names have tells nothing and is not looked up.
NAMES_OF_A_WORD_MAX = 400


class PayerDirectory:
    """Known bank accounts, mandates and names of account families; built once, then only read."""

    def __init__(
        self,
        *,
        ibans: Iterable[tuple[str, int]],
        names: Iterable[tuple[str, int]],
        virtual_ibans: Iterable[tuple[str, int]] = (),
        mandates: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Take pairs of a trait and an account family.

        IBANs and names were seen on an earlier, confirmed payment or given; a virtual IBAN is one of ours that only
        this customer is told.
        """
        self._by_iban = _families(ibans, fold_iban)
        self._by_virtual_iban = _families(virtual_ibans, fold_iban)
        self._by_mandate = _families(mandates, lambda one: "".join(one.split()).upper())
        self._by_name = _families(names, fold_name)
        self._by_short_name: dict[str, set[int]] = {}
        for name, families in self._by_name.items():
            self._by_short_name.setdefault(without_legal_form(name), set()).update(families)
        self._sorted_names: list[str] | None = None
        self._by_word: dict[str, list[str]] = {}
        self._by_initials: dict[str, set[int]] = {}

    def identify(self, line: BankLine) -> tuple[PayerIdentity, ...]:
        """Return the families the payer may be, best first; confidence drops where several share the trait.

        Names that are only similar, cut or initials are looked for when nothing better is known.
        """
        best: dict[int, PayerIdentity] = {}
        for families, confidence, kind, text in self._exact(line):
            _keep(best, families, confidence, kind, text)
        if not best and line.payer_name:
            for families, confidence, kind in self._loose(line.payer_name):
                _keep(best, families, confidence, kind, line.payer_name)
        return tuple(sorted(best.values(), key=lambda one: (-one.confidence, one.account_family)))

    def _exact(self, line: BankLine) -> Iterator[tuple[set[int], int, EvidenceKind, str]]:
        none: set[int] = set()
        if line.credited_iban:
            families = self._by_virtual_iban.get(fold_iban(line.credited_iban), none)
            yield families, VIRTUAL_IBAN_CONFIDENCE, EvidenceKind.PAYER_VIRTUAL_IBAN, line.credited_iban
        if line.mandate_id:
            families = self._by_mandate.get("".join(line.mandate_id.split()).upper(), none)
            yield families, MANDATE_CONFIDENCE, EvidenceKind.PAYER_MANDATE, line.mandate_id
        if line.payer_iban:
            families = self._by_iban.get(fold_iban(line.payer_iban), none)
            yield families, IBAN_CONFIDENCE, EvidenceKind.PAYER_IBAN_KNOWN, line.payer_iban
        if name := fold_name(line.payer_name):
            yield self._by_name.get(name, none), NAME_CONFIDENCE, EvidenceKind.PAYER_NAME_EQUAL, line.payer_name
            short = self._by_short_name.get(without_legal_form(name), none)
            yield short, NAME_WITHOUT_FORM_CONFIDENCE, EvidenceKind.PAYER_NAME_SIMILAR, line.payer_name

    def _loose(self, name: str) -> Iterator[tuple[set[int], int, EvidenceKind]]:
        names = self._names()
        folded = fold_name(name)
        if cut := _beginning_with(names, folded) | _beginning_with(names, without_legal_form(folded)):
            families = {family for one in cut for family in self._by_short_name[one]}
            yield families, NAME_CUT_CONFIDENCE, EvidenceKind.PAYER_NAME_CUT
            return
        if similar := self._similar(folded):
            yield similar, NAME_SIMILAR_CONFIDENCE, EvidenceKind.PAYER_NAME_SIMILAR
            return
        short = without_legal_form(folded)
        if " " not in short and short in self._by_initials:
            yield self._by_initials[short], NAME_INITIALS_CONFIDENCE, EvidenceKind.PAYER_NAME_INITIALS

    def _similar(self, folded: str) -> set[int]:
        """Return the families of the names most like this one, of those that share a telling word or its beginning."""
        words = core_words(folded)
        own = " ".join(words)
        names = {name for word in words for name in self._by_word.get(word[:4], ())}
        scored = [(fuzz.token_sort_ratio(own, " ".join(core_words(name))), name) for name in sorted(names)]
        good = sorted((one for one in scored if one[0] >= SIMILARITY_MIN), key=lambda one: (-one[0], one[1]))
        if not good or len(good) > SIMILAR_NAMES_MAX:
            return set()
        return {family for score, name in good if score >= good[0][0] - 2 for family in self._by_short_name[name]}

    def _names(self) -> list[str]:
        """Return the names without their legal form, in order; the lookups of loose names are built on first use."""
        if self._sorted_names is None:
            by_word: defaultdict[str, list[str]] = defaultdict(list)
            for name, families in self._by_short_name.items():
                for word in {word[:4] for word in core_words(name)}:
                    by_word[word].append(name)
                if letters := initials(name):
                    self._by_initials.setdefault(letters, set()).update(families)
            self._by_word = {word: names for word, names in by_word.items() if len(names) <= NAMES_OF_A_WORD_MAX}
            self._sorted_names = sorted(self._by_short_name)
        return self._sorted_names


def _families(pairs: Iterable[tuple[str, int]], fold: Callable[[str], str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for value, family in pairs:
        if folded := fold(value):
            found.setdefault(folded, set()).add(family)
    return found


def _keep(best: dict[int, PayerIdentity], families: set[int], confidence: int, kind: EvidenceKind, text: str) -> None:
    shared = SHARED_PENALTY if len(families) > 1 else 0
    for family in families:
        known = best.get(family)
        if known is None or known.confidence < confidence - shared:
            evidence = (Evidence(kind=kind, text=text),)
            best[family] = PayerIdentity(
                account_family=family, confidence=max(confidence - shared, 0), evidence=evidence
            )


def _beginning_with(names: list[str], beginning: str) -> set[str]:
    """Return the names of an ordered list that begin so; none when the beginning is short or many do."""
    if len(beginning) < CUT_NAME_MIN:
        return set()
    first = bisect_left(names, beginning)
    found = set()
    for name in names[first : first + SIMILAR_NAMES_MAX + 1]:
        if name.startswith(beginning):
            found.add(name)
    return found if len(found) <= SIMILAR_NAMES_MAX else set()
