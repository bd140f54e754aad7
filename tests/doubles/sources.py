"""Sources and transforms that misbehave, or make up documents."""

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
    """One picture, given as many pages that are all different; notes how far it was walked.

    Parameters
    ----------
    origin
        What every page is called; a name of its own if empty.
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
            # Other frames are other pages, though this file has only one.
            picture = replace(page.picture, page_index=number)
            origin = self.origin or f"{self.picture.stem}, page {number}"
            yield replace(page, number=number, origin=origin, picture=picture)


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
class Raising:
    """Gives one document and raises."""

    picture: Path

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        yield Document("first", "first", find_pages(self.picture, "first"))
        raise ZeroDivisionError("the source is broken")


@dataclass(eq=False)
class Nonsense:
    """Gives a text for a document."""

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        yield "nonsense"


@dataclass(eq=False)
class Halved:
    """A transform that says its picture is half as large as the page."""

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
    """One picture, again and again until somebody ends it; hears when its document is written."""

    is_live: ClassVar[bool] = True

    picture: Path
    heard: Path | None = None
    """Gets a line for each thing that this source hears."""

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
class Stills:
    """Pictures of a live source, each of them a document: another run of it would give others."""

    is_live: ClassVar[bool] = True

    pictures: list[Path]

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        for path in self.pictures:
            yield Document(path.stem, path.stem, find_pages(path, path.stem))

    @hookimpl
    def request_stop(self) -> bool:
        return False


@dataclass(eq=False)
class Numbered:
    """Pictures as pages of one document, each with the number that it always has."""

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
    """A page of which its source knows what stands on it, as of a PDF's page that is text."""

    picture: Path

    @hookimpl
    def find_documents(self) -> Iterator[Document | Problem]:
        (page,) = find_pages(self.picture, self.picture.name)
        known = replace(page, existing_recognition=read_page(self.picture.name))
        yield Document(self.picture.stem, self.picture.name, [known], beside=self.picture.parent)


@dataclass(eq=False)
class Live:
    """Keeps pictures in the spool and gives each as a document, as a camera does."""

    fetches: ClassVar[bool] = True
    is_live: ClassVar[bool] = True

    pictures: tuple[Path, ...] = ()

    @hookimpl
    def find_documents(self, spool: Spool) -> Iterator[Document | Problem]:
        for picture in self.pictures:
            kept = spool.keep(picture.read_bytes(), picture.suffix)
            yield Document(picture.stem, picture.stem, find_pages(kept, picture.stem))

    @hookimpl
    def request_stop(self) -> bool:
        return False


@dataclass(eq=False)
class Vanishing:
    """Finds pictures, each a document, and takes the first away before anybody can open it."""

    pictures: list[Path]

    @hookimpl
    def find_documents(self) -> Iterator[Document]:
        found = [
            Document(path.stem, path.name, list(find_pages(path, str(path))), beside=path.parent)
            for path in self.pictures
        ]
        self.pictures[0].unlink()
        yield from found
