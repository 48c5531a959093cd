"""Addresses and ids that find their account again, signed so that nobody can write one for another account.

A Message-ID is `<random>.<account id>.<signature>@<domain>`; the address for replies of an account is
`<local part>+a<account id>-<signature>@<domain>`, that for what comes back undelivered
`<local part>+t<transmission id>-<signature>@<domain>`. The signatures are HMACs of the installation's secret key, of
64 bits: who does not know the key has to try 2^63 messages to hit one. Case does not matter in them, since mail servers
may change it.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets

from django.conf import settings
from django.utils.crypto import salted_hmac

_SALT = "quittance.delivery"
_RANDOM_BYTES = 12
_SIGNATURE_BYTES = 8
_MESSAGE_ID = re.compile(r"([a-z2-7]{20})\.(\d{1,18})\.([a-z2-7]{13})@")
_PLUS = re.compile(r"\+([at])(\d{1,18})-([a-z2-7]{13})@")


def _signature(kind: str, value: str, key: str | bytes | None = None) -> str:
    digest = salted_hmac(f"{_SALT}.{kind}", value, secret=key, algorithm="sha256").digest()
    return _letters(digest[:_SIGNATURE_BYTES])


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _is_signed(kind: str, value: str, signature: str) -> bool:
    """Say whether we signed this, with the secret key of now or one that it replaced."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_signature(kind, value, key), signature) for key in keys)


def new_message_id(*, account_id: int, domain: str) -> str:
    """Return a new Message-ID, without angle brackets."""
    value = f"{_letters(secrets.token_bytes(_RANDOM_BYTES))}.{account_id}"
    return f"{value}.{_signature('message', value)}@{domain}"


def account_of_message_id(*, message_id: str) -> int | None:
    """Return the account that one of our Message-IDs names; None when it is not ours or was tampered with."""
    found = _MESSAGE_ID.search(message_id.lower())
    if found is None or not _is_signed("message", f"{found[1]}.{found[2]}", found[3]):
        return None
    return int(found[2])


def reply_address(*, address: str, account_id: int) -> str:
    """Return the variant of an address that names an account."""
    return _plus(address, "a", account_id)


def bounce_address(*, address: str, transmission_id: int) -> str:
    """Return the variant of an address that names a transmission (VERP)."""
    return _plus(address, "t", transmission_id)


def report_token(*, channel: str) -> str:
    """Return the secret part of the address that the provider of a channel calls; 128 bits."""
    return _report_token(channel, None)


def is_report_token(*, channel: str, token: str) -> bool:
    """Say whether this is the secret of a channel, of now or before the key was replaced."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(_report_token(channel, key).encode(), token.encode()) for key in keys)


def _report_token(channel: str, key: str | bytes | None) -> str:
    return _letters(salted_hmac(f"{_SALT}.report", channel, secret=key, algorithm="sha256").digest()[:16])


def _plus(address: str, kind: str, number: int) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}+{kind}{number}-{_signature(kind, str(number))}@{domain}"


def account_of_address(*, address: str) -> int | None:
    """Return the account that an address for replies names; None when it names none, or wrongly."""
    return _of_plus(address, "a")


def transmission_of_address(*, address: str) -> int | None:
    """Return the transmission that an address for undelivered messages names; None when it names none, or wrongly."""
    return _of_plus(address, "t")


def _of_plus(address: str, kind: str) -> int | None:
    for found in _PLUS.finditer(address.lower()):
        if found[1] == kind and _is_signed(kind, found[2], found[3]):
            return int(found[2])
    return None
