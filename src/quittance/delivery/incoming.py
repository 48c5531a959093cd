"""Take apart what came in: a reply, an automatic answer, or a report about one of our messages (RFC 3464).

Reading is total: what can't be read is an empty text, never an error, since one strange message must not hold up the
mailbox. Nothing here trusts what is written: which account or transmission is meant is only what a signature of ours
or a Message-ID of ours says (`tokens`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

from quittance.core.ports.channels import OutgoingAttachment

BODY_LENGTH_MAX = 50_000
FILES_MAX = 20
FILE_BYTES_MAX = 10 * 1024 * 1024
_ADDRESSED = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc", "Resent-To")
_ID = re.compile(r"<([^<>\s]{3,250})>")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_SAID = re.compile(r"\b([45])\d\d\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says of a message; `action` as in RFC 3464: failed, delayed, delivered, relayed, expanded.

    `code` is the enhanced status of RFC 3463, "" when none is told. `text` has the words of the server that refused.
    """

    action: str
    code: str
    recipient: str
    text: str

    @property
    def is_address_bad(self) -> bool:
        """Say whether nothing should be written to the address any more: it fails for good, and because of itself.

        A full mailbox, a message too large, a filter that took offence (5.2.2, 5.2.3, 5.3, 5.6, 5.7) say nothing of
        the sort; neither does a bad address of the sender (5.1.7, 5.1.8).
        """
        if self.action != "failed" or not self.code.startswith("5."):
            return False
        return self.code in ("5.0.0", "5.2.0", "5.2.1", "5.4.4") or (
            self.code.startswith("5.1.") and self.code not in ("5.1.7", "5.1.8")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that came in. `answers` are Message-IDs it answers or reports on, the nearest first."""

    message_id: str
    sender: str
    sender_name: str
    subject: str
    body_text: str
    sent_at: datetime | None
    is_automatic: bool
    report: Report | None
    answers: tuple[str, ...]
    addressed: tuple[str, ...]
    files: tuple[OutgoingAttachment, ...]


def read_incoming(raw: bytes) -> Incoming:
    """Return what a message says, as far as it can be read."""
    parsed = BytesParser(policy=policy.compat32).parsebytes(raw)
    modern = BytesParser(policy=policy.default).parsebytes(raw)
    name, sender = parseaddr(_header(modern, "From"))
    report = _report(parsed)
    return Incoming(
        message_id=next(iter(_ID.findall(_header(modern, "Message-ID"))), "")[:250],
        sender=_clean(sender)[:254],
        sender_name=_clean(name)[:150],
        subject=_clean(_header(modern, "Subject"))[:250],
        body_text=_text(modern),
        sent_at=_moment(_header(modern, "Date")),
        is_automatic=_is_automatic(modern),
        report=report,
        answers=tuple(_answers(modern, parsed if report else None)),
        addressed=tuple(_addressed(modern)),
        files=() if report else tuple(_files(modern)),
    )


def _header(message: Message, name: str) -> str:
    """Return a header's text; "" when there is none or it can't be read."""
    try:
        return str(message.get(name) or "")
    except (ValueError, LookupError, IndexError, AttributeError, TypeError):  # what the parser raises on odd headers
        return ""


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", "").encode("utf-8", "replace").decode().split())


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _is_automatic(message: Message) -> bool:
    submitted = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or precedence in ("auto_reply", "bulk", "junk", "list")
        or bool(_header(message, "X-Autoreply") or _header(message, "X-Autorespond"))
    )


def _answers(message: Message, report: Message | None) -> Iterator[str]:
    """Yield the ids of what is reported on, then of what is answered, the nearest first."""
    for part in report.walk() if report is not None else ():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/global-headers"):
            yield from _ID.findall(_original_id(part))
    yield from _ID.findall(_header(message, "In-Reply-To"))
    yield from reversed(_ID.findall(_header(message, "References")))


def _original_id(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return _header(payload[0], "Message-ID")
    found = re.search(r"^Message-ID:\s*(<[^>]+>)", str(payload), re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


def _addressed(message: Message) -> Iterator[str]:
    for name in _ADDRESSED:
        values = [str(value) for value in _all(message, name)]
        yield from (address for _name, address in getaddresses(values) if "@" in address)


def _all(message: Message, name: str) -> list[Any]:
    try:
        return message.get_all(name) or []
    except (ValueError, LookupError, IndexError, AttributeError, TypeError):
        return []


def _report(message: Message) -> Report | None:
    """Return what a delivery report says of its first recipient; None when the message is no report."""
    for part in message.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if not isinstance(block, Message):
                    continue
                if _header(block, "Action") or _header(block, "Final-Recipient"):
                    return _report_of(block)
    failed = _header(message, "X-Failed-Recipients")  # Exim's reports have no part of their own
    if failed and not _header(message, "Return-Path").strip("<> "):
        text = _first_text(message)
        found = _STATUS.search(text)
        return Report(
            action="failed", code=found[1] if found else "5.0.0", recipient=_clean(failed)[:254], text=_said(text)
        )
    return None


def _report_of(block: Message) -> Report:
    told = _clean(_header(block, "Diagnostic-Code").partition(";")[2] or _header(block, "Diagnostic-Code"))
    status = _STATUS.search(_header(block, "Status")) or _STATUS.search(told)
    code = status[1] if status else ""
    if not code and (said := _SAID.search(told)):
        code = f"{said[1]}.0.0"
    recipient = _header(block, "Original-Recipient") or _header(block, "Final-Recipient")
    return Report(
        action=_clean(_header(block, "Action")).lower()[:20] or "failed",
        code=code,
        recipient=_clean(recipient.partition(";")[2] or recipient)[:254],
        text=told[:500],
    )


def _said(text: str) -> str:
    """Return the line in which a server's refusal is quoted."""
    lines = [line for line in text.splitlines() if _SAID.search(line)]
    return _clean(lines[-1] if lines else "")[:500]


def _first_text(message: Message) -> str:
    part = next((part for part in message.walk() if part.get_content_type() == "text/plain"), None)
    payload = part.get_payload(decode=True) if part is not None else b""
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _text(message: EmailMessage) -> str:
    """Return the words of a message, from its HTML where it has nothing else."""
    for kind in ("plain", "html"):
        try:
            part = message.get_body(preferencelist=(kind,))
            text = str(part.get_content()) if part is not None else ""
        except (LookupError, UnicodeError, ValueError, AttributeError, TypeError):
            payload = part.get_payload(decode=True) if part is not None else b""
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
        if text.strip():
            plain = _words_of(text) if kind == "html" else text
            return plain.replace("\x00", "").encode("utf-8", "replace").decode()[:BODY_LENGTH_MAX].strip()
    return ""


class _Words(HTMLParser):
    """Keeps the text of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style", "head")
        if tag in ("br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote"):
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "head")

    def handle_data(self, data: str) -> None:
        if self.hidden <= 0:
            self.words.append(re.sub(r"\s+", " ", data))


def _words_of(html: str) -> str:
    words = _Words()
    words.feed(html)
    return re.sub(r"\s*\n\s*", "\n", "".join(words.words)).strip()


def _files(message: EmailMessage) -> Iterator[OutgoingAttachment]:
    """Yield the files that came with a message, those that are not too large, at most twenty."""
    kept = 0
    try:
        parts = list(message.iter_attachments())
    except (AttributeError, KeyError, TypeError, ValueError):  # a body that claims to be of several parts and is not
        return
    for part in parts:
        content = part.get_payload(decode=True)
        name = _clean(_filename(part))
        if not isinstance(content, bytes) or not name or len(content) > FILE_BYTES_MAX or part.get("Content-ID"):
            continue
        kept += 1
        if kept > FILES_MAX:
            return
        yield OutgoingAttachment(filename=name[:150], media_type=part.get_content_type()[:100], content=content)


def _filename(part: Message) -> str:
    try:
        return part.get_filename() or ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
