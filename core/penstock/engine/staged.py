"""Documents that were written outside of the process of the run, on their way to the end of their sinks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.engine.jobs import OpenDocument
from penstock.model import Problem, RecognizedDocument
from penstock.outputs import AdoptingOutputs
from penstock.stages import SinkStage
from penstock.storage import Place
from penstock.workers import Failure, WrittenJob


class Staged(Protocol):
    """What a worker did with a document for a sink."""

    @property
    def started(self) -> float:
        """When a worker got the document, in seconds since the epoch; 0 if that is unknown."""

    def put_in_place(self, outputs: AdoptingOutputs) -> None:
        """Give the files their names, and report warnings. Raises what the sink raised."""

    def remove(self) -> None:
        """Remove what is left of the files."""


OnStaged = Callable[[int, OpenDocument, Staged | None], None]
"""Receives what was done for a sink, by its index; None if the sink has to write in this process."""
Load = Callable[[OpenDocument], RecognizedDocument]
"""Returns a document with all of its pages."""


class SinksElsewhere(Protocol):
    """Writes documents outside of the process of the run."""

    def takes(self, sink: int, opened: OpenDocument) -> bool:
        """Return whether a document is written there for a sink, by its index."""

    def put(self, opened: OpenDocument, sinks: Sequence[int], on_staged: OnStaged) -> None:
        """Have a document written for some sinks, and return at once.

        ``on_staged`` is called once for each sink, on any thread.
        """

    def close(self) -> None:
        """Stop, drop waiting documents, and remove unfinished files."""


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """The files that a worker process of this machine wrote for a sink, and where they are."""

    folder: Path
    job: WrittenJob
    started: float = 0.0  # as in `Staged`

    def put_in_place(self, outputs: AdoptingOutputs) -> None:
        """Move the files to their places, and report warnings. Raises what the sink raised."""
        for file in self.job.files:
            outputs.adopt(file.template, file.file, page=file.page)
        _end(outputs, self.job.warnings, self.job.failure)

    def remove(self) -> None:
        """Remove what is left of the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class PlacedDocument:
    """A document whose files have their names."""

    written: tuple[Place, ...] = ()
    warnings: tuple[Problem, ...] = ()
    failure: Failure | None = None
    started: float = 0.0  # as in `Staged`; 0 if it is unknown

    def put_in_place(self, outputs: AdoptingOutputs) -> None:
        """Report files and warnings. Raises what the sink raised, or what kept a file from its name."""
        outputs.written += self.written
        _end(outputs, self.warnings, self.failure)

    def remove(self) -> None:
        """Do nothing: unused files were removed."""


def _end(outputs: AdoptingOutputs, warnings: Sequence[Problem], failure: Failure | None) -> None:
    for warning in warnings:
        outputs.warn(warning)
    if failure:
        if failure.trace:
            failure.error.add_note(failure.trace)
        raise failure.error


def owner_of(index: int, sink: SinkStage) -> str:
    """Return the owner of an output file: neither two documents nor two sinks may write the same file."""
    return f"{index}/{sink.name}"
