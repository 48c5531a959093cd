"""SMS by OVHcloud: `POST /1.0/sms/{service}/jobs`, each request signed (its API's "SMS Cookbook")."""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, ClassVar
from urllib.parse import quote

from quittance.adapters.channels.sms_http import HttpSmsChannel, Request
from quittance.core.ports.channels import (
    Callback,
    DeliveryOutcome,
    DeliveryReport,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
)
from quittance.core.sms import Encoding, count_sms

TAG_LENGTH_MAX = 20
DELIVERED_STATES = frozenset({"4"})
# Tried again, taken by the operator, and 6: nobody can say.
WAITING_STATES = frozenset({"0", "1", "2", "3", "6"})
# A number that is wrong or barred for good; a handset that can take no SMS.
BAD_NUMBER_STATES = frozenset({"23", "27"})
_SIMPLE = {"1": DeliveryOutcome.DELIVERED, "2": DeliveryOutcome.FAILED, "16": DeliveryOutcome.FAILED}


class OvhSmsChannel(HttpSmsChannel):
    """Sends by one SMS account of OVHcloud.

    A signature holds the time of the gateway's clock, which is asked once. What a message took is told in credits,
    not in money: its cost stays the one reckoned from our own price.
    """

    identifier: ClassVar[str] = "sms-ovh"
    label: ClassVar[str] = "SMS (OVHcloud)"
    _clock_ahead: int | None = None

    def probe(self) -> Request:
        """Ask for the SMS account."""
        return self._signed("GET", f"/1.0/sms/{quote(self.settings.service)}")

    def request_of(self, message: OutgoingMessage) -> Request:
        """Return a job for one number; `noStopClause` since the message is not an advertisement."""
        sender = self.sender_of(message)
        encoding = count_sms(text=message.body_text).encoding
        job = {
            "charset": "UTF-8",
            "class": "phoneDisplay",
            "coding": "7bit" if encoding is Encoding.GSM_7 else "8bit",
            "message": message.body_text,
            "noStopClause": True,
            "priority": "high",
            "receivers": [message.recipient],
            "tag": message.message_id[:TAG_LENGTH_MAX],
            **({"sender": sender} if sender else {"senderForResponse": True}),
        }
        return self._signed("POST", f"/1.0/sms/{quote(self.settings.service)}/jobs", job)

    def receipt_of(self, message: OutgoingMessage, told: dict[str, Any]) -> Receipt:
        """Return the id of the message; a number that the gateway left out was refused."""
        if message.recipient in (told.get("invalidReceivers") or []):
            raise PermanentFailure(f"not a valid receiver: {message.recipient}")
        ids = told.get("ids") or []
        return Receipt(reference=str(ids[0]) if ids else "")

    def read_report(self, callback: Callback) -> DeliveryReport | None:
        """Read a call of the account's callback address: `id`, `ptt`, `description`, `descriptionDlr`.

        OVHcloud signs nothing: the secret is in the address. `ptt` is the state of the operator, `description` the
        simple one (OVHcloud guide "Everything you need to know about SMS users").
        """
        told = dict(callback.query) | dict(callback.form)
        reference, code = told.get("id", ""), told.get("ptt", "")
        if not reference or not (code or told.get("description")):
            return None
        return DeliveryReport(
            reference=reference,
            outcome=_outcome(code, told.get("description", "")),
            code=code,
            text=told.get("descriptionDlr", ""),
            is_recipient_bad=code in BAD_NUMBER_STATES,
        )

    def _signed(self, method: str, path: str, job: dict[str, Any] | None = None) -> Request:
        body = json.dumps(job, ensure_ascii=False).encode() if job else b""
        moment = str(int(time.time()) + self._ahead())
        scheme = "https" if self.settings.is_tls else "http"
        parts = (
            self.settings.password,
            self.settings.consumer_key,
            method,
            f"{scheme}://{self.settings.host}{path}",
            body.decode(),
            moment,
        )
        signature = "$1$" + hashlib.sha1("+".join(parts).encode()).hexdigest()  # noqa: S324 - the gateway's own way
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Ovh-Application": self.settings.user,
            "X-Ovh-Consumer": self.settings.consumer_key,
            "X-Ovh-Timestamp": moment,
            "X-Ovh-Signature": signature,
        }
        return Request(method=method, path=path, body=body, headers=headers)

    def _ahead(self) -> int:
        """Return by how many seconds the gateway's clock is ahead of ours; 0 when it does not say."""
        if self._clock_ahead is None:
            told = self.ask_time()
            self._clock_ahead = told - int(time.time()) if told else 0
        return self._clock_ahead

    def ask_time(self) -> int:
        """Return the gateway's time (Unix), 0 when it can't be read.

        :raises ChannelDown: when the gateway can't be reached: nothing has been handed over then.
        """
        answer = self.harmless(Request(method="GET", path="/1.0/auth/time"))
        return answer.told if answer.status == 200 and isinstance(answer.told, int) else 0


def _outcome(state: str, simple: str) -> DeliveryOutcome:
    """Return what the operator's state says, and where it says nothing the simple one."""
    if state in DELIVERED_STATES:
        return DeliveryOutcome.DELIVERED
    if state in WAITING_STATES:
        return DeliveryOutcome.WAITING
    if state.isascii() and state.isdigit():
        return DeliveryOutcome.FAILED
    return _SIMPLE.get(simple, DeliveryOutcome.WAITING)
