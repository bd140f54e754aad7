"""Sources that misbehave or make up documents, and one transform."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from penstock.hookspecs import hookimpl
from penstock.images import find_pages
from penstock.model import Document, Homography, Page, Problem
from penstock.spool import Spool
from penstock.testing.scripted import read_page


@dataclass(eq=False)
class Many:
    """One picture as many different pages; logs every page that is walked.

    Parameters
    ----------
    origin
        The origin of all pages; by default each page has its own.
    """

    picture: Path
    pages: int
    document: str = "many"
    log: Path | None = None
    fail_after: int | None = None
    origin: str = ""

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        yield Document(self.document, self.document, self._pages())

    def _pages(self) -> Iterator[Page]:
        (page,) = find_pages(self.picture, self.picture.name)
        for number in range(1, self.pages + 1):
            if number - 1 == self.fail_after:
                raise OSError("the camera was unplugged")
            if self.log:
                with self.log.open("a") as file:
                    file.write(f"page {number}\n")
            # Another page index makes it another page, although the file has only one.
            picture = replace(page.picture, page_index=number)
            origin = self.origin or f"{self.picture.stem}, page {number}"
            yield replace(page, number=number, origin=origin, picture=picture)


class FoundOnce:
    """Base of sources that find their documents once: a second walk of the same component finds none."""

    _walked = False

    def is_first_walk(self) -> bool:
        was_walked, self._walked = self._walked, True
        return not was_walked


@dataclass(eq=False)
class Once:
    """Yields each picture only once, however often it is walked, as a scanner's feeder does."""

    pictures: list[Path]

    def __post_init__(self) -> None:
        self._left = iter(self.pictures)

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        for path in self._left:
            yield Document(path.stem, path.stem, find_pages(path, path.stem))


@dataclass(eq=False)
class Twice:
    """Yields the same document twice."""

    picture: Path

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        for _ in range(2):
            pages = find_pages(self.picture, str(self.picture))
            yield Document(self.picture.stem, str(self.picture), pages, beside=self.picture.parent)


@dataclass(eq=False)
class Raising(FoundOnce):
    """Finds one document, once, and raises at the end of every walk."""

    picture: Path

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        if self.is_first_walk():
            yield Document("first", "first", find_pages(self.picture, "first"))
        raise ZeroDivisionError("the source is broken")


@dataclass(eq=False)
class Nonsense:
    """Yields a str instead of a document."""

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        yield "nonsense"


@dataclass(eq=False)
class Halved:
    """A transform that declares its picture to be half as large as the page."""

    @hookimpl
    def prepare(self, page: Page) -> Page:
        return replace(
            page,
            width=page.width // 2,
            height=page.height // 2,
            to_page=Homography.scaling(2, 2).then(page.to_page),
        )


@dataclass(eq=False)
class Sitting:
    """A live source of one picture, which waits until it is stopped."""

    is_live: ClassVar[bool] = True

    picture: Path
    heard: Path | None = None
    """Gets a line when the source waits, and when its document is written."""

    def __post_init__(self) -> None:
        self._ended = threading.Event()
        self._sitting = False

    @hookimpl
    def find_documents(self, show_status: Callable[[str], None]) -> Iterator[Document]:
        self._sitting = True
        yield Document("sitting", "sitting", self._pages(show_status))
        self._sitting = False

    def _pages(self, show_status: Callable[[str], None]) -> Iterator[Page]:
        (page,) = find_pages(self.picture, self.picture.name)
        yield page
        show_status("hold still")
        self._hear("waits")
        self._ended.wait()
        show_status("")

    @hookimpl
    def request_stop(self) -> bool:
        asked = self._ended.is_set()
        self._ended.set()
        return self._sitting and not asked

    @hookimpl
    def document_written(self, document: Document) -> None:
        self._hear(f"written {document.name}")

    def _hear(self, what: str) -> None:
        if self.heard:
            with self.heard.open("a") as file:
                file.write(f"{what}\n")


@dataclass(eq=False)
class Stills(FoundOnce):
    """A live source of pictures, each a document; it finds each of them once."""

    is_live: ClassVar[bool] = True

    pictures: list[Path]

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        for path in self.pictures if self.is_first_walk() else ():
            yield Document(path.stem, path.stem, find_pages(path, path.stem))

    @hookimpl
    def request_stop(self) -> bool:
        return False


@dataclass(eq=False)
class Numbered:
    """Pictures as pages of one document, with fixed numbers."""

    pictures: tuple[Path, ...]
    left_out: tuple[int, ...] = ()

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        yield Document("box", "box", self._pages())

    def _pages(self) -> Iterator[Page]:
        for number, picture in enumerate(self.pictures, start=1):
            if number not in self.left_out:
                yield from find_pages(picture, picture.name, number)


@dataclass(eq=False)
class Knowing:
    """A page with an existing recognition, like a PDF's page that has text."""

    picture: Path

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        (page,) = find_pages(self.picture, self.picture.name)
        known = replace(page, existing_recognition=read_page(self.picture.name))
        yield Document(self.picture.stem, self.picture.name, [known], beside=self.picture.parent)


@dataclass(eq=False)
class Live(FoundOnce):
    """A live source that stores pictures in the spool, as a camera does; it finds each of them once."""

    fetches: ClassVar[bool] = True
    is_live: ClassVar[bool] = True

    pictures: tuple[Path, ...] = ()

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        for picture in self.pictures if self.is_first_walk() else ():
            kept = spool.keep(picture.read_bytes(), picture.suffix)
            yield Document(picture.stem, picture.stem, find_pages(kept, picture.stem))

    @hookimpl
    def request_stop(self) -> bool:
        return False


@dataclass(eq=False)
class Endless(FoundOnce):
    """A live source that finds one picture, and then waits until it is stopped."""

    is_live: ClassVar[bool] = True

    picture: Path

    def __post_init__(self) -> None:
        self._is_stopped = threading.Event()

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        yield Document("live", "live", find_pages(self.picture, "live"))
        self._is_stopped.wait(60)

    @hookimpl
    def request_stop(self) -> bool:
        self._is_stopped.set()
        return True


@dataclass(eq=False)
class Vanishing:
    """Finds pictures, each a document, and deletes the first before it is opened."""

    pictures: list[Path]

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        found = [
            Document(path.stem, path.name, list(find_pages(path, str(path))), beside=path.parent)
            for path in self.pictures
        ]
        self.pictures[0].unlink()
        yield from found
