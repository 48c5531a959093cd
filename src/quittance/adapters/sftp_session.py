"""Sign in to an SFTP server that we know: its host key is told beforehand, never taken on trust."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import paramiko

BROKEN = (OSError, EOFError, paramiko.SSHException)
"""What a connection may fail with, at any step."""

_TEXT_MAX = 200
_RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")


class NotTrusted(Exception):
    """Whoever answers there is not proven to be the server that is meant, or we can't prove who we are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpAddress:
    """Where a server is and how to sign in there; the secrets are never shown.

    `host_key` is its public key as in a known_hosts file (`ssh-ed25519 AAAA...`). With `key_file` we sign in by that
    private key, whose passphrase is then the `password`.
    """

    host: str
    port: int = 22
    user: str = ""
    password: str = field(default="", repr=False)
    key_file: str = ""
    host_key: str = ""


def connect(address: SftpAddress, *, timeout_seconds: float) -> paramiko.Transport:
    """Return a line to the server on which nothing is said yet; whoever asks for it closes it. :raises OSError:"""
    return paramiko.Transport(socket.create_connection((address.host, address.port), timeout=timeout_seconds))


def sign_in(transport: paramiko.Transport, address: SftpAddress, *, timeout_seconds: float) -> paramiko.SFTPClient:
    """Check who answers, sign in, and open the files.

    :raises NotTrusted: the host key is not told, or is another one; the private key can't be read; there is no SFTP
    :raises BROKEN: anything that goes wrong on the line, a refused password among it
    """
    transport.banner_timeout = transport.auth_timeout = timeout_seconds
    _ask_for_kind(transport, address.host_key)
    transport.start_client(timeout=timeout_seconds)
    _check_host(transport.get_remote_server_key(), address.host_key)
    if address.key_file:
        transport.auth_publickey(address.user, _private_key(address))
    else:
        transport.auth_password(address.user, address.password, fallback=False)
    client = paramiko.SFTPClient.from_transport(transport)
    if client is None:
        raise NotTrusted("the server has no SFTP")
    client.get_channel().settimeout(timeout_seconds)
    return client


def _private_key(address: SftpAddress) -> paramiko.PKey:
    try:
        # By its place: the name of the second argument differs between versions.
        return paramiko.PKey.from_path(address.key_file, address.password.encode() or None)
    except (TypeError, ValueError, paramiko.PasswordRequiredException, paramiko.UnknownKeyType) as error:
        raise NotTrusted("the private key can't be read: is its passphrase right?") from error


def _ask_for_kind(transport: paramiko.Transport, host_key: str) -> None:
    """Ask for a host key of the kind that is set: a server may have several, and shows only one."""
    kind = host_key.split()[0] if len(host_key.split()) > 1 else ""
    kinds = _RSA_SIGNATURES if kind == "ssh-rsa" else (kind,)
    options = transport.get_security_options()
    if wanted := tuple(one for one in options.key_types if one in kinds):
        options.key_types = wanted


def _check_host(key: paramiko.PKey, host_key: str) -> None:
    known = host_key.split()
    wanted = known[1] if len(known) > 1 else "".join(known)
    if not wanted:
        raise NotTrusted("the server's host key is not set: nobody knows who answers there")
    if base64.b64encode(key.asbytes()).decode() != wanted:
        raise NotTrusted("the server has another host key than the one that is set")


@contextlib.contextmanager
def cut_off(hang_up: Callable[[], None], *, seconds: float) -> Iterator[None]:
    """Hang up after some seconds, however slowly the other side answers."""
    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def what_was_said(error: Exception) -> str:
    """Return why a connection failed, in the words of the server or the system, on one line."""
    if isinstance(error, EOFError):
        return "the server hung up"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join((text or type(error).__name__).split())[:_TEXT_MAX]
