"""What the environment says of the proxies in front of the pages. Read once, by the settings."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network

from django.core.exceptions import ImproperlyConfigured

NAME = "QUITTANCE_TRUSTED_PROXIES"


def trusted_proxies() -> tuple[IPv4Network | IPv6Network, ...]:
    """Return the networks of `QUITTANCE_TRUSTED_PROXIES`: addresses or networks, separated by commas; () for none.

    :raises ImproperlyConfigured: one that is neither.
    """
    texts = [text.strip() for text in os.environ.get(NAME, "").split(",")]
    try:
        return tuple(ip_network(text) for text in texts if text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{NAME}: {error}. Write addresses or networks, such as 10.0.0.0/8.") from error
