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
from typing import TYPE_CHECKING, Literal

from penstock.engine.budget import Charge
from penstock.engine.journal.outcomes import Known
from penstock.engine.keys import NO_KEY, ContentKey, RecognizerKey
from penstock.engine.threads import Deadline
from penstock.model import Document, Operation, Page, Pending, Problem, Recognition, StageTiming
from penstock.storage import Place

if TYPE_CHECKING:
    from penstock.engine.sheets import Sheet

CallKind = Literal["submit", "poll", "amend"]


class PageState(Enum):
    """Where a page is between its source and its result."""

    FOUND = "found"  # not sent, or known not to have arrived
    INTENT = "intent"  # about to be sent, or sent without an answer yet
    SUBMITTED = "submitted"  # a recognizer accepted the page and returned an operation
    RECOGNIZED = "recognized"  # the page has a result
    AMENDING = "amending"  # the page has a result, which the amenders are changing
    FAILED = "failed"  # given up, with a problem


_NEXT = {
    PageState.FOUND: {PageState.INTENT, PageState.AMENDING, PageState.FAILED},
    PageState.INTENT: {PageState.FOUND, PageState.SUBMITTED, PageState.RECOGNIZED, PageState.FAILED},
    PageState.SUBMITTED: {PageState.FOUND, PageState.RECOGNIZED, PageState.FAILED},
    # A result that the rules do not accept sends the page to the next recognizer.
    PageState.RECOGNIZED: {PageState.FOUND, PageState.AMENDING, PageState.FAILED},
    PageState.AMENDING: {PageState.RECOGNIZED, PageState.FAILED},
    # Polling an old operation failed, and the stored result is amended instead.
    PageState.FAILED: {PageState.AMENDING},
}


@dataclass(eq=False, slots=True)
class OpenDocument:
    """A document whose pages or outputs are not finished."""

    index: int  # counted from 1 in the order of finding
    document: Document  # as the source yielded it
    number: int = 0  # in the journal
    from_journal: bool = False  # loaded from the journal instead of a source
    outstanding: int = 0  # pages that are neither recognized nor failed
    recognized: int = 0
    pages: int = 0  # all pages, including those that could not be found
    complete: bool = False  # the source has yielded all pages
    failed: int = 0
    unread: int = 0  # pages without a result because the run stopped
    withheld: bool = False  # must not be written: pages have no result and this run makes none
    sinks_left: int = 0  # sinks that have not finished the document; set when it is delivered
    failed_sinks: int = 0
    outputs: tuple[Place, ...] = ()  # the first thousand files that were written in this run
    fingerprint: int = 0  # sum of the digests of the recognized pages: their order does not matter
    last: int = 0  # the highest page number

    @property
    def key(self) -> str:
        """The document's key in events."""
        return str(self.number)


@dataclass(eq=False, slots=True)
class Provisional:
    """A result that the recognizer's rules did not accept, while later recognizers are asked."""

    result: Known
    recognition: Recognition | None = None  # None if it must be loaded
    is_kept: bool = False  # whether there is no better one: the page has this result
    for_now: bool = False  # whether the next run asks for a better one
    is_accepted: bool = False  # whether rules did accept it: the page goes on to be compared


@dataclass(eq=False, slots=True)
class PageJob:
    """A page on its way to a result."""

    document: OpenDocument
    page: Page  # as sinks get it
    prepared: Page  # as the transforms left it, for the recognizer
    content_key: ContentKey = NO_KEY
    file_key: ContentKey = NO_KEY  # changes with the file; see `PageKeys`
    stored_key: RecognizerKey | None = None
    """Key of the result to use, for runs without recognizers; None to look for the pipeline's own."""
    earlier_problem: Problem | None = None
    """Why an earlier run failed the page, in runs that do not try again."""
    earlier_result: Known | None = None
    """The result we already have. Set when an earlier run left an operation open: we poll it, and use this
    result if polling fails. The page is not submitted again."""
    provisional: Provisional | None = None
    """The result that the page keeps if no later recognizer gives a better one."""
    unamended: Known | None = None  # the recognizer's result that is being amended
    recognition: Recognition | None = None  # the same; None if it must be loaded
    state: PageState = PageState.FOUND
    recognizer: int = 0  # index of the recognizer that has the page or is next
    recognizer_name: str = ""  # of the recognizer that has or had the page
    operation: Operation | None = None
    submits: int = 0
    failed_attempts: int = 0  # submits in a row that are known not to have arrived
    doubts: int = 0  # submits in doubt, and operations that the service lost
    polls: int = 0  # of the present operation
    poll_failures: int = 0  # in a row
    last_chance: bool = False  # the page is submitted once more if the next poll brings no result
    first_sent: float | None = None  # in the recognizer's `Outage.up_time`
    submitted: float = 0.0  # on the run's clock
    charge: Charge | None = None  # of the last submit
    sheet: Sheet | None = None  # the lines of other pages that the page consists of
    preparing: StageTiming | None = None  # None if no transform was called
    is_prepared: bool = True  # False if the page had a result, so that the transforms left it out

    @property
    def page_key(self) -> str:
        """The page's key in events."""
        return page_key(self.document.number, self.page.number)

    def go(self, state: PageState) -> None:
        """Change the state. Raises RuntimeError for a transition that the engine must never make."""
        if state not in _NEXT[self.state]:
            raise RuntimeError(f"a page cannot go from {self.state.value} to {state.value}")
        self.state = state


def page_key(document: int, page: int) -> str:
    """Return what identifies a page in events: the document's number in the journal and the page number."""
    return f"{document}/{page}"


@dataclass(eq=False, slots=True)
class Call:
    """One call of a plugin for a page."""

    job: PageJob
    kind: CallKind
    started: float
    deadline: Deadline
    secrets_read: int = 0
    """How often the recognizer's secrets had been read again when the call was chosen."""


# Outcomes: what became of a call's page


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
    """The page was given up.

    ``try_twin`` if the same picture may be sent from another file; ``is_answer`` if the recognizer refused or
    declined the page, so that the next run does not ask it again.
    """

    job: PageJob
    problem: Problem
    try_twin: bool = False
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """The run ends without a result for the page, which is not the page's fault."""

    job: PageJob


Outcome = Recognized | Amended | Failed | Unread

# Messages: what other threads tell the main thread


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
    """A page could not be found, or could not be prepared: then it is here with its key."""

    document: OpenDocument
    number: int  # of the page in the document
    problem: Problem
    page: Page | None = None
    content_key: ContentKey | None = None
    preparing: StageTiming | None = None  # as in `PageJob`
    before: bool = False  # an earlier run lost the page, and this run has no way to try again


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

    path: Place


@dataclass(frozen=True, slots=True)
class IntakeEnded:
    """No more documents will come."""

    walked_all: bool  # the sources were walked to their ends, so that all inputs of the run are noted
    met_all: bool  # nothing was lost on the way either: documents that were not found are missing


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
    timing: StageTiming | None = None  # None for a page that no worker had


@dataclass(frozen=True, slots=True)
class SinkEnded:
    """A sink has finished a document. ``stop`` if the error ends the run, ``no_space`` if a disk is full."""

    document: OpenDocument
    sink: int
    outputs: tuple[Place, ...]
    warnings: tuple[Problem, ...]
    error: Problem | None
    stop: bool = False
    no_space: bool = False
    timing: StageTiming | None = None


@dataclass(frozen=True, slots=True)
class DiskFull:
    """A thread that takes pages in waits for room on the disk of the state folder."""

    problem: Problem


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


_Found = DocumentFound | PageFound | PageLost | DocumentEnded | DocumentLost | OutputSkipped | SourceStatus
_Ended = IntakeEnded | IntakeStopped | CallEnded | SinkEnded
Message = _Found | _Ended | DiskFull | Warned | StopAsked
