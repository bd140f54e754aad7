"""A service gets signed URLs of objects instead of their bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image

from penstock.images import find_pages
from penstock.model import Operation, Page, Recognition
from penstock.secret import Secret
from penstock.testing import AzureReadServer
from penstock_plugins.recognizers.azure.read import AzureRead
from storage.runs_of_azure import RECOGNITION, ran
from storage.s3 import Bucket, Request, S3Server, gate

ORIENTATION = 0x0112


def test_the_service_downloads_whole_pictures_itself(
    bucket: Bucket, s3: S3Server, draw: Callable[..., Path], tmp_path: Path
) -> None:
    signatures: list[str] = []

    def note(request: Request) -> None:
        if "Signature=" in request.path:
            signatures.append(request.path)

    bucket.put("a/plain.png", draw("plain.png", text="plain").read_bytes())
    bucket.put("a/turned.jpg", draw("turned.jpg", text="turned", exif=_turned()).read_bytes())
    bucket.put("a/pages.pdf", draw("pages.pdf", text="pages").read_bytes())
    folder = tmp_path / "run"
    folder.mkdir()
    with AzureReadServer(RECOGNITION) as service, gate(s3, note) as url:
        environment = s3.environment | {"AWS_ENDPOINT_URL": url}
        printed = ran(folder, f"{bucket.address}/a", service, "azure-document-intelligence", **environment)
        assert service.billed == 3
    (signed,) = signatures
    assert "/a/plain.png?" in signed
    assert "X-Amz-Expires=3600" in signed
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in ("X-Amz-Signature", signed.partition("Signature=")[2]):
        assert secret not in printed
        assert secret.encode() not in stored


def test_bytes_are_sent_where_nothing_can_be_signed(draw: Callable[..., Path]) -> None:
    (page,) = find_pages(draw("a.png"), "a.png")
    assert isinstance(page, Page)
    page = replace(page, picture=replace(page.picture, url="memory://box/a.png"))
    with AzureReadServer(RECOGNITION) as service:
        recognizer = AzureRead(endpoint=service.endpoint, key=Secret(service.key), by_url=True)
        first, second = [recognizer.submit(page) for _ in range(2)]
        assert isinstance(first, Operation)
        assert isinstance(second, Operation)
        notes = [_result(recognizer, operation).note for operation in (first, second)]
    assert notes[0].startswith("pictures are sent as bytes: memory://box/a.png: no URL can be signed")
    assert notes[1] == ""


def _result(recognizer: AzureRead, operation: Operation) -> Recognition:
    while not isinstance(result := recognizer.poll(operation), Recognition):
        pass
    return result


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    return exif
