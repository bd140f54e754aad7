"""What becomes of a page: known already, on its way with a twin, read, refused, failed or left unread."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

from penstock.engine.announcer import Announcer
from penstock.engine.bookkeeping import Books
from penstock.engine.journal import Journal
from penstock.engine.journal.answers import CORRECTION, Known, Refused, digest_of
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.engine.messages import OpenDocument, PageJob, PageLost
from penstock.engine.schedule import Schedule
from penstock.engine.shelf import Shelf
from penstock.json_form import page_to_json
from penstock.model import Page, Problem, Recognition, RecognizedPage

FROM_THE_SOURCE = RecognizerKey(b"source")
"""The reading of a page that nobody had to read: its source knew what stands on it."""


class PageFlow:
    """The pages of a run, from their finding to their end; what the schedule tells of them comes here.

    Parameters
    ----------
    keep_raw
        Whether services' own answers are kept.
    asks_again
        What is said of a page that was refused in an earlier run: how it would be sent once more, where
        that can help.
    left
        Called for every page that is neither out nor waiting any more.
    settle
        Called for a document one of whose pages came to its end.
    stop
        Called when no page will be read any more.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        shelf: Shelf,
        books: Books,
        announcer: Announcer,
        keep_raw: bool,
        asks_again: str,
        left: Callable[[], None],
        settle: Callable[[OpenDocument], None],
        stop: Callable[[Problem], None],
    ) -> None:
        self._journal, self._shelf, self._books, self._announcer = journal, shelf, books, announcer
        self._keep_raw, self._asks_again = keep_raw, asks_again
        self._left, self._settle = left, settle
        self.stop = stop
        self._twins: dict[ContentKey, list[PageJob]] = {}
        self._failed: dict[ContentKey, Problem] = {}

    def found(self, job: PageJob, schedule: Schedule, *, stopping: bool) -> None:
        """Take a page in: to be sent, or as what is known of it."""
        opened, page = job.document, job.page
        opened.pages += 1
        opened.outstanding += 1
        self._skip_to(opened, page.number)
        self._books.pages_found += 1
        self._announcer.tell("page_found", document=opened.document, page=page)
        past = self._journal.answers.find(
            job.content, CORRECTION if page.existing_recognition else job.reading
        )
        if job.failed is not None:
            self._fail(job, replace(job.failed, what=page.origin, path=page.picture.path))
        elif isinstance(past, Known):
            self._known_before(job, past, schedule, stopping=stopping)
        elif page.existing_recognition is not None:
            self._given(job, page.existing_recognition)
        elif isinstance(past, Refused):
            again = "" if "penstock retry" in past.hint else self._asks_again
            hint = "; ".join(filter(None, [past.hint, again]))
            self._fail(job, Problem(page.origin, past.why, hint, page.picture.path))
        elif past is None:
            self._not_read(job)
        elif stopping:
            self._journal.documents.note_found(opened.number, page, job.content)
            self.unread(job)
        else:
            job.recognizer = past.recognizer
            self._send(job, schedule)

    def _given(self, job: PageJob, known: Recognition) -> None:
        """A page of which its source knows what stands on it: noted once, as long as it says the same."""
        past = self._journal.answers.peek(job.content, FROM_THE_SOURCE)
        if isinstance(past, Known) and past.digest == digest_of(known):
            self._known(job, past)
        else:
            self._read(job, FROM_THE_SOURCE, known)

    def _skip_to(self, opened: OpenDocument, number: int) -> None:
        if number > opened.last + 1:
            self._journal.documents.remove_pages(opened.number, opened.last + 1, number - 1)
        opened.last = max(opened.last, number)

    def _not_read(self, job: PageJob) -> None:
        """A page that only a recognizer could help, where none is at hand; the journal knows it as it is."""
        job.document.withheld = True
        why, hint = "is not read yet", "`penstock run` reads it, `penstock retry` if it had failed"
        self._note_failure(job.document, Problem(job.page.origin, why, hint, job.page.picture.path))
        self._ended(job)

    def _send(self, job: PageJob, schedule: Schedule) -> None:
        """Send a page, unless its twin is on its way: then what comes of that is this one's, too."""
        if problem := self._failed.get(job.content):
            self.failed(job, problem)
            return
        self._journal.documents.note_found(job.document.number, job.page, job.content)
        if job.content in self._twins:
            self._twins[job.content].append(job)
            return
        self._twins[job.content] = []
        submission = self._journal.submissions.find(job.content, schedule.reading(job.recognizer))
        if submission is None:
            schedule.add(job)
        else:
            schedule.resume(job, submission)

    def _known_before(self, job: PageJob, known: Known, schedule: Schedule, *, stopping: bool) -> None:
        """A page that is read already. What a fresh run that was cut short has out of it was paid for."""
        if known.recognizer_key == CORRECTION:
            self._journal.submissions.delete_all(job.content)
        elif not stopping and schedule.to_ask_for(job, known.recognizer_key):
            job.known = known
            self._send(job, schedule)
            return
        self._known(job, known)

    def _known_after_all(self, job: PageJob, known: Known) -> None:
        """Nothing came of asking again for a page that is read already."""
        for each in [job, *self._twins.pop(job.content, ())]:
            self._known(each, known)

    def _known(self, job: PageJob, known: Known) -> None:
        self._books.pages_known += 1
        self._count(job, known.recognizer_key, known.digest)
        self._announcer.tell("page_known", document=job.document.document, page=job.page)
        self._ended(job)

    def submitted(self, job: PageJob) -> None:
        """A recognizer took the page."""
        self._announcer.tell("page_submitted", document=job.document.document, page=job.page)

    def declined(self, job: PageJob, reading: RecognizerKey) -> None:
        """A recognizer left the page to the next one."""
        self._journal.answers.note_declined(job.content, reading)

    def refused(self, job: PageJob, reading: RecognizerKey, problem: Problem) -> None:
        """A recognizer will never read the page; `failed` follows."""
        if job.known is None:
            self._journal.answers.note_refused(job.content, reading, problem)

    def read_late(self, job: PageJob, reading: RecognizerKey, recognition: Recognition) -> None:
        """The page was given up, and is read after all: the next run finds it."""
        self._journal.answers.note_recognition(job.content, reading, self._without_raw(recognition))

    def _without_raw(self, recognition: Recognition) -> Recognition:
        """What is kept of a reading: the service's own answer only if somebody asked for it."""
        return recognition if self._keep_raw else replace(recognition, raw=None)

    def read(self, job: PageJob, reading: RecognizerKey, recognition: Recognition) -> None:
        """The page is read, and its twins with it."""
        digest = self._read(job, reading, recognition)
        for twin in self._twins.pop(job.content, ()):
            self._known(twin, Known(reading, digest))

    def _read(self, job: PageJob, reading: RecognizerKey, recognition: Recognition) -> bytes:
        recognition = self._without_raw(recognition)
        digest = self._journal.answers.note_recognition(job.content, reading, recognition)
        self._books.pages_read += 1
        self._count(job, reading, digest)
        self._shelf.put(job.document.number, RecognizedPage(job.page, recognition))
        self._announcer.tell(
            "page_recognized", document=job.document.document, page=job.page, recognition=recognition
        )
        self._ended(job)
        return digest

    def _count(self, job: PageJob, reading: RecognizerKey, digest: bytes) -> None:
        opened = job.document
        self._journal.documents.note_recognized(opened.number, job.page, job.content, reading)
        opened.read += 1
        opened.fingerprint = (opened.fingerprint + _fingerprint(job.page, job.content, digest)) % 2**128

    def failed(self, job: PageJob, problem: Problem) -> None:
        """The page is given up, and its twins with it, those to come too: they are the same picture."""
        if job.known:
            self._known_after_all(job, job.known)
            return
        self._failed[job.content] = problem
        for each in [job, *self._twins.pop(job.content, ())]:
            self._books.failed_pages += 1
            path = each.page.picture.path if problem.path else None
            self._fail(each, replace(problem, what=each.page.origin, path=path))

    def spoilt(self, job: PageJob, problem: Problem) -> PageJob | None:
        """The page's own file cannot be sent; its twins may have better ones, and the first is given."""
        twin, *others = self._twins.pop(job.content, ()) or (None,)
        if twin is not None:
            self._twins[job.content] = others
        self._books.failed_pages += 1
        self._fail(job, problem)
        return twin

    def _fail(self, job: PageJob, problem: Problem) -> None:
        opened, page = job.document, job.page
        self._journal.documents.note_failed(opened.number, page.number, problem, page, job.content)
        self._note_failure(opened, problem)
        self._ended(job)

    def lost(self, message: PageLost) -> None:
        """A page that its source could not give, or that could not be prepared."""
        opened, problem = message.document, message.problem
        opened.pages += 1
        self._skip_to(opened, message.number)
        self._books.pages_found += 1
        self._books.failed_pages += not message.before
        said = problem
        if message.page is None and problem.what != opened.document.origin:
            # Which of the document's files it was: there is no page to say it.
            said = replace(problem, why=f"{problem.what}: {problem.why}")
        self._journal.documents.note_failed(
            opened.number, message.number, said, message.page, message.content
        )
        self._note_failure(opened, problem)

    def _note_failure(self, opened: OpenDocument, problem: Problem) -> None:
        opened.failed += 1
        self._books.failures.add(problem)
        self._announcer.tell("page_failed", document=opened.document, problem=problem)

    def unread(self, job: PageJob) -> None:
        """The run ends with the page unread, and so are its twins."""
        if job.known:
            self._known_after_all(job, job.known)
            return
        for each in [job, *self._twins.pop(job.content, ())]:
            each.document.unread += 1
            self._ended(each)

    def _ended(self, job: PageJob) -> None:
        job.document.outstanding -= 1
        self._left()
        self._settle(job.document)


def _fingerprint(page: Page, content: ContentKey, digest: bytes) -> int:
    """Of a read page: everything that its outputs are made of, so that a change of it is seen."""
    form = page_to_json(page)
    # What the page is called, and where and since when its file lies, changes nothing that is written.
    for name in ("origin", "path", "size", "modified_ns", "url"):
        del form[name]
    said = json.dumps(form).encode() + content + digest
    return int.from_bytes(hashlib.blake2b(said, digest_size=16).digest())


__all__ = ["PageFlow"]
