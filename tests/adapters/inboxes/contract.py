"""What every inbox must do: the test class of an adapter inherits `InboxContract` and gives the fixture `place`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest

from quittance.core.ports.inboxes import Inbox, InboxDown


class Place(Protocol):
    """A place for one test: its inbox, and what the other side does there."""

    inbox: Inbox

    def leave(self, name: str, content: bytes, *, age: int = 60) -> None:
        """Put a file there that was last written to some seconds ago."""

    def leave_folder(self, name: str) -> None:
        """Put a folder there."""

    def settled(self) -> Sequence[bytes]:
        """Return the contents of what was settled, where it went."""

    def missing(self) -> Inbox:
        """Return the inbox of a place that is not there."""


def names(inbox: Inbox) -> list[str]:
    """Return the names of what is offered."""
    return [file.name for file in inbox.list_files()]


def content(inbox: Inbox, name: str) -> bytes:
    """Return what a file holds."""
    with inbox.open_file(name=name) as stream:
        return stream.read()


class InboxContract:
    """Give `place`."""

    def test_says_who_it_is(self, place: Place) -> None:
        assert place.inbox.identifier.islower()
        assert place.inbox.label
        assert place.inbox.name

    def test_whole_files_are_offered_by_name_until_they_are_settled(self, place: Place) -> None:
        place.leave("b.xml", b"two")
        place.leave("a.txt", b"x")
        assert [(file.name, file.size) for file in place.inbox.list_files()] == [("a.txt", 1), ("b.xml", 3)]
        assert content(place.inbox, "b.xml") == b"two"
        place.inbox.settle(name="a.txt")
        assert names(place.inbox) == ["b.xml"]
        place.inbox.settle(name="a.txt")  # it is gone: nothing happens

    def test_what_is_read_can_be_read_again_from_its_start(self, place: Place) -> None:
        place.leave("b.xml", b"twice")
        with place.inbox.open_file(name="b.xml") as stream:
            assert (stream.read(), stream.seek(0), stream.read()) == (b"twice", 0, b"twice")

    def test_an_empty_file_and_a_large_one_come_whole(self, place: Place) -> None:
        large = bytes(range(256)) * 4096 * 5
        place.leave("empty.xml", b"")
        place.leave("large.xml", large)
        assert content(place.inbox, "empty.xml") == b""
        assert content(place.inbox, "large.xml") == large

    def test_what_is_being_written_is_not_offered(self, place: Place) -> None:
        place.leave("new.xml", b"x", age=0)
        place.leave("half.xml.part", b"x")
        place.leave(".hidden", b"x")
        place.leave_folder("folder")
        assert names(place.inbox) == []

    def test_nothing_is_lost_where_two_files_have_one_name(self, place: Place) -> None:
        for text in (b"first", b"second", b"third"):
            place.leave("same.xml", text)
            place.inbox.settle(name="same.xml")
        assert sorted(place.settled()) == [b"first", b"second", b"third"]

    def test_a_name_leads_nowhere_else(self, place: Place) -> None:
        for name in ("../../etc/passwd", "/etc/passwd", ".."):
            with pytest.raises(InboxDown):
                place.inbox.open_file(name=name)

    def test_a_file_that_is_gone_is_told(self, place: Place) -> None:
        with pytest.raises(InboxDown):
            place.inbox.open_file(name="gone.xml")

    def test_it_is_found_again_after_it_was_closed(self, place: Place) -> None:
        place.leave("a.xml", b"x")
        assert names(place.inbox) == ["a.xml"]
        place.inbox.close()
        place.inbox.close()
        assert content(place.inbox, "a.xml") == b"x"

    def test_a_place_that_is_not_there_says_so(self, place: Place) -> None:
        with pytest.raises(InboxDown, match=r"(?i)no such"):
            place.missing().list_files()
