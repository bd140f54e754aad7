"""Azure Blob Storage, as Azurite emulates it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.errors import StorageError
from penstock.storage import Address, find, read
from penstock.testing import AzureReadServer
from storage.azurite import BlobServer, Container
from storage.runs_of_azure import RECOGNITION, ran


def test_pictures_are_listed_read_and_handed_to_the_service_by_signed_urls(
    container: Container, azurite: BlobServer, draw: Callable[..., Path], tmp_path: Path
) -> None:
    for name in ("box/page10.png", "box/page2.png", "box/b/x.png"):
        container.put(name, draw(name, text=name).read_bytes())
    container.put("box/notes.txt", b"x")
    folder = tmp_path / "run"
    folder.mkdir()
    with AzureReadServer(RECOGNITION) as service:
        arguments = (f"{container.address}/box", service, "azure-read")
        printed = ran(folder, *arguments, **azurite.environment)
        again = ran(folder, *arguments, **azurite.environment)
        assert service.billed == 3
    assert {path.name for path in folder.glob("*.json")} == {"page10.json", "page2.json", "x.json"}
    assert "sent as bytes" not in printed
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert "sig=" not in printed + again
    assert b"sig=" not in stored


def test_blobs_are_found_and_missing_ones_are_named(container: Container) -> None:
    container.put("a/1.png", b"content")
    address = Address.parse(f"{container.address}/a/1.png")
    status = find(address)
    assert status is not None
    assert (status.size, b"".join(read(address, status))) == (7, b"content")
    container.put("a/1.png", b"changed")
    assert find(address) not in (None, status)
    for missing in (f"{container.address}/b.png", "az://no-such-container/a"):
        with pytest.raises(StorageError, match="does not exist"):
            find(Address.parse(missing))
