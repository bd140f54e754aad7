"""The command line with the Azure recognizers."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from penstock.model import Recognition
from penstock.testing import AzureReadServer
from processes import penstock

KEY = "0123456789abcdef0123456789abcdef"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def address(data: Path) -> Iterator[str]:
    """Return the address of a server for the tests' pictures."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(data))) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_key_and_endpoint_come_from_the_environment(
    data: Path, tmp_path: Path, recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        done = penstock(
            tmp_path,
            *("read", str(data / "signage.jpg"), "--with", "azure-read", "--to", "pdf,text", "--out", "out"),
            AZURE_VISION_ENDPOINT=service.endpoint,
            AZURE_VISION_KEY=KEY,
        )
        assert service.billed == 1
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "signage.txt").read_text("utf-8") == "Dear Anna\n520\n"
    assert (tmp_path / "out" / "signage.pdf").read_bytes().startswith(b"%PDF")
    assert KEY not in done.stdout + done.stderr


def test_quickstart(address: str, tmp_path: Path, recognition: Recognition) -> None:
    url = f"{address}/signage.jpg?sig=secret"
    with AzureReadServer(recognition, key=KEY) as service:
        done = penstock(
            tmp_path,
            *("read", url, "--with", "azure-read", "--to", "overlay"),
            *("--set", "sources.0.allow_private=true"),
            AZURE_VISION_ENDPOINT=service.endpoint,
            AZURE_VISION_KEY=KEY,
        )
    assert done.returncode == 0, done.stderr
    assert "secret" not in done.stdout + done.stderr
    (overlay,) = tmp_path.glob("*.png")
    with Image.open(overlay) as picture:
        assert picture.height >= 258


def test_pipeline_sends_addresses_and_never_shows_the_key(
    address: str, tmp_path: Path, recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        (tmp_path / "pipeline.toml").write_text(
            f'[[sources]]\nplugin = "url"\nurls = ["{address}/whiteboard.jpg"]\n'
            "allow_private = true\n"
            f'[[recognizers]]\nplugin = "azure-document-intelligence"\nendpoint = "{service.endpoint}"\n'
            'key = "${MINE}"\nby_url = true\n'
            '[[sinks]]\nplugin = "json"\npath = "{document}.json"\n'
        )
        done = penstock(tmp_path, "run", "pipeline.toml", MINE=KEY)
        assert done.returncode == 0, done.stderr
        shown = penstock(tmp_path, "check", "pipeline.toml", MINE=KEY)
        assert shown.returncode == 0, shown.stderr
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in kept
    assert KEY not in done.stdout + done.stderr + shown.stdout + shown.stderr
    assert "Dear Anna" in (tmp_path / "whiteboard.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("key", "code", "message"),
    [
        ("another" * 5, 3, "check that key and endpoint belong to the same resource"),
        ("", 2, "set AZURE_VISION_KEY"),
    ],
)
def test_wrong_or_missing_key_has_a_clear_message(
    key: str, code: int, message: str, data: Path, tmp_path: Path, recognition: Recognition
) -> None:
    with AzureReadServer(recognition, key=KEY) as service:
        environment = {"AZURE_VISION_KEY": key} if key else {}
        done = penstock(
            tmp_path,
            *("read", str(data / "signage.jpg"), "--with", "azure-read", "--out", "out"),
            AZURE_VISION_ENDPOINT=service.endpoint,
            **environment,
        )
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "another" not in done.stderr


def test_key_in_the_pipeline_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pipeline.toml").write_text(
        '[[sources]]\nplugin = "url"\nurls = ["https://example.org/x.jpg"]\n'
        f'[[recognizers]]\nplugin = "azure-read"\nendpoint = "https://name.example.org"\nkey = "{KEY}"\n'
        '[[sinks]]\nplugin = "text"\npath = "{document}.txt"\n'
    )
    done = penstock(tmp_path, "check", "pipeline.toml")
    assert done.returncode == 2
    assert "${AZURE_VISION_KEY}" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_server_starts_from_a_shell() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "penstock.testing", "--port", "0", "--key", "mine"],
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stderr is not None
        line = service.stderr.readline()
        service.terminate()
    assert line.startswith("AZURE_VISION_ENDPOINT=http://127.0.0.1:")
    assert line.endswith(" AZURE_VISION_KEY=mine\n")
