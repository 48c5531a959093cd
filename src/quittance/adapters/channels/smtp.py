"""E-mail over SMTP, through Django's backend."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, replace
from email.mime.image import MIMEImage
from email.utils import formataddr, parseaddr
from typing import Any, ClassVar, cast

from django.conf import settings as django_settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email
from django.forms import ValidationError

from quittance.core.ports.channels import (
    OutgoingMessage,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)

FAILURE_TEXT_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the mail server is and how to speak to it."""

    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    timeout_seconds: float = 20

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


class _AnswerLost(Exception):
    """The connection broke between the end of the message and the server's answer."""


class _Smtp(smtplib.SMTP):
    """Tells a connection lost before the message was handed over from one lost after."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        self.putcmd("data")
        code, reply = self.getreply()
        if code != 354:
            raise smtplib.SMTPDataError(code, reply)
        try:
            self.send(_quoted(msg))
            return self.getreply()
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            raise _AnswerLost(str(error)) from error


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    """The same inside TLS."""


def _quoted(message: Any) -> bytes:
    """Return the message with its lines ended and its dots doubled, as RFC 5321 4.5.2 wants, and the end mark."""
    data = message if isinstance(message, bytes) else str(message).encode("ascii")
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join(stuffed) + b"\r\n.\r\n"


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
        if not self.supports(message):
            raise PermanentFailure(f"not an e-mail address: {message.recipient}")
        email = build_email(message)
        try:
            self._open()
            self._backend.send_messages([email])
        except TemporaryFailure:
            raise
        except _AnswerLost as error:
            self._forget_connection()
            raise UncertainFailure(f"the connection broke before the server answered: {error}") from error
        except smtplib.SMTPRecipientsRefused as error:
            self._end_transaction()
            code, reply = next(iter(error.recipients.values()))
            raise _failure(code, reply) from error
        except smtplib.SMTPResponseException as error:
            self._end_transaction()
            raise _failure(error.smtp_code, error.smtp_error) from error
        except OSError as error:
            self._forget_connection()
            raise TemporaryFailure(_short(str(error) or type(error).__name__)) from error
        return Receipt(reference=message.message_id)

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._backend.close()
        except OSError:
            self._forget_connection()

    def _open(self) -> None:
        """Connect when there is no connection that still answers."""
        connection = self._backend.connection
        if connection is not None:
            try:
                if connection.noop()[0] == 250:
                    return
            except OSError:
                pass
            self._forget_connection()
        try:
            self._backend.open()
        except OSError as error:  # SMTP's and TLS's errors are among them
            self.close()  # also what was opened in part
            raise TemporaryFailure(_short(f"the mail server doesn't let us in: {error}")) from error

    def _end_transaction(self) -> None:
        """After a refusal the connection may be used again; when that fails, a new one is opened next time."""
        try:
            if self._backend.connection is not None:
                self._backend.connection.rset()
        except OSError:
            self._forget_connection()

    def _forget_connection(self) -> None:
        connection, self._backend.connection = self._backend.connection, None
        if connection is not None:
            connection.close()


def build_email(message: OutgoingMessage) -> EmailMessage:
    """Return the message as Django sends it: text, HTML beside it, and the images inside the HTML part's message."""
    name, address = parseaddr(message.sender)
    email = EmailMultiAlternatives(
        subject=" ".join(message.subject.split()),
        body=message.body_text,
        from_email=formataddr((name, address)),
        to=[formataddr((message.recipient_name, message.recipient))],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": f"<{message.message_id}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        },
    )
    if message.body_html:
        email.attach_alternative(message.body_html, "text/html")
    if message.inline_images:
        email.mixed_subtype = "related"  # type: ignore[attr-defined]  # Django's way, unknown to its stubs
        for content_id, image in message.inline_images.items():
            email.attach(_image_part(content_id, image))
    return email


def _image_part(content_id: str, image: bytes) -> MIMEImage:
    part = MIMEImage(image, _subtype="png")
    part.add_header("Content-ID", f"<{content_id}>")
    part.add_header("Content-Disposition", "inline", filename=f"{content_id}.png")
    return part


def _failure(code: int, reply: bytes | str) -> PermanentFailure | TemporaryFailure:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    told = _short(f"{code} {text}")
    # Sign-in trouble (530-538) is ours, not the message's: it goes when the settings are right.
    is_permanent = 500 <= code < 600 and not 530 <= code <= 538
    return PermanentFailure(told) if is_permanent else TemporaryFailure(told)


def _short(text: str) -> str:
    return " ".join(text.split())[:FAILURE_TEXT_MAX]
