"""A real SFTP server on the loopback interface, which serves a folder of this machine."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko


class _Login(paramiko.ServerInterface):
    """Lets in who has the key."""

    def __init__(self, key: paramiko.PKey) -> None:
        self._key = key

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._key else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _files_below(root: Path) -> type[paramiko.SFTPServerInterface]:
    """Return a class that serves the files below a folder."""

    def answered(act: Any) -> Any:
        try:
            act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK

    class Files(paramiko.SFTPServerInterface):
        def _real(self, path: str) -> Path:
            return root / path.lstrip("/")

        def list_folder(self, path: str) -> Any:
            files = self._real(path).iterdir()
            return [paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in files]

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)

        lstat = stat

        def open(self, path: str, flags: int, attr: Any) -> Any:
            try:
                mode = "wb" if flags & os.O_WRONLY else "rb"
                file = os.fdopen(os.open(self._real(path), flags, 0o644), mode)
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno)
            handle = _Handle(flags)
            handle.readfile = handle.writefile = file
            return handle

        def remove(self, path: str) -> Any:
            return answered(self._real(path).unlink)

        def mkdir(self, path: str, attr: Any) -> Any:
            return answered(self._real(path).mkdir)

        def posix_rename(self, oldpath: str, newpath: str) -> Any:
            return answered(lambda: self._real(oldpath).replace(self._real(newpath)))

    return Files


@contextmanager
def sftp_server(folder: Path, home: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield the address of a server for a folder, and a function that cuts its connections.

    ``home`` gets the user's key and the host's.
    """
    host_key, key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    (home / ".ssh").mkdir(parents=True)
    key.write_private_key_file(str(home / ".ssh/id_ecdsa"))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    (home / ".ssh/known_hosts").write_text(
        f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n"
    )
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _files_below(folder))
            transport.start_server(server=_Login(key))
            transports.append(transport)

    def cut() -> None:
        while transports:
            transports.pop().close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"sftp://me@127.0.0.1:{port}", cut
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        cut()
