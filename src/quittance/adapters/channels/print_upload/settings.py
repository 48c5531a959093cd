"""Where the print provider is and how to sign in there: from the environment, through Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.conf import settings as django_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An address and the secrets for it, which are never shown.

    `host_key` is the SFTP server's public key as in a known_hosts file (`ssh-ed25519 AAAA...`): without it nothing is
    sent, since anybody could answer. `ca_file` holds the certificates that may sign the HTTPS server's, blank for the
    system's.
    """

    host: str = ""
    port: int = 0
    path: str = "/"
    user: str = ""
    password: str = field(default="", repr=False)
    key_file: str = ""
    host_key: str = ""
    token: str = field(default="", repr=False)
    ca_file: str = ""
    timeout_seconds: float = 20
    answer_seconds: float = 60

    @classmethod
    def of_installation(cls) -> Settings:
        """Return what `QUITTANCE_PRINT_URL` and its companions said."""
        parts = urlsplit(django_settings.QUITTANCE_PRINT_URL)
        return cls(
            host=parts.hostname or "",
            port=parts.port or {"sftp": 22, "https": 443}.get(parts.scheme, 0),
            path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            key_file=django_settings.QUITTANCE_PRINT_KEY_FILE,
            host_key=django_settings.QUITTANCE_PRINT_HOST_KEY,
            token=django_settings.QUITTANCE_PRINT_TOKEN,
            ca_file=django_settings.QUITTANCE_PRINT_CA_FILE,
        )
