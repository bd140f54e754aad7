"""Static types of components, for type checkers.

`penstock.read` and `penstock.run` accept these types, so a type checker finds a sink whose ``write`` has
the wrong signature. At run time the hooks decide (`penstock.hookspecs`); a plugin need not inherit from
anything here. The parameters of sources, transforms and observers are not checked, because any of them may be
left out: for type checkers, ``*args: Any, **kwargs: Any`` stands for any parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from penstock.model import Document, Operation, Page, Problem, Recognition, RecognizedDocument

if TYPE_CHECKING:
    from penstock.outputs import Outputs

Reference = str | tuple[str, Mapping[str, Any]] | Mapping[str, Any]
"""A plugin by name: ``"pdf"``, ``("pdf", {"debug": True})``, or a table as in a pipeline file."""


class Source(Protocol):
    """Finds documents; see `penstock.hookspecs.SourceHooks`."""

    def find_documents(self, *args: Any, **kwargs: Any) -> Iterable[Document | Problem]:
        """Find the documents to read."""


@runtime_checkable
class WatchedSource(Protocol):
    """A source that `penstock watch` can follow: its documents come from files of this machine.

    `penstock watch` calls `find_changed` in place of the hook `find_documents`. Other sources are walked as
    in any run.
    """

    @property
    def joins_files(self) -> bool:
        """Whether a document can have several files."""

    def watched_paths(self) -> Sequence[Path]:
        """Return the folders and files to watch, absolute; none if the source cannot be watched."""

    def group_of(self, path: Path) -> Path | None:
        """Return the file, or the folder of files, that becomes one document with a file.

        None if the source does not read the file. Called often: it should open the file only if its name
        does not tell.
        """

    def find_changed(
        self, files: Iterable[Path], show_status: Callable[[str], None]
    ) -> Iterable[Document | Problem]:
        """Find the documents that these files become. All files of a group are given together."""


class Transform(Protocol):
    """Changes a page's picture before it is recognized; see `penstock.hookspecs.TransformHooks`."""

    def prepare(self, *args: Any, **kwargs: Any) -> Page:
        """Return the page as the recognizer should see it."""


class _Submit(Protocol):
    def __call__(self, page: Page) -> Operation | Recognition | None: ...


class _SubmitOriginal(Protocol):
    def __call__(self, page: Page, original: Page) -> Operation | Recognition | None: ...


class _SubmitInDocument(Protocol):
    def __call__(self, page: Page, original: Page, document: Document) -> Operation | Recognition | None: ...


class _Reader(Protocol):
    def read(self, page: Page) -> Recognition | None: ...


class _Service(Protocol):
    @property
    def submit(self) -> _Submit | _SubmitOriginal | _SubmitInDocument:
        """Send one page, and return without waiting for the result."""


Recognizer = _Reader | _Service
"""Recognizes the text of a page; see `penstock.hookspecs.RecognizerHooks`."""


class _Accepts(Protocol):
    def __call__(self, page: Page, recognition: Recognition) -> bool: ...


class _AcceptsRecognition(Protocol):
    def __call__(self, recognition: Recognition) -> bool: ...


class Rule(Protocol):
    """Decides whether a page keeps a recognition; see `penstock.hookspecs.RuleHooks`."""

    @property
    def accepts(self) -> _Accepts | _AcceptsRecognition:
        """Return whether the page keeps the recognition."""


class _Amend(Protocol):
    def __call__(self, page: Page, recognition: Recognition) -> Recognition: ...


class _AmendRecognition(Protocol):
    def __call__(self, recognition: Recognition) -> Recognition: ...


class Amender(Protocol):
    """Changes the result of a page; see `penstock.hookspecs.AmenderHooks`."""

    @property
    def amend(self) -> _Amend | _AmendRecognition:
        """Return the recognition to use instead."""


class _Write(Protocol):
    def __call__(self, document: RecognizedDocument, outputs: Outputs) -> None: ...


class _WriteDocument(Protocol):
    def __call__(self, document: RecognizedDocument) -> None: ...


class Sink(Protocol):
    """Writes recognized documents; see `penstock.hookspecs.SinkHooks`."""

    @property
    def write(self) -> _Write | _WriteDocument:
        """Write a document."""


class _RunStarted(Protocol):
    def run_started(self, *args: Any, **kwargs: Any) -> None: ...


class _SourceStatus(Protocol):
    def source_status(self, *args: Any, **kwargs: Any) -> None: ...


class _DocumentFound(Protocol):
    def document_found(self, *args: Any, **kwargs: Any) -> None: ...


class _PageFound(Protocol):
    def page_found(self, *args: Any, **kwargs: Any) -> None: ...


class _StageEnded(Protocol):
    def stage_ended(self, *args: Any, **kwargs: Any) -> None: ...


class _WorkersChanged(Protocol):
    def workers_changed(self, *args: Any, **kwargs: Any) -> None: ...


class _PageKnown(Protocol):
    def page_known(self, *args: Any, **kwargs: Any) -> None: ...


class _PageSubmitted(Protocol):
    def page_submitted(self, *args: Any, **kwargs: Any) -> None: ...


class _PagePolled(Protocol):
    def page_polled(self, *args: Any, **kwargs: Any) -> None: ...


class _PageRetried(Protocol):
    def page_retried(self, *args: Any, **kwargs: Any) -> None: ...


class _RecognizerThrottled(Protocol):
    def recognizer_throttled(self, *args: Any, **kwargs: Any) -> None: ...


class _RecognizerDown(Protocol):
    def recognizer_down(self, *args: Any, **kwargs: Any) -> None: ...


class _RecognizerUp(Protocol):
    def recognizer_up(self, *args: Any, **kwargs: Any) -> None: ...


class _BudgetWarning(Protocol):
    def budget_warning(self, *args: Any, **kwargs: Any) -> None: ...


class _DiskFull(Protocol):
    def disk_full(self, *args: Any, **kwargs: Any) -> None: ...


class _DiskFreed(Protocol):
    def disk_freed(self, *args: Any, **kwargs: Any) -> None: ...


class _PageRecognized(Protocol):
    def page_recognized(self, *args: Any, **kwargs: Any) -> None: ...


class _RecognizerStopped(Protocol):
    def recognizer_stopped(self, *args: Any, **kwargs: Any) -> None: ...


class _PageProvisional(Protocol):
    def page_provisional(self, *args: Any, **kwargs: Any) -> None: ...


class _PageFailed(Protocol):
    def page_failed(self, *args: Any, **kwargs: Any) -> None: ...


class _DocumentWritten(Protocol):
    def document_written(self, *args: Any, **kwargs: Any) -> None: ...


class _DocumentFailed(Protocol):
    def document_failed(self, *args: Any, **kwargs: Any) -> None: ...


class _DocumentEnded(Protocol):
    def document_ended(self, *args: Any, **kwargs: Any) -> None: ...


class _RunFinished(Protocol):
    def run_finished(self, *args: Any, **kwargs: Any) -> None: ...


Observer = (
    _RunStarted
    | _SourceStatus
    | _DocumentFound
    | _PageFound
    | _StageEnded
    | _WorkersChanged
    | _PageKnown
    | _PageSubmitted
    | _PagePolled
    | _PageRetried
    | _RecognizerThrottled
    | _RecognizerDown
    | _RecognizerUp
    | _BudgetWarning
    | _RecognizerStopped
    | _DiskFull
    | _DiskFreed
    | _PageRecognized
    | _PageProvisional
    | _PageFailed
    | _DocumentWritten
    | _DocumentFailed
    | _DocumentEnded
    | _RunFinished
)
"""Receives at least one event of a run; see `penstock.hookspecs.ObserverHooks`."""

__all__ = [
    "Amender",
    "Observer",
    "Recognizer",
    "Reference",
    "Rule",
    "Sink",
    "Source",
    "Transform",
    "WatchedSource",
]
