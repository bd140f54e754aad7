"""The results of one call of `penstock.read`, in a temporary file."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from array import array
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.hookspecs import hookimpl
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import Document, Page, Problem, Recognition, RecognizedDocument

Form = dict[str, Any]


class ResultFile:
    """Recognized documents on disk. Memory holds only their positions in the file.

    The file is removed when nothing refers to this object any more. It is written by one thread, and read by
    any thread after that.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-"))
        self._file = self.folder / "results"
        self._file.touch()
        self._documents = array("Q")
        self._ranks = array("Q")
        self._removed = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._documents)

    def close(self) -> None:
        self._removed()

    def add(self, document: RecognizedDocument, rank: int = 0) -> None:
        """Append a document. ``rank`` is its position among the results after `sort`."""
        pages = array("Q")
        with self._file.open("ab") as file:
            for each in document.pages:
                pages.append(file.tell())
                file.write(_line([page_to_json(each.page), recognition_to_json(each.recognition)]))
            start = file.tell()
            file.write(_line({**_form(document), "pages": pages.tolist()}))
        # Only now: a document whose pages cannot all be loaded is not a result.
        self._documents.append(start)
        self._ranks.append(rank)

    def sort(self) -> None:
        """Put the documents in the order of their ranks."""
        pairs = sorted(zip(self._ranks, self._documents, strict=True))
        self._ranks = array("Q", (rank for rank, _ in pairs))
        self._documents = array("Q", (start for _, start in pairs))

    def document(self, index: int) -> Form:
        """Return a document: ``name``, ``origin``, ``folder``, ``beside`` and the positions of its pages."""
        form: Form = self._load(self._documents[index])
        return form

    def page(self, start: int) -> tuple[Page, Recognition]:
        page, recognition = self._load(start)
        return page_from_json(page), recognition_from_json(recognition)

    def _load(self, start: int) -> Any:
        if not self._removed.alive:
            raise ValueError("the result is closed")
        with self._file.open("rb") as file:
            file.seek(start)
            return json.loads(file.readline())


def _form(document: RecognizedDocument) -> Form:
    beside = str(document.beside) if document.beside else None
    return {"name": document.name, "origin": document.origin, "folder": document.folder, "beside": beside}


def _line(form: object) -> bytes:
    return json.dumps(form).encode() + b"\n"


Found = Iterator[Document | Problem]


class FoundOrder:
    """Observer that notes in which order the sources find documents.

    It wraps the sources, because events may arrive after a document is written. Documents are compared by
    name, folder and origin, because the engine makes new objects for the sinks. Only hashes are kept, to
    save memory.
    """

    def __init__(self) -> None:
        self._ranks: dict[int, int] = {}

    def rank(self, document: RecognizedDocument) -> int:
        """Return the position of a document; after all others if no source found it."""
        return self._ranks.get(_hash(document), len(self._ranks))

    @hookimpl(wrapper=True)
    def find_documents(self) -> Generator[None, Found, Found]:
        found = yield
        return self._counted(found)

    def _counted(self, found: Found) -> Found:
        for each in found:
            if isinstance(each, Document):
                self._ranks.setdefault(_hash(each), len(self._ranks))
            yield each


def _hash(document: Document | RecognizedDocument) -> int:
    return hash((document.name, document.folder, document.origin))


@dataclass(eq=False)
class Collector:
    """Sink that keeps the recognized documents for the caller of `penstock.read`."""

    # Differs for every call. Otherwise documents that an earlier call wrote would count as written.
    token: str = ""
    results: ResultFile = field(init=False, default_factory=ResultFile)
    order: FoundOrder = field(init=False, default_factory=FoundOrder)

    @hookimpl
    def write(self, document: RecognizedDocument) -> None:
        self.results.add(document, self.order.rank(document))
