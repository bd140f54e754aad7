"""`read` and `run`, and the same for async code."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypedDict

from penstock.api.components import assembled, observed
from penstock.api.held import Holder
from penstock.api.inputs import sources_of, state_of_read
from penstock.api.results import ReadResult
from penstock.api.running import Running
from penstock.config import Configuration, load_file
from penstock.engine import RunOptions
from penstock.errors import Complaint, ConfigurationError
from penstock.report import RunReport

StrPath = str | os.PathLike[str]


class State(Enum):
    """Where what was read is remembered, if not in a folder that is named."""

    IN_CACHE = "the user's cache, where `penstock read` keeps it, too"


def read(
    paths: StrPath | Iterable[StrPath],
    recognizer: object = "rapidocr",
    *,
    transforms: Iterable[object] = (),
    sinks: Iterable[object] = (),
    observers: Iterable[object] = (),
    document: Literal["file", "folder", "all"] = "file",
    on_failed_page: Literal["fail", "skip"] | None = None,
    state: StrPath | State | None = State.IN_CACHE,
    fresh: bool = False,
    force: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
) -> ReadResult:
    """Read pictures and PDFs, and come back when that is done.

    Nothing is written unless sinks are asked for. What cannot be had or read is a `penstock.Problem` in the
    result's ``problems``, and ends nothing. Nobody's signals are touched; Ctrl-C ends the run in good order,
    and then raises KeyboardInterrupt. May be called while an event loop runs, which it blocks: see
    `read_async`.

    Parameters
    ----------
    paths
        A file, folder, glob or URL, or several.
    recognizer
        A plugin's name, ``(name, options)`` or a component: ``RapidOcr(workers=1)``. A component that is
        no plugin is known in the journal by its class's file, which is read again when the file changes.
    transforms, sinks, observers
        Each as the recognizer; an observer may be any object with methods marked as hooks. Relative paths
        start in the current folder. A sink is not handed again what it was handed before, as long as its
        files are as it left them.
    document
        What becomes one document.
    on_failed_page
        ``"skip"``: a document is read and written without its failed pages. ``"fail"``: it is left out. If
        not given: "skip" where nothing is written, "fail" with sinks, as everywhere else.
    state
        The folder of what is remembered, so that no page is read twice. None: nothing is kept. If another
        run holds it, a folder beside it is used.
    fresh
        Whether pages are read again that were read before.
    force
        Whether sinks may replace files that penstock did not write.
    max_pages, budget
        What may be sent, and spent, at most; then the run stops, and the next one goes on.

    Returns
    -------
    ReadResult
        A sequence of documents on disk, loaded as they are walked, with the report beside.

    Raises
    ------
    ConfigurationError
        With what is wrong with the arguments. Nothing was read.
    PenstockError
        Nothing was started: the state folder cannot be used, say.

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
    prepared = _Prepared.reading(
        paths, recognizer, transforms, sinks, observers, document, on_failed_page, state
    )
    options = prepared.options(fresh=fresh, force=force, max_pages=max_pages, budget=budget)
    return ReadResult(prepared.holder.held, Running(prepared.configuration, options).wait())


async def read_async(
    paths: StrPath | Iterable[StrPath],
    recognizer: object = "rapidocr",
    *,
    transforms: Iterable[object] = (),
    sinks: Iterable[object] = (),
    observers: Iterable[object] = (),
    document: Literal["file", "folder", "all"] = "file",
    on_failed_page: Literal["fail", "skip"] | None = None,
    state: StrPath | State | None = State.IN_CACHE,
    fresh: bool = False,
    force: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
) -> ReadResult:
    """Read as `read` does, without blocking the event loop.

    Cancelling the task ends the run in good order: nothing more is sent, what is out is asked for, and then
    CancelledError goes on. What was read by then is remembered, and the next reading goes on from there.

    Examples
    --------
    >>> import asyncio, penstock
    >>> async def main():
    ...     async with asyncio.timeout(3600):
    ...         return await penstock.read_async("letters")
    >>> len(asyncio.run(main()))
    1
    """
    prepared = await asyncio.to_thread(
        _Prepared.reading, paths, recognizer, transforms, sinks, observers, document, on_failed_page, state
    )
    options = prepared.options(fresh=fresh, force=force, max_pages=max_pages, budget=budget)
    return ReadResult(prepared.holder.held, await Running(prepared.configuration, options).wait_async())


def run(
    pipeline: StrPath | Mapping[str, Any] | Configuration,
    *,
    folder: StrPath | None = None,
    settings: Iterable[str] = (),
    observers: Iterable[object] = (),
    force: bool = False,
    fresh: bool = False,
    retry: bool = False,
    rewrite: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
) -> RunReport:
    """Run a pipeline to its end, as ``penstock run`` does; run again, it goes on where it stopped.

    Parameters
    ----------
    pipeline
        A pipeline file, its tables as `tomllib` gives them, or a configuration. In tables, a component may
        also be a plugin's name, ``(name, options)``, or an object of the program's own.
    folder
        Where the relative paths of tables start; the current folder if not given.
    settings
        For a file: as ``--set`` of the command, ``"sinks.0.path=out/{document}.pdf"``.
    observers
        To be told besides the pipeline's own; objects with methods marked as hooks, or names.
    force, fresh, rewrite, max_pages, budget
        As the command's options.
    retry
        Whether only what failed is tried again, as by ``penstock retry``.

    Raises
    ------
    ConfigurationError
        With what is wrong with the pipeline. Nothing was started.
    PenstockError
        Nothing was started: the state folder is held by another run, say. All else is in the report.

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
    configuration = _configuration(pipeline, folder, settings, observers)
    options = RunOptions(
        force=force,
        fresh=fresh,
        retry=retry,
        rewrite=rewrite,
        **_bounds("penstock.run", max_pages, budget),
    )
    return Running(configuration, options).wait()


async def run_async(
    pipeline: StrPath | Mapping[str, Any] | Configuration,
    *,
    folder: StrPath | None = None,
    settings: Iterable[str] = (),
    observers: Iterable[object] = (),
    force: bool = False,
    fresh: bool = False,
    retry: bool = False,
    rewrite: bool = False,
    max_pages: int | None = None,
    budget: float | None = None,
) -> RunReport:
    """Run as `run` does, without blocking the event loop; cancelling ends the run in good order."""
    configuration = await asyncio.to_thread(_configuration, pipeline, folder, settings, observers)
    options = RunOptions(
        force=force,
        fresh=fresh,
        retry=retry,
        rewrite=rewrite,
        **_bounds("penstock.run", max_pages, budget),
    )
    return await Running(configuration, options).wait_async()


def _configuration(
    pipeline: StrPath | Mapping[str, Any] | Configuration,
    folder: StrPath | None,
    settings: Iterable[str],
    observers: Iterable[object],
) -> Configuration:
    where = "penstock.run"
    if isinstance(pipeline, Mapping):
        base = Path(folder or ".").absolute()
        configuration = assembled(pipeline, base, where=where, name="pipeline")
    elif isinstance(pipeline, Configuration):
        configuration = pipeline
    else:
        configuration = load_file(Path(pipeline), settings)
    return observed(configuration, list(observers), where=where)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A reading that can begin."""

    configuration: Configuration
    holder: Holder
    writes: bool

    @classmethod
    def reading(
        cls,
        paths: StrPath | Iterable[StrPath],
        recognizer: object,
        transforms: Iterable[object],
        sinks: Iterable[object],
        observers: Iterable[object],
        document: str,
        on_failed_page: str | None,
        state: StrPath | State | None,
    ) -> _Prepared:
        """Check what is asked for. Raises ConfigurationError."""
        asked = list(sinks)
        holder = Holder(secrets.token_hex(8) if asked else "")
        tables = {
            "name": "read",
            "sources": sources_of(_names(paths), document=document),
            "transforms": list(transforms),
            "recognizers": [recognizer],
            "sinks": [*asked, holder],
            "observers": list(observers),
            "engine": {
                "state": _state(state, holder),
                "on_failed_page": on_failed_page or ("fail" if asked else "skip"),
            },
        }
        configuration = assembled(tables, Path.cwd(), where="penstock.read", name="read")
        return cls(configuration, holder, bool(asked))

    def options(self, *, fresh: bool, force: bool, max_pages: int | None, budget: float | None) -> RunOptions:
        """What belongs to the run. Without sinks all is handed over again, whatever the journal says."""
        options = RunOptions(fresh=fresh, force=force, **_bounds("penstock.read", max_pages, budget))
        return replace(options, write_again=not self.writes, ad_hoc=True)


class _Bounds(TypedDict):
    max_pages: int | None
    budget: float | None


def _bounds(where: str, max_pages: int | None, budget: float | None) -> _Bounds:
    """What a run may send and spend at most. Raises ConfigurationError for what bounds nothing."""
    complaints = []
    if max_pages is not None and max_pages < 1:
        complaints.append(Complaint(f"{where}: max_pages", f"is at least 1, not {max_pages}"))
    if budget is not None and not budget >= 0:
        complaints.append(Complaint(f"{where}: budget", f"is a sum of money, not {budget}"))
    if complaints:
        raise ConfigurationError(complaints)
    return _Bounds(max_pages=max_pages, budget=budget)


def _state(state: StrPath | State | None, holder: Holder) -> Path:
    if isinstance(state, State):
        return state_of_read()
    return holder.held.folder / "state" if state is None else Path(state).absolute()


def _names(paths: StrPath | Iterable[StrPath]) -> list[str]:
    try:
        names = [os.fspath(each) for each in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    except TypeError as error:
        raise ConfigurationError([Complaint("penstock.read: paths", f"are no paths: {error}")]) from None
    if not names or any(not name.strip() for name in names):
        raise ConfigurationError([Complaint("penstock.read: paths", "names nothing", 'for example "scans"')])
    return names


__all__ = ["State", "read", "read_async", "run", "run_async"]
