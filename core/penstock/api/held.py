"""Where the results of a reading are until nobody wants them any more: one file in a temporary folder."""

from __future__ import annotations

import json
import shutil
import tempfile
import weakref
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from penstock.hookspecs import hookimpl
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import Page, Recognition, RecognizedDocument

Form = dict[str, Any]


class Held:
    """Documents that were read, on disk; in memory is where each begins. Removed when nobody refers to it.

    Written by one thread, and read by any when that is done.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="penstock-"))
        self._file = self.folder / "results"
        self._file.touch()
        self._documents = array("Q")
        self._removed = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def __len__(self) -> int:
        return len(self._documents)

    def close(self) -> None:
        """Remove everything now."""
        self._removed()

    def add(self, document: RecognizedDocument) -> None:
        """Keep a document; all of it, or nothing."""
        pages = array("Q")
        with self._file.open("ab") as file:
            for read in document.pages:
                pages.append(file.tell())
                file.write(_line([page_to_json(read.page), recognition_to_json(read.recognition)]))
            start = file.tell()
            file.write(_line({**_form(document), "pages": pages.tolist()}))
        self._documents.append(start)

    def document(self, index: int) -> Form:
        """A document by its place: ``name``, ``origin``, ``folder``, ``beside``, and where its pages are."""
        form: Form = self._load(self._documents[index])
        return form

    def page(self, start: int) -> tuple[Page, Recognition]:
        """A page by where it begins."""
        page, recognition = self._load(start)
        return page_from_json(page), recognition_from_json(recognition)

    def _load(self, start: int) -> Any:
        if not self._removed.alive:
            raise ValueError("the result was closed: what was read is not there any more")
        with self._file.open("rb") as file:
            file.seek(start)
            return json.loads(file.readline())


def _form(document: RecognizedDocument) -> Form:
    beside = str(document.beside) if document.beside else None
    return {"name": document.name, "origin": document.origin, "folder": document.folder, "beside": beside}


def _line(form: object) -> bytes:
    return json.dumps(form).encode() + b"\n"


@dataclass(eq=False)
class Holder:
    """The sink that keeps what was read for the program that asked.

    Parameters
    ----------
    reading
        Unlike any other reading's, where the journal would else say that it was all handed over before.
    """

    reading: str = ""
    held: Held = field(init=False, default_factory=Held)

    @hookimpl
    def write(self, document: RecognizedDocument) -> None:
        """Keep a document."""
        self.held.add(document)


__all__ = ["Held", "Holder"]
