"""Messages to the loop of a watch, and what it tells people."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from penstock.errors import PenstockError
from penstock.model import Problem
from penstock.report import RunReport
from penstock.watching.batch import Outcome


@dataclass(frozen=True, slots=True)
class PathsChanged:
    """Paths changed. A folder stands for all of its files."""

    pipeline: int  # index in the watch
    paths: Sequence[Path]


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run of a pipeline ended: with a report, or with the exception that ended it."""

    pipeline: int
    report: RunReport | None
    outcome: Outcome
    error: BaseException | None = None
    source: int | None = None  # index of a source that cannot be watched; None for the run over a batch


@dataclass(frozen=True, slots=True)
class StopAsked:
    """End the watch in good order."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Asks whether the loop still works; it sets the event."""

    answered: threading.Event


Message = PathsChanged | RunEnded | StopAsked | Ping


class Teller(Protocol):
    """Tells people what a watch does. Called by the loop."""

    def note(self, problem: Problem) -> None:
        """Tell a fact or a warning: about what, and what to do."""

    def refused(self, path: Path, error: PenstockError) -> None:
        """Tell that a changed pipeline file is wrong, so that the old one goes on."""

    def run_ended(self, report: RunReport) -> None:
        """Tell what a run could not do."""

    def run_failed(self, error: BaseException) -> None:
        """Tell that a run ended with an exception."""
