"""What the engine's threads tell the one that schedules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.engine.journal.answers import Known
from penstock.engine.keys import ContentKey, RecognizerKey
from penstock.engine.pace import Call
from penstock.engine.states import PageState, checked_way
from penstock.model import Document, Operation, Page, Pending, Problem, Recognition

NO_KEY = ContentKey(b"")
"""The content key of a page whose file was not looked into yet."""


@dataclass(eq=False, slots=True)
class OpenDocument:
    """A document on its way: how many of its pages are still out, and what went wrong.

    Parameters
    ----------
    index
        Counted from 1 in the order of finding.
    document
        As the source gave it.
    number
        Its own in the journal.
    recalled
        Whether the journal gave it, whole, and no source.
    read
        Pages that were read.
    fingerprint
        Of what was read, whatever the order of reading: the sum of its pages' digests.
    last
        The highest number of a page.
    outstanding
        Pages taken in, and neither read nor failed.
    complete
        Whether its source has given all of its pages.
    failed
        Pages that could not be had or read.
    unread
        Pages that were left unread because the run stopped.
    withheld
        Whether it is not to be written: pages of it are not read yet, and nobody reads them now.
    sinks_left
        Sinks that have not finished with it; meaningful once it is delivered.
    """

    index: int
    document: Document
    number: int = 0
    recalled: bool = False
    outstanding: int = 0
    read: int = 0
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
    """A page on its way through submit and poll.

    Parameters
    ----------
    page
        In its own frame, as sinks will get it.
    prepared
        As the transforms left it, for the recognizer.
    content
        The digest of the picture as it is sent.
    reading
        Whose answer is to be taken for it, where no recognizer is at hand; None for the pipeline's.
    failed
        Why an earlier run could not read it, where this one does not try.
    known
        What is known of it, where it is asked for only because an earlier run had it out: it stands if
        nothing comes of that, and nothing is sent.
    recognizer
        Which one has it, by its place in the pipeline.
    attempts
        Submits that came to nothing, in a row.
    doubts
        Submits whose answer was lost, and operations that were.
    polls
        Of the present operation.
    last_chance
        Whether it is sent once more if its operation is not read when it is asked for.
    """

    document: OpenDocument
    page: Page
    prepared: Page
    content: ContentKey = NO_KEY
    reading: RecognizerKey | None = None
    failed: Problem | None = None
    known: Known | None = None
    state: PageState = PageState.FOUND
    recognizer: int = 0
    operation: Operation | None = None
    attempts: int = 0
    doubts: int = 0
    polls: int = 0
    poll_failures: int = 0
    last_chance: bool = False
    first_sent: float | None = None
    submitted: float = 0.0

    def go(self, state: PageState) -> None:
        """Change the state."""
        self.state = checked_way(self.state, state)


@dataclass(frozen=True, slots=True)
class DocumentFound:
    """The intake has begun with a document."""

    document: OpenDocument


@dataclass(frozen=True, slots=True)
class PageFound:
    """A page was taken in."""

    job: PageJob


@dataclass(frozen=True, slots=True)
class PageLost:
    """A page of a document could not be had: which number it would have had, and why.

    Parameters
    ----------
    page, content
        The page itself and the digest of its picture, where it was had and only not prepared.
    before
        Whether an earlier run lost it, and this one has no way to try.
    """

    document: OpenDocument
    number: int
    problem: Problem
    page: Page | None = None
    content: ContentKey | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class DocumentEnded:
    """A document's last page was taken in."""

    document: OpenDocument


@dataclass(frozen=True, slots=True)
class DocumentLost:
    """Something that was to be a document could not be had."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class OutputSkipped:
    """A file that penstock itself had written was met and passed over."""

    path: Path


@dataclass(frozen=True, slots=True)
class IntakeEnded:
    """No more documents will come.

    Parameters
    ----------
    met_all
        Whether everything was walked, and nothing was lost on the way: what was not met is gone.
    """

    met_all: bool


@dataclass(frozen=True, slots=True)
class IntakeStopped:
    """Nothing more can be taken in, and the run has to stop."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call of a recognizer came back."""

    ticket: int
    job: PageJob
    call: Call
    answer: Recognition | Operation | Pending | None
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class SinkEnded:
    """A sink is done with a document."""

    document: OpenDocument
    sink: int
    outputs: tuple[Path, ...]
    warnings: tuple[Problem, ...]
    error: Problem | None
    stop: bool = False


@dataclass(frozen=True, slots=True)
class ObserverLost:
    """An observer raised, and is left out from now on; or it hangs, or is too slow to hear everything."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that people should know and that fails nothing."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class SourceSaid:
    """A source told people what it waits for."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody wants the run to end."""


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
    | ObserverLost
    | Noted
    | SourceSaid
    | StopAsked
)
