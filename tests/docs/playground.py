"""Run the code blocks of a page: in a folder with scans, with services on the loopback interface."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from docs.blocks import Block
from penstock.config import check
from penstock.model import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer
from penstock.testing.scans import SCANS
from processes import penstock_command

TESTS = Path(__file__).parents[1]
DOUBLES = Path(__file__).with_name("doubles")
"""Programs that act like those of other people that the pages mention."""
SITE = "https://example.org"
"""In the documentation, this address means the folder of the playground, served over HTTP."""
EXPORTS = {
    "escriptorium-letter.jpg": "escriptorium/letter.jpg",
    "escriptorium-letter.alto.xml": "escriptorium/letter.xml",
    "transkribus-page.jpg": "transkribus/canet-74.jpg",
    "transkribus-page.xml": "transkribus/page/canet-74.xml",
}
"""Pictures and files with text, as two programs export them."""
LFS_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 18151\n"
"""What Git LFS has in place of a picture that was not pulled."""
QUAD = Quad.from_box(20, 20, 120, 60)
ANSWER = Recognition(
    (
        Line(
            "sincerest sympathies", QUAD, (Word("sincerest", QUAD, 0.9), Word("sympathies", QUAD, 0.9)), 0.98
        ),
    ),
    0.2,
)


def add_scans(folder: Path) -> None:
    """Copy the scans that the pages mention into a folder."""
    lines, sideways = SCANS / "letter-lines.jpg", SCANS / "letter-sideways.jpg"
    for place in ("letter.jpg", "page1.jpg", "scans/letter-1.jpg", "box/1905/march.jpg", "box/1906/june.jpg"):
        _copy(lines, folder / place)
    for place in ("page2.jpg", "scans/letter-2.jpg", "box/1905/april.jpg"):
        _copy(sideways, folder / place)
    for place in ("photo.jpg", "photos/desk.jpg"):
        _copy(TESTS / "data/sheet/en_big_cursive_photo.jpg", folder / place)
    _copy(TESTS / "data/pdf/hw_en_ink_form_2p.pdf", folder / "form.pdf")
    (folder / "repository/scans").mkdir(parents=True)
    (folder / "repository/scans/letter.jpg").write_text(LFS_POINTER)
    for name, place in EXPORTS.items():
        _copy(TESTS / "data/transcriptions" / name, folder / place)
    with Image.open(lines) as picture:
        # Equal in the folders of all pages.
        picture.save(folder / "scan.pdf", resolution=150, creationDate=time.gmtime(0), modDate=time.gmtime(0))


def _copy(original: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(original, place)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@dataclass
class Playground:
    """A folder with scans, and the environment in which the blocks of a page run."""

    folder: Path
    cache: Path
    recognitions: Path
    """Of pictures that were recognized offline, for all playgrounds; see `remembering`."""

    def __enter__(self) -> Playground:
        add_scans(self.folder)
        self.service = AzureReadServer(ANSWER).__enter__()
        handler = partial(_Quiet, directory=str(self.folder))
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()
        tools = self.cache / "bin"
        tools.mkdir(parents=True, exist_ok=True)
        command = penstock_command()
        for name, call, more in (("penstock", command, " ${DOCS_WITH:-}"), ("python", [sys.executable], "")):
            shim = tools / name
            shim.write_text(f'#!/bin/sh\nexec {shlex.join(call)} "$@"{more}\n')
            shim.chmod(0o755)
        return self

    def __exit__(self, *raised: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        self.service.__exit__(*raised)

    @property
    def site(self) -> str:
        """The address of the folder."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def environment(self, block: Block) -> dict[str, str]:
        """Return the environment variables that a reader would have set."""
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "PENSTOCK_"))
        }
        return own | {
            "PATH": os.pathsep.join([str(self.cache / "bin"), str(DOUBLES), os.environ["PATH"]]),
            "HOME": str(self.cache),
            "XDG_CACHE_HOME": str(self.cache),
            "XDG_CONFIG_HOME": str(self.cache / "config"),
            "DOCS_WITH": block.marks.get("with", ""),
            "COLUMNS": "100",
            "PYTHONPATH": str(Path(__file__).parent / "remembering"),
            "DOCS_RECOGNITIONS": str(self.recognitions),
            **self.keys(),
        }

    def keys(self) -> dict[str, str]:
        names = ("AZURE_VISION", "AZURE_DOCUMENT_INTELLIGENCE")
        made = {f"{name}_ENDPOINT": self.service.endpoint for name in names}
        return made | {f"{name}_KEY": self.service.key for name in names} | {"CAMERA_LOGIN": "me:secret"}

    def play(self, block: Block) -> None:
        """Run a block, write it to its file, or check it, as its language and comment say."""
        text = block.text.replace(SITE, self.site)
        if "file" in block.marks:
            place = self.folder / block.marks["file"]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        if block.language == "toml":
            self.check_pipeline(text)
        elif block.language == "python" and place_is_code(block):
            compile(text, str(block), "exec")
        elif "not run" in block.marks or "file" in block.marks:
            return
        elif block.language == "sh":
            self.run(text, block)
        elif block.language == "console":
            self.run_console(text, block)
        elif block.language == "python":
            self.python(text, block)

    def check_pipeline(self, text: str) -> None:
        """Check a pipeline; missing tables are filled with defaults."""
        tables = {
            "sources": [{"plugin": "files", "paths": ["scans"]}],
            "recognizers": [{"plugin": "rapidocr"}],
            "sinks": [{"plugin": "text"}],
            **tomllib.loads(text),
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.keys().items():
                patch.setenv(name, value)
            check(tables, self.folder, where="the block", name="docs")

    def run(self, text: str, block: Block) -> str:
        """Run a script with ``bash -eu``, check its exit code, and return its output."""
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", text],
            cwd=self.folder / block.marks.get("in", ""),
            env=self.environment(block),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        expected = int(block.marks.get("exit", "0"))
        assert done.returncode == expected, f"{block} ended with {done.returncode}:\n{text}\n{done.stdout}"
        return done.stdout

    def run_console(self, text: str, block: Block) -> None:
        """Run the command after each ``$`` and compare its output with the lines below it."""
        for command, expected in _exchanges(text):
            said = self.run(command, block)
            pattern = _pattern(expected)
            assert re.search(pattern, _flat(said)), (
                f"{block}: {command}\nprinted\n{said}\nexpected\n{expected}"
            )

    def python(self, text: str, block: Block) -> None:
        """Run a Python script."""
        script = self.folder / "snippet.py"
        script.write_text(text, encoding="utf-8")
        self.run(f"python {script.name}", block)


def place_is_code(block: Block) -> bool:
    return block.marks.get("file", "").endswith(".py") or "not run" in block.marks


def _exchanges(text: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]
    return [(command, said) for command, _, said in (part.partition("\n") for part in parts)]


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _pattern(expected: str) -> str:
    """Return a pattern in which white space may differ and ``…`` stands for anything; numbers must match."""
    return re.escape(_flat(expected)).replace("…", ".*")
