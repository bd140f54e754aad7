"""Collects the doubtful lines of pages on sheets, and gives the answers back to the pages.

A recognizer with ``unit = "lines"`` is sent sheets instead of pages that an earlier recognizer has read. A
sheet is a job of the scheduler, as a page is: it is counted, billed, polled and continued after a crash in
the same way. `SheetQueue` gets its outcome, and gives the pages on it theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.engine.context import RunContext
from penstock.engine.jobs import Failed, OpenDocument, Outcome, PageJob, PageState, Recognized, Unread
from penstock.engine.journal.outcomes import Known
from penstock.engine.journal.sheet_lines import SHEETS, SheetLine, remove_pictures
from penstock.engine.keys import ContentKey
from penstock.engine.recognizer_queue import RecognizerQueue
from penstock.engine.sheets import Sheet, lines_in_doubt, sheet_key, sheet_limits, strips_of
from penstock.model import Document, Line, Page, Picture, Problem, Recognition
from penstock.montage import Strip, answered_lines, packed, with_lines
from penstock.report import counted

PATIENCE = 2.0
"""Seconds without a further page after which a sheet is sent that is not full."""


@dataclass(eq=False, slots=True)
class _LinedPage:
    """A page whose lines are on sheets, or wait for one."""

    job: PageJob
    first: bytes  # the digest of its recognition
    recognition: Recognition
    answers: dict[int, tuple[Line, ...]] = field(default_factory=dict)
    recognizer: str = ""  # what the answers name as their recognizer
    waiting: int = 0  # lines that are on no sheet
    sheets: int = 0  # those that are not answered
    failure: Failed | Unread | None = None


class SheetQueue:
    """The sheets of one recognizer; used on the main thread only.

    ``outcomes`` receives what becomes of pages, and ``start`` takes a sheet's job.
    """

    def __init__(
        self,
        index: int,
        recognizer: RecognizerQueue,
        context: RunContext,
        outcomes: Callable[[Outcome], None],
        start: Callable[[PageJob], None],
    ) -> None:
        self._index, self._recognizer, self._context = index, recognizer, context
        self._journal, self._outcomes, self._start = context.journal, outcomes, start
        self._limits = sheet_limits(recognizer.limits)
        self._pages: dict[ContentKey, _LinedPage] = {}
        self._waiting: list[tuple[ContentKey, int, Strip]] = []
        self._sheets: dict[ContentKey, PageJob] = {}
        self._failures: dict[ContentKey, Failed | Unread] = {}  # sheets that failed in this run
        self._last_added = -math.inf
        self._made = 0
        remove_pictures(self._journal.database, context.spool.folder / SHEETS)
        self._is_packed = True

    # Pages

    def add(self, job: PageJob) -> bool:
        """Take a page; False if the whole page must be sent, see `lines_in_doubt`."""
        if job.provisional is None:
            return False
        result = job.provisional.result
        recognition = job.provisional.recognition or self._journal.answers.noted(job.content_key, result)
        plan = self._context.plan
        reader = plan.pipeline.recognizers[plan.recognizer_keys.index(result.recognizer_key)]
        lines = lines_in_doubt(reader, recognition)
        if not lines:
            return False
        job.recognizer_name = self._recognizer.name
        page = self._pages[job.content_key] = _LinedPage(job, result.digest, recognition)
        page.waiting = 1  # so that it cannot end before all of its lines are counted
        known = self._continue(job.content_key, page)
        self._wait(page, [line for line in lines if line not in known])
        page.waiting -= 1
        self._settle(page)
        return True

    def _wait(self, page: _LinedPage, lines: Sequence[int]) -> None:
        """Put lines of a page on one of the next sheets."""
        strips = strips_of(page.recognition, lines, page.job.prepared)
        self._waiting += [(page.job.content_key, *each) for each in zip(lines, strips, strict=True)]
        page.waiting += len(lines)
        self._last_added, self._is_packed = self._context.now(), not lines and self._is_packed

    def _continue(self, key: ContentKey, page: _LinedPage) -> set[int]:
        """Use the sheets of earlier runs that have lines of a page; returns the lines."""
        found: set[int] = set()
        for sheet in self._journal.sheet_lines.sheets_of(key, self._recognizer.key, page.first):
            lines = self._journal.sheet_lines.lines_of(sheet, self._recognizer.key)
            answer = self._journal.answers.find(sheet, self._recognizer.key)
            if isinstance(answer, Known):
                self._take(page, lines, self._journal.answers.noted(sheet, answer))
            elif failure := self._failures.get(sheet):
                page.failure = page.failure or failure
            elif sheet in self._sheets or self._is_left(sheet):
                page.sheets += 1
                if sheet not in self._sheets:
                    self._submit(sheet, Sheet(lines, self._path(sheet)))
            else:
                continue
            found |= {line.line for line in lines if line.page == key}
        return found

    def _is_left(self, sheet: ContentKey) -> bool:
        """Return whether an earlier run has sent a sheet, or may have."""
        submission = self._journal.submissions.find(sheet, self._recognizer.key)
        if submission is None:
            return False
        if not submission.is_pollable and not self._path(sheet).exists():
            self._journal.submissions.delete(sheet, self._recognizer.key)
            return False  # the run ended before the picture was drawn
        return True

    # Sheets

    def send(self, *, may_grow: bool, is_last: bool) -> float | None:
        """Send the sheets that are full, and the last one too if no further page can come soon.

        ``may_grow`` if earlier recognizers have pages, and ``is_last`` if the sources have no more pages.
        Returns the seconds until a sheet is sent that is not full; None if there is none, or if only a
        message can change that.
        """
        if not self._waiting:
            return None
        left = 0.0 if is_last else max(0.0, self._last_added + PATIENCE - self._context.now())
        is_due = not may_grow and left == 0
        if self._is_packed and not is_due:
            return None if may_grow else left
        self._is_packed = True
        layouts = packed([strip for _, _, strip in self._waiting], self._limits)
        for layout in layouts if is_due else layouts[:-1]:
            some = self._waiting[: len(layout.strips)]
            del self._waiting[: len(layout.strips)]
            pages = [self._pages[key] for key, _, _ in some]
            lines = [
                SheetLine(key, line, page.first, layout.place(index, page.job.prepared.to_page))
                for index, ((key, line, _), page) in enumerate(zip(some, pages, strict=True))
            ]
            key = sheet_key(self._recognizer.key, lines)
            self._journal.sheet_lines.note(key, self._recognizer.key, lines)
            for page in pages:
                page.waiting -= 1
            for page in dict.fromkeys(pages):
                page.sheets += 1
            prepared = [page.job.prepared for page in pages]
            self._submit(key, Sheet(lines, self._path(key), layout, prepared, self._limits.size))
        return None if not self._waiting or may_grow else left

    def _path(self, sheet: ContentKey) -> Path:
        return self._context.spool.folder / SHEETS / f"{sheet.hex()}.jpg"

    def _submit(self, key: ContentKey, sheet: Sheet) -> None:
        self._made += 1
        origin = f"{counted(len(sheet.lines), 'line')} of {counted(len(sheet.page_keys), 'page')}"
        size = (sheet.layout.width, sheet.layout.height) if sheet.layout else _size_of(sheet.path)
        page = Page(self._made, origin, Picture(sheet.path), *size)
        document = OpenDocument(0, Document(SHEETS, origin, ()))
        job = PageJob(document, page, page, key, recognizer=self._index, sheet=sheet)
        self._sheets[key] = job
        self._start(job)

    def drop(self) -> None:
        """Send no more lines: the pages that wait keep what they have."""
        waiting, self._waiting = self._waiting, []
        pages = [self._pages[key] for key in dict.fromkeys(key for key, _, _ in waiting)]
        for page in pages:
            page.waiting = 0
            page.failure = page.failure or Unread(page.job)
            self._settle(page)

    # Outcomes of sheets

    def on_accepted(self, sheet: Sheet, attempt: int) -> None:
        """Tell observers that the service has a sheet: that its pages are in flight."""
        for key in sheet.page_keys:
            if page := self._pages.get(key):
                job = page.job
                self._context.observers.emit_about(job, "page_submitted", attempt=attempt, page=job.page)

    def on_outcome(self, outcome: Outcome) -> None:
        """Give the pages of a sheet what became of it."""
        job = outcome.job
        if job.sheet is None:
            raise RuntimeError("the job is no sheet")
        if isinstance(outcome, Recognized):
            self._note_answer(job, outcome.recognition)
        if isinstance(outcome, Recognized) and outcome.late:
            return  # its pages have ended, and the next run finds the answer
        del self._sheets[job.content_key]
        if isinstance(outcome, Failed | Unread) and not job.sheet.unreadable:
            self._failures[job.content_key] = outcome
        for key in job.sheet.page_keys:
            if page := self._pages.get(key):
                page.sheets -= 1
                self._give(page, job.sheet, outcome)
                self._settle(page)

    def _give(self, page: _LinedPage, sheet: Sheet, outcome: Outcome) -> None:
        key = page.job.content_key
        if isinstance(outcome, Recognized):
            self._take(page, sheet.lines, outcome.recognition)
        elif key in sheet.unreadable:
            page.failure = Failed(page.job, sheet.unreadable[key])
        elif sheet.unreadable:
            # Nothing was sent: another sheet is made without the page that cannot be opened.
            self._wait(page, [line.line for line in sheet.lines if line.page == key])
        elif isinstance(outcome, Failed | Unread):
            page.failure = page.failure or outcome

    def _note_answer(self, job: PageJob, recognition: Recognition) -> None:
        if recognition.note:
            self._context.counters.warnings.add(Problem(job.page.origin, recognition.note))
        stored = replace(recognition, raw=None)
        self._journal.answers.note_recognition(job.content_key, self._recognizer.key, stored)
        job.page.picture.path.unlink(missing_ok=True)

    def _take(self, page: _LinedPage, lines: Sequence[SheetLine], recognition: Recognition) -> None:
        """Take the answers about a page's lines from the answer about a sheet."""
        own = [line for line in lines if (line.page, line.first) == (page.job.content_key, page.first)]
        found = answered_lines(recognition, [line.place for line in own])
        page.answers |= {line.line: answers for line, answers in zip(own, found, strict=True)}
        page.recognizer = recognition.recognizer

    def _settle(self, page: _LinedPage) -> None:
        """End a page whose lines are all answered, or cannot be in this run."""
        if page.waiting or page.sheets:
            return
        job, key = page.job, page.job.content_key
        del self._pages[key]
        match page.failure:
            case Failed(problem=problem, is_answer=is_answer):
                if is_answer:
                    self._journal.answers.note_refused(key, self._recognizer.key, problem)
                path = job.page.picture.path if problem.path else None
                named = replace(problem, what=job.page.origin, path=path)
                self._outcomes(Failed(job, named, is_answer=is_answer))
            case Unread():
                self._outcomes(Unread(job))
            case _:
                self._journal.sheet_lines.remove_page(key, self._recognizer.key)
                job.go(PageState.INTENT)
                job.go(PageState.RECOGNIZED)
                combined = with_lines(page.recognition, page.answers, page.recognizer)
                self._outcomes(Recognized(job, self._recognizer.key, combined))


def _size_of(path: Path) -> tuple[int, int]:
    """Return the size of a sheet's picture; (1, 1) if it is gone: then the sheet is polled only."""
    from PIL import Image

    try:
        with Image.open(path, formats=["JPEG"]) as image:
            return image.size
    except OSError:
        return (1, 1)
