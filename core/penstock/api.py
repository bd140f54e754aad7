"""penstock from Python: read files, or run a pipeline, and have what was read in hand.

::

    reading = penstock.read("letters/")
    for document in reading.documents:
        for page in document.pages:
            print(page.text)

Nothing is written beside what the journal remembers, unless a pipeline or `sinks` says so. What fails is in
the report; only a wrong question raises. The coroutines do the same without blocking a loop; a task that is
cancelled ends its run in good order, and the next one goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from penstock.config import Configuration, Configured, check, load_file
from penstock.engine import Run, RunOptions
from penstock.errors import Complaint, ConfigurationError
from penstock.hookspecs import hookimpl
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import Page, Problem, ReadDocument, ReadPage, Recognition
from penstock.outputs import Outputs
from penstock.pipeline import Pipeline
from penstock.report import RunReport

Named = str | Mapping[str, Any] | object
"""A component: its name, a table as in a file (``{"plugin": "pdf", "path": ...}``), or an instance."""

NOTEBOOK_SIDE = 1200
"""Pixels of the long side of the picture that a notebook shows of a page."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """A page and what was read on it. A notebook shows it as the page with its lines outlined.

    Parameters
    ----------
    page
        Where its picture is, its size in pixels, its resolution.
    recognition
        Its lines and words, in pixels of the upright page.
    """

    page: Page
    recognition: Recognition

    @property
    def text(self) -> str:
        """Its lines, one under the other."""
        return self.recognition.text

    def _repr_png_(self) -> bytes:
        """The overlay picture, for notebooks. Raises PictureError if the page's file is gone or changed."""
        import io

        from penstock.render.overlay import draw_overlay

        held = io.BytesIO()
        picture = draw_overlay(ReadPage(self.page, self.recognition), longest_side=NOTEBOOK_SIDE)
        picture.save(held, "PNG")
        return held.getvalue()


@dataclass(frozen=True, slots=True)
class PageReadings:
    """A document's pages, loaded as they are walked, as often as one likes."""

    file: Path
    count: int
    _keeper: object = dataclasses.field(repr=False)

    def __iter__(self) -> Iterator[PageReading]:
        with self.file.open(encoding="utf-8", errors="surrogatepass") as lines:
            for line in lines:
                page, recognition = json.loads(line)
                yield PageReading(page_from_json(page), recognition_from_json(recognition))

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """A document whose pages were read: its name, what people call it, its pages."""

    name: str
    origin: str
    pages: PageReadings

    @property
    def text(self) -> str:
        """Its pages' texts, a form feed between them."""
        return "\f".join(page.text for page in self.pages)


@dataclass(frozen=True, slots=True)
class Reading:
    """What `read` gives: the documents that were read, and the report of the run.

    Parameters
    ----------
    documents
        In the order of being read. A document with a failed page is missing, as it is from outputs.
    report
        Counts, failures with their reasons, what was written.
    """

    documents: tuple[DocumentReading, ...]
    report: RunReport

    @property
    def failures(self) -> tuple[Problem, ...]:
        """What could not be read, and why: the first thousand."""
        return self.report.failures


class _Folder:
    """A temporary folder that goes when nobody can ask for what is in it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="penstock-read-"))
        self._gone = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(eq=False)
class _Collector:
    """A sink that keeps what was read for the program that asked.

    Parameters
    ----------
    folder
        Where; another one in every run, so that nothing counts as written before.
    """

    folder: str

    def __post_init__(self) -> None:
        self.found: list[tuple[str, str, Path, int]] = []

    @hookimpl
    def write(self, document: ReadDocument, outputs: Outputs) -> None:  # noqa: ARG002  nobody's file
        """Keep a document's pages, a line each."""
        file = Path(self.folder) / f"{len(self.found)}.jsonl"
        with file.open("w", encoding="utf-8", errors="surrogatepass") as lines:
            for read in document.pages:
                lines.write(
                    json.dumps([page_to_json(read.page), recognition_to_json(read.recognition)]) + "\n"
                )
        self.found.append((document.name, document.origin, file, len(document.pages)))


def read(
    paths: str | Path | Iterable[str | Path],
    recognizer: Named = "rapidocr",
    *,
    document: Literal["file", "folder", "all"] = "file",
    sinks: Iterable[Named] = (),
    observers: Iterable[Named] = (),
    state: Path | None = None,
    remember: bool = True,
    fresh: bool = False,
    max_pages: int | None = None,
) -> Reading:
    """Read files, folders and globs.

    Parameters
    ----------
    recognizer
        By name, as a table with options, or an instance.
    document
        What becomes one document.
    sinks
        Outputs to write besides; none if left out.
    observers
        Whoever wants to hear of progress: anything with methods marked with `hookimpl`.
    state
        The folder of what is remembered; if left out, the user's cache, as for ``penstock read``.
    remember
        Whether anything outlives this call. If not, a temporary folder is used.
    fresh, max_pages
        As in `run`.

    Raises
    ------
    ConfigurationError
        Something that is asked for does not exist, or cannot be.
    PenstockError
        Nothing was started.

    Examples
    --------
    >>> import penstock
    >>> reading = penstock.read([], recognizer="rapidocr")
    Traceback (most recent call last):
    ...
    penstock.errors.ConfigurationError: penstock.read: [[sources]] 1 'files': paths names nothing to read
    """
    prepared = _prepared(
        paths,
        recognizer,
        document=document,
        sinks=sinks,
        observers=observers,
        state=state,
        remember=remember,
        fresh=fresh,
        max_pages=max_pages,
    )
    return prepared.reading(prepared.run.execute())


async def read_async(
    paths: str | Path | Iterable[str | Path], recognizer: Named = "rapidocr", **more: Any
) -> Reading:
    """Do as `read` does without blocking the loop; cancelled, the run ends in good order first."""
    prepared = _prepared(paths, recognizer, **more)
    return prepared.reading(await _awaited(prepared.run))


def run(
    pipeline: str | Path | Mapping[str, Any] | Configuration,
    *,
    folder: Path | None = None,
    observers: Iterable[Named] = (),
    **options: Any,
) -> RunReport:
    """Run a pipeline; run again, it goes on where it stopped.

    Parameters
    ----------
    pipeline
        A file, tables as `tomllib` gives them, or a checked configuration.
    folder
        Where relative paths of tables start; the current folder if left out.
    observers
        Besides the pipeline's own.
    options
        As in `penstock.engine.RunOptions`: ``fresh=True``, ``max_pages=10``.

    Raises
    ------
    ConfigurationError
        The pipeline is wrong; carries every complaint.
    PenstockError
        Nothing was started.
    """
    return _run(pipeline, folder, observers, options).execute()


async def run_async(
    pipeline: str | Path | Mapping[str, Any] | Configuration,
    *,
    folder: Path | None = None,
    observers: Iterable[Named] = (),
    **options: Any,
) -> RunReport:
    """Do as `run` does without blocking the loop; cancelled, the run ends in good order first."""
    return await _awaited(_run(pipeline, folder, observers, options))


async def _awaited(run_: Run) -> RunReport:
    running = asyncio.ensure_future(asyncio.to_thread(run_.execute))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        run_.interrupt()
        await asyncio.wait([running])
        raise


def _run(
    pipeline: str | Path | Mapping[str, Any] | Configuration,
    folder: Path | None,
    observers: Iterable[Named],
    options: Mapping[str, Any],
) -> Run:
    configuration = _configuration(pipeline, folder)
    return Run(Pipeline(_with_components(configuration, observer=observers)), RunOptions(**options))


def _configuration(
    pipeline: str | Path | Mapping[str, Any] | Configuration, folder: Path | None
) -> Configuration:
    if isinstance(pipeline, Configuration):
        return pipeline
    if isinstance(pipeline, Mapping):
        return check(pipeline, (folder or Path()).resolve(), where="penstock.run", name="run")
    return load_file(Path(pipeline))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A run whose readings are kept: by whom, and where."""

    run: Run
    collector: _Collector
    keeper: _Folder

    def reading(self, report: RunReport) -> Reading:
        """What the run gave."""
        documents = (
            DocumentReading(name, origin, PageReadings(file, count, self.keeper))
            for name, origin, file, count in self.collector.found
        )
        return Reading(tuple(documents), report)


def _prepared(
    paths: str | Path | Iterable[str | Path],
    recognizer: Named,
    *,
    document: str = "file",
    sinks: Iterable[Named] = (),
    observers: Iterable[Named] = (),
    state: Path | None = None,
    remember: bool = True,
    fresh: bool = False,
    max_pages: int | None = None,
) -> _Prepared:
    keeper = _Folder()
    collector = _Collector(str(keeper.path))
    named = [paths] if isinstance(paths, str | Path) else list(paths)
    tables = {
        "sources": [{"plugin": "files", "paths": [Path.cwd() / path for path in named], "document": document}]
    }
    remembered = (state or _cache()) if remember else keeper.path / "state"
    configuration = _with_components(
        check(
            {**tables, "engine": {"state": str(remembered.absolute())}},
            Path.cwd(),
            where="penstock.read",
            name="read",
            without=("recognizers", "sinks"),
        ),
        recognizer=[recognizer],
        sink=[collector, *sinks],
        observer=observers,
    )
    # Two reads at once, in one process or several, each remember for themselves.
    options = RunOptions(fresh=fresh, max_pages=max_pages, elsewhere_if_busy=True)
    return _Prepared(Run(Pipeline(configuration), options), collector, keeper)


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("penstock", appauthor=False) / "read"


def _with_components(configuration: Configuration, **more: Iterable[Named]) -> Configuration:
    """A configuration with more components, by kind."""
    made = [
        _configured(kind, each, place)
        for kind, several in more.items()
        for place, each in enumerate(several, start=1)
    ]
    return dataclasses.replace(configuration, components=(*configuration.components, *made))


def _configured(kind: str, named: Named, place: int) -> Configured:
    """A component by its name, its table, or as it is."""
    where = f"{kind} {place}"
    if not isinstance(named, str | Mapping):
        if not dataclasses.is_dataclass(named) or isinstance(named, type):
            why = f"is a {type(named).__name__}, and a component is an instance of a dataclass"
            raise ConfigurationError([Complaint(where, why, "decorate its class with @dataclass(eq=False)")])
        return Configured(kind, f"{type(named).__module__}:{type(named).__qualname__}", where, named)
    table = {"plugin": named} if isinstance(named, str) else dict(named)
    others = [name for name in ("sources", "recognizers", "sinks") if name != f"{kind}s"]
    checked = check({f"{kind}s": [table]}, Path.cwd(), where="penstock", name="read", without=others)
    return checked.components[0]


__all__ = [
    "DocumentReading",
    "PageReading",
    "PageReadings",
    "Reading",
    "read",
    "read_async",
    "run",
    "run_async",
]
