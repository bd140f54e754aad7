"""The documents and pages of a run, the calls made for them, and the messages about them.

::

    FOUND ──▶ INTENT ──▶ SUBMITTED ──▶ RECOGNIZED ◀──▶ AMENDING
      ▲         │            │
      └─────────┴────────────┘          (every state ──▶ FAILED)
      not sent, in doubt, lost

Only the main thread changes a job. A call thread reads the job of its call, which does not change while
the call runs. Other threads tell the main thread what happened by messages in its inbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from penstock.engine.journal.answers import Known
from penstock.engine.keys import NO_KEY, ContentKey, RecognizerKey
from penstock.engine.threads import Deadline
from penstock.model import Document, Operation, Page, Pending, Problem, Recognition

CallKind = Literal["submit", "poll", "amend"]


class PageState(Enum):
    """Where a page is between its source and its result."""

    FOUND = "found"
    """Not sent, or known not to have arrived."""
    INTENT = "intent"
    """About to be sent, or sent without an answer yet."""
    SUBMITTED = "submitted"
    """A recognizer accepted the page and returned an operation."""
    RECOGNIZED = "recognized"
    """The page has a result."""
    AMENDING = "amending"
    """The page has a result, which the amenders are changing."""
    FAILED = "failed"
    """Given up, with a problem."""


_NEXT = {
    PageState.FOUND: {PageState.INTENT, PageState.AMENDING, PageState.FAILED},
    PageState.INTENT: {PageState.FOUND, PageState.SUBMITTED, PageState.RECOGNIZED, PageState.FAILED},
    PageState.SUBMITTED: {PageState.FOUND, PageState.RECOGNIZED, PageState.FAILED},
    PageState.RECOGNIZED: {PageState.AMENDING, PageState.FAILED},
    PageState.AMENDING: {PageState.RECOGNIZED, PageState.FAILED},
    # Polling an old operation failed, and the stored result is amended instead.
    PageState.FAILED: {PageState.AMENDING},
}


@dataclass(eq=False, slots=True)
class OpenDocument:
    """A document whose pages or outputs are not finished.

    Parameters
    ----------
    index
        Counted from 1 in the order of finding.
    document
        As the source yielded it.
    number
        The document's number in the journal.
    from_journal
        Whether the document was loaded from the journal instead of a source.
    outstanding
        Pages that are neither recognized nor failed.
    recognized, failed
        Pages by outcome.
    pages
        All pages, including those that could not be found.
    complete
        Whether the source has yielded all pages.
    unread
        Pages without a result because the run stopped.
    withheld
        Whether the document must not be written, because pages have no result and this run makes none.
    sinks_left
        Sinks that have not finished the document; set when it is delivered.
    fingerprint
        Sum of the digests of the recognized pages, so that their order does not matter.
    last
        The highest page number.
    """

    index: int
    document: Document
    number: int = 0
    from_journal: bool = False
    outstanding: int = 0
    recognized: int = 0
    pages: int = 0
    complete: bool = False
    failed: int = 0
    unread: int = 0
    withheld: bool = False
    sinks_left: int = 0
    failed_sinks: int = 0
    fingerprint: int = 0
    last: int = 0


@dataclass(eq=False, slots=True)
class PageJob:
    """A page on its way to a result.

    Parameters
    ----------
    page
        As sinks get it.
    prepared
        As the transforms left it, for the recognizer.
    content_key
        Digest of the picture and of the transforms.
    stored_key
        Key of the result to use, for runs without recognizers; None to look for the pipeline's own.
    earlier_problem
        Why an earlier run failed the page, in runs that do not try again.
    earlier_result
        The result we already have. Set when an earlier run left an operation open: we poll it, and use this
        result if polling fails. The page is not submitted again.
    unamended, recognition
        The recognizer's result that is being amended; the second is None if it must be loaded.
    recognizer, recognizer_name
        Index of the recognizer that has the page or is next; name of the one that has or had it.
    submits
        Submits that were made.
    failed_attempts
        Submits in a row that are known not to have arrived.
    doubts
        Submits in doubt, and operations that the service lost.
    polls, poll_failures
        Polls of the present operation, and the failed ones in a row.
    last_chance
        Whether the page is submitted once more if the next poll brings no result.
    first_sent, submitted
        Times on the run's clock.
    """

    document: OpenDocument
    page: Page
    prepared: Page
    content_key: ContentKey = NO_KEY
    stored_key: RecognizerKey | None = None
    earlier_problem: Problem | None = None
    earlier_result: Known | None = None
    unamended: Known | None = None
    recognition: Recognition | None = None
    state: PageState = PageState.FOUND
    recognizer: int = 0
    recognizer_name: str = ""
    operation: Operation | None = None
    submits: int = 0
    failed_attempts: int = 0
    doubts: int = 0
    polls: int = 0
    poll_failures: int = 0
    last_chance: bool = False
    first_sent: float | None = None
    submitted: float = 0.0

    @property
    def page_key(self) -> str:
        """The page's key in events."""
        return page_key(self.document.number, self.page.number)

    def go(self, state: PageState) -> None:
        """Change the state. Raises RuntimeError for a transition that the engine must never make."""
        if state not in _NEXT[self.state]:
            raise RuntimeError(f"a page cannot go from {self.state.value} to {state.value}")
        self.state = state


@dataclass(eq=False, slots=True)
class Call:
    """One call of a plugin for a page."""

    job: PageJob
    kind: CallKind
    started: float
    deadline: Deadline


@dataclass(frozen=True, slots=True)
class Recognized:
    """A recognizer returned the page's result, here in pixels of the page.

    ``late`` results come after the page was given up: they are stored for the next run.
    """

    job: PageJob
    recognizer_key: RecognizerKey
    recognition: Recognition
    late: bool = False


@dataclass(frozen=True, slots=True)
class Amended:
    """The amenders returned the page's final result."""

    job: PageJob
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class Failed:
    """The page was given up. ``try_twin`` if the same picture may be sent from another file."""

    job: PageJob
    problem: Problem
    try_twin: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """The run ends without a result for the page, which is not the page's fault."""

    job: PageJob


Outcome = Recognized | Amended | Failed | Unread


def page_key(document: int, page: int) -> str:
    """Return what identifies a page in events: the document's number in the journal and the page number."""
    return f"{document}/{page}"


@dataclass(frozen=True, slots=True)
class DocumentFound:
    """The intake has begun a document."""

    document: OpenDocument


@dataclass(frozen=True, slots=True)
class PageFound:
    """The intake has found and prepared a page."""

    job: PageJob


@dataclass(frozen=True, slots=True)
class PageLost:
    """A page could not be found or prepared.

    Parameters
    ----------
    number
        The page's number in the document.
    page, content_key
        The page and its key, if it was found and only its preparation failed.
    before
        Whether an earlier run lost the page, and this run has no way to try again.
    """

    document: OpenDocument
    number: int
    problem: Problem
    page: Page | None = None
    content_key: ContentKey | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class DocumentEnded:
    """The source has yielded the document's last page."""

    document: OpenDocument


@dataclass(frozen=True, slots=True)
class DocumentLost:
    """A document could not be found or must not be written."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class OutputSkipped:
    """A source found a file that penstock wrote; it is not an input."""

    path: Path


@dataclass(frozen=True, slots=True)
class IntakeEnded:
    """No more documents will come.

    Parameters
    ----------
    walked_all
        Whether the sources were walked to their ends, so that all inputs of the run are noted.
    met_all
        Whether nothing was lost on the way either, so that documents that were not found are missing.
    """

    walked_all: bool
    met_all: bool


@dataclass(frozen=True, slots=True)
class IntakeStopped:
    """An error of the intake ends the run, such as a full disk."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call of a recognizer or of the amenders returned or raised."""

    call: Call
    answer: Recognition | Operation | Pending | None
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class SinkEnded:
    """A sink has finished a document. ``stop`` if the error ends the run."""

    document: OpenDocument
    sink: int
    outputs: tuple[Path, ...]
    warnings: tuple[Problem, ...]
    error: Problem | None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that people should know and that fails nothing."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source shows a text to people."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """A person interrupted the run."""


Message = (
    DocumentFound
    | PageFound
    | PageLost
    | DocumentEnded
    | DocumentLost
    | OutputSkipped
    | IntakeEnded
    | IntakeStopped
    | CallEnded
    | SinkEnded
    | Warned
    | SourceStatus
    | StopAsked
)
