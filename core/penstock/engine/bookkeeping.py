"""Counts what happens, for the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from penstock.engine.allowance import Allowance
from penstock.model import Problem
from penstock.report import RunReport

KEPT = 1000
"""Problems and outputs that a report keeps word for word; the rest is counted, so that memory stays flat."""

Item = TypeVar("Item")


@dataclass(slots=True)
class Tally(Generic[Item]):
    """Things that are counted, of which the first thousand are kept."""

    kept: list[Item] = field(default_factory=list)
    count: int = 0

    def add(self, item: Item) -> None:
        """Count one more."""
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(item)


@dataclass(slots=True)
class Books:
    """The numbers of a run, while it runs.

    Parameters
    ----------
    failed_pages
        That failed in this very run; what earlier ones could not read makes none hopeless.
    """

    pipeline: str
    started: float
    documents_found: int = 0
    documents_written: int = 0
    pages_found: int = 0
    pages_read: int = 0
    pages_known: int = 0
    documents_unchanged: int = 0
    changed_outputs: int = 0
    failed_pages: int = 0
    unread_pages: int = 0
    doubtful_submits: int = 0
    lost_operations: int = 0
    skipped_outputs: int = 0
    failures: Tally[Problem] = field(default_factory=Tally)
    warnings: Tally[Problem] = field(default_factory=Tally)
    outputs: Tally[Path] = field(default_factory=Tally)
    stopped: Problem | None = None
    interrupted: bool = False
    allowance: Allowance = field(default_factory=Allowance)

    def report(self, now: float) -> RunReport:
        """The report as things stand."""
        allowance = self.allowance
        return RunReport(
            pipeline=self.pipeline,
            documents_found=self.documents_found,
            documents_written=self.documents_written,
            pages_found=self.pages_found,
            pages_read=self.pages_read,
            pages_known=self.pages_known,
            documents_unchanged=self.documents_unchanged,
            changed_outputs=self.changed_outputs,
            pages_sent=allowance.sent,
            pages_billed=allowance.billed,
            cost=allowance.cost if allowance.priced else None,
            unread_pages=self.unread_pages,
            doubtful_submits=self.doubtful_submits,
            lost_operations=self.lost_operations,
            failures=tuple(self.failures.kept),
            failed=self.failures.count,
            warnings=tuple(self.warnings.kept),
            warned=self.warnings.count,
            outputs=tuple(self.outputs.kept),
            outputs_written=self.outputs.count,
            skipped_outputs=self.skipped_outputs,
            stopped=self.stopped,
            interrupted=self.interrupted,
            seconds=now - self.started,
        )


__all__ = ["Books"]
