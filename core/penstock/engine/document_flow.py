"""Follows documents from their source to their outputs; main thread only."""

from __future__ import annotations

import logging
import pickle
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from penstock.engine.context import OPEN_DOCUMENTS, RunContext
from penstock.engine.counters import KEPT
from penstock.engine.delivery import Delivery, PageCache
from penstock.engine.full_disk import FullDisk
from penstock.engine.jobs import OpenDocument, SinkEnded
from penstock.engine.journal.outputs import OutputState
from penstock.engine.keys import SinkKey
from penstock.engine.problems import problem_of
from penstock.engine.threads import Gate
from penstock.errors import OutputError, StateError, StorageError, raise_if_disk_full
from penstock.model import Document, Problem
from penstock.model.events import DocumentState
from penstock.report import counted

_log = logging.getLogger(__name__)


class _HeldDocuments:
    """A queue of recognized documents on disk, so that memory stays bounded however many wait.

    ``folder`` is the folder of its file, which has no name there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._next = self._end = 0
        self.count = 0

    def put(self, opened: OpenDocument, sinks: list[int]) -> None:
        """Add a document and the indexes of the sinks that are to write it.

        Raises NoSpace if the disk is full, and StateError if the file cannot be written; the queue is then as
        it was before.
        """
        found = opened.document
        # Plain fields only: pages and subclasses of a source need not be picklable.
        document = Document(found.name, found.origin, (), found.folder, found.beside)
        held = memoryview(pickle.dumps((replace(opened, document=document), sinks)))
        try:
            if self._file is None:
                # Open until the last document is taken. Unbuffered, so that a failed write leaves nothing.
                self._file = TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115
            self._file.seek(self._end)
            while held:
                held = held[self._file.write(held) :]
            self._end = self._file.tell()
        except OSError as error:
            raise_if_disk_full(error, self._folder)
            why = f"a document that waits for --force cannot be stored ({error.strerror or error})"
            raise StateError(f"{self._folder}: {why}", "make the folder writable and run again") from error
        self.count += 1

    def take(self) -> tuple[OpenDocument, list[int]] | None:
        """Remove and return the oldest document; None without documents."""
        if self._file is None:
            return None
        self._file.seek(self._next)
        held: tuple[OpenDocument, list[int]] = pickle.load(self._file)  # noqa: S301  our own bytes
        self._next = self._file.tell()
        self.count -= 1
        if not self.count:
            self._file.close()
            self._file, self._next, self._end = None, 0, 0
        return held


class DocumentFlow:
    """The documents of a run. A finished one leaves the gate, so that the intake may take another."""

    def __init__(self, context: RunContext, delivery: Delivery, cache: PageCache, gate: Gate) -> None:
        self._context, self._delivery, self._cache, self._gate = context, delivery, cache, gate
        self._journal, self._counters = context.journal, context.counters
        options = context.plan.options
        self._rewrites = options.rewrite or options.force
        self.disk = FullDisk(context)
        """The disk of the outputs."""
        self._unwritten: list[tuple[OpenDocument, list[int]]] = []  # they wait for room on it
        self._try: tuple[OpenDocument, int] | None = None  # the document and sink that try whether there is
        self._open: dict[int, OpenDocument] = {}
        self._ready: list[tuple[OpenDocument, list[int]]] = []
        self._writing = 0
        self._unread_pages = 0  # of documents that are closed
        # A file that --force would replace may be an input that the sources have not yielded yet. So all
        # documents wait until the sources have been walked.
        self._holds_back = options.force
        self._held = _HeldDocuments(context.spool.folder.parent)

    @property
    def any_open(self) -> bool:
        return bool(self._open) or self.any_ready

    @property
    def any_ready(self) -> bool:
        """Whether a document waits for `release`."""
        return bool(self._ready or self._unwritten) or (self._held.count > 0 and not self._holds_back)

    @property
    def any_held(self) -> bool:
        """Whether a document waits until the sources have been walked."""
        return self._held.count > 0 and self._holds_back

    @property
    def any_writing(self) -> bool:
        return self._writing > 0

    @property
    def unread_pages(self) -> int:
        """Pages of unfinished documents that have no result."""
        return self._unread_pages + sum(each.unread + each.outstanding for each in self._open.values())

    def on_document_found(self, opened: OpenDocument) -> None:
        self._open[opened.index] = opened
        self._counters.documents_found += 1
        if not opened.from_journal:
            self._journal.documents.note_document(opened.number, opened.document)
        self._emit("document_found", opened)

    def record_failure(self, problem: Problem, opened: OpenDocument | None = None) -> None:
        """Report a document that could not be found, recognized or written."""
        self._counters.failures.add(problem)
        key = opened.key if opened else ""
        self._context.observers.emit("document_failed", document_key=key, problem=problem)

    def _emit(self, event: str, opened: OpenDocument, **arguments: Any) -> None:
        emit = self._context.observers.emit
        emit(event, document_key=opened.key, document=opened.document, **arguments)

    def on_document_ended(self, opened: OpenDocument) -> None:
        opened.complete = True
        self._journal.documents.note_complete(opened.number, opened.last)
        self.settle(opened)

    def on_sources_walked(self) -> None:
        """All inputs of the run are noted: documents that were held back may be written."""
        self._holds_back = False

    def settle(self, opened: OpenDocument) -> None:
        """Deliver or close a document if all of its pages are recognized or failed."""
        if not opened.complete or opened.outstanding or opened.sinks_left:
            return
        if opened.unread:
            # Closed, because a run that goes on without a recognizer leaves pages of any number unread.
            self._unread_pages += opened.unread
            self._close(opened, "unread")
            return
        if opened.withheld:
            why = "not written, because some of its pages are not recognized yet"
            problem = Problem(opened.document.origin, why, "`penstock run` recognizes them")
            self.record_failure(problem, opened)
        elif opened.recognized and (not opened.failed or self._context.engine.on_failed_page != "fail"):
            self._deliver(opened)
            return
        elif opened.recognized:
            why = f"not written, because {opened.failed} of its {counted(opened.pages, 'page')} failed"
            hint = 'on_failed_page = "placeholder" (--on-bad-page placeholder) writes a note in place of each'
            self.record_failure(Problem(opened.document.origin, why, hint), opened)
        self._close(opened, "failed")

    def _deliver(self, opened: OpenDocument) -> None:
        keys = self._context.plan.sink_keys
        due = [index for index, key in enumerate(keys) if not self._is_written(opened, key)]
        opened.sinks_left = len(due)
        if not due:
            self._counters.documents_unchanged += 1
            # If an earlier run was killed after writing, the source has not received this event yet.
            self._emit("document_written", opened, sources_only=True, outputs=())
            self._close(opened, "unchanged")
        elif self._holds_back:
            self._hold(opened, due)
        else:
            self._ready.append((opened, due))

    def _hold(self, opened: OpenDocument, sinks: list[int]) -> None:
        """Keep a document until the sources have been walked; stop the run if that fails."""
        try:
            self._held.put(opened, sinks)
        except OutputError as error:
            self._context.stop(problem_of(error, opened.document.origin))
        self._forget(opened)

    def _is_written(self, opened: OpenDocument, sink_key: SinkKey) -> bool:
        """Return whether a sink has written exactly these results, and all of its files are still there."""
        outputs = self._journal.outputs
        paths = outputs.delivered_files(opened.number, sink_key, _bytes(opened.fingerprint))
        if paths is None or self._context.plan.options.write_again:
            return False
        try:
            states = [outputs.state(path) for path in paths]
        except StorageError:
            return False  # the sink, which meets the same error, reports it
        changed = states.count(OutputState.CHANGED)
        if OutputState.GONE in states or None in states or (changed and self._rewrites):
            return False
        self._counters.changed_outputs += changed
        return True

    def release(self) -> None:
        """Give the documents that are ready to their sinks. The journal must have been committed.

        Sinks load pages from the journal, so the results must be on the disk before a sink starts.
        """
        if self.disk.is_full:
            self._try_again()
            return
        while not self._holds_back and self._writing < OPEN_DOCUMENTS and (held := self._held.take()):
            self._open[held[0].index] = held[0]
            self._gate.reenter()
            self._put(*held)
        for opened, sinks in [*self._unwritten, *self._ready]:
            self._put(opened, sinks)
        self._unwritten.clear()
        self._ready.clear()

    def seconds_to_next(self) -> float | None:
        """Return the seconds until the disk of the outputs is tried again; None if it is not full."""
        return None if self._try else self.disk.seconds_to_next()

    def _try_again(self) -> None:
        """Let one sink write one document if it is time to try whether the disk has room."""
        if self.disk.is_due and self._try is None and self._unwritten:
            opened, (sink,) = self._unwritten.pop(0)
            self._try = (opened, sink)
            self._put(opened, [sink])

    def _put(self, opened: OpenDocument, sinks: list[int]) -> None:
        self._writing += len(sinks)
        self._delivery.put(opened, sinks)

    def on_sink_ended(self, message: SinkEnded) -> None:
        opened = message.document
        if message.timing:
            self._emit("stage_ended", opened, page=None, timing=message.timing)
        self._writing -= 1
        is_try = self._try == (opened, message.sink)
        if is_try:
            self._try = None
        if message.no_space and message.error and self.disk.note(message.error):
            self._unwritten.append((opened, [message.sink]))
            return
        if is_try:
            self.disk.note_room()
        opened.sinks_left -= 1
        for path in message.outputs:
            self._counters.outputs.add(path)
        opened.outputs = (*opened.outputs, *message.outputs)[:KEPT]
        for warning in message.warnings:
            self._counters.warnings.add(warning)
        if message.error:
            self._on_sink_failed(opened, message.sink, message.error)
            if message.stop:
                self._context.stop(message.error)
        else:
            key, fingerprint = self._context.plan.sink_keys[message.sink], _bytes(opened.fingerprint)
            self._journal.outputs.note_delivered(opened.number, key, fingerprint, message.outputs)
        if not opened.sinks_left:
            self._on_written(opened)

    def _on_sink_failed(self, opened: OpenDocument, sink: int, problem: Problem) -> None:
        opened.failed_sinks += 1
        name = self._context.plan.pipeline.sinks[sink].name
        why = f"sink {name!r}: {problem.why}"
        self.record_failure(Problem(opened.document.origin, why, problem.hint, problem.path), opened)

    def _on_written(self, opened: OpenDocument) -> None:
        if not opened.failed_sinks:
            self._counters.documents_written += 1
            self._emit("document_written", opened, outputs=opened.outputs)
            _log.info("%s: written", opened.document.origin)
        self._close(opened, "failed" if opened.failed_sinks else "written")

    def warn_of_held(self) -> None:
        """Report documents that the run did not write because it stopped before the sources were walked."""
        if self.any_held:
            why = f"{counted(self._held.count, 'document')} recognized but not written"
            hint = "--force writes after all sources are walked, and the run ended earlier; run it again"
            self._counters.warnings.add(Problem("--force", why, hint))

    def _close(self, opened: OpenDocument, state: DocumentState) -> None:
        self._emit("document_ended", opened, state=state)
        self._forget(opened)

    def _forget(self, opened: OpenDocument) -> None:
        del self._open[opened.index]
        self._cache.drop(opened.number)
        self._gate.leave()


def _bytes(fingerprint: int) -> bytes:
    return fingerprint.to_bytes(16)
