"""SMS by Twilio: `POST /2010-04-01/Accounts/{account}/Messages.json` (Twilio documentation, "Messages resource")."""

from __future__ import annotations

import base64
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from quittance.adapters.channels.sms_http import Answer, HttpSmsChannel, Request
from quittance.core.ports.channels import MessageRefused, OutgoingMessage, PermanentFailure, Receipt

# Not a number, not reachable, has said STOP, not in this region, a landline: Twilio's dictionary of errors.
RECIPIENT_ERRORS = frozenset({21211, 21217, 21219, 21265, 21407, 21421, 21610, 21612, 21614, 21635})


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
