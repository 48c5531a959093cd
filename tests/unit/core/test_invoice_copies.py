"""Which file is the copy of which invoice, and what goes with a message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quittance.core.invoice_copies import KeptFile, choose_copies, is_copy_of

NAMES = """
F12.pdf                      | F12      | yes
f-12.PDF                     | F12      | yes
Facture F12.pdf              | F12      | yes
Copie de la facture F12.pdf  | F12      | yes
F12 copy.pdf                 | F12      | yes
INV-7.pdf                    | INV-7    | yes
invoice INV-7.pdf            | INV-7    | yes
7.pdf                        | INV-7    | no
F12 internal note.pdf        | F12      | no
F120.pdf                     | F12      | no
F1.pdf                       | F12      | no
F12.docx                     | F12      | no
F12                          | F12      | no
invoice.pdf                  | F12      | no
.pdf                         | F12      | no
F12.pdf.exe                  | F12      | no
"""


@pytest.mark.parametrize("line", NAMES.strip().splitlines())
def test_a_file_is_a_copy_when_it_says_the_number_and_nothing_more(line: str) -> None:
    filename, number, expected = (part.strip() for part in line.split("|"))
    assert is_copy_of(filename=filename, document_number=number) is (expected == "yes")


def test_a_number_of_signs_alone_has_no_copy() -> None:
    assert not is_copy_of(filename="--.pdf", document_number="--")


def _file(file_id: int, number: str, *, size: int = 10, item_id: int | None = None) -> KeptFile:
    return KeptFile(file_id=file_id, filename=f"{number}.pdf", size_bytes=size, item_id=item_id)


def test_the_newest_with_the_item_counts_then_the_newest_with_the_customer() -> None:
    files = [_file(4, "A"), _file(3, "A", item_id=9), _file(2, "A", item_id=1), _file(1, "A", item_id=1)]
    chosen = choose_copies(documents=[("A", 1)], files=files, bytes_max=100, files_max=9).chosen
    assert [file.file_id for _number, file in chosen] == [2]
    chosen = choose_copies(documents=[("A", 5)], files=files, bytes_max=100, files_max=9).chosen
    assert [file.file_id for _number, file in chosen] == [4]


def test_two_instalments_of_one_invoice_bring_it_once() -> None:
    choice = choose_copies(documents=[("A", 1), ("A", 2)], files=[_file(1, "A")], bytes_max=100, files_max=9)
    assert len(choice.chosen) == 1


NUMBERS = st.sampled_from([f"F{n}" for n in range(8)])


@given(
    documents=st.lists(st.tuples(NUMBERS, st.integers(1, 5))),
    files=st.lists(
        st.builds(_file, st.integers(1, 99), NUMBERS, size=st.integers(0, 60), item_id=st.none() | st.integers(1, 5))
    ),
    bytes_max=st.integers(0, 150),
    files_max=st.integers(0, 5),
)
def test_each_document_is_told_once_and_the_limits_hold(
    documents: list[tuple[str, int]], files: list[KeptFile], bytes_max: int, files_max: int
) -> None:
    choice = choose_copies(documents=documents, files=files, bytes_max=bytes_max, files_max=files_max)
    told = [*(number for number, _file in choice.chosen), *choice.absent, *choice.too_large]
    assert sorted(told) == sorted({number for number, _item in documents})
    assert sum(file.size_bytes for _number, file in choice.chosen) <= bytes_max
    assert len(choice.chosen) <= files_max
    for number, file in choice.chosen:
        assert is_copy_of(filename=file.filename, document_number=number)
