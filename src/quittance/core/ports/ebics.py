"""The part of the inbox port for banks that are asked by EBICS. No adapter is shipped: this is what one has to keep.

An EBICS inbox is an `Inbox` whose files are what the bank delivers for its orders, one file a delivery (often a ZIP of
statements). EBICS 2 names orders by three letters: C53 (camt.053), C52 (camt.052), C54 (camt.054), STA (MT940), Z53 and
Z54 (camt of Swiss and Austrian banks), FDL with a file format in France (`camt.053.001.02.stm`, `cfonb120`). EBICS 3
has one order, BTD, with a service (EOP: end of period, STM: of the running day) and a message name.

**Receipts.** A bank delivers what is new once: as soon as it has a positive receipt it counts as fetched. So the
receipt is sent by `settle`, after the file is kept, and never by `list_files` or `open_file`; until then the delivery
is kept by the adapter, or fetched again. "No data available" (090005) is an empty list, not a failure.

**Keys.** Ours (signature, authentication, encryption) belong to the adapter: they lie outside the database, readable by
it alone, and no method returns them. They are of use only once the bank has released them after the letters that a
person signed. The bank's keys count only after a person has compared their digests with the bank's letter; other keys
are refused, never taken on trust. Fetching needs no key that may order payments: give the subscriber no right to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from quittance.core.ports.inboxes import Inbox


class KeyState(StrEnum):
    """How far the bank and we trust each other."""

    NONE = "NONE"
    """No keys of ours were sent."""

    SENT = "SENT"
    """Ours were sent; the bank waits for the signed letters, or has not released them."""

    UNPROVEN = "UNPROVEN"
    """Released; nobody has compared the bank's digests with its letter."""

    READY = "READY"


@dataclass(frozen=True, slots=True, kw_only=True)
class EbicsOrder:
    """What the bank is asked for; `service` and `message` are EBICS 3's and blank in EBICS 2.

    `file_format` goes with FDL.
    """

    order_type: str
    file_format: str = ""
    service: str = ""
    message: str = ""


class EbicsInbox(Inbox, Protocol):
    """An inbox that asks a bank by EBICS. Before the keys are READY `list_files` raises `InboxDown`, which says why."""

    orders: Sequence[EbicsOrder]

    def key_state(self) -> KeyState:
        """Say how far the keys are, from what is known here; the bank is not asked."""

    def bank_digests(self) -> Sequence[str]:
        """Return the digests of the bank's keys, for a person to compare with its letter."""

    def trust_bank(self, *, digests: Sequence[str]) -> None:
        """Take the bank's keys for proven. :raises ValueError: these are not their digests"""
