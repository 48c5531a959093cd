"""E-mail over SMTP, through Django's backend."""

from __future__ import annotations

import smtplib
import socket
import time
from dataclasses import dataclass, replace
from email.encoders import encode_base64
from email.errors import MessageError
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any, ClassVar, cast

from django.conf import settings as django_settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.message import SafeMIMEMultipart, sanitize_address
from django.core.validators import validate_email
from django.forms import ValidationError

from quittance.core.ports.channels import (
    SEND_SECONDS_MAX,
    ChannelDown,
    ChannelFailure,
    MessageRefused,
    OutgoingAttachment,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)

FAILURE_TEXT_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the mail server is and how to speak to it.

    `answer_seconds` is how long to wait for its yes or no to a whole message: giving up early makes it uncertain.
    """

    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    timeout_seconds: float = 20
    answer_seconds: float = 60

    @classmethod
    def of_installation(cls) -> Settings:
        """Return what `QUITTANCE_SMTP_URL` said (Django's EMAIL_ settings)."""
        return cls(
            host=django_settings.EMAIL_HOST,
            port=django_settings.EMAIL_PORT,
            user=django_settings.EMAIL_HOST_USER,
            password=django_settings.EMAIL_HOST_PASSWORD,
            use_tls=django_settings.EMAIL_USE_TLS,
            use_ssl=django_settings.EMAIL_USE_SSL,
            timeout_seconds=django_settings.EMAIL_TIMEOUT or 20,
        )


class _Smtp(smtplib.SMTP):
    """Knows at each moment of the conversation whether the server may have taken the message.

    It can have taken it only once it has seen the mark that ends it; until then whatever goes wrong is temporary.
    """

    def hand_over(self, *, sender: str, recipient: str, raw: bytes, settings: Settings, until: float) -> None:
        """Speak one transaction; `until` (monotonic) is the last moment for ending the message."""
        options = [f"size={len(raw)}"] if self.has_extn("size") else []
        if self.has_extn("8bitmime") and not raw.isascii():
            options.append("body=8bitmime")
        _expect(self.mail(sender, options), MessageRefused)
        _expect(self.rcpt(recipient), PermanentFailure)
        _expect(self.docmd("DATA"), MessageRefused, wanted=3)
        self.send(_quoted(raw))
        if time.monotonic() > until:  # to say anything else now would become part of the message: hang up
            raise TimeoutError("the mail server was too slow")
        try:
            self._wait_at_most(settings.answer_seconds)
            self.send(b".\r\n")
            code, reply = self.getreply()
            self._wait_at_most(settings.timeout_seconds)
        except OSError as error:  # smtplib's own errors are among them
            raise UncertainFailure(_short(str(error) or type(error).__name__)) from error
        if not 200 <= code < 600 or 300 <= code < 400:
            raise UncertainFailure(f"the mail server's answer makes no sense: {_told(code, reply)}")
        _expect((code, reply), MessageRefused)

    def _wait_at_most(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    """The same inside TLS."""


def _expect(answer: tuple[int, bytes], refused: type[PermanentFailure], *, wanted: int = 2) -> None:
    """Go on when the server's answer is of the wanted kind.

    :raises TemporaryFailure: when it asks to come back later, or tells what nobody understands.
    :raises PermanentFailure: when it refuses for good.
    """
    code, reply = answer
    if code // 100 == wanted:
        return
    # Sign-in trouble (530-538) is ours, not the message's: it goes when the settings are right.
    if 500 <= code < 600 and not 530 <= code <= 538:
        raise refused(_told(code, reply))
    raise TemporaryFailure(_told(code, reply))


def _quoted(raw: bytes) -> bytes:
    """Return the message with its lines ended and its dots doubled, as RFC 5321 4.5.2 wants, without the end mark.

    >>> _quoted(b"a\\n.b\\r\\nc")
    b'a\\r\\n..b\\r\\nc\\r\\n'
    """
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join(stuffed) + b"\r\n"


class _Backend(EmailBackend):
    """Django's backend over a connection that knows when the message was handed over."""

    @property
    def connection_class(self) -> Any:
        return _SmtpSsl if self.use_ssl else _Smtp


class SmtpChannel:
    """Sends e-mail; keeps one connection until `close`."""

    identifier: ClassVar[str] = "smtp"
    label: ClassVar[str] = "E-mail (SMTP)"
    medium: ClassVar[str] = "EMAIL"

    def __init__(self, settings: Settings | None = None) -> None:
        used = settings or Settings.of_installation()
        self.settings = used
        self._backend = _Backend(
            host=used.host,
            port=used.port,
            username=used.user,
            password=used.password,
            use_tls=used.use_tls,
            use_ssl=used.use_ssl,
            timeout=cast(int, used.timeout_seconds),
            fail_silently=False,
        )

    def is_ready(self) -> bool:
        """Open a connection and sign in, within five seconds."""
        probe = SmtpChannel(replace(self.settings, timeout_seconds=min(5, self.settings.timeout_seconds)))
        try:
            probe._backend.open()
        except OSError:
            return False
        finally:
            probe.close()
        return True

    def supports(self, message: OutgoingMessage) -> bool:
        """Accept what has an e-mail address as its recipient."""
        try:
            validate_email(message.recipient)
        except ValidationError:
            return False
        return True

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message to the server; see the port for the failures."""
        until = time.monotonic() + SEND_SECONDS_MAX / 2
        if not self.supports(message):
            raise PermanentFailure(f"not an e-mail address: {message.recipient}")
        sender, recipient, raw = _written(message)
        connection = self._open()
        try:
            connection.hand_over(sender=sender, recipient=recipient, raw=raw, settings=self.settings, until=until)
        except UncertainFailure:
            self._forget_connection()
            raise
        except ChannelFailure as error:
            self._end_transaction(error)
            raise
        except OSError as error:
            self._forget_connection()
            told = _short(str(error) or type(error).__name__)
            raise TemporaryFailure(f"the connection broke before the message was complete: {told}") from error
        return Receipt(reference=message.message_id)

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._backend.close()
        except OSError:
            self._forget_connection()

    def _open(self) -> _Smtp:
        """Return a connection that answers, a new one when need be."""
        connection = cast("_Smtp | None", self._backend.connection)
        if connection is not None:
            try:
                if connection.noop()[0] == 250:
                    return connection
            except OSError:
                pass
            self._forget_connection()
        try:
            self._backend.open()
            opened = cast(_Smtp, self._backend.connection)
            opened.ehlo_or_helo_if_needed()
        except (OSError, UnicodeError) as error:  # SMTP's and TLS's errors are among them
            self.close()  # also what was opened in part
            raise ChannelDown(_short(str(error) or type(error).__name__)) from error
        if opened.sock is not None:  # else the short end mark would wait for the answer to the message before it
            opened.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _end_transaction(self, error: ChannelFailure) -> None:
        """After a refusal the connection may be used again; when that fails, a new one is opened next time."""
        connection = self._backend.connection
        if connection is None:
            return
        is_closing = str(error).startswith("421 ")
        try:
            if not is_closing and connection.rset()[0] == 250:
                return
        except OSError:
            pass
        self._forget_connection()

    def _forget_connection(self) -> None:
        connection, self._backend.connection = self._backend.connection, None
        if connection is not None:
            connection.close()


class _Email(EmailMultiAlternatives):
    """Text, HTML beside it, the pictures inside the HTML part's message, and files beside all of that."""

    mixed_subtype = "related"
    files: tuple[OutgoingAttachment, ...] = ()

    def _create_message(self, msg: Message) -> Message:
        whole: Message = super()._create_message(msg)  # type: ignore[misc]  # Django's way, unknown to its stubs
        if not self.files:
            return whole
        mixed = SafeMIMEMultipart("mixed", encoding="utf-8")
        mixed.attach(whole)
        for file in self.files:
            mixed.attach(_file_part(file))
        return mixed


def _file_part(file: OutgoingAttachment) -> MIMEBase:
    """Return a file as it is, in base64 whatever it holds."""
    main, sub = file.media_type.split("/")
    part = MIMEBase(main, sub)
    part.set_payload(file.content)
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=_safe_name(file.filename))
    return part


def _safe_name(filename: str) -> str:
    """Return a name without folders and without signs that break a header.

    >>> _safe_name("../relevé  1.pdf"), _safe_name("")
    ('relevé 1.pdf', 'file')
    """
    return " ".join(filename.replace("\\", "/").rpartition("/")[2].split()) or "file"


def build_email(message: OutgoingMessage) -> EmailMessage:
    """Return the message as Django sends it: text, HTML beside it, the images inside the HTML part's, then files."""
    name, address = parseaddr(message.sender)
    email = _Email(
        subject=" ".join(message.subject.split()),
        body=message.body_text,
        from_email=formataddr((name, address)),
        to=[formataddr((message.recipient_name, message.recipient))],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": f"<{message.message_id}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
            **message.headers,
        },
    )
    if message.body_html:
        email.attach_alternative(message.body_html, "text/html")
    for content_id, image in message.inline_images.items():
        email.attach(_image_part(content_id, image))
    email.files = tuple(message.attachments)
    return email


def _image_part(content_id: str, image: bytes) -> MIMEImage:
    part = MIMEImage(image, _subtype="png")
    part.add_header("Content-ID", f"<{content_id}>")
    part.add_header("Content-Disposition", "inline", filename=f"{content_id}.png")
    return part


def _written(message: OutgoingMessage) -> tuple[str, str, bytes]:
    """Return sender and recipient of the envelope, and the message as bytes.

    :raises MessageRefused: when it can't be written; nothing has been handed over then.
    """
    try:
        email = build_email(message)
        sender = parseaddr(sanitize_address(message.envelope_sender or email.from_email, "utf-8"))[1]
        recipient = parseaddr(sanitize_address(message.recipient, "utf-8"))[1]
        return sender, recipient, email.message().as_bytes()
    except (ValueError, LookupError, MessageError) as error:
        raise MessageRefused(_short(f"the message can't be written: {error}")) from error


def _told(code: int, reply: bytes | str) -> str:
    return _short(f"{code} {reply.decode('utf-8', 'replace') if isinstance(reply, bytes) else reply}")


def _short(text: str) -> str:
    return " ".join(text.split())[:FAILURE_TEXT_MAX]
