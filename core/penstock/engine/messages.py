"""What the other threads tell the main thread, through its inbox."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from penstock.engine.jobs import Call, OpenDocument, PageJob
from penstock.engine.keys import ContentKey
from penstock.model import Operation, Page, Pending, Problem, Recognition


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
