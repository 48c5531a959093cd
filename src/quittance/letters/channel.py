"""The channel `print-batch`: a letter goes into the open batch of its company, in our own database.

It is a channel like any other, found by its entry point. It stands here and not among the adapters because what it
speaks to is this app.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import DatabaseError, connection

from quittance.core.ports.channels import (
    ChannelDown,
    MessageRefused,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
)
from quittance.letters.services import BatchRefused, NewLetter, NotALetter, add_letter


class PrintBatchChannel:
    """Puts letters into print batches; the same letter only once, however often it is tried."""

    identifier: ClassVar[str] = "print-batch"
    label: ClassVar[str] = "Print batch"
    medium: ClassVar[str] = "LETTER"

    def is_ready(self) -> bool:
        """Say whether the database answers."""
        try:
            connection.ensure_connection()
        except DatabaseError:
            return False
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        """Accept what has an address and a PDF."""
        return bool(message.postal_lines) and _pdf_of(message) is not None

    def send(self, message: OutgoingMessage) -> Receipt:
        """Put the letter into the open batch; see the port for the failures. It is in or not, never uncertain."""
        if not message.postal_lines:
            raise PermanentFailure("the letter has no postal address")
        pdf = _pdf_of(message)
        if pdf is None:
            raise MessageRefused("the letter has no PDF")
        try:
            place = add_letter(
                letter=NewLetter(
                    account_id=_account_of(message),
                    message_id=message.message_id,
                    recipient_name=message.recipient_name or message.recipient,
                    postal_lines=message.postal_lines,
                    subject=message.subject,
                    language=message.language,
                    pdf=pdf,
                    is_registered=message.is_registered,
                )
            )
        except (NotALetter, BatchRefused) as error:
            raise MessageRefused(str(error)) from error
        except (DatabaseError, OSError) as error:  # rolled back as a whole: nothing is in the batch
            raise ChannelDown(str(error)) from error
        return Receipt(reference=f"{place.batch_id}/{place.position}")

    def close(self) -> None:
        """Nothing is open."""


def _pdf_of(message: OutgoingMessage) -> bytes | None:
    first = next(iter(message.attachments), None)
    return first.content if first is not None and first.media_type == "application/pdf" else None


def _account_of(message: OutgoingMessage) -> int:
    """Return the account of the transmission.

    :raises MessageRefused: when the message is none of ours.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM delivery_transmission WHERE message_id = %s", [message.message_id])
        found = cursor.fetchone()
    if found is None:
        raise MessageRefused("the letter belongs to no account")
    return int(found[0])
