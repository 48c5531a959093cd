"""Which references are found in a payer's text, and which look-alikes are not."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.matching import (
    CandidatePool,
    EvidenceKind,
    PayerDirectory,
    ReferenceIndex,
    fold_reference,
    keys_to_find,
)
from quittance.core.matching.values import BankLine

REFERENCES = ["FA2024001", "2024-00123", "12345", "1250", "125000", "20240115", "AV-77", "2023", "F12", "INV/9/ÉTÉ"]

FOUND = """
text                                     | references
VIR FA2024001                            | FA2024001
vir fa-2024-001 merci                    | FA2024001
FA 2024 001                              | FA2024001
F.A.2024/001.                            | FA2024001
XFA2024001                               | -
FA20240011                               | -
FA2024001B                               | FA2024001
factures 2024-00123, 12345 et AV 77      | 202400123 12345 AV77
REF12345EUR                              | 12345
912345                                   | -
12345,67890                              | 12345
montant 1250,00 EUR                      | -
total 1 250,00                           | -
total 1.250,00 le 12/01/2024             | -
paye 1250 pieces                         | 1250
20240115                                 | 20240115
le 2024-01-15                            | -
annee 2023 F12                           | -
inv/9/ete                                | INV9ETE
-                                        | -
"""


def rows(table: str) -> list[tuple[str, str]]:
    pairs = (row.split("|") for row in table.strip().splitlines()[1:])
    return [(text.strip(), expected.strip()) for text, expected in pairs]


@pytest.fixture(scope="module")
def index() -> ReferenceIndex:
    return ReferenceIndex((reference, number) for number, reference in enumerate(REFERENCES))


@pytest.mark.parametrize(("text", "expected"), rows(FOUND))
def test_references_in_text(index: ReferenceIndex, text: str, expected: str) -> None:
    hits = index.find_in_text(text)
    assert [hit.key for hit in hits] == ([] if expected == "-" else expected.split())
    for hit in hits:
        assert text[hit.start : hit.end] == hit.text
        assert fold_reference(hit.text) == hit.key


def test_the_longest_of_overlapping_references_wins() -> None:
    index = ReferenceIndex([("2024001", 1), ("FA2024001", 2), ("FA-2024001", 3)])
    assert [hit.item_ids for hit in index.find_in_text("FA2024001")] == [(2, 3)]
    assert [hit.item_ids for hit in index.find_in_text("no 2024001")] == [(1,)]


def test_a_reference_cut_by_a_line_end_counts_for_less() -> None:
    index = ReferenceIndex([("FA2024001", 1)])
    whole, cut = index.find_in_text("FA2024001")[0], index.find_in_text("FA2024\n001")[0]
    assert whole.strength > cut.strength


def test_a_creditor_reference_is_read_without_its_check_digits() -> None:
    index = ReferenceIndex([("539007547034", 1)])
    (hit,) = index.find_whole("RF18 5390 0754 7034", EvidenceKind.REFERENCE_STRUCTURED)
    assert (hit.key, hit.item_ids) == ("539007547034", (1,))
    assert index.find_whole("unknown", EvidenceKind.REFERENCE_STRUCTURED) == ()


def test_an_empty_index_finds_nothing() -> None:
    index = ReferenceIndex([("2024", 1), ("", 2), ("abc", 3)])
    assert len(index) == 0
    assert index.find_in_text("2024 abc") == ()


@given(
    references=st.lists(st.from_regex(r"[A-Z]{2}[0-9]{5,9}", fullmatch=True), min_size=1, max_size=8, unique=True),
    noise=st.text(alphabet=" .,;:-/()", min_size=1, max_size=3),
)
def test_law_every_reference_written_apart_is_found(references: list[str], noise: str) -> None:
    index = ReferenceIndex((reference, number) for number, reference in enumerate(references))
    hits = index.find_in_text((" " + noise).join(references))
    assert {hit.key for hit in hits} == set(references)


@given(text=st.text(max_size=60))
def test_law_any_text_can_be_read(text: str) -> None:
    index = ReferenceIndex((reference, number) for number, reference in enumerate(REFERENCES))
    for hit in index.find_in_text(text):
        assert hit.start is not None
        assert hit.text == text[hit.start : hit.end]


PAYERS = """
name                  | iban   | families and confidence
Durand & Fils SARL    | FR76 1 | 1:980
DURAND ET FILS        | -      | 1:700
durand & fils, s.a.r.l. | -    | 1:930
Durand Fils SAS       | -      | 1:850
Mueller GmbH          | -      | 2:630 3:630
-                     | DE9    | 2:680 3:680
Unknown               | XX     | -
"""


@pytest.mark.parametrize("row", [tuple(c.strip() for c in r.split("|")) for r in PAYERS.strip().splitlines()[1:]])
def test_payers(row: tuple[str, ...]) -> None:
    directory = PayerDirectory(
        ibans=[("FR761", 1), ("de9", 2), ("DE9", 3)],
        names=[("Durand & Fils SARL", 1), ("Mueller GmbH", 2), ("MUELLER GMBH", 3), ("", 4)],
    )
    name, iban = ("" if cell == "-" else cell for cell in row[:2])
    found = BankLine(
        id=1, amount_minor=1, currency="EUR", booking_date=date(2026, 9, 15), payer_name=name, payer_iban=iban
    )
    told = " ".join(f"{one.account_family}:{one.confidence}" for one in directory.identify(found))
    assert told == ("" if row[2] == "-" else row[2])


_WRITTEN = st.text(alphabet="AFéØﬁ²0129-/. ", max_size=14)


@given(
    references=st.lists(_WRITTEN, max_size=12),
    text=st.lists(_WRITTEN, max_size=4).map(" ".join),
    structured=st.lists(_WRITTEN | st.sampled_from(["RF18F0029A"]), max_size=2),
    others=st.lists(st.sampled_from(["F0029A", "FA1", "2012-9", "AF12 9"]), max_size=3),
)
def test_an_index_of_what_a_line_may_name_finds_what_one_of_all_does(
    references: list[str], text: str, structured: list[str], others: list[str]
) -> None:
    line = BankLine(
        id=1,
        amount_minor=100,
        currency="EUR",
        booking_date=date(2026, 1, 5),
        text=f"{text} {' '.join(others)} {' '.join(references[:2])}",
        structured_references=tuple(structured),
        end_to_end_id=references[-1] if references else "",
    )
    pairs = [(reference, number) for number, reference in enumerate([*references, *others])]
    keys = keys_to_find(line=line)
    few = [(reference, number) for reference, number in pairs if fold_reference(reference) in keys]
    found, same = (CandidatePool([], index=ReferenceIndex(one)).find_references(line) for one in (few, pairs))
    assert found == same
