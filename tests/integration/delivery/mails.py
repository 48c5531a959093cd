"""Mail as it comes in, written by us in the shapes of well-known servers."""

from __future__ import annotations

from email.message import EmailMessage

from quittance.core.ports.mailboxes import Fetched, RawMessage

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mx.durand.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <report-{code}-1@mx.durand.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.durand.example
Arrival-Date: Mon, 2 Mar 2026 09:00:00 +0100 (CET)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {code}
Remote-MTA: dns; mail.durand.example
Diagnostic-Code: smtp; {said}

--cut
Content-Type: {part}

{original}
--cut--
"""

EXIM = """\
Return-path: <>
X-Failed-Recipients: {recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example>
To: {to}
References: <{message_id}>
Subject: Mail delivery failed: returning message to sender
Message-Id: <exim-1@relay.example>

This message was created automatically by mail delivery software.

  {recipient}
    host mail.durand.example [203.0.113.7]
    SMTP error from remote mail server after RCPT TO:<{recipient}>:
    550 5.1.1 no such person here
"""


def postfix(*, message_id: str, code: str = "5.1.1", action: str = "failed", said: str = "550 5.1.1 no such person",
            recipient: str = "m.petit@durand.example", to: str = "credit@arvor.example",
            part: str = "text/rfc822-headers") -> bytes:  # fmt: skip
    """A report as Postfix writes it, with the headers of our message or all of it."""
    original = f"From: Arvor <credit@arvor.example>\nMessage-ID: <{message_id}>\nSubject: Rappel\n\nBonjour\n"
    text = POSTFIX.format(to=to, code=code, action=action, said=said, recipient=recipient, part=part, original=original)
    return text.replace("\n", "\r\n").encode()


def exim(*, message_id: str, recipient: str = "m.petit@durand.example") -> bytes:
    """A report as Exim writes it: no part for machines."""
    text = EXIM.format(message_id=message_id, recipient=recipient, to="credit@arvor.example")
    return text.replace("\n", "\r\n").encode()


def reply(*, to: str = "credit@arvor.example", answers: str = "", text: str = "Le virement est parti ce matin.",
          own_id: str = "reply-1@durand.example", files: dict[str, bytes] | None = None,
          **headers: str) -> bytes:  # fmt: skip
    """What Marie answers; `answers` is the Message-ID that she answers."""
    mail = EmailMessage()
    mail["From"] = "Marie Petit-Ève <m.petit@durand.example>"
    mail["To"] = to
    mail["Subject"] = "Re: Rappel : 1 234,50 €"
    mail["Message-ID"] = f"<{own_id}>"
    mail["Date"] = "Mon, 2 Mar 2026 10:00:00 +0100"
    if answers:
        mail["In-Reply-To"] = f"<{answers}>"
        mail["References"] = f"<older@durand.example> <{answers}>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for name, content in (files or {}).items():
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail.as_bytes()


class FakeMailbox:
    """A folder that holds what it is given."""

    identifier = "fake"
    label = "Fake"
    name = "fake"

    def __init__(self, *raws: bytes, validity: int = 1) -> None:
        self.validity = validity
        self.messages = [RawMessage(uid=uid, raw=raw) for uid, raw in enumerate(raws, start=1)]

    def fetch(self, *, uid_validity: int | None, after_uid: int, limit: int) -> Fetched:
        first = after_uid if uid_validity == self.validity else 0
        found = [message for message in self.messages if message.uid > first]
        return Fetched(uid_validity=self.validity, messages=found[:limit])

    def close(self) -> None:
        """Nothing is open."""
