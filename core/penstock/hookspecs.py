"""The contract with plugins: hooks are the stages of a pipeline.

A component is a dataclass (``@dataclass(eq=False)``) whose fields are its options, and whose methods
marked with `hookimpl` are what it does. All hooks are synchronous, and none of them waits: waiting is the
engine's business. A component that holds something open is a context manager; the run enters it before
the first page and leaves it whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from penstock.model import (
    Document,
    Limits,
    Operation,
    Page,
    Pending,
    Problem,
    ReadDocument,
    Recognition,
)

if TYPE_CHECKING:
    from penstock.outputs import Outputs
    from penstock.report import RunReport
    from penstock.spool import Spool

PROJECT = "penstock"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class SourceHooks:
    """What a source does."""

    @hookspec(firstresult=True)
    def find_documents(self, spool: Spool, say: Callable[[str], None]) -> Iterable[Document | Problem]:
        """Find the documents to read, lazily: as fast as the run can take their pages in.

        Pictures that have no file of their own (a download, a camera's) are kept in ``spool``. A source
        that waits for people tells them through ``say``, in a few words, what for ("hold still"), and
        with an empty text that it waits no more. A source leaves out the arguments that it does not need.

        Called once a run, on the intake's thread, where it may block (a download, a camera). An item
        that cannot be had, or a page within a document, is a `Problem` in its place and ends nothing.
        What it raises ends this source, is reported, and leaves the others running.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def end_sitting(self) -> bool:
        """Ctrl-C: end what has no end of its own, a camera's sitting; come back at once.

        Called on the main thread, while another one walks `find_documents`. True if that is all that is
        needed: the source is being walked, gives what it has, and ends soon; the run then goes on, and
        ends in good order. False, or no such hook: the run is interrupted, as it is by the next Ctrl-C
        whatever this one's answer was.
        """
        raise NotImplementedError


class TransformHooks:
    """What a transform does."""

    @hookspec(firstresult=True)
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Return the page as the recognizer is to see it, or the page itself.

        Called for every page, in the pipeline's order, on the intake's thread. A new page carries a new
        picture, kept in ``spool``, its size, and ``to_frame``: the map from its places to the page's own
        frame, made of the map of the page that it was given. What it raises fails this page.
        """
        raise NotImplementedError


class RecognizerHooks:
    """What a recognizer does."""

    @hookspec(firstresult=True)
    def limits(self) -> Limits:
        """Say what the service can bear; asked once, before the first page."""
        raise NotImplementedError

    @hookspec(firstresult=True)
    def submit(self, page: Page) -> Operation | Recognition | None:
        """Take one page, and come back at once.

        Called on any of the engine's threads, several at a time. Return an `Operation` to be polled, a
        `Recognition` if it is already read (in the pixels of the picture that was given; the engine maps
        it to the page's own frame), or None to leave the page to the next recognizer. Raise `TryAgain`,
        `InDoubt`, `PageRefused` or `StopRun` (`penstock.errors` says which is which).
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask for an operation's result, and come back at once.

        Called on any of the engine's threads, on the recognizer that made the operation, also after a
        restart if the operation is durable. A new `Operation` goes on in the place of the old one. Raise
        `TryAgain` (polled again), `OperationLost` (submitted once more), `PageRefused` or `StopRun`.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def reading(self) -> Mapping[str, Any]:
        """Say what changes what is read: options, versions, a model's name; JSON-able, never a secret.

        A page that was read is not sent again while this stays as it is. May be left out: then all
        options count, except secrets, and the version of the distribution. Asked once, before the first
        page.
        """
        raise NotImplementedError


class SinkHooks:
    """What a sink does."""

    @hookspec
    def write(self, document: ReadDocument, outputs: Outputs) -> None:
        """Write a document whose pages were all read.

        Called on the sink's own thread, one document at a time. Files are opened through ``outputs``
        alone, which makes names safe and leaves whole files or none. Pages are loaded as they are
        walked. What it raises fails this document at this sink, and nothing else.
        """
        raise NotImplementedError


class ObserverHooks:
    """What an observer may watch. Each is called on one thread, its own, and in order.

    The run waits for no observer. One that comes behind by hundreds of events misses some, never
    ``run_finished``, and the report says so.

    Components of other kinds may implement these hooks besides their own: a source that wants to know when
    its document is written, say.

    An observer that raises is reported once and left out from then on. It may also wrap a stage
    (``@hookimpl(wrapper=True)``) to time it, to refuse by raising, or to amend what comes back.
    """

    @hookspec
    def run_started(self, pipeline: str) -> None:
        """A run of the named pipeline begins."""

    @hookspec
    def document_found(self, document: Document) -> None:
        """A source gave a document. Its pages belong to the engine: do not walk them."""

    @hookspec
    def page_found(self, document: Document, page: Page) -> None:
        """A page was taken in and waits to be submitted."""

    @hookspec
    def page_known(self, document: Document, page: Page) -> None:
        """The page was read before, by an earlier run or by this one: nothing is sent."""

    @hookspec
    def page_submitted(self, document: Document, page: Page) -> None:
        """A recognizer took the page."""

    @hookspec
    def source_says(self, source: str, text: str) -> None:
        """A source tells people what it waits for; an empty text: for nothing any more."""

    @hookspec
    def page_recognized(self, document: Document, page: Page, recognition: Recognition) -> None:
        """The page was read; the recognition stands in the page's own frame."""

    @hookspec
    def page_failed(self, document: Document, problem: Problem) -> None:
        """A page of the document could not be had or read."""

    @hookspec
    def document_written(self, document: Document) -> None:
        """Every sink has written the document.

        Sources hear it in every run, also of documents whose outputs were all there already.
        """

    @hookspec
    def document_failed(self, problem: Problem) -> None:
        """A document could not be found, read, or written by some sink."""

    @hookspec
    def run_finished(self, report: RunReport) -> None:
        """The run is over."""


KIND_HOOKS: dict[str, tuple[type, tuple[str, ...]]] = {
    "source": (SourceHooks, ("find_documents",)),
    "transform": (TransformHooks, ("prepare",)),
    "recognizer": (RecognizerHooks, ("submit", "poll", "limits")),
    "sink": (SinkHooks, ("write",)),
    "observer": (ObserverHooks, ()),
}
"""For every kind of component: its hooks, and those that it cannot do without."""
