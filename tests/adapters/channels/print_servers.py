"""Real local servers of print providers: SFTP with paramiko's own server, HTTPS with the standard library's."""

from __future__ import annotations

import datetime
import ipaddress
import os
import socket
import socketserver
import ssl
import threading
from contextlib import suppress
from email import policy
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import paramiko
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "arvor", "pass word/ö"
TOKEN = "token-of-the-tests"


class SftpServer:
    """An SFTP server that behaves as told, over a folder; it is a real one, with a key and a password."""

    def __init__(self, folder: Path, behaviour: str) -> None:
        self.folder = folder
        self.behaviour = behaviour
        self.refused = 0
        self.is_closing = False
        self.client_key: paramiko.PKey | None = None
        self.key = paramiko.ECDSAKey.generate()
        self._transports: list[paramiko.Transport] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def host_key(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def files_class(self) -> type[paramiko.SFTPServerInterface]:
        """What answers for the files."""
        return _SftpFolder

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            if self.is_closing:
                connection.close()
                continue
            transport = paramiko.Transport(connection)
            transport.add_server_key(self.key)
            transport.set_subsystem_handler("sftp", _SftpSession, self.files_class())
            self._transports.append(transport)
            with suppress(paramiko.SSHException, EOFError, OSError):  # who does not trust us resets the line
                transport.start_server(server=_SignIn(self))

    def hang_up(self) -> None:
        """Drop everybody and let nobody in again."""
        self.is_closing = True
        for transport in self._transports:
            transport.close()

    def stop(self) -> None:
        self.hang_up()
        self._listener.close()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._thread.join(timeout=5)
        for transport in self._transports:
            transport.join(timeout=5)


class _SignIn(paramiko.ServerInterface):
    def __init__(self, owner: SftpServer) -> None:
        self.owner = owner

    def check_auth_password(self, username: str, password: str) -> int:
        is_right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        is_right = username == USER and key == self.owner.client_key
        return paramiko.AUTH_SUCCESSFUL if is_right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _SftpSession(paramiko.SFTPServer):
    """Says why when it refuses."""

    def _send_status(self, request_number: int, code: int, desc: str | None = None) -> None:
        if code == paramiko.SFTP_PERMISSION_DENIED:
            desc = "no such person"
        elif code == paramiko.SFTP_FAILURE:
            desc = "come back later"
        super()._send_status(request_number, code, desc)  # type: ignore[misc]


class _SftpFolder(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, *args: Any, **kwargs: Any) -> None:
        self.owner: SftpServer = server.owner
        super().__init__(server)

    def _real(self, path: str) -> Path:
        return self.owner.folder / self.canonicalize(path).lstrip("/")

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        behaviour = self.owner.behaviour
        if behaviour == "busy":
            return paramiko.SFTP_FAILURE
        if behaviour == "refuse" or (behaviour == "refuse-first" and self.owner.refused == 0):
            self.owner.refused += 1
            return paramiko.SFTP_PERMISSION_DENIED
        if behaviour == "cut" and path.endswith(".part"):
            self.owner.hang_up()
            return paramiko.SFTP_FAILURE
        handle = paramiko.SFTPHandle(flags)
        descriptor = os.open(self._real(path), flags, 0o600)
        handle.writefile = os.fdopen(descriptor, "wb")  # type: ignore[attr-defined]
        handle.stat = lambda: self.stat(path)  # type: ignore[method-assign]
        return handle

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        if self.owner.behaviour == "lost":
            self._real(oldpath).unlink()  # the provider has fetched it already
            self.owner.hang_up()
            return paramiko.SFTP_OK
        self._real(oldpath).rename(self._real(newpath))
        if self.owner.behaviour == "dropped-after":
            self.owner.behaviour = "accept"
            for transport in self.owner._transports:
                transport.close()
        return paramiko.SFTP_OK


class HttpsServer:
    """A provider that takes letters as forms, behind a certificate of its own making."""

    def __init__(self, folder: Path, behaviour: str) -> None:
        self.behaviour = behaviour
        self.taken: dict[str, dict[str, bytes]] = {}
        self.headers: list[dict[str, str]] = []
        self.asked = 0
        self.certificate = folder / "provider.pem"
        _write_certificate(self.certificate)
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(self.certificate)
        self._server = _Quiet(("127.0.0.1", 0), _handler_of(self))
        self._server.socket = trust.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


def _handler_of(provider: HttpsServer) -> type[socketserver.BaseRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def do_POST(self) -> None:
            provider.asked += 1
            provider.headers.append(dict(self.headers.items()))
            if provider.behaviour == "refuse-early":
                self._answer(413, b'{"detail": "too large"}')
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = self._judge()
            if provider.behaviour == "lost":
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            if status < 300:
                provider.taken[self.headers["Idempotency-Key"]] = _parts(self.headers["Content-Type"], body)
            self._answer(status, answer)

        def _judge(self) -> tuple[int, bytes]:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                return 401, b"who are you?"
            if provider.behaviour == "refuse" or (provider.behaviour == "refuse-first" and provider.asked == 1):
                return 422, b'{"detail": "no such person"}'
            if provider.behaviour == "busy":
                return 503, b"come back later"
            if provider.behaviour == "gateway":
                return 504, b"the house behind did not answer"
            if self.headers["Idempotency-Key"] in provider.taken:
                return 409, b'{"id": "known"}'
            return 201, b'{"id": 4711}'

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


def _parts(content_type: str, body: bytes) -> dict[str, bytes]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parsed = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    return {str(part.get_param("name", header="content-disposition")): _bytes(part) for part in parsed.iter_parts()}  # type: ignore[attr-defined]


def _bytes(part: Any) -> bytes:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
