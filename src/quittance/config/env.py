"""What the environment says: data folder, database, outgoing mail. Read once, by the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from quittance.foundation import postgres

CONNECTION_AGE_SECONDS_MAX = 600
SMTP_SCHEMES = {"smtp": {}, "smtp+starttls": {"EMAIL_USE_TLS": True}, "smtps": {"EMAIL_USE_SSL": True}}
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SMS_CHANNELS = {"ovh": "sms-ovh", "twilio": "sms-twilio"}
IMAP_PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}


def data_dir() -> Path:
    """Return the folder of everything that is kept on disk: `QUITTANCE_DATA_DIR`, else `.data` here."""
    return postgres.data_dir_default()


def database_settings() -> dict[str, Any]:
    """Return Django's entry for `QUITTANCE_DATABASE_URL`, else for the embedded server (starts nothing).

    :raises ImproperlyConfigured: when the address can't be read; it is not repeated, as it holds a password.
    """
    address = postgres.external_url() or postgres.database_url(data_dir())
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    except ProgrammingError as error:
        raise ImproperlyConfigured(
            "QUITTANCE_DATABASE_URL can't be read; it should look like postgresql://user:password@host:5432/name"
        ) from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.pop("dbname", ""),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {"application_name": "quittance", "connect_timeout": 10, **parts},
        "CONN_MAX_AGE": CONNECTION_AGE_SECONDS_MAX,
        "CONN_HEALTH_CHECKS": True,
    }


def smtp_settings() -> dict[str, Any]:
    """Return Django's mail settings for `QUITTANCE_SMTP_URL` (`smtp`, `smtp+starttls` or `smtps`), if given.

    :raises ImproperlyConfigured: when the address can't be read.
    """
    address = os.environ.get("QUITTANCE_SMTP_URL")
    if not address:
        return {}
    try:
        parts = urlsplit(address)
        options = SMTP_SCHEMES[parts.scheme]
        port = parts.port or SMTP_PORTS[parts.scheme]
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(
            "QUITTANCE_SMTP_URL can't be read; it should look like smtp+starttls://user:password@host:587"
        ) from error
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        **options,
    }


def sms_settings() -> tuple[str, dict[str, str]]:
    """Return the channel and the settings of `QUITTANCE_SMS_URL`; ("", {}) when none is given.

    `ovh://application-key:application-secret@eu.api.ovh.com/sms-account?consumer_key=...` or
    `twilio://account-sid:token@api.twilio.com/`.

    :raises ImproperlyConfigured: when the address can't be read; it is not repeated, as it holds a secret.
    """
    address = os.environ.get("QUITTANCE_SMS_URL")
    if not address:
        return "", {}
    parts = urlsplit(address)
    values = {
        "host": parts.netloc.rpartition("@")[2],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "service": parts.path.strip("/"),
        **dict(parse_qsl(parts.query)),
    }
    needed = ("host", "user", "password", *(("service", "consumer_key") if parts.scheme == "ovh" else ()))
    if parts.scheme not in SMS_CHANNELS or not all(values.get(name) for name in needed):
        raise ImproperlyConfigured(
            "QUITTANCE_SMS_URL can't be read; it should look like twilio://account:token@api.twilio.com/ or"
            " ovh://key:secret@eu.api.ovh.com/sms-account?consumer_key=..."
        )
    return SMS_CHANNELS[parts.scheme], values


def imap_settings() -> list[dict[str, Any]]:
    """Return the mailboxes of `QUITTANCE_IMAP_URL`, separated by spaces: `imaps://user:password@host/INBOX`.

    :raises ImproperlyConfigured: when one can't be read; it is not repeated, as it holds a password.
    """
    found: list[dict[str, Any]] = []
    for address in os.environ.get("QUITTANCE_IMAP_URL", "").split():
        try:
            parts = urlsplit(address)
            port = parts.port or IMAP_PORTS[parts.scheme]
        except (KeyError, ValueError) as error:
            raise ImproperlyConfigured(
                "QUITTANCE_IMAP_URL can't be read; it should look like imaps://user:password@host:993/INBOX"
            ) from error
        found.append(
            {
                "scheme": parts.scheme,
                "host": parts.hostname or "localhost",
                "port": port,
                "user": unquote(parts.username or ""),
                "password": unquote(parts.password or ""),
                "folder": unquote(parts.path.strip("/")) or "INBOX",
            }
        )
    return found
