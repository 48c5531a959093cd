"""What readers of line by line text must do beyond the contract of all readers."""

from __future__ import annotations

from tests.adapters.statements.contract import StatementReaderContract


class TextReaderContract(StatementReaderContract):
    """The same file with other line ends or a byte order mark is the same file."""

    def _keys(self, content: bytes) -> list[str]:
        return [t.dedup_key for statement in self.read(content).statements for t in statement.transactions]

    def test_line_ends_do_not_matter(self) -> None:
        for content in self.good:
            with_line_feeds = content.replace(b"\r\n", b"\n")
            assert self._keys(with_line_feeds) == self._keys(with_line_feeds.replace(b"\n", b"\r\n"))

    def test_a_byte_order_mark_does_not_matter(self) -> None:
        for content in self.good:
            if content[:2].isascii():
                assert self.reader.supports(b"\xef\xbb\xbf" + content)
                assert self._keys(b"\xef\xbb\xbf" + content) == self._keys(content)
