"""Where the print provider is and how to sign in there: from the environment, through Django's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

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
        return cls(**django_settings.QUITTANCE_PRINT)
