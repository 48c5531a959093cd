"""SMS by Twilio: `POST /2010-04-01/Accounts/{account}/Messages.json` (Twilio documentation, "Messages resource")."""

from __future__ import annotations

import base64
import hashlib
import hmac
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from quittance.adapters.channels.sms_http import Answer, HttpSmsChannel, Request
from quittance.core.ports.channels import (
    Callback,
    DeliveryOutcome,
    DeliveryReport,
    MessageRefused,
    OutgoingMessage,
    PermanentFailure,
    Receipt,
    ReportNotGenuine,
)

# Not a number, not reachable, has said STOP, not in this region, a landline: Twilio's dictionary of errors.
RECIPIENT_ERRORS = frozenset({21211, 21217, 21219, 21265, 21407, 21421, 21610, 21612, 21614, 21635})

# No such number any more; a landline or a carrier that takes no SMS.
UNREACHABLE_ERRORS = frozenset({30005, 30006})
_OUTCOMES = {
    "delivered": DeliveryOutcome.DELIVERED,
    "read": DeliveryOutcome.DELIVERED,
    "undelivered": DeliveryOutcome.FAILED,
    "failed": DeliveryOutcome.FAILED,
}


class TwilioSmsChannel(HttpSmsChannel):
    """Sends by one account of Twilio; a sender that begins with MG is a messaging service."""

    identifier: ClassVar[str] = "sms-twilio"
    label: ClassVar[str] = "SMS (Twilio)"

    def probe(self) -> Request:
        """Ask for the account."""
        return Request(method="GET", path=f"{self._account()}.json", headers=self._headers())

    def request_of(self, message: OutgoingMessage) -> Request:
        """Return the request for one message."""
        sender = self.sender_of(message)
        if not sender:
            raise MessageRefused("no name or number is set that an SMS could show as its sender")
        form = {
            "To": message.recipient,
            "MessagingServiceSid" if sender.startswith("MG") and len(sender) == 34 else "From": sender,
            "Body": message.body_text,
            **({"StatusCallback": message.report_url} if message.report_url else {}),
        }
        return Request(
            method="POST",
            path=f"{self._account()}/Messages.json",
            body=urlencode(form).encode(),
            headers={**self._headers(), "Content-Type": "application/x-www-form-urlencoded"},
        )

    def receipt_of(self, message: OutgoingMessage, told: dict[str, Any]) -> Receipt:
        """Return what Twilio calls the message, its parts, and its price when it is known already."""
        if told.get("status") in ("failed", "undelivered"):
            raise PermanentFailure(str(told.get("error_message") or told["status"]))
        cost = _amount(told.get("price"))
        return Receipt(
            reference=str(told.get("sid") or ""),
            segments=_count(told.get("num_segments")),
            cost=cost,
            currency=str(told.get("price_unit") or "").upper() if cost is not None else "",
        )

    def is_recipient_bad(self, answer: Answer) -> bool:
        """Read Twilio's own code."""
        return isinstance(answer.told, dict) and answer.told.get("code") in RECIPIENT_ERRORS

    def read_report(self, callback: Callback) -> DeliveryReport | None:
        """Read a status callback, whose signature is an HMAC over its address and its form, sorted by name.

        A price is not in it. (Twilio documentation, "Webhooks security" and "Track the Message Status".)
        """
        secret = self.settings.auth_token or self.settings.password
        signed = callback.url + "".join(f"{name}{value}" for name, value in sorted(callback.form))
        digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha1).digest()
        given = callback.headers.get("x-twilio-signature", "")
        if not hmac.compare_digest(base64.b64encode(digest), given.encode()):
            raise ReportNotGenuine("the signature is not that of Twilio")
        form = dict(callback.form)
        reference = form.get("MessageSid") or form.get("SmsSid") or ""
        status = form.get("MessageStatus") or form.get("SmsStatus") or ""
        if not reference or not status:
            return None
        code = form.get("ErrorCode", "")
        return DeliveryReport(
            reference=reference,
            outcome=_OUTCOMES.get(status, DeliveryOutcome.WAITING),
            code=code,
            text=form.get("ErrorMessage") or status,
            is_recipient_bad=code.isascii() and code.isdigit() and int(code) in RECIPIENT_ERRORS | UNREACHABLE_ERRORS,
            message_id=dict(callback.query).get("m", ""),
        )

    def _account(self) -> str:
        return f"/2010-04-01/Accounts/{quote(self.settings.service or self.settings.user)}"

    def _headers(self) -> dict[str, str]:
        pair = base64.b64encode(f"{self.settings.user}:{self.settings.password}".encode()).decode()
        return {"Authorization": f"Basic {pair}", "Accept": "application/json"}


def _count(told: object) -> int | None:
    """Return the parts; 0 (a messaging service does not know yet) and what is no number are None."""
    text = str(told or "")
    return int(text) or None if text.isascii() and text.isdigit() else None


def _amount(told: object) -> Decimal | None:
    """Return the price, which Twilio tells as a negative text, or None."""
    try:
        amount = abs(Decimal(str(told)))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
