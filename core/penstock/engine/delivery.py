"""Gives documents to the sinks: each sink has its own thread and writes one document at a time.

With ``[engine] sinks = "processes"``, processes write the files, and the sink's thread moves them to their
places. With ``"cluster"``, the workers of a cluster write them, and other threads give them their names.

The pages of a document are loaded while its sink iterates over them; the latest ones come from memory.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from penstock.engine.context import RunContext
from penstock.engine.jobs import OpenDocument, SinkEnded
from penstock.engine.journal import Journal
from penstock.engine.journal.documents import RecognizedRow
from penstock.engine.journal.outputs import OutputState
from penstock.engine.keys import CORRECTION
from penstock.engine.problems import HANGING_HINT, ends_the_run, has_no_space, problem_of
from penstock.engine.staged import SinksElsewhere, Staged, owner_of
from penstock.engine.stopwatch import Stopwatch
from penstock.engine.threads import Deadline, soonest, start_daemon
from penstock.errors import StorageUnreachable
from penstock.model import Document, MissingPage, Problem, RecognizedDocument, RecognizedPage
from penstock.outputs import AdoptingOutputs, OutputRules, fixed_address
from penstock.stages import SinkStage
from penstock.storage import Address

CACHED_PAGES = 18
"""Pages of one document that are kept. One of a few pages need not be loaded from the journal."""
CACHED_WORDS = 50_000
"""Words of all pages that are kept: some 35 MB. Many small documents may wait for their sinks."""


class PageCache:
    """Recognized pages by document and number.

    The main thread adds and drops pages, and the sinks' threads read them; the lock guards the dictionary.
    ``names_missing`` if sinks get the failed pages, too. No page is added to ``most_words``.
    """

    def __init__(
        self, journal: Journal, *, names_missing: bool = False, most_words: int = CACHED_WORDS
    ) -> None:
        self._journal, self._names_missing, self._most_words = journal, names_missing, most_words
        self._lock = threading.Lock()
        self._pages: dict[int, dict[int, RecognizedPage]] = {}
        self._words = 0  # of all pages in it

    def put(self, document: int, page: RecognizedPage) -> None:
        """Keep a page if there is room. It must also be noted in the journal.

        Sinks take the documents in order, so that the pages which came first are needed first.
        """
        with self._lock:
            pages = self._pages.setdefault(document, {})
            if (earlier := pages.pop(page.page.number, None)) is not None:
                self._words -= _words_of(earlier)
            if len(pages) < CACHED_PAGES and self._words < self._most_words:
                pages[page.page.number] = page
                self._words += _words_of(page)

    def drop(self, document: int) -> None:
        """Drop the pages of a document that is finished."""
        with self._lock:
            self._words -= sum(map(_words_of, self._pages.pop(document, {}).values()))

    def pages_after(self, document: int, number: int) -> list[RecognizedPage]:
        rows = self._journal.documents.recognized_after(document, number)
        return [self._page(document, row) for row in rows]

    def missing_pages(self, document: int) -> Iterable[MissingPage]:
        return MissingPages(self._journal, document) if self._names_missing else ()

    def _page(self, document: int, row: RecognizedRow) -> RecognizedPage:
        with self._lock:
            cached = self._pages.get(document, {}).get(row.number)
        # `penstock review` corrects pages while a run goes on.
        if cached and row.recognizer_key != CORRECTION:
            return cached
        recognition = self._journal.answers.load(row.content_key, row.recognizer_key)
        return RecognizedPage(row.page(), recognition)


def _words_of(page: RecognizedPage) -> int:
    """Return a number that grows with the memory that a page takes."""
    return sum(1 + len(line.words) for line in page.recognition.lines)


@dataclass(frozen=True, slots=True)
class DocumentPages:
    """The pages of one document, loaded while they are iterated."""

    cache: PageCache
    document: int  # the document's number in the journal
    count: int  # of its recognized pages
    on_page: Callable[[], None]  # called for every page that is taken

    def __iter__(self) -> Iterator[RecognizedPage]:
        number = 0
        while pages := self.cache.pages_after(self.document, number):
            for page in pages:
                self.on_page()
                yield page
            number = pages[-1].page.number

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, slots=True)
class MissingPages:
    """The failed pages of one document, loaded while they are iterated."""

    journal: Journal
    document: int  # the document's number in the journal

    def __iter__(self) -> Iterator[MissingPage]:
        number = 0
        while pages := self.journal.documents.failed_after(self.document, number):
            yield from pages
            number = pages[-1].number


def loaded_document(cache: PageCache, opened: OpenDocument) -> RecognizedDocument:
    """Return a document with all of its pages in memory."""
    found = opened.document
    pages = tuple(DocumentPages(cache, opened.number, opened.recognized, on_page=lambda: None))
    missing = tuple(cache.missing_pages(opened.number))
    return RecognizedDocument(found.name, found.origin, pages, found.folder, found.beside, missing)


class SinkWorker:
    """One sink, its thread, and the documents that wait for it."""

    def __init__(
        self, index: int, sink: SinkStage, context: RunContext, rules: OutputRules, cache: PageCache
    ) -> None:
        self.sink = sink
        self._index, self._rules, self._cache = index, rules, cache
        self._inbox, self._deadline = context.inbox, Deadline(context.engine.call_deadline, context.now)
        self._waiting: queue.SimpleQueue[tuple[OpenDocument, Staged | None] | None] = queue.SimpleQueue()
        # The lock guards `_writing` and `_hangs`: either the sink's thread or the main thread, which gives
        # up a hanging sink, ends a document, never both.
        self._lock = threading.Lock()
        self._writing: OpenDocument | None = None
        self._hangs: Problem | None = None
        start_daemon(f"penstock-sink-{sink.name}", self._serve)

    def put(self, opened: OpenDocument, staged: Staged | None = None) -> None:
        """Let the sink write a document, or put its staged files in their places; a `SinkEnded` follows."""
        self._waiting.put((opened, staged))

    def close(self) -> None:
        """Let the threads end when the waiting documents are written."""
        self._waiting.put(None)
        if self._hangs is not None:
            self._waiting.put(None)

    def give_up_if_hanging(self) -> float | None:
        """Fail the sink's document and all later ones if the sink hangs.

        Returns the seconds until it would count as hanging; None if it is idle or was given up.
        """
        with self._lock:
            opened, left = self._writing, self._deadline.left()
            if opened is None or self._hangs is not None:
                return None
            if left:
                return left
            why = f"has not come back from {opened.document.origin} for {self._deadline.seconds:g} s"
            self._hangs = Problem(opened.document.origin, why, HANGING_HINT)
            self._inbox.put(SinkEnded(opened, self._index, (), (), self._hangs))
        # The hanging thread does not come back to the queue, so another one fails what waits there.
        start_daemon(f"penstock-sink-{self.sink.name}-hangs", self._serve)
        return None

    def _serve(self) -> None:
        while (item := self._waiting.get()) is not None:
            opened, staged = item
            if self._hangs is not None:
                self._inbox.put(SinkEnded(opened, self._index, (), (), self._hangs))
                continue
            with self._lock:
                self._deadline.start()
                self._writing = opened
            ended = self._write(opened, staged)
            if staged is not None:
                staged.remove()
            with self._lock:
                self._writing = None
                if self._hangs is None:
                    self._inbox.put(ended)

    def _write(self, opened: OpenDocument, staged: Staged | None) -> SinkEnded:
        warnings: list[Problem] = []
        found = opened.document
        # A sink that still takes pages is slow, but it does not hang.
        pages = DocumentPages(self._cache, opened.number, opened.recognized, self._deadline.start)
        missing = self._cache.missing_pages(opened.number)
        document = RecognizedDocument(found.name, found.origin, pages, found.folder, found.beside, missing)
        outputs = AdoptingOutputs(
            self._rules,
            document,
            owner_of(opened.index, self.sink),
            warnings.append,
            on_progress=self._deadline.start,
        )
        problem, stop, no_space, raised = None, False, False, None
        watch = Stopwatch()
        try:
            if staged is None:
                self.sink.write(document, outputs)
            else:
                staged.put_in_place(outputs)
        except BaseException as error:  # a plugin may raise anything, even SystemExit
            raised, problem = error, problem_of(error, document.origin, who=f"the sink {self.sink.name!r}")
            stop, no_space = ends_the_run(error), has_no_space(error)
        written, said = tuple(outputs.written), tuple(warnings)
        since = staged.started if staged else 0.0
        timing = watch.timing("write", self.sink.name, raised, since=since)
        return SinkEnded(opened, self._index, written, said, problem, stop, no_space, timing)


class Delivery:
    """The threads of all sinks. ``elsewhere``, if given, writes documents outside of this process."""

    def __init__(
        self,
        context: RunContext,
        rules: OutputRules,
        cache: PageCache,
        elsewhere: SinksElsewhere | None = None,
    ) -> None:
        self._elsewhere = elsewhere
        self._workers = [
            SinkWorker(index, sink, context, rules, cache)
            for index, sink in enumerate(context.plan.pipeline.sinks)
        ]

    def put(self, opened: OpenDocument, sinks: Sequence[int]) -> None:
        """Let some sinks, by their indexes, write a document; each answers with a `SinkEnded`."""
        elsewhere = self._elsewhere
        taken = [] if elsewhere is None else [index for index in sinks if elsewhere.takes(index, opened)]
        for index in sinks:
            if index not in taken:
                self._workers[index].put(opened)
        if elsewhere is not None and taken:
            elsewhere.put(opened, taken, self._end)

    def _end(self, index: int, opened: OpenDocument, staged: Staged | None) -> None:
        self._workers[index].put(opened, staged)

    def give_up_hanging(self) -> float | None:
        """Give up the sinks that hang; returns the seconds until the next one would, None without any."""
        return soonest(*(worker.give_up_if_hanging() for worker in self._workers))

    def close(self) -> None:
        if self._elsewhere is not None:
            self._elsewhere.close()
        for worker in self._workers:
            worker.close()


def storage_of(sinks: Iterable[SinkStage]) -> list[Address]:
    """Return the folders of object storage that sinks write to, as far as their names are fixed."""
    found = (fixed_address(sink.output_template) for sink in sinks if sink.output_template is not None)
    return list(dict.fromkeys(address for address in found if address is not None))


class OutputCheck:
    """Checks whether a document's outputs can be written, before its pages are sent.

    Used on the intake thread. It shares no state with the main thread: `OutputRules` is immutable, and the
    journal's outputs look up and write through a connection that is locked for each statement.
    """

    def __init__(self, context: RunContext, rules: OutputRules) -> None:
        self._outputs, self._rules = context.journal.outputs, rules
        templates = ((sink, sink.output_template) for sink in context.plan.pipeline.sinks)
        self._sinks = [(sink, each) for sink, each in templates if each is not None and "{page}" not in each]

    def problem(self, document: Document, index: int) -> Problem | None:
        """Return why a document cannot be written; None if no obstacle is known.

        Raises what ends the run, such as a full disk.
        """
        for sink, template in self._sinks:
            try:
                self._claim(template, document, owner_of(index, sink))
            except Exception as error:
                if ends_the_run(error):
                    raise
                if isinstance(error.__cause__ or error, StorageUnreachable):
                    continue  # the service may be back when the document is written
                return problem_of(error, document.origin, document.beside, "the source")
        return None

    def _claim(self, template: str, document: Document, owner: str) -> None:
        path = self._rules.place(template, document)
        if self._outputs.state(path) is OutputState.CHANGED:
            # The output may be up to date, so that nothing has to be written over the change. If it is
            # not, the sink's own check fails.
            self._outputs.claim(path, owner, document.origin)
        else:
            self._rules.check_free(path, owner, document.origin)
