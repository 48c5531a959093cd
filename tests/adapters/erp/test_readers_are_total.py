"""Whatever is in a file, a reader reads it or refuses it: it never fails, and no line goes missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from quittance.adapters.erp.fec import FecReader
from quittance.adapters.erp.fec_layout import STANDARD_HEADINGS
from quittance.adapters.erp.table import TableReader
from quittance.core.ports.intake import (
    FileRefused,
    LedgerLine,
    RejectedLine,
    ledger_line_from_row,
    ledger_row_from_line,
)

CELLS = st.one_of(
    st.sampled_from(
        ["", "411000", "411DUP", "706000", "20250131", "20250231", "12,50", "-3", "1.234,5", "0", "D", "C", "USD", "AA"]
    ),
    st.text(st.characters(blacklist_characters="\t\n", blacklist_categories=("Cs",)), max_size=12),
)
FEC_LINES = st.lists(st.lists(CELLS, min_size=0, max_size=20).map("\t".join), max_size=12)
TABLE_HEAD = "Code client;Nom;N° facture;Date facture;Échéance;Montant;Devise;Type\n"


def count_lines(body: str) -> int:
    """Lines that hold something, in the plainest way."""
    return sum(1 for line in body.split("\n") if line.strip('\t \x1a"\ufeff\r') and line.strip())


def read_all(reader, content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        reader.supports(name="file", head=content[:65536])
        try:
            reading = reader.open(path=path)
            records = list(reading.records())
            rows = [row for row in reading.rows() if isinstance(row, tuple)] if reading.kind == "OPEN_ITEMS" else []
        except FileRefused:
            return
        stats = reading.stats
        assert stats.lines_read == stats.lines_accepted + stats.lines_rejected + stats.lines_other
        assert sum(isinstance(record, RejectedLine) for record in records) == stats.lines_rejected
        lines = [record for record in records if isinstance(record, LedgerLine)]
        assert len({line.external_id for line in lines}) == len(lines)
        assert [ledger_line_from_row(row) for row in rows] == lines
        assert [ledger_row_from_line(line) for line in lines] == rows
        assert (
            sum(line.amount_company or line.amount for line in lines)
            == stats.receivable_debit - stats.receivable_credit
        )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))))
@example(b"\xff\xfe\x00")
@example(b"\x1f\x8b\x08\x00")
@example(b"PK\x03\x04")
def test_any_bytes(content):
    for reader in (FecReader(), TableReader()):
        read_all(reader, content)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FEC_LINES, st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_lines_under_the_headings_of_a_fec(lines, encoding):
    content = "\n".join(["\t".join(STANDARD_HEADINGS), *lines]).encode(encoding, "replace")
    read_all(FecReader(), content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, max_size=9).map(";".join), max_size=12))
def test_any_lines_under_the_headings_of_a_table(lines):
    read_all(TableReader(), (TABLE_HEAD + "\n".join(lines)).encode())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["411", "706", "x", "1,00"]), min_size=1, max_size=20).map("\t".join), max_size=9)
)
def test_every_line_is_counted_once(lines):
    body = "\n".join(lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_text("\t".join(STANDARD_HEADINGS) + "\n" + body)
        reading = FecReader().open(path=path)
        list(reading.rows())
        assert reading.stats.lines_read == count_lines(body)
