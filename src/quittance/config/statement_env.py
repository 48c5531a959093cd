"""What the environment says of bank statements: where they are left for us. Read once, by the settings."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_AFTER = {"move": False, "leave": True}
_MINUTES_DEFAULT = "10"


def statement_inboxes() -> list[dict[str, Any]]:
    """Return the folder of `QUITTANCE_STATEMENT_FOLDER` and the servers of `QUITTANCE_STATEMENT_SFTP_URL`.

    :raises ImproperlyConfigured: when something can't be read, or a server's host key is missing
    """
    path = os.environ.get("QUITTANCE_STATEMENT_FOLDER", "").strip()
    folders = [{"adapter": "folder", "path": path}] if path else []
    return [*folders, *_sftp_inboxes()]


def _sftp_inboxes() -> list[dict[str, Any]]:
    addresses = os.environ.get("QUITTANCE_STATEMENT_SFTP_URL", "").split()
    if not addresses:
        return []
    said = os.environ.get("QUITTANCE_STATEMENT_SFTP_HOST_KEY", "")
    host_keys = [key.strip() for key in said.split(",") if key.strip()]
    if len(host_keys) != len(addresses):
        raise ImproperlyConfigured(
            "QUITTANCE_STATEMENT_SFTP_HOST_KEY needs one public key for each server of QUITTANCE_STATEMENT_SFTP_URL,"
            " in the same order, separated by commas, as `ssh-keyscan` shows them"
        )
    shared = {"is_left": _is_left(), "every_minutes": _minutes()}
    return [
        {**_address(text), "host_key": host_key, **shared} for text, host_key in zip(addresses, host_keys, strict=True)
    ]


def _address(text: str) -> dict[str, Any]:
    """Return where a server is; the address is not repeated when it can't be read, as it may hold a password."""
    try:
        parts = urlsplit(text)
        if parts.scheme != "sftp" or not parts.hostname or not parts.username:
            raise ValueError
        port = parts.port or 22
    except ValueError as error:
        raise ImproperlyConfigured(
            "QUITTANCE_STATEMENT_SFTP_URL can't be read; it should look like sftp://user:password@host:22/folder"
        ) from error
    path = unquote(parts.path)
    values = {
        "adapter": "sftp",
        "host": parts.hostname,
        "port": port,
        "user": unquote(parts.username),
        "path": path.removeprefix("/~").lstrip("/") or "." if path.startswith("/~") else path or ".",
        "password": unquote(parts.password or ""),
        "key_file": "",
    }
    if not values["password"]:
        values["key_file"] = os.environ.get("QUITTANCE_STATEMENT_SFTP_KEY_FILE", "")
        values["password"] = os.environ.get("QUITTANCE_STATEMENT_SFTP_KEY_PASSPHRASE", "")
    return values


def _is_left() -> bool:
    said = os.environ.get("QUITTANCE_STATEMENT_SFTP_AFTER", "move")
    if said not in _AFTER:
        raise ImproperlyConfigured("QUITTANCE_STATEMENT_SFTP_AFTER is `move` or `leave`")
    return _AFTER[said]


def _minutes() -> int:
    said = os.environ.get("QUITTANCE_STATEMENT_SFTP_MINUTES", _MINUTES_DEFAULT)
    if not (said.isascii() and said.isdigit() and int(said) > 0):
        raise ImproperlyConfigured("QUITTANCE_STATEMENT_SFTP_MINUTES is a number of minutes, 1 or more")
    return int(said)
