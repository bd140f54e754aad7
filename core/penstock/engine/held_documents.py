"""Documents that wait, in a temporary file, until it is known which files are inputs."""

from __future__ import annotations

import pickle
from dataclasses import replace
from tempfile import TemporaryFile
from typing import IO

from penstock.engine.jobs import OpenDocument
from penstock.model import Document


class HeldDocuments:
    """A queue of recognized documents on disk, so that memory stays bounded however many wait."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._next = 0
        self.count = 0

    def put(self, opened: OpenDocument, sinks: list[int]) -> None:
        """Add a document and the indexes of the sinks that are to write it."""
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115  open until the last document is taken
        found = opened.document
        # Plain fields only: pages and subclasses of a source need not be picklable.
        document = Document(found.name, found.origin, (), found.folder, found.beside)
        self._file.seek(0, 2)
        pickle.dump((replace(opened, document=document), sinks), self._file)
        self.count += 1

    def take(self) -> tuple[OpenDocument, list[int]] | None:
        """Remove and return the oldest document; None if there is none."""
        if self._file is None:
            return None
        self._file.seek(self._next)
        held: tuple[OpenDocument, list[int]] = pickle.load(self._file)  # noqa: S301  our own bytes
        self._next = self._file.tell()
        self.count -= 1
        if not self.count:
            self._file.close()
            self._file, self._next = None, 0
        return held


__all__ = ["HeldDocuments"]
