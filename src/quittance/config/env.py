"""What the environment says: data folder, database, outgoing mail. Read once, by the settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from quittance.foundation import postgres

CONNECTION_AGE_SECONDS_MAX = 600
SMTP_SCHEMES = {"smtp": {}, "smtp+starttls": {"EMAIL_USE_TLS": True}, "smtps": {"EMAIL_USE_SSL": True}}
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


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
