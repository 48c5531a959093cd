"""What every EBICS inbox must do: the test class of an adapter inherits `EbicsInboxContract` and gives `bank`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest

from quittance.core.ports.ebics import EbicsInbox, KeyState
from quittance.core.ports.inboxes import InboxDown
from tests.adapters.inboxes.contract import content, names


class Bank(Protocol):
    """A bank of the tests, whose keys are proven to the inbox unless a test says otherwise."""

    def inbox(self, *, is_proven: bool = True) -> EbicsInbox:
        """Return an inbox of this bank; each has what the ones before it kept."""

    def deliver(self, name: str, content: bytes) -> None:
        """Have something new for the first of the inbox's orders."""

    def receipts(self) -> Sequence[str]:
        """Return the deliveries that were receipted, by name."""

    def change_keys(self) -> None:
        """Answer with other keys from now on."""


class EbicsInboxContract:
    """Give `bank`."""

    def test_nothing_new_is_an_empty_list(self, bank: Bank) -> None:
        assert names(bank.inbox()) == []

    def test_what_was_looked_at_and_read_is_offered_again_until_it_is_settled(self, bank: Bank) -> None:
        bank.deliver("one.zip", b"first")
        for _ in range(2):  # a worker killed in between is another inbox afterwards
            (name,) = names(bank.inbox())
            assert content(bank.inbox(), name) == b"first"
            assert bank.receipts() == []
        inbox = bank.inbox()
        inbox.settle(name=name)
        inbox.settle(name=name)
        assert len(bank.receipts()) == 1
        assert names(bank.inbox()) == []

    def test_each_delivery_is_receipted_on_its_own(self, bank: Bank) -> None:
        bank.deliver("one.zip", b"first")
        bank.deliver("two.zip", b"second")
        inbox = bank.inbox()
        first, second = names(inbox)
        inbox.settle(name=first)
        assert names(bank.inbox()) == [second]

    def test_nothing_is_asked_before_the_banks_keys_are_proven(self, bank: Bank) -> None:
        bank.deliver("one.zip", b"first")
        inbox = bank.inbox(is_proven=False)
        assert inbox.key_state() is not KeyState.READY
        with pytest.raises(InboxDown):
            inbox.list_files()
        with pytest.raises(ValueError, match="digest"):
            inbox.trust_bank(digests=["0" * 64] * len(inbox.bank_digests()))
        inbox.trust_bank(digests=inbox.bank_digests())
        assert inbox.key_state() is KeyState.READY
        assert len(inbox.list_files()) == 1

    def test_other_keys_of_the_bank_are_refused(self, bank: Bank) -> None:
        inbox = bank.inbox()
        bank.deliver("one.zip", b"first")
        bank.change_keys()
        with pytest.raises(InboxDown):
            inbox.list_files()

    def test_no_key_is_told(self, bank: Bank) -> None:
        assert "PRIVATE KEY" not in repr(bank.inbox()) + str(vars(bank.inbox()))
