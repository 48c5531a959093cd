"""What gateways for SMS over HTTP have in common: one conversation for each message, judged by how far it got.

Until the whole request has been handed over, whatever goes wrong is temporary. From then on silence is uncertain, and
so are the answers of a server that broke down over it (500, 502, 504): it may have passed the message on before.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from django.conf import settings as django_settings

from quittance.core.ports.channels import (
    ChannelDown,
    MessageRefused,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    UncertainFailure,
)

FAILURE_TEXT_MAX = 500
ANSWER_BYTES_MAX = 256 * 1024
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_OURS = (401, 402, 403, 404)  # sign-in, credit, a wrong account: no message would leave
_LATER = (408, 425, 429, 503)
_BROKEN = (500, 502, 504)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the gateway is and who we are there; `sender` is used by messages that name none an SMS can show.

    `auth_token` is what the gateway signs its calls with, where that is not the password.
    """

    host: str
    user: str
    password: str
    service: str = ""
    consumer_key: str = ""
    sender: str = ""
    auth_token: str = ""
    is_tls: bool = True
    timeout_seconds: float = 30

    @classmethod
    def of_installation(cls) -> Settings:
        """Return what `QUITTANCE_SMS_URL` said."""
        given: dict[str, str] = django_settings.QUITTANCE_SMS
        return cls(
            host=given.get("host", "localhost"),
            user=given.get("user", ""),
            password=given.get("password", ""),
            service=given.get("service", ""),
            consumer_key=given.get("consumer_key", ""),
            sender=given.get("sender", ""),
            auth_token=given.get("auth_token", ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to the gateway."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gateway said; `told` is its JSON, None when it can't be read."""

    status: int
    told: Any

    def text(self, name: str = "message") -> str:
        """Return the gateway's words, with its status."""
        words = self.told.get(name) if isinstance(self.told, dict) else None
        return " ".join(f"{self.status} {words or ''}".split())[:FAILURE_TEXT_MAX]


class HttpSmsChannel(ABC):
    """A channel over a gateway; the subclass knows the requests and what the answers mean."""

    identifier: ClassVar[str]
    label: ClassVar[str]
    medium: ClassVar[str] = "SMS"

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.of_installation()

    @abstractmethod
    def probe(self) -> Request:
        """Return a request that changes nothing and that the gateway answers with 200 when it lets us in."""

    @abstractmethod
    def request_of(self, message: OutgoingMessage) -> Request:
        """Return the request that sends a message.

        :raises MessageRefused: when it can't be written.
        """

    @abstractmethod
    def receipt_of(self, message: OutgoingMessage, told: dict[str, Any]) -> Receipt:
        """Return what a yes says.

        :raises PermanentFailure: when the yes says that this recipient got nothing.
        """

    def is_recipient_bad(self, answer: Answer) -> bool:
        """Say whether a refusal is about the recipient's number."""
        return False

    def is_ready(self) -> bool:
        """Ask the gateway whether it lets us in, within five seconds."""
        probe = type(self)(replace(self.settings, timeout_seconds=min(5, self.settings.timeout_seconds)))
        try:
            return probe.harmless(probe.probe()).status == 200
        except ChannelDown:
            return False

    def supports(self, message: OutgoingMessage) -> bool:
        """Accept what has a number as E.164 writes it and only text."""
        return bool(_NUMBER.fullmatch(message.recipient)) and not message.attachments

    def send(self, message: OutgoingMessage) -> Receipt:
        """Hand the message to the gateway; see the port for the failures."""
        if not self.supports(message):
            raise PermanentFailure(f"not a telephone number that takes an SMS: {message.recipient}")
        answer = self.speak(self.request_of(message))
        if 200 <= answer.status < 300:
            if not isinstance(answer.told, dict):
                raise UncertainFailure(f"the gateway's answer makes no sense: {answer.status}")
            return self.receipt_of(message, answer.told)
        raise self._failure(answer)

    def _failure(self, answer: Answer) -> Exception:
        text = answer.text()
        if answer.status in _OURS:
            return ChannelDown(text)
        if answer.status in _LATER:
            return TemporaryFailure(text)
        if answer.status in _BROKEN or not 400 <= answer.status < 500:
            return UncertainFailure(text)
        return PermanentFailure(text) if self.is_recipient_bad(answer) else MessageRefused(text)

    def close(self) -> None:
        """Let nothing go: no connection is kept between two messages."""
        return

    def sender_of(self, message: OutgoingMessage) -> str:
        """Return the name or number that an SMS can show, "" when there is none."""
        return self.settings.sender if "@" in message.sender or not message.sender else message.sender

    def harmless(self, request: Request) -> Answer:
        """Hold a conversation that sends nothing: no answer is a gateway that is away.

        :raises ChannelDown:
        """
        try:
            return self.speak(request)
        except UncertainFailure as error:
            raise ChannelDown(str(error)) from error

    def speak(self, request: Request) -> Answer:
        """Hold one conversation.

        :raises ChannelDown: when the request was not handed over. :raises UncertainFailure: when no answer came.
        """
        connection = self._connection()
        try:
            try:
                connection.connect()
                connection.request(
                    request.method, request.path, body=request.body or None, headers=dict(request.headers)
                )
            except (OSError, http.client.HTTPException) as error:
                raise ChannelDown(_short(error)) from error
            try:
                response = connection.getresponse()
                raw = response.read(ANSWER_BYTES_MAX)
            except (OSError, http.client.HTTPException) as error:
                raise UncertainFailure(_short(error)) from error
        finally:
            connection.close()
        return Answer(status=response.status, told=_json(raw))

    def _connection(self) -> http.client.HTTPConnection:
        timeout = self.settings.timeout_seconds
        if self.settings.is_tls:
            return http.client.HTTPSConnection(
                self.settings.host, timeout=timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(self.settings.host, timeout=timeout)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _short(error: Exception) -> str:
    return " ".join((str(error) or type(error).__name__).split())[:FAILURE_TEXT_MAX]
