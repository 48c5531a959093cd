"""A real SFTP server over a folder from which files are fetched, and its faults."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import paramiko

from tests.adapters.channels.print_servers import SftpServer


class FetchServer(SftpServer):
    """Serves a folder; `behaviour` "cut" hangs up within a file, "growing" writes on while it is fetched."""

    def __init__(self, folder: Path, behaviour: str = "accept") -> None:
        self.fetched: list[str] = []
        super().__init__(folder, behaviour)

    def files_class(self) -> type[paramiko.SFTPServerInterface]:
        return _Files

    def drop(self) -> None:
        """Hang up on everybody; they may come back."""
        for transport in self._transports:
            transport.close()


class _Handle(paramiko.SFTPHandle):
    owner: FetchServer
    path: Path

    def read(self, offset: int, length: int) -> Any:
        if self.owner.behaviour == "cut" and offset > 0:
            self.owner.behaviour = "accept"
            self.owner.drop()
            return paramiko.SFTP_FAILURE
        if self.owner.behaviour == "growing":
            self.owner.behaviour = "accept"
            with self.path.open("ab") as file:
                file.write(b"more")
            os.utime(self.path, (time.time() - 30, time.time() - 30))
        return super().read(offset, length)


class _Files(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, *args: Any, **kwargs: Any) -> None:
        self.owner: FetchServer = server.owner
        super().__init__(server)

    def _real(self, path: str) -> Path:
        return self.owner.folder / self.canonicalize(path).lstrip("/")

    def list_folder(self, path: str) -> Any:
        try:
            found = []
            for entry in sorted(self._real(path).iterdir()):
                attributes = paramiko.SFTPAttributes.from_stat(entry.stat())
                attributes.filename = entry.name
                found.append(attributes)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return found

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        if self.owner.behaviour == "refuse":
            return paramiko.SFTP_PERMISSION_DENIED
        handle = _Handle(flags)
        handle.owner, handle.path = self.owner, self._real(path)
        try:
            file = handle.path.open("rb")
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        self.owner.fetched.append(handle.path.name)
        handle.readfile = file  # type: ignore[attr-defined]
        handle.stat = lambda: self.stat(path)  # type: ignore[method-assign]
        return handle

    def mkdir(self, path: str, attr: Any) -> int:
        if self.owner.behaviour == "read-only":
            return paramiko.SFTP_PERMISSION_DENIED
        self._real(path).mkdir()
        return paramiko.SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        source, target = self._real(oldpath), self._real(newpath)
        if target.exists():
            return paramiko.SFTP_FAILURE
        try:
            source.rename(target)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)
        return paramiko.SFTP_OK
