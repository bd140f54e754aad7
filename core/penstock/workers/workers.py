"""What the engine asks of workers, wherever they run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from penstock.model import Page, RecognizedDocument
from penstock.storage import Address, ObjectStatus
from penstock.workers.answers import Answer
from penstock.workers.writer import WrittenThere

OnEnd = Callable[[Answer, float], None]
"""Receives what became of a page, and the seconds that the recognizer took; 0 if it did not answer.

Called once for each page, on any thread; it must not block.
"""


class Workers(Protocol):
    """The workers of one recognizer. All methods can be called from any thread."""

    @property
    def room(self) -> int:
        """Pages that may be under way at once: those that are being read, and as many that wait.

        It may change during a run.
        """

    @property
    def slots(self) -> int:
        """Pages that can be read at once. It may change during a run."""

    def start(self, page: Page, on_end: OnEnd) -> None:
        """Have a page read, and return at once.

        A page whose worker dies or hangs is read once more by another worker. The answer is a `Failure` with
        PageRefused if that one fails too, and with StopRun if no page can be read.
        """

    def describe(self) -> list[str]:
        """Return where pages are read, in lines for people: first all workers, then each of them."""

    def close(self) -> None:
        """Stop all work, and return when it has ended. `OnEnd` is not called for pages under way."""


class DocumentWorkers(Protocol):
    """The workers of other machines that write documents. All methods can be called from any thread."""

    @property
    def sinks(self) -> frozenset[int]:
        """The indexes of the sinks that they can write for."""

    @property
    def room(self) -> int:
        """Documents that may be under way at once. It may change during a run."""

    def size(self, document: RecognizedDocument) -> int:
        """Return the bytes of the pictures that would be sent.

        Raises CannotSend if the document has to be written by the coordinator.
        """

    def write(
        self, document: RecognizedDocument, sinks: Sequence[int], staging: Mapping[Path, Path]
    ) -> WrittenThere:
        """Have a document written by some sinks, and wait until it is.

        A document whose worker is lost is written by another one. ``staging`` has a folder in each shared
        folder, for the files of outputs there. Raises CannotSend if the coordinator has to write this one,
        and CannotStart if it has to write all further ones, too.
        """

    def send(self, worker: str, path: Path, address: Address, replaces: ObjectStatus | None) -> ObjectStatus:
        """Have a file uploaded by the worker that wrote it. Raises WorkerLost, and as `Upload.send` does."""

    def discard(self, worker: str, folders: set[Path]) -> None:
        """Have folders removed by the worker that wrote to them."""

    def describe(self) -> str:
        """Return a line about the workers, for people."""

    def close(self) -> None:
        """Stop all work. `write` raises CannotSend then."""
