"""A run over the documents of some groups, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from penstock.config import Configuration, Configured
from penstock.hookspecs import hookimpl
from penstock.model import Document, Page, Problem
from penstock.protocols import WatchedSource
from penstock.report import RunReport
from penstock.watching.groups import Group
from penstock.watching.reused_names import EarlierDocuments

DocumentKey = tuple[str, str, str]


@dataclass(slots=True)
class _Followed:
    """A document of the batch."""

    files: set[Path] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    has_failed_page: bool = False
    is_written: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the files of a batch.

    Parameters
    ----------
    read
        Files of documents whose outputs are all written, without a failed page.
    failed
        Files of other documents that were tried, with the reasons.
    """

    read: frozenset[Path] = frozenset()
    failed: dict[Path, tuple[str, ...]] = field(default_factory=dict)


class BatchSource:
    """Yields only the documents of some files of a source, and notes what becomes of them.

    The engine sends it the events about documents, also for those that were written by an earlier run.
    ``earlier`` gives a document another name if it must not replace the outputs of an earlier one.
    """

    is_live = True  # each run finds other documents, so that those which it does not find are not missing

    def __init__(
        self, source: WatchedSource, files: Iterable[Path], earlier: EarlierDocuments | None = None
    ) -> None:
        self._source, self._files, self._earlier = source, dict.fromkeys(files), earlier
        self._documents: dict[DocumentKey, _Followed] = {}
        self._problems: dict[Path, list[str]] = {}
        self.heard = 0
        """Failures of pages and documents that the engine has told."""

    @hookimpl
    def find_documents(self, show_status: Callable[[str], None]) -> Iterator[Document | Problem]:
        """Yield the documents of the files."""
        with self._earlier.opened() if self._earlier else nullcontext(_unchanged) as renamed:
            for item in self._source.find_changed(self._files, show_status):
                yield self._followed(renamed(item)) if isinstance(item, Document) else item

    def _followed(self, document: Document) -> Document:
        """Return a document whose files are noted when it is read."""
        followed = self._documents.setdefault(_key(document), _Followed())
        if document.beside and (path := document.beside / Path(document.origin).name) in self._files:
            followed.files.add(path)  # also if it has no page
        return replace(document, pages=_noted(document.pages, followed))

    @hookimpl
    def document_written(self, document: Document) -> None:
        """Note a document that all sinks have written."""
        if followed := self._documents.get(_key(document)):
            followed.is_written = True

    @hookimpl
    def page_failed(self, document: Document, problem: Problem) -> None:
        """Note a page that could not be read."""
        self.heard += 1
        if followed := self._documents.get(_key(document)):
            followed.problems.append(str(problem))
            followed.has_failed_page = True

    @hookimpl
    def document_failed(self, problem: Problem) -> None:
        """Note a document that could not be found or written."""
        self.heard += 1
        for (_, origin, _), followed in self._documents.items():
            if origin == problem.what:
                followed.problems.append(str(problem))
        if isinstance(problem.path, Path):
            self._problems.setdefault(problem.path, []).append(str(problem))

    def outcome(self, *, is_complete: bool) -> Outcome:
        """Return what became of the files, after the run.

        If the run is not complete, a document without a failed page may still be read by the next one.
        """
        read: set[Path] = set()
        failed = {path: tuple(texts) for path, texts in self._problems.items() if path in self._files}
        for followed in self._documents.values():
            if followed.problems and not (is_complete or followed.has_failed_page):
                continue
            if followed.problems:
                failed |= dict.fromkeys(followed.files, tuple(dict.fromkeys(followed.problems)))
            elif followed.is_written:
                read |= followed.files
        return Outcome(frozenset(read - failed.keys()), failed)


def batch_configuration(
    configuration: Configuration, files: dict[int, Sequence[Path]]
) -> tuple[Configuration, list[BatchSource]]:
    """Return a pipeline whose sources yield only documents of some files, by the index of the source."""
    components: list[Configured] = []
    sources: list[BatchSource] = []
    watch = configuration.watch
    is_emptied = watch.delete_read or watch.move_read_to is not None
    earlier = EarlierDocuments(configuration) if is_emptied else None
    index = -1
    for configured in configuration.components:
        if configured.kind != "source":
            components.append(configured)
            continue
        index += 1
        if index in files and isinstance(configured.component, WatchedSource):
            sources.append(BatchSource(configured.component, files[index], earlier))
            components.append(replace(configured, component=sources[-1]))
    return replace(configuration, components=tuple(components)), sources


def outcome_of(sources: Iterable[BatchSource], report: RunReport) -> Outcome:
    """Return what became of all files of a run.

    If not all failures were heard, no file counts as read: files that count as read may be deleted.
    """
    sources = list(sources)
    is_complete = not (report.stopped or report.interrupted)
    outcomes = [source.outcome(is_complete=is_complete) for source in sources]
    failed = {path: texts for each in outcomes for path, texts in each.failed.items()}
    if any(source.heard < report.failed for source in sources):
        return Outcome(frozenset(), failed)
    read = frozenset(path for each in outcomes for path in each.read)
    return Outcome(read - failed.keys(), failed)


def groups_with(groups: Iterable[tuple[Group, Sequence[Path]]]) -> dict[int, Sequence[Path]]:
    """Return the files of groups by the index of their source."""
    files: dict[int, list[Path]] = {}
    for group, paths in groups:
        files.setdefault(group.source, []).extend(paths)
    return dict(files)


def _noted(pages: Iterable[Page | Problem], followed: _Followed) -> Iterator[Page | Problem]:
    """Yield the pages of a document, and note their files."""
    for item in pages:
        path = item.picture.path if isinstance(item, Page) else item.path
        if isinstance(path, Path):
            followed.files.add(path)
        yield item


def _unchanged(document: Document) -> Document:
    return document


def _key(document: Document) -> DocumentKey:
    return document.name, document.origin, document.folder
