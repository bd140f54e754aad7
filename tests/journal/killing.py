"""Runs the command as a process, kills it and starts it again, with a service that counts calls."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from penstock.engine.keys import content_key
from penstock.model import Line, Quad, Recognition, Word
from penstock.testing import AzureReadServer
from processes import Process, started

PATIENCE = 120
"""Seconds after which a run that does not end has failed."""


class CountingService:
    """Recognizes pages by their bytes, and counts how often each was accepted. A context manager.

    Parameters
    ----------
    words
        The text of a page, by the SHA-256 of its file.
    manners
        Options of `AzureReadServer`: how long it takes, and which errors it makes.
    """

    def __init__(self, words: dict[bytes, str], **manners: Any) -> None:
        self._words = words
        self._lock = threading.Lock()
        self._taken: dict[bytes, list[float]] = {}
        self._service = AzureReadServer(self._read, **manners)

    def __enter__(self) -> CountingService:
        self._service.__enter__()
        return self

    def __exit__(self, *raised: object) -> None:
        self._service.__exit__(*raised)

    def _read(self, picture: bytes) -> Recognition:
        digest = hashlib.sha256(picture).digest()
        with self._lock:
            self._taken.setdefault(digest, []).append(time.monotonic())
        quad = Quad.from_box(5, 5, 50, 20)
        word = self._words[digest]
        return Recognition((Line(word, quad, (Word(word, quad, 0.9),)),), 0.0)

    def taken(self, before: float = math.inf) -> Counter[bytes]:
        """Return how often each page was accepted before a moment on `time.monotonic`."""
        with self._lock:
            counts = {digest: sum(at < before for at in times) for digest, times in self._taken.items()}
        return Counter(counts)

    def taken_since(self, digest: bytes, moment: float) -> bool:
        """Return whether a page was accepted after a moment."""
        with self._lock:
            return any(at > moment for at in self._taken.get(digest, ()))

    @property
    def calls(self) -> int:
        """The number of answered calls, submits and polls."""
        return len(self._service.calls)

    def wait_for_calls(self, count: int, process: Process) -> None:
        """Wait until this many calls were answered in all, or the process has ended."""
        while self.calls < count and process.poll() is None:
            threading.Event().wait(0.005)

    def environment(self) -> dict[str, str]:
        """The environment for a command that uses the service."""
        service = self._service
        return os.environ | {"AZURE_VISION_ENDPOINT": service.endpoint, "AZURE_VISION_KEY": service.key}


@dataclass
class Pages:
    """Tiny pages in folders that become documents, and the text of each.

    Parameters
    ----------
    words
        By the SHA-256 of the file.
    documents
        The words of each document's pages, in their order.
    """

    words: dict[bytes, str] = field(default_factory=dict)
    documents: dict[str, list[str]] = field(default_factory=dict)

    @property
    def contents(self) -> dict[bytes, bytes]:
        """Digests of files by the content keys of their pages."""
        return {content_key(digest, 0, b""): digest for digest in self.words}


def drawn_pages(folder: Path, count: int, *, together: int = 5, first: int = 0) -> Pages:
    """Draw this many pages, numbered from `first` and all different, with `together` of them in a folder."""
    pages = Pages()
    for number in range(first, first + count):
        name, word = f"box{number // together:04}", f"w{number:05}"
        path = folder / name / f"{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 60), (number % 256, number // 256 % 256, number // 65536)).save(path)
        pages.words[hashlib.sha256(path.read_bytes()).digest()] = word
        pages.documents.setdefault(name, []).append(word)
    return pages


def pipeline_file(folder: Path, sinks: Sequence[str], *, in_flight: int = 12, **engine: str) -> Path:
    """Write a pipeline over the folder's scans, recognized by Azure Computer Vision Read."""
    tables = [
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\ndocument = "folder"',
        '[[recognizers]]\nplugin = "azure-read"\ncalls_per_second = 1000.0',
        *(f'[[sinks]]\nplugin = "{sink}"\npath = "out/{{document}}.{sink}"' for sink in sinks),
        f"[engine]\nin_flight = {in_flight}",
        *(f'{name} = "{value}"' for name, value in engine.items()),
    ]
    file = folder / "penstock.toml"
    file.write_text("\n".join(tables))
    return file


def start(
    file: Path, service: CountingService, *more: str, environment: dict[str, str] | None = None
) -> Process:
    """Start the command in a process group of its own."""
    arguments = ["run", str(file), "--quiet", "--log-format", "json", *more]
    return started(Path.cwd(), arguments, environment or service.environment())


def kill(process: Process) -> bool:
    """Kill a process and all that it has started; False if it had ended by itself."""
    had_ended = process.poll() is not None
    if not had_ended:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    return not had_ended


def finish(process: Process) -> tuple[int, dict[str, Any]]:
    """Wait for a run; return its exit code and report."""
    _, said = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in said, said
    events = [json.loads(line) for line in said.splitlines()]
    return process.returncode, next((event for event in events if event["event"] == "report"), {})


@dataclass(frozen=True)
class Written:
    """The pages in a journal, by their content keys.

    Parameters
    ----------
    answered
        Recognized, or with an operation: must not be sent again.
    doubtful
        With only an intent.
    """

    answered: frozenset[bytes] = frozenset()
    doubtful: frozenset[bytes] = frozenset()


def written(state: Path, scratch: Path) -> Written:
    """Return what a killed process left in its journal, read from a copy: SQLite repairs what it opens."""
    if not (state / "journal.sqlite").exists():
        return Written()
    with copied_journal(state, scratch) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
            return Written()
        read = _column(database, "SELECT content FROM answers WHERE kind = 'read'")
        operations = _column(database, "SELECT content FROM submissions WHERE operation IS NOT NULL")
        intents = _column(database, "SELECT content FROM submissions WHERE operation IS NULL")
    return Written(read | operations, intents - read)


@contextmanager
def copied_journal(state: Path, scratch: Path) -> Iterator[sqlite3.Connection]:
    """Copy the journal that a killed process left to a folder, which is made anew, and open the copy."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for file in state.glob("journal.sqlite*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, scratch)
    with closing(sqlite3.connect(scratch / "journal.sqlite")) as database:
        yield database


def _column(database: sqlite3.Connection, statement: str) -> frozenset[bytes]:
    return frozenset(row[0] for row in database.execute(statement))


@dataclass
class Trial:
    """A job that is killed several times.

    Parameters
    ----------
    doubtful
        Pages with only an intent, over all kills.
    window
        Those that the service had accepted: they are billed twice.
    """

    folder: Path
    pages: Pages
    service: CountingService
    sinks: int
    chance: random.Random = field(default_factory=random.Random)
    state: str = ".penstock"
    doubtful: int = 0
    window: int = 0
    kills: int = 0
    last: Written = field(default_factory=Written)
    allowed: Counter[bytes] = field(default_factory=Counter)
    never_again: dict[bytes, float] = field(default_factory=dict)

    def kill_once(self, file: Path, most: int) -> None:
        """Start the command, and kill it after at most this many more calls and a moment."""
        process = start(file, self.service)
        self.service.wait_for_calls(self.service.calls + self.chance.randint(0, most), process)
        threading.Event().wait(self.chance.uniform(0.0, 0.2))
        if kill(process):
            self.kills += 1
            self.look()

    def look(self) -> None:
        """Record what the killed run left in the journal."""
        contents, taken = self.pages.contents, self.service.taken(before=time.monotonic())
        self.last = written(self.folder / self.state, self.folder / "copy")
        self._check()
        for content in self.last.answered:
            # A call that the service is still answering may be counted a moment later.
            self.never_again.setdefault(contents[content], time.monotonic())
        for digest in map(contents.__getitem__, self.last.doubtful):
            self.doubtful += 1
            self.allowed[digest] += 1
            self.window += taken[digest] >= self.allowed[digest]

    def _check(self) -> None:
        """Check that no page was sent again that had a stored answer."""
        again = [
            digest for digest, since in self.never_again.items() if self.service.taken_since(digest, since)
        ]
        assert not again, f"{len(again)} pages were sent again that had been answered"

    def check_end(self, report: dict[str, Any]) -> None:
        """Check all outputs, and that only pages in doubt were billed twice."""
        self._check()
        taken = self.service.taken()
        assert set(taken) == set(self.pages.words)
        twice = {digest: times - 1 for digest, times in taken.items() if times > 1}
        assert all(times <= self.allowed[digest] for digest, times in twice.items()), twice
        assert report["doubtful_submits"] == len(self.last.doubtful)
        assert report["pages_found"] == len(self.pages.words)
        assert not list(self.folder.rglob("*.part"))
        end = written(self.folder / self.state, self.folder / "copy")
        assert end == Written(frozenset(self.pages.contents), frozenset())
        for name, words in self.pages.documents.items():
            for sink, read in READERS.items():
                if file := next((self.folder / "out").glob(f"{name}.{sink}"), None):
                    assert read(file) == words, file
        assert len(list((self.folder / "out").iterdir())) == len(self.pages.documents) * self.sinks


def _words_of_json(file: Path) -> list[str]:
    form = json.loads(file.read_text())
    return [line["text"] for page in form["pages"] for line in page["lines"]]


def _words_of_pdf(file: Path) -> list[str]:
    import pypdfium2

    with pypdfium2.PdfDocument(file) as pdf:
        return [page.get_textpage().get_text_range().strip() for page in pdf]


READERS: dict[str, Callable[[Path], list[str]]] = {
    "text": lambda file: file.read_text().split(),
    "json": _words_of_json,
    "pdf": _words_of_pdf,
}
"""For each sink, the function that returns the words of a document's pages from its file."""
