"""The contract with plugins: each hook is one stage of a pipeline.

A component is a dataclass (``@dataclass(eq=False)``). Its fields are its options; its methods marked with
`hookimpl` implement hooks. All hooks are synchronous, and no hook waits: the engine does the waiting. An
implementation may leave out parameters that it does not need.

A component that holds a resource is a context manager. The run enters it before the first page and leaves
it when the run ends, whatever happened. A recognizer with the hook `read` is entered once in each worker
instead, and not in the process of the run.

Besides hooks, a component can declare facts about itself as class attributes:

=========================  =========  ==================================================================
attribute                  kinds      meaning
=========================  =========  ==================================================================
``fetches = True``         source     Finding documents costs time or has effects (downloads, cameras), so
                                      ``penstock check`` does not walk this source. Default False. The
                                      instance may set it, where it depends on the options.
``is_live = True``         source     Each run finds other documents (a camera), so documents that a run
                                      does not see are not missing. Default False.
``is_stateless = True``    sink       The sink keeps nothing from one document to the next, so worker
                                      processes may write several documents at once, with
                                      ``[engine] sinks = "processes"`` or ``"cluster"``. Default False.
``output_option = "path"`` sink       The option that holds the output file's name template; None if there
                                      is no such option. Default "path".
``spans_runs = True``      observer   In a watch, one instance serves all runs of a pipeline: it is entered
                                      before the first and left after the last. Default False.
``version = "2"``          all kinds  Change it when the component's results change: pages are then
                                      prepared, recognized, judged, amended or written again. A rule
                                      may set it on the instance, where it depends on a file.
``penstock_api_version``   all kinds  The `API_VERSION` that the plugin was written for. penstock refuses a
                                      newer one than its own. Default: the current one.
=========================  =========  ==================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

from penstock.model import (
    Document,
    EventContext,
    FilePage,
    Limits,
    Operation,
    Page,
    Pending,
    Problem,
    Recognition,
    RecognizedDocument,
    Resources,
    StageTiming,
)
from penstock.model.events import DocumentState

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.outputs import Outputs
    from penstock.report import RunReport
    from penstock.spool import Spool
    from penstock.storage import Place

PROJECT = "penstock"

API_VERSION = 1
"""Version of this contract. It is raised when a plugin that follows the old one would break."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class SourceHooks:
    """Hooks of a source."""

    @hookspec(firstresult=True)
    def find_documents(
        self, spool: Spool, show_status: Callable[[str], None]
    ) -> Iterable[Document | Problem]:
        """Find the documents to read.

        Called once per run on the intake thread, where it may block. Yield documents lazily: the engine
        takes the next one when it has room. Yield a `Problem` for a document that cannot be read, and put
        a `Problem` in place of a page that cannot be read; neither ends the walk. An exception ends this
        source, is reported, and leaves the other sources running.

        Parameters
        ----------
        spool
            Stores pictures that have no file of their own, such as downloads.
        show_status
            Shows a short text to people while the source waits for them ("hold still"). An empty text
            removes it.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def request_stop(self) -> bool:
        """Stop producing documents; called on the first Ctrl-C.

        Called on the main thread while another thread walks `find_documents`. Return at once. Return True
        if the source will now finish by itself: the run then processes the documents it has. Return False
        to have the run interrupted, as happens without this hook and on the second Ctrl-C.
        """
        raise NotImplementedError


class TransformHooks:
    """Hooks of a transform."""

    @hookspec(firstresult=True)
    def prepare(self, page: Page, spool: Spool) -> Page:
        """Return the page as the recognizer should see it, or the same page.

        Called for every page on the intake thread, in the pipeline's order. A changed page has a new
        picture stored in ``spool``, its width and height, and ``to_page``: the homography from its pixels
        to the original page's pixels, composed with the one of the page it was given. An exception fails
        this page only.
        """
        raise NotImplementedError


class RecognizerHooks:
    """Hooks of a recognizer. It has `read` if it computes, and `submit` if it asks a service.

    A recognizer whose `submit` returns operations needs `poll`, too. Services have `limits`, and computation
    has `resources`.
    """

    @hookspec(firstresult=True)
    def read(self, page: Page) -> Recognition | None:
        """Recognize one page, and return the result when it is there.

        Called in a worker process, for one page after the other. The component is made there from its
        options, and entered once if it is a context manager: load models in ``__enter__``. The engine decides
        how many workers there are, and where they run.

        Return a `Recognition` in pixels of the given picture, or None to leave the page to the next
        recognizer. Raise `NotAnswered` to do so with a reason, `PageRefused` for a page that can never be
        read, or `StopRun` if no page can be read. A page whose worker dies, or does not return within
        ``call_deadline`` of ``[engine]``, is read once more.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def resources(self) -> Resources:
        """Return what a worker that calls `read` needs. Called once, before the first page.

        Without this hook, the defaults of `Resources` apply: a process for each core.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def note(self) -> str:
        """Return what people should know about the recognizer in every run; empty for nothing.

        For example that an optional model is missing. Called once, before the first page; the report says it
        once, and so does `penstock check`.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def limits(self) -> Limits:
        """Return the rates, deadlines and price of the service. Called once, before the first page.

        A recognizer that uses a service must have this hook. Without it, the defaults of `Limits` apply, and
        only a recognizer with `poll`, or with a price in the pipeline, counts as a service: submits to it are
        stored before they are made, and are reported as billed or in doubt. One with `read` is no service.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def submit(self, page: Page, original: Page, document: Document) -> Operation | Recognition | None:
        """Send one page, and return without waiting for the result.

        Called on one of the engine's call threads, several at a time. Return an `Operation` to be polled,
        a `Recognition` if the result is already there (in pixels of the given picture; the engine maps it
        to the original page), or None to leave the page to the next recognizer. Raise `NotAnswered` to do so
        with a reason, or `TryAgain`, `Unreachable`, `InDoubt`, `PageRefused` or `StopRun`; `penstock.errors`
        explains them. `StopRun` with the code `UNAUTHORIZED` has a key read again that is in a file.

        Parameters
        ----------
        page
            The page as the transforms left it.
        original
            The page as the source found it.
        document
            The document that the page was found in. Do not iterate its pages: they belong to the engine.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        """Ask once for the result of an operation, and return without waiting.

        Called on one of the engine's call threads. Durable operations are also polled after a restart. A
        returned `Operation` replaces the polled one. Raise `TryAgain` or `Unreachable` (poll again),
        `OperationLost` (submit once more), `PageRefused`, `StopRun`, or a plain `RecognizerError` (the page
        fails, and the next run polls the operation again).
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def cache_key(self) -> Mapping[str, Any]:
        """Return everything that changes the result: options, versions, a model's name.

        Values must be JSON-able and must not contain secrets. A page that has a result is not sent again
        while this mapping stays the same. A plugin file is identified by its name and class only, so name
        the service or model in the mapping. Without this hook, all options except secrets count, and so do
        the plugin's code (for a plugin file) or version (for a package). Called once, before the first page.
        """
        raise NotImplementedError

    @hookspec(firstresult=True)
    def page_file(self, page: Page, document: Document) -> Path | FilePage | None:
        """Return the file that the result of a page depends on besides its picture; None if there is none.

        Called on the intake thread for every page as the source found it. A page is recognized again when the
        file's content changes, and no output replaces the file. Return a `FilePage` if the page's place in a
        document decides which page of the file is taken: the page is also recognized again when it moves.
        Raise `NotAnswered` if `submit` would leave the page to the next recognizer: `penstock check` then
        reports pages that no recognizer takes. Do not iterate the document's pages. Without this hook, a
        result depends on the picture and `cache_key` only.
        """
        raise NotImplementedError


class RuleHooks:
    """Hooks of a rule, which a recognizer names in ``accept``."""

    @hookspec(firstresult=True)
    def accepts(self, page: Page, recognition: Recognition) -> bool:
        """Return whether a page keeps a recognition; False sends it on to the next recognizer.

        Called once for each result of the recognizer that names the rule, for the page as its source found
        it and for the recognizer's own result, in pixels of that page and not amended. The answer is stored.
        It is asked again when the rule's options, its ``version`` or the code of its file change.

        Calls never overlap, but may come from two threads. Return at once: the run waits. A rule that raises
        is reported, and its page keeps the recognition, so that a fault sends nothing to a service.
        """
        raise NotImplementedError


class AmenderHooks:
    """Hooks of an amender."""

    @hookspec(firstresult=True)
    def amend(self, page: Page, recognition: Recognition) -> Recognition:
        """Return the recognition to use instead: corrected, redacted, with other confidences, or the same.

        Called once for each new result on one of the engine's call threads, in the pipeline's order. The
        recognition is in pixels of the original page. Text that was corrected by hand is not amended.

        The recognizer's own result is stored first, so that changing an amender never sends a page again:
        the stored result is amended again. An exception fails this page; its result stays stored.
        """
        raise NotImplementedError


class SinkHooks:
    """Hooks of a sink."""

    @hookspec
    def write(self, document: RecognizedDocument, outputs: Outputs) -> None:
        """Write a document whose pages are all recognized.

        Called on the sink's own thread, one document at a time. Write files only through ``outputs``: it
        makes names safe and leaves whole files or none. Pages are loaded while they are iterated. An
        exception fails this document at this sink only. A sink that declares ``is_stateless`` may be called
        in worker processes; a file then gets its name when the call has ended.
        """
        raise NotImplementedError


class ObserverHooks:
    """Events of a run, for observers.

    Each observer is called on its own thread, and receives the events in order. The run does not wait for
    observers: one that is behind by thousands of events misses some, never ``run_finished``, and the report
    says so. An observer that raises is reported once and gets no more events.

    Every event has a ``context`` with its time, the run's id and, where they apply, the keys of the page and
    the document, the recognizer and the attempt.

    Components of other kinds may implement these hooks too, for example a source that wants to know when
    its document is written. An observer may also wrap a stage (``@hookimpl(wrapper=True)``) to measure it
    or to refuse it by raising before its ``yield``. It must not change the result: use an amender for that.
    `read` cannot be wrapped, because it runs in other processes.
    """

    @hookspec
    def run_started(self, pipeline: str, context: EventContext) -> None:
        """A run of the named pipeline began."""

    @hookspec
    def source_status(self, source: str, text: str, context: EventContext) -> None:
        """A source shows a text to people; an empty text removes it."""

    @hookspec
    def document_found(self, document: Document, context: EventContext) -> None:
        """A source found a document. Do not iterate its pages: they belong to the engine."""

    @hookspec
    def page_found(self, document: Document, page: Page, context: EventContext) -> None:
        """A source found a page."""

    @hookspec
    def stage_ended(
        self, document: Document, page: Page | None, timing: StageTiming, context: EventContext
    ) -> None:
        """A component has ended its work on a page or a document, with or without success.

        ``timing`` has the hook that was called, and when. ``page`` is None for ``write``, and for the submits
        and polls of a sheet with lines of several pages; those have no ``context.page_key``.
        """

    @hookspec
    def workers_changed(self, slots: int, context: EventContext) -> None:
        """The workers of a recognizer can now read so many pages at once.

        For each recognizer with `read` once at the start of the run, and whenever workers of a cluster come
        or go.
        """

    @hookspec
    def page_known(self, document: Document, page: Page, context: EventContext) -> None:
        """The page already has a result, from an earlier run or from this one. Nothing is sent."""

    @hookspec
    def page_submitted(self, document: Document, page: Page, context: EventContext) -> None:
        """A recognizer accepted the page and returned an operation, or a worker is given the page."""

    @hookspec
    def page_polled(self, document: Document, page: Page, context: EventContext) -> None:
        """A remote recognizer was asked for the page's result and did not have it yet."""

    @hookspec
    def page_retried(
        self, document: Document, page: Page, problem: Problem, wait: float, context: EventContext
    ) -> None:
        """A submit or poll failed and will be repeated after ``wait`` seconds."""

    @hookspec
    def recognizer_throttled(self, wait: float, context: EventContext) -> None:
        """A service asked for a pause: no call is made for ``wait`` seconds."""

    @hookspec
    def recognizer_down(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        """A service is down, or still is: the next call is made after ``wait`` seconds.

        Repeated after each call that fails meanwhile. ``since`` is the time of the first failed call, as in
        ``context.time``.
        """

    @hookspec
    def recognizer_up(self, seconds: float, context: EventContext) -> None:
        """A service that was down for so many seconds answers again."""

    @hookspec
    def budget_warning(self, budget: str, spent: float, limit: float, context: EventContext) -> None:
        """At least 80% of a budget is spent. Once for each budget in a run.

        ``budget`` is the name of the option: ``budget``, ``budget_per_day`` or ``budget_per_month``.
        """

    @hookspec
    def recognizer_stopped(self, problem: Problem, context: EventContext) -> None:
        """A recognizer gets no more pages in this run, which goes on with those before it.

        Its budget is spent, or its service is down, refuses the key, or has used up a quota. A run in which
        no page can do without the recognizer ends instead.
        """

    @hookspec
    def disk_full(self, problem: Problem, since: float, wait: float, context: EventContext) -> None:
        """A disk is full, or still is: the run waits, and tries to write again after ``wait`` seconds.

        Repeated after each try that fails. ``since`` is the time of the first one, as in ``context.time``.
        """

    @hookspec
    def disk_freed(self, seconds: float, context: EventContext) -> None:
        """There is room again on a disk that was full for so many seconds."""

    @hookspec
    def page_recognized(
        self, document: Document, page: Page, recognition: Recognition, context: EventContext
    ) -> None:
        """The page has a result, amended and in pixels of the original page."""

    @hookspec
    def page_provisional(
        self, document: Document, page: Page, recognition: Recognition, context: EventContext
    ) -> None:
        """A rule did not accept the page's recognition. It is stored, and the page goes on.

        ``page_recognized`` follows, with a later recognizer's result, or with this one if there is no better.
        """

    @hookspec
    def page_failed(self, document: Document, problem: Problem, context: EventContext) -> None:
        """A page of the document could not be found or recognized."""

    @hookspec
    def document_written(self, document: Document, outputs: tuple[Place, ...], context: EventContext) -> None:
        """All sinks have written the document: ``outputs`` are the first thousand files of this run.

        Each is a path, or an `Address` of object storage.
        Sources receive this event in every run, even if all outputs were up to date and none was written.
        """

    @hookspec
    def document_failed(self, problem: Problem, context: EventContext) -> None:
        """A document could not be found, recognized, or written by a sink."""

    @hookspec
    def document_ended(self, document: Document, state: DocumentState, context: EventContext) -> None:
        """The run is done with a document: the last event about it. A run that is stopped leaves some out.

        ``state`` is ``written``; ``unchanged`` if all outputs were up to date; ``failed`` if nothing was
        written, or a sink failed; or ``unread`` if pages have no result because the run or a recognizer was
        stopped.
        """

    @hookspec
    def run_finished(self, report: RunReport, context: EventContext) -> None:
        """The run ended."""


KIND_HOOKS: dict[str, tuple[type, tuple[str, ...]]] = {
    "source": (SourceHooks, ("find_documents",)),
    "transform": (TransformHooks, ("prepare",)),
    "recognizer": (RecognizerHooks, ("submit", "read")),
    "rule": (RuleHooks, ("accepts",)),
    "amender": (AmenderHooks, ("amend",)),
    "sink": (SinkHooks, ("write",)),
    "observer": (ObserverHooks, ()),
}
"""The hooks of each kind of component, and the names of those of which it must implement one."""
