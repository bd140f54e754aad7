"""`penstock.read` and `penstock.run`, and their async versions."""

from __future__ import annotations

import asyncio
import inspect
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from penstock.api.components import assembled, listed, observed
from penstock.api.inputs import place_of, sources_in_order, state_of_read, user_result_index
from penstock.api.result_file import Collector
from penstock.api.results import ReadResult
from penstock.api.running import Running
from penstock.config import Configuration, load_file
from penstock.engine import RunOptions
from penstock.errors import Complaint, ConfigurationError
from penstock.model import StrPath
from penstock.protocols import Amender, Observer, Recognizer, Reference, Sink, Transform
from penstock.report import RunReport

P = ParamSpec("P")
R = TypeVar("R")


class State(Enum):
    """The default of `read`'s parameter ``state``."""

    IN_CACHE = "cache"
    """The state folder of ``penstock read``, in the user's cache."""

    def __repr__(self) -> str:
        return str(self)


Prepared = tuple[Configuration, RunOptions]


def _prepare_read(
    paths: StrPath | Iterable[StrPath],
    recognizer: Reference | Recognizer = "rapidocr",
    *,
    transforms: Iterable[Reference | Transform] = (),
    amenders: Iterable[Reference | Amender] = (),
    sinks: Iterable[Reference | Sink] = (),
    observers: Iterable[Reference | Observer] = (),
    document: Literal["file", "folder", "all"] = "file",
    on_failed_page: Literal["fail", "skip", "placeholder"] | None = None,
    state: StrPath | State | None = State.IN_CACHE,
    fresh: bool = False,
    force: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
    progress: bool = False,
) -> tuple[Collector, Prepared]:
    given_sinks = listed(sinks)
    # Without sinks, every document goes to the collector again, and the token may be the same each time.
    collector = Collector(secrets.token_hex(8) if given_sinks else "")
    given_observers = listed(observers)
    if progress and "progress" not in given_observers:
        given_observers.append("progress")
    tables = {
        "name": "read",
        "sources": _sources(_names(paths), document),
        "transforms": listed(transforms),
        "recognizers": [recognizer],
        "amenders": listed(amenders),
        "sinks": [*given_sinks, collector],
        "observers": [*given_observers, collector.order],
        "engine": {
            "state": _state(state, collector),
            "on_failed_page": on_failed_page or ("fail" if given_sinks else "skip"),
        },
    }
    configuration = assembled(tables, Path.cwd(), where="penstock.read", name="read")
    _check_bounds("penstock.read", max_pages, budget)
    options = RunOptions(
        fresh=fresh,
        force=force,
        max_pages=max_pages,
        budget=budget,
        write_again=not given_sinks,
        result_index=None if state is None else user_result_index(),
        ad_hoc=True,
    )
    return collector, (configuration, options)


def _prepare_run(
    pipeline: StrPath | Mapping[str, Any] | Configuration,
    *,
    folder: StrPath | None = None,
    settings: Iterable[str] = (),
    observers: Iterable[Reference | Observer] = (),
    force: bool = False,
    fresh: bool = False,
    retry: bool = False,
    rewrite: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
) -> Prepared:
    where = "penstock.run"
    if isinstance(pipeline, Mapping):
        base = Path(folder or ".").absolute()
        configuration = assembled(pipeline, base, where=where, name="pipeline")
    elif isinstance(pipeline, Configuration):
        configuration = pipeline
    else:
        configuration = load_file(Path(pipeline), settings)
    configuration = observed(configuration, observers, where=where)
    _check_bounds(where, max_pages, budget)
    options = RunOptions(
        force=force,
        fresh=fresh,
        retry=retry,
        rewrite=rewrite,
        max_pages=max_pages,
        budget=budget,
        result_index=user_result_index(),
    )
    return configuration, options


def _parameters_of(model: Callable[P, object]) -> Callable[[Callable[..., R]], Callable[P, R]]:
    """Give a function the parameters of another one, for type checkers and for `inspect.signature`."""

    def decorate(function: Callable[..., R]) -> Callable[P, R]:
        returned = inspect.signature(function).return_annotation
        signature = inspect.signature(model).replace(return_annotation=returned)
        function.__signature__ = signature  # type: ignore[attr-defined]
        return function

    return decorate


@_parameters_of(_prepare_read)
def read(*args: Any, **kwargs: Any) -> ReadResult:
    """Recognize pictures and PDFs, and wait for the result.

    Files are written only if sinks are given. A page or document that fails becomes a `penstock.Problem` in
    the result's ``problems``; the others are not affected. Signal handlers are not changed. Ctrl-C ends the
    run in an orderly way before KeyboardInterrupt is raised. The function may be called while an event loop
    runs, which it blocks; see `read_async`.

    Parameters
    ----------
    paths
        One or more files, folders, globs and URLs.
    recognizer
        A plugin's name, a tuple ``(name, options)`` or a component such as ``RapidOcr(workers=1)``. Results
        of a component that is not an installed plugin are stored under its class's file. A class without a
        file is identified by its source (in a notebook); if it has no source either, its results are not
        reused.
    transforms, amenders, sinks, observers
        One or more, each like ``recognizer``. An observer may be any object with methods marked as hooks.
        Relative paths start from the current folder. A sink does not get a document again while its outputs
        are up to date.
    document
        Which pictures form one document: each file, all files of a folder, or all files.
    on_failed_page
        ``"skip"`` returns and writes documents without their failed pages; ``"placeholder"`` also writes a
        note in place of each; ``"fail"`` leaves such documents out. The default is "fail" with sinks, and
        "skip" without.
    state
        The state folder, which stores results so that no page is recognized twice. None stores nothing. If
        another run uses the folder, a folder beside it is used.
    fresh
        Whether to recognize pages again that already have a result.
    force
        Whether sinks may replace files that penstock did not write.
    max_pages, budget
        Maximum number of pages to send, and maximum cost. The run then stops, and the next one continues.
    progress
        Whether to show the progress on stderr, with the observer ``progress``.

    Returns
    -------
    ReadResult
        The documents in the order of ``paths``, loaded while they are iterated, and the run's report.

    Raises
    ------
    ConfigurationError
        An argument is invalid. Nothing was sent.
    PenstockError
        The run could not start, for example because the state folder cannot be used.

    Examples
    --------
    >>> import penstock
    >>> result = penstock.read("letters", observers=[])
    >>> for document in result:
    ...     for page in document.pages:
    ...         print(document.name, page.number, page.text.splitlines()[0])
    monday 1 Dear Anna,
    >>> result.problems
    ()
    """
    collector, prepared = _prepare_read(*args, **kwargs)
    return _result(collector, Running(*prepared).wait())


@_parameters_of(_prepare_read)
async def read_async(*args: Any, **kwargs: Any) -> ReadResult:
    """Recognize like `read`, without blocking the event loop.

    If the task is cancelled, no more pages are sent, and open operations are polled, before CancelledError
    is raised. Results are stored; the next read continues from there.

    Examples
    --------
    >>> import asyncio, penstock
    >>> async def main():
    ...     async with asyncio.timeout(3600):
    ...         return await penstock.read_async("letters")
    >>> len(asyncio.run(main()))
    1
    """
    # Only prepared in the other thread: a run started there would go on after a cancellation.
    collector, prepared = await asyncio.to_thread(_prepare_read, *args, **kwargs)
    return _result(collector, await Running(*prepared).wait_async())


@_parameters_of(_prepare_run)
def run(*args: Any, **kwargs: Any) -> RunReport:
    """Run a pipeline like ``penstock run``. A run continues where the one before stopped.

    Parameters
    ----------
    pipeline
        A pipeline file, its tables as `tomllib` returns them, or a checked configuration. In tables, a
        component may also be a plugin's name, a tuple ``(name, options)``, or an object.
    folder
        Folder that the relative paths of tables start from; default is the current folder.
    settings
        Changes to a file, like ``--set`` of the command: ``"sinks.0.path=out/{document}.pdf"``.
    observers
        Observers in addition to those of the pipeline: objects with methods marked as hooks, or references.
    force, fresh, rewrite, max_pages, budget
        Like the options of the command.
    retry
        Whether to process only what failed, like ``penstock retry``.

    Raises
    ------
    ConfigurationError
        The pipeline is invalid. Nothing was started.
    PenstockError
        The run could not start, for example because another run uses the state folder. Later failures are
        in the report.

    Examples
    --------
    >>> import penstock
    >>> report = penstock.run(
    ...     {
    ...         "name": "letters",
    ...         "sources": [("files", {"paths": ["letters"]})],
    ...         "recognizers": ["rapidocr"],
    ...         "sinks": [("text", {"path": "out/{document}.txt"})],
    ...     }
    ... )
    >>> report.documents_written, report.failures
    (1, ())
    """
    return Running(*_prepare_run(*args, **kwargs)).wait()


@_parameters_of(_prepare_run)
async def run_async(*args: Any, **kwargs: Any) -> RunReport:
    """Run like `run`, without blocking the event loop. Cancelling ends the run in an orderly way."""
    prepared = await asyncio.to_thread(_prepare_run, *args, **kwargs)
    return await Running(*prepared).wait_async()


def _result(collector: Collector, report: RunReport) -> ReadResult:
    collector.results.sort()
    return ReadResult(collector.results, report)


def _check_bounds(where: str, max_pages: int | None, budget: float | None) -> None:
    complaints = []
    if max_pages is not None and (type(max_pages) is not int or max_pages < 1):
        complaints.append(Complaint(f"{where}: max_pages", f"must be a number from 1 on, got {max_pages!r}"))
    if budget is not None and (type(budget) not in (int, float) or not budget >= 0):
        complaints.append(Complaint(f"{where}: budget", f"must be a number of at least 0, got {budget!r}"))
    if complaints:
        raise ConfigurationError(complaints)


def _state(state: StrPath | State | None, collector: Collector) -> Path:
    if isinstance(state, State):
        return state_of_read()
    return collector.results.folder / "state" if state is None else Path(state).absolute()


def _sources(names: list[str], document: str) -> list[dict[str, Any]]:
    if document != "file":
        # Files of several paths may form one document, so one source gets all paths.
        places = list(dict.fromkeys(map(place_of, names)))
        names = sorted(names, key=lambda name: places.index(place_of(name)))
    return sources_in_order(names, document=document)


def _names(paths: StrPath | Iterable[StrPath]) -> list[str]:
    place = "penstock.read: paths"
    try:
        names = [os.fspath(each) for each in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    except TypeError as error:
        raise ConfigurationError([Complaint(place, f"must be one or more paths: {error}")]) from None
    if not names or any(not name.strip() for name in names):
        what = "must not be empty" if not names else "must not contain an empty path"
        raise ConfigurationError([Complaint(place, what, 'for example "scans"')])
    return names
