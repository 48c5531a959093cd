"""What every statement reader must do: a test class of a format inherits `StatementReaderContract`."""

from __future__ import annotations

import io
from collections.abc import Sequence
from decimal import Decimal

import pytest

from quittance.core.ports.statements import FileRefused, StatementFile, StatementReader


class StatementReaderContract:
    """Give `reader`, `good` (files that read whole), `damaged` (file, rejected count, kept count), `foreign`."""

    reader: StatementReader
    good: Sequence[bytes]
    damaged: Sequence[tuple[bytes, int, int]]
    foreign: Sequence[bytes] = (b"", b"\x00" * 100, b"PK\x03\x04rest", b"date;amount\n2026-01-05;12\n", b"%PDF-1.7")

    def read(self, content: bytes) -> StatementFile:
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
            assert str(refused.value)

    def test_reads_good_files_whole(self) -> None:
        for content in self.good:
            file = self.read(content)
            assert file.format
            assert file.all_rejected == ()
            assert file.transactions_read > 0

    def test_sums_are_those_of_the_booked_movements(self) -> None:
        for content in self.good:
            for statement in self.read(content).statements:
                own = [t for t in statement.transactions if t.is_booked and t.currency == statement.currency]
                assert statement.transaction_sum == sum((t.amount for t in own), Decimal(0))
                assert all(t.booking_date for t in own)

    def test_keys_are_unique_and_the_same_at_each_reading(self) -> None:
        for content in self.good:
            first = [t.dedup_key for s in self.read(content).statements for t in s.transactions]
            again = [t.dedup_key for s in self.read(content).statements for t in s.transactions]
            assert first == again
            assert len(set(first)) == len(first)
            assert all(len(key) <= 64 for key in first)

    def test_bad_movements_are_rejected_with_place_and_reason_and_the_rest_is_read(self) -> None:
        for content, rejected, kept in self.damaged:
            file = self.read(content)
            assert (len(file.all_rejected), file.transactions_read) == (rejected, kept)
            for line in file.all_rejected:
                assert line.position > 0
                assert line.content
                assert line.reason_code.isupper()
                assert line.reason
            assert all(statement.balanced is None for statement in file.statements)

    def test_a_file_cut_short_is_refused_whole(self) -> None:
        for content in self.good:
            with pytest.raises(FileRefused) as refused:
                self.read(content[: len(content) * 2 // 3])
            assert refused.value.reason_code == "TRUNCATED"
            assert refused.value.position
