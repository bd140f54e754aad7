"""Plugins that are deliberately wrong, each in one way, for the conformance kit to find."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import sleep

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
class HalfFile:
    """Opens its file by itself, and leaves half of it when a page cannot be loaded."""

    folder: Path = Path()

    @hookimpl
    def write(self, document, outputs):
        with (self.folder / f"{outputs.rules.name}.half").open("w") as file:
            for page in document.pages:
                file.write(page.recognition.text)


@dataclass(eq=False)
class HalfDocument:
    """Writes what it got through outputs, and keeps silent about the rest."""

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
class Past:
    """Writes past Python, as a library in C does, into the current folder."""

    @hookimpl
    def write(self, document, outputs):
        os.system("echo done > log.txt")  # noqa: S605


@dataclass(eq=False)
class Mixing:
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
class NamesItself:
    """Puts the document's name into the template by itself."""

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(f"{document.name}.txt") as file:
            file.write("text")


@dataclass(eq=False)
class FirstLine:
    """Takes it that every page has a line."""

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path) as file:
            for page in document.pages:
                file.write(page.recognition.lines[0].text)


@dataclass(eq=False)
class Chance:
    """Never writes the same twice."""

    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        with outputs.open(self.path, mode="wb") as file:
            file.write(os.urandom(16))


@dataclass(eq=False)
class Silent:
    path: str = "{document}.txt"

    @hookimpl
    def write(self, document, outputs):
        pass


@dataclass(eq=False)
class Listing:
    """Returns all documents at once."""

    folder: Path

    @hookimpl
    def find_documents(self):
        return [Document(path.stem, path.name, find_pages(path, path.name)) for path in self._files()]

    def _files(self):
        return sorted(self.folder.glob("*.png"))


@dataclass(eq=False)
class Opening(Listing):
    """Opens every picture before it gives the first."""

    @hookimpl
    def find_documents(self):
        documents = [
            Document(path.stem, path.name, list(find_pages(path, path.name))) for path in self._files()
        ]
        yield from documents


@dataclass(eq=False)
class Globbing(Listing):
    """Lists every folder before it gives the first."""

    @hookimpl
    def find_documents(self):
        for path in sorted(self.folder.rglob("*.png")):
            yield Document(path.stem, path.name, find_pages(path, path.name))


@dataclass(eq=False)
class Raising(Listing):
    """Ends at the first bad picture."""

    @hookimpl
    def find_documents(self):
        for path in self._files():
            yield Document(path.stem, path.name, list(find_pages(path, path.name)))


@dataclass(eq=False)
class Hushing(Listing):
    """Passes bad pictures over, and says nothing."""

    @hookimpl
    def find_documents(self):
        for path in self._files():
            try:
                yield Document(path.stem, path.name, list(find_pages(path, path.name)))
            except PictureError:
                continue


TURNS = itertools.count()


@dataclass(eq=False)
class Shuffling(Listing):
    """Gives another order each time."""

    @hookimpl
    def find_documents(self):
        paths = self._files()
        start = next(TURNS) % len(paths)
        for path in paths[start:] + paths[:start]:
            yield Document(path.stem, path.name, find_pages(path, path.name))


@dataclass(eq=False)
class Misnumbering(Listing):
    """Counts every page as the first."""

    @hookimpl
    def find_documents(self):
        pages = [page for path in self._files() for page in find_pages(path, path.name)]
        yield Document("all", "all", pages)


@dataclass(eq=False)
class Reader:
    """Reads nothing, but does all that a recognizer does."""

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
class Changing(Reader):
    """Never says the same of its reading."""

    @hookimpl
    def cache_key(self):
        return {"chance": os.urandom(8).hex()}


@dataclass(eq=False)
class Telling(Reader):
    """Says its secret."""

    key: Secret = field(default_factory=lambda: Secret("hush-hush"))

    @hookimpl
    def cache_key(self):
        return {"key": self.key.reveal()}


@dataclass(eq=False)
class Sleeping(Reader):
    """Sleeps in submit, by a name that nobody can patch."""

    @hookimpl
    def submit(self, page: Page):
        sleep(0.01)
        return Recognition()


@dataclass(eq=False)
class Dozing(Reader):
    """Waits for what never comes, in poll."""

    @hookimpl
    def poll(self, operation: Operation):
        threading.Event().wait(0.01)
        return Recognition()


@dataclass(eq=False)
class Keeping(Reader):
    """Puts into the operation what the journal cannot keep."""

    @hookimpl
    def submit(self, page: Page):
        return Operation({"page": page})


@dataclass(eq=False)
class Forgetting(Reader):
    """Calls an operation durable that is in this process's memory."""

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
class Endless(Reader):
    """Never comes to an end."""

    @hookimpl
    def poll(self, operation: Operation):
        return Pending(0)


@dataclass(eq=False)
class Stored(Reader):
    """Answers in the pixels of the picture as it is stored."""

    @hookimpl
    def submit(self, page: Page):
        with Image.open(page.picture.path) as picture:
            width, height = picture.size
        return Recognition((Line("all", Quad.from_box(0, 0, width, height)),))


@dataclass(eq=False)
class Misplacing(Reader):
    """Reads a word right, and says it is elsewhere."""

    @hookimpl
    def submit(self, page: Page):
        return Recognition((Line("Anna", SMALL, (Word("Anna", SMALL),)),))


@dataclass(eq=False)
class Bare(Reader):
    """Lets Pillow's own error out."""

    @hookimpl
    def submit(self, page: Page):
        with Image.open(page.picture.path) as picture:
            picture.load()
        return Recognition()


@dataclass(eq=False)
class Stopping(Reader):
    """Stops the run over one bad page."""

    @hookimpl
    def submit(self, page: Page):
        try:
            open_upright(page).close()
        except PictureError as error:
            raise StopRun("cannot read") from error
        return Recognition()


@dataclass(eq=False)
class Blind(Reader):
    """Never looks at the picture."""

    @hookimpl
    def submit(self, page: Page):
        return Recognition()


@dataclass(eq=False)
class Confusing(Reader):
    """Remembers one page, and answers with that for all."""

    def __post_init__(self):
        self._barrier = threading.Barrier(4)

    @hookimpl
    def submit(self, page: Page):
        self._last = page.origin.removesuffix(".png")
        self._barrier.wait(timeout=30)
        return Recognition((Line(self._last, SMALL),))


@dataclass(eq=False)
class Cropping:
    """Cuts a margin off, and forgets the map."""

    margin: int = 30

    def places(self, page: Page) -> Homography:
        return page.to_page

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        picture = open_upright(page)
        kept = picture.crop((self.margin, 0, picture.width, picture.height))
        path = spool.folder.parent / f"cut-{page.origin}.png"
        path.parent.mkdir(exist_ok=True)
        kept.save(path)
        (made,) = find_pages(path, page.origin)
        return replace(made, to_page=self.places(page))


@dataclass(eq=False)
class CroppingAnew(Cropping):
    """Knows its own map, and forgets the one before."""

    def places(self, page: Page) -> Homography:
        return Homography(((1, 0, self.margin), (0, 1, 0), (0, 0, 1)))


@dataclass(eq=False)
class Fussy:
    """Cannot bear a problem without a path."""

    @hookimpl
    def page_failed(self, document: Document, problem: Problem) -> None:
        problem.path.exists()


@dataclass(eq=False)
class Swallowing:
    """Wraps poll, and takes what it raises for an answer."""

    @hookimpl(wrapper=True)
    def poll(self, operation: Operation) -> Iterator[None]:
        try:
            return (yield)
        except Exception:
            return Recognition()
