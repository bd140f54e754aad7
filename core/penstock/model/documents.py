"""Documents: as a source finds them, and as a sink receives them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.model.pages import Page
from penstock.model.recognition import Recognition


@dataclass(frozen=True, slots=True)
class Problem:
    """A failure or warning as a value. A source yields it in place of a document or page.

    Parameters
    ----------
    what
        What failed: a path, a page's origin, a document's name, a component.
    why
        The reason, as a clause: "the picture is cut off".
    hint
        What to do about it; may be empty.
    path
        The file that failed, if there is one.
    """

    what: str
    why: str
    hint: str = ""
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Document:
    """A document that a source found.

    Parameters
    ----------
    name
        Replaces ``{document}`` in the names of outputs.
    origin
        Path or URL as the user gave it. Shown in messages.
    pages
        Iterated once, lazily. A `Problem` stands in place of a page that cannot be read.
    folder
        Folder of the document below the path that the user gave, with forward slashes. Replaces
        ``{folder}``.
    beside
        Absolute folder of the document's file. Replaces ``{beside}``; None means the current folder. A str
        is converted.
    """

    name: str
    origin: str
    pages: Iterable[Page | Problem]
    folder: str = ""
    beside: Path | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name must not be empty")
        if self.beside is not None and not isinstance(self.beside, Path):
            object.__setattr__(self, "beside", Path(self.beside))


@dataclass(frozen=True, slots=True)
class RecognizedPage:
    """A page and its recognition, in pixels of the page."""

    page: Page
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class MissingPage:
    """A page of a document that could not be found or recognized.

    Parameters
    ----------
    number
        Position in the document, counted from 1.
    why
        The reason, with the file or page that it is about: "scan3.jpg: the picture is cut off".
    """

    number: int
    why: str


class PageWalk(Protocol):
    """Pages that can be iterated any number of times. Each page is loaded when it is reached."""

    def __iter__(self) -> Iterator[RecognizedPage]: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RecognizedDocument:
    """A document whose pages are recognized, as a sink receives it.

    Parameters
    ----------
    pages
        In order. Failed pages are missing; the numbers of the others do not change.
    missing
        With ``on_failed_page = "placeholder"`` the failed pages, in order. Iterated any number of times.
    """

    name: str
    origin: str
    pages: PageWalk
    folder: str = ""
    beside: Path | None = None
    missing: Iterable[MissingPage] = ()

    def all_pages(self) -> Iterator[RecognizedPage | MissingPage]:
        """Iterate over recognized and missing pages together, in order."""
        return heapq.merge(self.pages, self.missing, key=_number)


def _number(page: RecognizedPage | MissingPage) -> int:
    return page.number if isinstance(page, MissingPage) else page.page.number
