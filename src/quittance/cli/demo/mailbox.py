"""A channel that puts messages straight into the demo's mailbox page, for reminders of past weeks."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import ClassVar

from quittance.core.ports.channels import OutgoingMessage, Receipt
from quittance.delivery.services import keep_demo_message


@dataclass(slots=True)
class MailboxChannel:
    """Delivers at once, to whoever; nothing leaves the database."""

    identifier: ClassVar[str] = "demo"
    label: ClassVar[str] = "Demo mailbox"
    medium: ClassVar[str] = "EMAIL"

    def is_ready(self) -> bool:
        """Say yes: there is no provider."""
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        """Say whether there is somebody to write to."""
        return bool(message.recipient)

    def send(self, message: OutgoingMessage) -> Receipt:
        """Keep the message."""
        raw = _as_email(message).as_bytes(policy=SMTP)
        keep_demo_message(sender=message.sender, recipients=[message.recipient], subject=message.subject, raw=raw)
        return Receipt()

    def close(self) -> None:
        """Nothing is held open."""


def _as_email(message: OutgoingMessage) -> EmailMessage:
    email = EmailMessage()
    email["Subject"], email["From"], email["To"] = message.subject, message.sender, message.recipient
    email["Message-ID"] = f"<{message.message_id}>"
    email.set_content(message.body_text)
    if message.body_html:
        email.add_alternative(message.body_html, subtype="html")
        html = email.get_payload(1)
        for content_id, image in message.inline_images.items():
            html.add_related(image, "image", "png", cid=f"<{content_id}>")  # type: ignore[union-attr]
    return email
