"""The door through which messages leave: what a channel is given and what it may answer.

A channel either returns a `Receipt` (the provider took the message), or raises one of three failures. The third is
the important one: when the answer was lost, nobody knows, and the message must not be sent again by itself.

A channel answers within `SEND_SECONDS_MAX`, however slow its provider is: the lease on a message lasts longer.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Protocol

__all__ = [
    "SEND_SECONDS_MAX",
    "Callback",
    "Channel",
    "ChannelDown",
    "ChannelFailure",
    "DeliveryOutcome",
    "DeliveryReport",
    "MessageRefused",
    "OutgoingAttachment",
    "OutgoingMessage",
    "PermanentFailure",
    "Receipt",
    "ReportNotGenuine",
    "ReportingChannel",
    "TemporaryFailure",
    "UncertainFailure",
]

SEND_SECONDS_MAX = 180.0


class ChannelFailure(Exception):
    """The message was not surely taken; the text says why, in the provider's words."""


class PermanentFailure(ChannelFailure):
    """Refused for good: sending the same message again would be refused again."""


class MessageRefused(PermanentFailure):
    """Refused for good, though not because of its recipient: the sender or what is written in it."""


class TemporaryFailure(ChannelFailure):
    """Not taken now, surely not sent: try again later."""


class ChannelDown(TemporaryFailure):
    """The provider can't be reached or doesn't let us in: no message would leave now, this one or another."""


class UncertainFailure(ChannelFailure):
    """The answer was lost after the whole message had been handed over: it may have left or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingAttachment:
    """A file that goes with a message."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to one recipient: an e-mail address, a telephone number (E.164), or the name on a letter.

    ``message_id`` is ours, unique, without angle brackets, the same at every try. ``inline_images`` holds PNG files
    by the content id under which ``body_html`` names them (``cid:...``). Without ``body_html`` it is plain text.
    The provider may tell ``report_url`` what becomes of it later.
    ``headers`` are an e-mail's own beside the usual ones. What can't be delivered comes back to ``envelope_sender``,
    "" is the sender. A letter is its first attachment, a PDF; ``postal_lines`` is its address as it is printed.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    body_text: str
    recipient_name: str = ""
    reply_to: str = ""
    body_html: str = ""
    language: str = "en"
    inline_images: Mapping[str, bytes] = field(default_factory=dict)
    attachments: Sequence[OutgoingAttachment] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    envelope_sender: str = ""
    postal_lines: Sequence[str] = ()
    is_registered: bool = False
    report_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider took the message; the rest when it says so.

    ``reference`` is what it calls the message. ``segments`` is in how many parts it sends an SMS, ``cost`` what it asks
    for the whole message in ``currency``, never negative.
    """

    reference: str = ""
    segments: int | None = None
    cost: Decimal | None = None
    currency: str = ""


class ReportNotGenuine(Exception):
    """A call that says it comes from the provider bears no signature of its own, or a wrong one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A call of the provider, as it came; ``url`` is whole, as the provider called it. Headers are lower case."""

    url: str
    query: Sequence[tuple[str, str]] = ()
    form: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class DeliveryOutcome(enum.StrEnum):
    """What a provider says of a message that it took; WAITING is anything that is not the last word."""

    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    WAITING = "WAITING"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of a message: ``reference`` is the provider's name for it, ``message_id`` ours where it says it.

    ``code`` and ``text`` are the provider's. ``is_recipient_bad``: nothing should be sent to this recipient any more.
    """

    reference: str
    outcome: DeliveryOutcome
    code: str = ""
    text: str = ""
    is_recipient_bad: bool = False
    message_id: str = ""


class ReportingChannel(Protocol):
    """A channel whose provider calls us to tell what became of a message."""

    def read_report(self, callback: Callback) -> DeliveryReport | None:
        """Return what a call says, None when it can't be read.

        :raises ReportNotGenuine: when the provider signs its calls and this one isn't.
        """


class Channel(Protocol):
    """One way out. An instance serves one worker at a time and may keep its connection until `close`."""

    identifier: ClassVar[str]
    label: ClassVar[str]
    medium: ClassVar[str]

    def is_ready(self) -> bool:
        """Say whether the provider answers now; raises nothing."""

    def supports(self, message: OutgoingMessage) -> bool:
        """Say whether the message can go this way at all (a recipient it can reach)."""

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message over, within `SEND_SECONDS_MAX`.

        :raises PermanentFailure, TemporaryFailure, UncertainFailure: see each.
        """

    def close(self) -> None:
        """Let the connection go; harmless when there is none."""
