"""What becomes of a document: complete, written by the sinks that have not yet, and closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.engine.announcer import Announcer
from penstock.engine.bookkeeping import Books
from penstock.engine.delivery import Delivery
from penstock.engine.journal import Journal
from penstock.engine.journal.outputs import OutputState
from penstock.engine.keys import SinkKey
from penstock.engine.messages import OpenDocument, SinkEnded
from penstock.engine.shelf import Shelf
from penstock.model import Problem
from penstock.report import counted


class DocumentFlow:
    """The documents of a run, from their finding to their end.

    Parameters
    ----------
    sinks
        The digest of each sink with its options.
    keep_incomplete
        Whether a document is written without its failed pages.
    rewrite
        Whether outputs that were changed by hand are written again.
    again
        Whether everything is written again.
    left
        Called for every document that is closed.
    stop
        Called when nothing more can be written.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        shelf: Shelf,
        books: Books,
        announcer: Announcer,
        delivery: Delivery,
        sinks: Sequence[SinkKey],
        keep_incomplete: bool,
        rewrite: bool,
        again: bool,
        left: Callable[[], None],
        stop: Callable[[Problem], None],
    ) -> None:
        self._journal, self._shelf, self._books, self._announcer = journal, shelf, books, announcer
        self._delivery, self._sinks = delivery, sinks
        self._keep_incomplete, self._rewrite, self._again = keep_incomplete, rewrite, again
        self._left, self._stop = left, stop
        self._open: dict[int, OpenDocument] = {}
        self._ready: list[tuple[OpenDocument, list[int]]] = []
        self._at_sinks = 0

    @property
    def any_open(self) -> bool:
        """Whether a document is on its way."""
        return bool(self._open)

    @property
    def any_ready(self) -> bool:
        """Whether a document waits to be handed over."""
        return bool(self._ready)

    @property
    def any_at_a_sink(self) -> bool:
        """Whether a sink has a document in its hands, or waiting."""
        return self._at_sinks > 0

    @property
    def unread_pages(self) -> int:
        """Pages of open documents that are not read."""
        return sum(opened.unread + opened.outstanding for opened in self._open.values())

    def found(self, opened: OpenDocument) -> None:
        """A source gave a document."""
        self._open[opened.index] = opened
        self._books.documents_found += 1
        if not opened.recalled:
            self._journal.documents.note_document(opened.number, opened.document)
        self._announcer.tell("document_found", document=opened.document)

    def lost(self, problem: Problem) -> None:
        """Something that was to be a document could not be had."""
        self._books.failures.add(problem)
        self._announcer.tell("document_failed", problem=problem)

    def complete(self, opened: OpenDocument) -> None:
        """A document's source has given all its pages."""
        opened.complete = True
        self._journal.documents.note_complete(opened.number, opened.last)
        self.settle(opened)

    def settle(self, opened: OpenDocument) -> None:
        """Deliver a document whose pages have all come to their ends, or close it."""
        if not opened.complete or opened.outstanding or opened.unread or opened.sinks_left:
            return
        if opened.withheld:
            why, hint = "not written, because not all of its pages are read yet", "`penstock run` reads them"
            self.lost(Problem(opened.document.origin, why, hint))
        elif opened.read and (not opened.failed or self._keep_incomplete):
            self._deliver(opened)
            return
        elif opened.read:
            why = f"not written, because {opened.failed} of its {counted(opened.pages, 'page')} failed"
            hint = 'on_failed_page = "skip" writes a document without its failed pages'
            self.lost(Problem(opened.document.origin, why, hint))
        self._close(opened)

    def _deliver(self, opened: OpenDocument) -> None:
        due = [place for place, sink in enumerate(self._sinks) if not self._is_written(opened, sink)]
        opened.sinks_left = len(due)
        if due:
            self._ready.append((opened, due))
        else:
            self._books.documents_unchanged += 1
            # Its source may not have heard of it: an earlier run was killed in between, perhaps.
            self._announcer.tell_sources("document_written", document=opened.document)
            self._close(opened)

    def _is_written(self, opened: OpenDocument, sink: SinkKey) -> bool:
        """Whether a sink has written this very reading, and all of it is still there."""
        paths = self._journal.outputs.delivered_files(opened.number, sink, _bytes(opened.fingerprint))
        if paths is None or self._again:
            return False
        states = [self._journal.outputs.state(path) for path in paths]
        changed = states.count(OutputState.CHANGED)
        if OutputState.GONE in states or None in states or (changed and self._rewrite):
            return False
        self._books.changed_outputs += changed
        return True

    def release(self) -> None:
        """Give the sinks what is ready for them; what was read of it is written in the journal."""
        for opened, sinks in self._ready:
            self._at_sinks += len(sinks)
            self._delivery.hand_over(opened, sinks)
        self._ready.clear()

    def sink_ended(self, message: SinkEnded) -> None:
        """A sink is done with a document."""
        opened = message.document
        opened.sinks_left -= 1
        self._at_sinks -= 1
        for path in message.outputs:
            self._books.outputs.add(path)
        for warning in message.warnings:
            self._books.warnings.add(warning)
        if message.error:
            self._sink_failed(opened, message.sink, message.error)
            if message.stop:
                self._stop(message.error)
        else:
            self._journal.outputs.note_delivered(
                opened.number, self._sinks[message.sink], _bytes(opened.fingerprint), message.outputs
            )
        if not opened.sinks_left:
            self._written(opened)

    def _sink_failed(self, opened: OpenDocument, sink: int, problem: Problem) -> None:
        opened.failed_sinks += 1
        why = f"sink {self._delivery.name(sink)!r}: {problem.why}"
        named = Problem(opened.document.origin, why, problem.hint, problem.path)
        self._books.failures.add(named)
        self._announcer.tell("document_failed", problem=named)

    def _written(self, opened: OpenDocument) -> None:
        if not opened.failed_sinks:
            self._books.documents_written += 1
            self._announcer.tell("document_written", document=opened.document)
        self._close(opened)

    def _close(self, opened: OpenDocument) -> None:
        del self._open[opened.index]
        self._shelf.drop(opened.number)
        self._left()


def _bytes(fingerprint: int) -> bytes:
    return fingerprint.to_bytes(16)


__all__ = ["DocumentFlow"]
