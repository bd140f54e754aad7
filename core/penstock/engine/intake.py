"""Takes documents in, page by page, as fast as the run lets pages go."""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from penstock.engine.messages import (
    DocumentEnded,
    DocumentFound,
    DocumentLost,
    IntakeEnded,
    Message,
    OpenDocument,
    OutputSkipped,
    PageFound,
    PageJob,
    PageLost,
)
from penstock.errors import PenstockError
from penstock.model import Document, Page, Problem
from penstock.pipeline import Pipeline, SourceDoor
from penstock.spool import Spool


class GateClosed(Exception):
    """Nobody is let in any more."""


class Gate:
    """Lets so many through until others leave."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._closed = False
        self._changed = threading.Condition()

    def enter(self) -> None:
        """Wait for room. Raises GateClosed if there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._room > 0 or self._closed)
            if self._closed:
                raise GateClosed
            self._room -= 1

    def leave(self) -> None:
        """Make room for another."""
        with self._changed:
            self._room += 1
            self._changed.notify()

    def close(self) -> None:
        """Let nobody through any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def problem_of(error: BaseException, what: str, path: Path | None = None, who: str = "the plugin") -> Problem:
    """An exception as data: ours with its hint, a foreign one with its name and who raised it."""
    if isinstance(error, PenstockError):
        message = error.message.removeprefix(f"{what}: ")
        return Problem(what, message, error.hint, path)
    hint = f"this is a fault of {who}{_line_of(error)}; tell its author"
    return Problem(what, f"{type(error).__name__}: {error}", hint, path)


def _line_of(error: BaseException) -> str:
    """Where it was raised: `` (shout.py, line 7)``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


@dataclass(slots=True)
class _Taken:
    """How far the intake is with a document."""

    opened: OpenDocument | None = None
    passed_over: int = 0
    last: int = 0

    def numbered(self, page: Page) -> Page:
        """The page, with a number behind the last one's: a source may have given one twice."""
        self.last = max(page.number, self.last + 1)
        return page if page.number == self.last else replace(page, number=self.last)


@dataclass
class Intake:
    """The walk over all sources, on a thread of its own.

    Parameters
    ----------
    inbox
        Where what is found goes.
    spool
        Where sources and transforms keep pictures.
    documents, pages
        Gates: how many documents and pages may be open at once.
    is_own_output
        Whether penstock wrote a file; such files are passed over.
    note_input
        Told of every file that is read.
    refusal
        Why a document, counted from 1, cannot be written, known before any of its pages is sent; None if
        it can.
    """

    pipeline: Pipeline
    inbox: queue.SimpleQueue[Message]
    spool: Spool
    documents: Gate
    pages: Gate
    is_own_output: Callable[[Path], bool]
    note_input: Callable[[Path], None]
    refusal: Callable[[Document, int], Problem | None]
    found: int = 0

    def walk(self) -> None:
        """Take everything in. Raises nothing: what goes wrong becomes a message."""
        try:
            for source in self.pipeline.sources:
                self._walk_source(source)
        except GateClosed:
            pass
        finally:
            self.inbox.put(IntakeEnded())

    def _walk_source(self, source: SourceDoor) -> None:
        try:
            for item in source.find_documents(self.spool):
                if isinstance(item, Document):
                    self._take(item)
                elif item.path is None or not self._passed_over(item.path):
                    self.inbox.put(DocumentLost(item))
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            self.inbox.put(DocumentLost(problem_of(error, f"the source {source.name!r}")))

    def _passed_over(self, path: Path) -> bool:
        if not self.is_own_output(path):
            return False
        self.inbox.put(OutputSkipped(path))
        return True

    def _take(self, document: Document) -> None:
        """Take one document in; whatever goes wrong with it costs no other one anything."""
        taken = _Taken()
        try:
            self._take_pages(document, taken)
        except GateClosed:
            raise
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            problem = problem_of(error, document.origin, who="the source")
            lost = PageLost(taken.opened, problem) if taken.opened else DocumentLost(problem)
            self.inbox.put(lost)
        if taken.opened:
            self.inbox.put(DocumentEnded(taken.opened))

    def _take_pages(self, document: Document, taken: _Taken) -> None:
        """Take one document's pages in. A document of nothing but our own outputs is none."""
        for item in document.pages:
            if isinstance(item, Page):
                if self._passed_over(item.picture.path):
                    taken.passed_over += 1
                    continue
                self.note_input(item.picture.path)
                item = taken.numbered(item)  # noqa: PLW2901  a page must not take another's place
            taken.opened = taken.opened or self._open(document)
            if taken.opened is None:
                return
            self._take_page(taken.opened, item)
        if taken.opened is None and not taken.passed_over:
            self.inbox.put(DocumentLost(Problem(document.origin, "has no pages")))

    def _open(self, document: Document) -> OpenDocument | None:
        """Begin with a document; None if it could not be written anyway."""
        self.found += 1
        if problem := self.refusal(document, self.found):
            self.inbox.put(DocumentLost(problem))
            return None
        self.documents.enter()
        opened = OpenDocument(self.found, document)
        self.inbox.put(DocumentFound(opened))
        return opened

    def _take_page(self, opened: OpenDocument, item: object) -> None:
        if isinstance(item, Problem):
            self.inbox.put(PageLost(opened, item))
            return
        if not isinstance(item, Page):
            why = f"the source gave a {type(item).__name__} for a page"
            self.inbox.put(PageLost(opened, Problem(opened.document.origin, why, "tell the plugin's author")))
            return
        self.pages.enter()
        try:
            prepared = self._prepared(item)
        except BaseException as error:  # a plugin may raise anything, SystemExit too
            self.pages.leave()
            problem = problem_of(error, item.origin, item.picture.path, "a transform")
            self.inbox.put(PageLost(opened, problem))
            return
        self.inbox.put(PageFound(PageJob(opened, item, prepared)))

    def _prepared(self, page: Page) -> Page:
        prepared = page
        for transform in self.pipeline.transforms if page.known is None else ():
            prepared = transform.prepare(prepared, self.spool)
        return replace(prepared, number=page.number)


__all__ = ["Gate", "Intake", "problem_of"]
