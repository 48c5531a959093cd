"""What every reader of remittances must do: a test class of a format inherits `RemittanceReaderContract`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal

import pytest

from quittance.core.ports.remittances import FileRefused, RemittanceFile, RemittanceReader

ONE_PAYMENT = [("INV-1001", Decimal(1166)), ("INV-1002", Decimal(500)), ("CM-9", Decimal(-100))]


class RemittanceReaderContract:
    """Give `reader`, `good` (all tell one payment), `damaged` (file, rejected lines, kept lines), `foreign`."""

    reader: RemittanceReader
    good: Sequence[bytes]
    damaged: Sequence[tuple[bytes, int, int]] = ()
    foreign: Sequence[bytes] = (b"", b"\x00" * 100, b"\x89PNG\r\n\x1a\n", b"<?xml version='1.0'?><Invoice/>")
    has_end = True

    def read(self, content: bytes) -> RemittanceFile:
        return self.reader.read(io.BytesIO(content))

    def test_says_who_it_is(self) -> None:
        assert self.reader.identifier.islower()
        assert self.reader.label

    def test_knows_its_own_files(self) -> None:
        assert all(self.reader.supports(content[: 1 << 16]) for content in self.good)

    def test_leaves_foreign_files_alone(self) -> None:
        assert not any(self.reader.supports(content) for content in self.foreign)

    def test_refuses_foreign_files_with_a_reason(self) -> None:
        for content in self.foreign:
            with pytest.raises(FileRefused) as refused:
                self.read(content)
            assert refused.value.reason_code.isupper()

    def test_reads_the_payment_whole_and_its_lines_make_the_total(self) -> None:
        for content in self.good:
            file = self.read(content)
            assert file.format
            assert file.all_rejected == ()
            (advice,) = file.remittances
            assert [(line.reference, line.amount_paid) for line in advice.lines] == ONE_PAYMENT
            assert (advice.total, advice.is_adding_up) == (Decimal(1566), True)
            assert all(line.position > 0 and line.is_adding_up for line in advice.lines)

    def test_reads_the_same_each_time(self) -> None:
        for content in self.good:
            assert self.read(content) == self.read(content)

    def test_bad_lines_are_rejected_with_place_and_reason_and_the_rest_is_read(self) -> None:
        for content, rejected, kept in self.damaged:
            file = self.read(content)
            assert (len(file.all_rejected), file.lines_read) == (rejected, kept)
            for line in file.all_rejected:
                assert line.position > 0
                assert line.content
                assert line.reason_code.isupper()
            assert file.remittances[0].is_adding_up is None

    def test_a_file_cut_short_is_refused_whole(self) -> None:
        if not self.has_end:
            return
        for content in self.good:
            with pytest.raises(FileRefused) as refused:
                self.read(content[: len(content) * 2 // 3])
            assert refused.value.reason_code == "REMITTANCE_CUT"

    def test_no_beginning_of_a_file_is_an_error_without_a_name(self) -> None:
        for content in self.good:
            for end in range(1, len(content), max(1, len(content) // 40)):
                try:
                    self.read(content[:end])
                except FileRefused as refused:
                    assert refused.reason_code.isupper()  # noqa: PT017  (either is fine, nothing else)
