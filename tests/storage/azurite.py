"""Azurite, the emulator of Azure Blob Storage, on the loopback interface. It is installed with npm."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

VERSION = "3.35.0"
PROGRAM = "node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "devstoreaccount1"
# The key that every Azurite has.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(eq=False)
class Container:
    """An empty container of the server; ``address`` is ``az://container``."""

    client: Any
    name: str

    @property
    def address(self) -> str:
        return f"az://{self.name}"

    def put(self, key: str, content: bytes) -> None:
        self.client.upload_blob(key, content, overwrite=True)

    def get(self, key: str) -> bytes:
        content: bytes = self.client.download_blob(key).readall()
        return content

    def keys(self) -> list[str]:
        return [blob.name for blob in self.client.list_blobs()]


@dataclass(eq=False)
class BlobServer:
    """A running Azurite, whose blobs are in memory."""

    url: str
    client: Any = field(init=False)
    containers: int = 0

    def __post_init__(self) -> None:
        self.client = BlobServiceClient.from_connection_string(self._connection)

    @property
    def _connection(self) -> str:
        parts = {"AccountName": ACCOUNT, "AccountKey": KEY, "BlobEndpoint": f"{self.url}/{ACCOUNT}"}
        return "DefaultEndpointsProtocol=http;" + ";".join(f"{name}={each}" for name, each in parts.items())

    @property
    def environment(self) -> dict[str, str]:
        """The variable by which the usual libraries find the server."""
        return {"AZURE_STORAGE_CONNECTION_STRING": self._connection}

    def new_container(self) -> Container:
        self.containers += 1
        name = f"container-{self.containers}"
        return Container(self.client.create_container(name), name)


@contextmanager
def blob_server() -> Iterator[BlobServer]:
    """Start Azurite; it ends with the block. Skips the test where npm cannot install it."""
    program = _installed() / PROGRAM
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    options = ("--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry")
    command = ["node", str(program), "--blobHost", "127.0.0.1", "--blobPort", port, *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(int(port), process)
            yield BlobServer(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def _installed() -> Path:
    """Return the folder in which Azurite is installed, once for all runs of the tests on this machine."""
    if not (shutil.which("npm") and shutil.which("node")):
        pytest.skip("needs npm and node, to install and run Azurite")
    folder = Path(tempfile.gettempdir()) / f"penstock-azurite-{VERSION}-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
            command = ["npm", "install", f"azurite@{VERSION}", *quiet]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"npm cannot install Azurite: {done.stderr.strip()[-200:]}")
            (folder / "complete").touch()
    return folder


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        assert process.poll() is None, "Azurite ended"
        with socket.socket() as trial:
            if not trial.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    raise AssertionError("Azurite does not answer")
