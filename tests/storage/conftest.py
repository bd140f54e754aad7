from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import fsspec
import pytest

from storage.azurite import BlobServer, Container, blob_server
from storage.s3 import Bucket, S3Server, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A real S3 server, started by the first test that needs it."""
    with s3_server() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket. The environment of the test, and of its commands, leads to its server."""
    with connected(s3, monkeypatch):
        yield s3.new_bucket()


@pytest.fixture(scope="session")
def azurite() -> Iterator[BlobServer]:
    """A real server of Azure Blob Storage, started by the first test that needs it."""
    with blob_server() as server:
        yield server


@pytest.fixture
def container(azurite: BlobServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """An empty container. The environment of the test, and of its commands, leads to its server."""
    with connected(azurite, monkeypatch):
        yield azurite.new_container()


@contextmanager
def connected(server: S3Server | BlobServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lead the environment to a server. Its connections are closed at the end."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield
    forget_connections()


def forget_connections() -> None:
    """Make the next use of an address read the environment again."""
    for name in ("s3", "az", "memory"):
        fsspec.get_filesystem_class(name).clear_instance_cache()
