"""What the environment says of letters: to which print provider they go, if any. Read once, by the settings."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

PRINT_CHANNELS = {"sftp": "print-upload-sftp", "https": "print-upload-https"}
PRINT_PORTS = {"sftp": 22, "https": 443}
PRINT_BATCH = "print-batch"


def print_settings() -> tuple[str, dict[str, Any]]:
    """Return the channel of letters and its settings: the print batch unless `QUITTANCE_PRINT_URL` names a provider.

    :raises ImproperlyConfigured: when the address can't be read (it is not repeated, as it holds a password), or when
        the SFTP server's host key is missing.
    """
    address = os.environ.get("QUITTANCE_PRINT_URL")
    if not address:
        return PRINT_BATCH, {}
    try:
        parts = urlsplit(address)
        channel, port = PRINT_CHANNELS[parts.scheme], parts.port or PRINT_PORTS[parts.scheme]
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(
            "QUITTANCE_PRINT_URL can't be read; it should look like sftp://user:password@host:22/folder or"
            " https://host/letters"
        ) from error
    values = {
        "host": parts.hostname or "localhost",
        "port": port,
        "path": (unquote(parts.path) or "/") if parts.scheme == "sftp" else _target(parts.path, parts.query),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "key_file": os.environ.get("QUITTANCE_PRINT_KEY_FILE", ""),
        "host_key": os.environ.get("QUITTANCE_PRINT_HOST_KEY", ""),
        "token": os.environ.get("QUITTANCE_PRINT_TOKEN", ""),
        "ca_file": os.environ.get("QUITTANCE_PRINT_CA_FILE", ""),
    }
    if parts.scheme == "sftp" and not values["host_key"]:
        raise ImproperlyConfigured(
            "QUITTANCE_PRINT_HOST_KEY is missing: the public key of the SFTP server, as `ssh-keyscan` shows it"
        )
    return channel, values


def _target(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")
