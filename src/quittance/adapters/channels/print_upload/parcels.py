"""What a print provider is given for one letter: its PDF, and a sheet of facts beside it in JSON."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from quittance.core.ports.channels import MessageRefused, OutgoingMessage, PermanentFailure

FAILURE_TEXT_MAX = 500
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One letter as it is handed over; `name` is the same at every try, fit for a file name."""

    name: str
    pdf: bytes
    facts: bytes


def parcel_of(message: OutgoingMessage) -> Parcel:
    """Return what to hand over.

    :raises PermanentFailure: there is nowhere to post it to.
    :raises MessageRefused: it has no PDF.
    """
    if not message.postal_lines:
        raise PermanentFailure("the letter has no postal address")
    letter = next(iter(message.attachments), None)
    if letter is None or letter.media_type != "application/pdf" or not letter.content.startswith(b"%PDF-"):
        raise MessageRefused("the letter has no PDF")
    name = _UNSAFE.sub("_", message.message_id)
    facts: dict[str, Any] = {
        "id": message.message_id,
        "file": f"{name}.pdf",
        "sha256": hashlib.sha256(letter.content).hexdigest(),
        "size_bytes": len(letter.content),
        "recipient": message.recipient_name or message.recipient,
        "address": list(message.postal_lines),
        "is_registered": message.is_registered,
        "language": message.language,
        "subject": message.subject,
    }
    return Parcel(name=name, pdf=letter.content, facts=json.dumps(facts, ensure_ascii=False, indent=1).encode())


def has_parcel(message: OutgoingMessage) -> bool:
    """Say whether the message is a letter that can be posted."""
    try:
        parcel_of(message)
    except PermanentFailure:
        return False
    return True


def short(text: object) -> str:
    """Return what a provider or the network said, on one line, not too long."""
    return " ".join(str(text).split())[:FAILURE_TEXT_MAX]
