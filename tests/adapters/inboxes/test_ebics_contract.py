"""The contract of EBICS inboxes can be kept: a bank of paper keeps it. No adapter is shipped yet."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import BinaryIO, ClassVar

import pytest

from quittance.core.ports.ebics import EbicsInbox, EbicsOrder, KeyState
from quittance.core.ports.inboxes import InboxDown, InboxFile, InboxFileBusy
from quittance.foundation import registry
from tests.adapters.inboxes.ebics_contract import EbicsInboxContract


class PaperBank:
    """Deliveries in a dictionary, and keys that are words."""

    def __init__(self) -> None:
        self.key = b"the bank's key"
        self.deliveries: dict[str, bytes] = {}
        self.receipted: list[str] = []

    def inbox(self, *, is_proven: bool = True) -> EbicsInbox:
        made = PaperInbox(self)
        if is_proven:
            made.trust_bank(digests=made.bank_digests())
        return made

    def deliver(self, name: str, content: bytes) -> None:
        self.deliveries[name] = content

    def receipts(self) -> Sequence[str]:
        return self.receipted

    def change_keys(self) -> None:
        self.key = b"somebody's key"


class PaperInbox:
    identifier: ClassVar[str] = "paper"
    label: ClassVar[str] = "Paper"
    name = "ebics://paper"
    orders = (EbicsOrder(order_type="C53"),)

    def __init__(self, bank: PaperBank) -> None:
        self._bank = bank
        self._trusted: Sequence[str] = ()

    def key_state(self) -> KeyState:
        return KeyState.READY if self._trusted else KeyState.UNPROVEN

    def bank_digests(self) -> Sequence[str]:
        return [hashlib.sha256(self._bank.key).hexdigest()]

    def trust_bank(self, *, digests: Sequence[str]) -> None:
        if list(digests) != self.bank_digests():
            raise ValueError("these are not the digests of the bank's keys")
        self._trusted = list(digests)

    def list_files(self) -> Sequence[InboxFile]:
        if self._trusted != self.bank_digests():
            raise InboxDown("the bank's keys are not proven")
        return [InboxFile(name=name, size=len(text)) for name, text in sorted(self._bank.deliveries.items())]

    def open_file(self, *, name: str) -> BinaryIO:
        if name not in self._bank.deliveries:
            raise InboxFileBusy(f"{name} is gone")
        return io.BytesIO(self._bank.deliveries[name])

    def settle(self, *, name: str) -> None:
        if self._bank.deliveries.pop(name, None) is not None:
            self._bank.receipted.append(name)

    def close(self) -> None:
        """Nothing is held."""


class TestPaper(EbicsInboxContract):
    @pytest.fixture
    def bank(self) -> PaperBank:
        return PaperBank()


def test_no_ebics_is_claimed() -> None:
    assert not any("ebics" in name for name in registry.adapters_of("quittance.inboxes"))
