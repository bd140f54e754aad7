"""Plugins that break one rule each, for the conformance tests to find."""

from __future__ import annotations

import itertools
import os
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep
from typing import ClassVar

from PIL import Image

from penstock.errors import PictureError, StopRun
from penstock.geometry import Homography
from penstock.hookspecs import hookimpl
from penstock.images import find_pages, open_upright
from penstock.model import Document, Limits, Line, Operation, Page, Pending, Problem, Quad, Recognition, Word
from penstock.secret import Secret
from penstock.spool import Spool

SMALL = Quad.from_box(1, 1, 9, 9)


@dataclass(eq=False)
class PartialFile:
    """Opens its file itself, and leaves a partial file if a page cannot be loaded."""

    folder: Path = Path()

    @hookimpl
    def write(self, document, outputs):
        with (self.folder / f"{outputs.rules.name}.half").open("w") as file:
            for page in document.pages:
                file.write(page.recognition.text)


@dataclass(eq=False)
class PartialDocument:
    """Catches the error of a page that cannot be loaded, and writes the pages before it."""

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            try:
                for page in document.pages:
                    file.write(page.recognition.text)
            except OSError:
                pass


@dataclass(eq=False)
class WritesFromC:
    """Writes a file without Python, as a C library does."""

    @hookimpl
    def write(self, document, outputs):
        os.system("echo done > log.txt")  # noqa: S605


@dataclass(eq=False)
class MixesDocuments:
    """Keeps the lines of one document for the next."""

    path: str = "{document}.txt"

    def __post_init__(self):
        self._lines = []

    @hookimpl
    def write(self, document, outputs):
        self._lines += [page.recognition.text for page in document.pages]
        with outputs.open(self.path) as file:
            file.writelines(self._lines)


@dataclass(eq=False)
class OneFile:
    """Has one file for all documents."""

    path: str = "all.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            file.write(document.name)


@dataclass(eq=False)
class FormatsNames:
    """Inserts the document's name into the template itself."""

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(f"{document.name}.txt") as file:
            file.write("text")


@dataclass(eq=False)
class NeedsALine:
    """Expects every page to have a line."""

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            for page in document.pages:
                file.write(page.recognition.lines[0].text)


@dataclass(eq=False)
class RandomContent:
    """Writes random bytes."""

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path, mode="wb") as file:
            file.write(os.urandom(16))


@dataclass(eq=False)
class NoDocstring:
    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        pass


@dataclass(eq=False)
class ReturnsList:
    """Returns all documents at once."""

    folder: Path

    @hookimpl
    def find_documents(self):
        return [Document(path.stem, path.name, find_pages(path, path.name)) for path in self._files()]

    def _files(self):
        return sorted(self.folder.glob("*.png"))


@dataclass(eq=False)
class OpensEverything(ReturnsList):
    """Opens every picture before it yields the first document."""

    @hookimpl
    def find_documents(self):
        documents = [
            Document(path.stem, path.name, list(find_pages(path, path.name))) for path in self._files()
        ]
        yield from documents


@dataclass(eq=False)
class ListsEverything(ReturnsList):
    """Lists every folder before it yields the first document."""

    @hookimpl
    def find_documents(self):
        for path in sorted(self.folder.rglob("*.png")):
            yield Document(path.stem, path.name, find_pages(path, path.name))


@dataclass(eq=False)
class RaisesForBadPicture(ReturnsList):
    """Raises at the first bad picture."""

    @hookimpl
    def find_documents(self):
        for path in self._files():
            yield Document(path.stem, path.name, list(find_pages(path, path.name)))


@dataclass(eq=False)
class HidesBadPictures(ReturnsList):
    """Skips bad pictures without a Problem."""

    @hookimpl
    def find_documents(self):
        for path in self._files():
            try:
                yield Document(path.stem, path.name, list(find_pages(path, path.name)))
            except PictureError:
                continue


WALKS = itertools.count()


@dataclass(eq=False)
class ChangesOrder(ReturnsList):
    """Yields another order each time."""

    @hookimpl
    def find_documents(self):
        paths = self._files()
        start = next(WALKS) % len(paths)
        for path in paths[start:] + paths[:start]:
            yield Document(path.stem, path.name, find_pages(path, path.name))


@dataclass(eq=False)
class RepeatsNumbers(ReturnsList):
    """Numbers every page 1."""

    @hookimpl
    def find_documents(self):
        pages = [page for path in self._files() for page in find_pages(path, path.name)]
        yield Document("all", "all", pages)


@dataclass(eq=False)
class Correct:
    """A recognizer that passes all tests; it finds no text."""

    @hookimpl
    def limits(self) -> Limits:
        return Limits()

    @hookimpl
    def cache_key(self):
        return {"model": "none"}

    @hookimpl
    def submit(self, page: Page):
        open_upright(page).close()
        return Operation({"origin": page.origin}, durable=True)

    @hookimpl
    def poll(self, operation: Operation):
        return Recognition()


@dataclass(eq=False)
class RandomCacheKey(Correct):
    """Returns a random cache key."""

    @hookimpl
    def cache_key(self):
        return {"chance": os.urandom(8).hex()}


@dataclass(eq=False)
class SecretInCacheKey(Correct):
    """Returns its secret in the cache key."""

    key: Secret = field(default_factory=lambda: Secret("hush-hush"))

    @hookimpl
    def cache_key(self):
        return {"key": self.key.reveal()}


@dataclass(eq=False)
class SleepsInSubmit(Correct):
    """Sleeps in submit, by an imported name that cannot be patched."""

    @hookimpl
    def submit(self, page: Page):
        sleep(0.01)
        return Recognition()


@dataclass(eq=False)
class WaitsInPoll(Correct):
    """Waits in poll for an event that is never set."""

    @hookimpl
    def poll(self, operation: Operation):
        threading.Event().wait(0.01)
        return Recognition()


@dataclass(eq=False)
class UnstorableOperation(Correct):
    """Returns an operation whose data is not JSON-able."""

    @hookimpl
    def submit(self, page: Page):
        return Operation({"page": page})


@dataclass(eq=False)
class ForgetsOnRestart(Correct):
    """Returns durable operations whose results are in memory."""

    def __post_init__(self):
        self._pages: dict[str, Recognition] = {}

    @hookimpl
    def submit(self, page: Page):
        self._pages[page.origin] = Recognition()
        return Operation({"origin": page.origin}, durable=True)

    @hookimpl
    def poll(self, operation: Operation):
        return self._pages[operation.data["origin"]]


@dataclass(eq=False)
class NeverFinishes(Correct):
    """Returns Pending for ever."""

    @hookimpl
    def poll(self, operation: Operation):
        return Pending(0)


@dataclass(eq=False)
class StoredOrientation(Correct):
    """Returns quads in pixels of the picture as it is stored."""

    @hookimpl
    def submit(self, page: Page):
        with Image.open(page.picture.path) as picture:
            width, height = picture.size
        return Recognition((Line("all", Quad.from_box(0, 0, width, height)),))


@dataclass(eq=False)
class WrongPosition(Correct):
    """Returns a correct word at a wrong position."""

    @hookimpl
    def submit(self, page: Page):
        return Recognition((Line("Anna", SMALL, (Word("Anna", SMALL),)),))


@dataclass(eq=False)
class RaisesPillowError(Correct):
    """Raises Pillow's own error for a bad picture."""

    @hookimpl
    def submit(self, page: Page):
        with Image.open(page.picture.path) as picture:
            picture.load()
        return Recognition()


@dataclass(eq=False)
class StopsTheRun(Correct):
    """Raises StopRun for one bad page."""

    @hookimpl
    def submit(self, page: Page):
        try:
            open_upright(page).close()
        except PictureError as error:
            raise StopRun("cannot read") from error
        return Recognition()


@dataclass(eq=False)
class IgnoresThePicture(Correct):
    """Never opens the picture."""

    @hookimpl
    def submit(self, page: Page):
        return Recognition()


@dataclass(eq=False)
class MixesPages(Correct):
    """Keeps the last page on self, and returns its text for all."""

    def __post_init__(self):
        self._barrier = threading.Barrier(4)

    @hookimpl
    def submit(self, page: Page):
        self._last = page.origin.removesuffix(".png")
        self._barrier.wait(timeout=30)
        return Recognition((Line(self._last, SMALL),))


@dataclass(eq=False)
class ForgetsToPage:
    """Crops a margin, but does not change to_page."""

    margin: int = 30

    def to_page(self, page: Page) -> Homography:
        return page.to_page

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        picture = open_upright(page)
        kept = picture.crop((self.margin, 0, picture.width, picture.height))
        path = spool.folder.parent / f"cut-{page.origin}.png"
        path.parent.mkdir(exist_ok=True)
        kept.save(path)
        (made,) = find_pages(path, page.origin)
        return replace(made, to_page=self.to_page(page))


@dataclass(eq=False)
class ForgetsEarlierToPage(ForgetsToPage):
    """Crops a margin, but drops the to_page of an earlier transform."""

    def to_page(self, page: Page) -> Homography:
        return Homography(((1, 0, self.margin), (0, 1, 0), (0, 0, 1)))


@dataclass(eq=False)
class NeedsAPath:
    """Expects every problem to have a path."""

    @hookimpl
    def page_failed(self, document: Document, problem: Problem) -> None:
        problem.path.exists()


@dataclass(eq=False)
class SwallowsErrors:
    """Wraps poll, and returns a recognition for whatever poll raises."""

    @hookimpl(wrapper=True)
    def poll(self, operation: Operation) -> Iterator[None]:
        try:
            return (yield)
        except Exception:
            return Recognition()


@dataclass(eq=False)
class NotDurable(Correct):
    """Is remote, but its operations are not durable."""

    @hookimpl
    def submit(self, page: Page):
        return Operation({"origin": page.origin})


@dataclass(eq=False)
class NoPoll:
    """Returns an operation without having the hook poll."""

    @hookimpl
    def submit(self, page: Page):
        return Operation({"origin": page.origin}, durable=True)


@dataclass(eq=False)
class TextAttribute(ReturnsList):
    """Declares an attribute of a wrong type."""

    fetches: ClassVar[str] = "no"


@dataclass(eq=False)
class NumberAsVersion(OneFile):
    """Declares a version that is not a str."""

    version: ClassVar[int] = 2


@dataclass(eq=False)
class NoSuchOption(OneFile):
    """Declares an output option that it does not have."""

    output_option: ClassVar[str] = "file"


@dataclass(eq=False)
class ReturnsShare:
    """Returns a number."""

    @hookimpl
    def accepts(self, recognition: Recognition):
        return len(recognition.lines) / 2


@dataclass(eq=False)
class NeedsLines:
    """Expects every page to have a line."""

    @hookimpl
    def accepts(self, recognition: Recognition):
        return bool(recognition.lines[0].text)


@dataclass(eq=False)
class ReturnsText:
    """Returns a text instead of a recognition."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        return recognition.text


@dataclass(eq=False)
class NeedsWords:
    """Expects every line to have a word."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        return replace(recognition, language=recognition.lines[0].words[0].text)


@dataclass(eq=False)
class MovesQuads:
    """Moves lines off the page."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        return recognition.mapped(Homography.scaling(5, 5))


@dataclass(eq=False)
class RandomAngle:
    """Returns a random angle."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        return replace(recognition, angle=random.random())


@dataclass(eq=False)
class MixesAmendedPages:
    """Keeps the last page on self, and returns its name; waits until three threads have called it."""

    def __post_init__(self):
        self._barrier = threading.Barrier(3)
        self._main = threading.get_ident()

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        self._last = page.origin
        if threading.get_ident() != self._main:
            self._barrier.wait(timeout=30)
        return replace(recognition, recognizer=self._last)


@dataclass(eq=False)
class SleepsInAmend:
    """Sleeps in amend."""

    @hookimpl
    def amend(self, page: Page, recognition: Recognition):
        sleep(0.01)
        return recognition
