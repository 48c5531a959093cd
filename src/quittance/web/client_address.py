"""From which address a request comes: the connection's, or what a proxy that is trusted says of it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """Return the address of who asks, "" when it is not known.

    `X-Forwarded-For` is believed only from an address of `QUITTANCE_TRUSTED_PROXIES`. It is read from its end, where
    the nearest proxy wrote; the first address that is no trusted proxy is the one, whatever was claimed before it.
    """
    nearest = _read(request.META.get("REMOTE_ADDR", ""))
    if nearest is None or not _is_trusted(nearest):
        return str(nearest or "")
    found = nearest
    for text in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        one = _read(text)
        if one is None:
            break
        found = one
        if not _is_trusted(one):
            break
    return str(found)


def client_network(request: HttpRequest) -> str:
    """Return what is counted together: an IPv4 address, or the /64 that one customer of IPv6 has."""
    address = client_address(request)
    one = _read(address)
    if isinstance(one, IPv6Address):
        return f"{IPv6Address(int(one) >> IPV6_PREFIX << IPV6_PREFIX)}/{IPV6_PREFIX}"
    return address


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.QUITTANCE_TRUSTED_PROXIES)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one of IPv4 that IPv6 carries is the same as it is without."""
    try:
        found = ip_address(text.strip())
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
