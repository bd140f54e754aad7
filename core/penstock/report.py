"""The report of a run, and how its numbers are printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from pathlib import Path

from penstock.model import Problem
from penstock.storage import Address, Place

MAX_LISTED = 20
"""Files of one list that are named; the others are counted."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text for a terminal or log, with control characters and lone surrogates escaped."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def money(amount: float) -> str:
    """Return an amount of money with two decimal places; four if it is less than 1."""
    return f"{amount:.2f}" if amount >= 1 or amount == 0 else f"{amount:.4f}"


def duration(seconds: float) -> str:
    """Return a time span in minutes, or in seconds if it is no whole number of minutes above 1."""
    minutes = seconds / 60
    return f"{minutes:.0f} minutes" if minutes > 1 and minutes.is_integer() else f"{seconds:g} s"


def counted(number: int, thing: str) -> str:
    """Return a number with its noun: ``1 page``, ``2 pages``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


def pages_done(done: int, found: int, known: int, *, at_least: bool = False) -> str:
    """Return how far the pages of a run are: ``9 of 16 pages recognized (6 known)``.

    ``done`` pages have a result. ``known`` of them already had it when the run found them. With ``at_least``,
    more pages may be found.
    """
    found_text = f"{'at least ' if at_least else ''}{counted(found, 'page')}"
    return f"{done} of {found_text} recognized" + (f" ({known} known)" if known else "")


def pace(pages: int, left: int, seconds: float, *, at_least: bool = False) -> str:
    """Return the rate and the time left: ``0.4 pages/s, 0:00:17 left``.

    ``pages`` were recognized in ``seconds``, and ``left`` are still to be recognized: or more, with
    ``at_least``. Empty before the first page is recognized.
    """
    parts = [rate(pages, seconds)]
    if pages and seconds and left > 0:
        more = "at least " if at_least else ""
        parts.append(f"{more}{timedelta(seconds=int(left * seconds / pages))} left")
    return ", ".join(filter(None, parts))


def rate(pages: int, seconds: float) -> str:
    """Return ``1.5 pages/s``; empty for a single page, and for a rate that would be shown as 0.0."""
    per_second = pages / seconds if seconds > 0 else 0.0
    return f"{per_second:.1f} pages/s" if pages > 1 and per_second >= 0.05 else ""


def relative(path: Place) -> str:
    """Return a path relative to the current folder if it is below it."""
    if isinstance(path, Address):
        return str(path)
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the current folder is gone
        return str(path)


def wrote(paths: Sequence[Place], count: int) -> list[str]:
    """Return a line for each of the first twenty files that were written, and one for the others."""
    lines = [f"wrote {relative(path)}" for path in paths[:MAX_LISTED]]
    return lines + ([f"wrote … and {count - len(lines)} more"] if count > len(lines) else [])


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    SOMETHING_FAILED = 1
    NOT_STARTED = 2
    STOPPED = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class RecognizerCost:
    """What a run sent to one service."""

    recognizer: str  # name
    pages: int  # that were accepted, or may have been
    cost: float | None  # None if the recognizer has no price, as the costs below
    day_cost: float | None  # of all runs today that use the state folder
    month_cost: float | None  # the same, in this calendar month


@dataclass(frozen=True, slots=True)
class BudgetUse:
    """How much of a budget is spent."""

    name: str  # ``budget``, ``budget_per_day`` or ``budget_per_month``
    spent: float
    limit: float

    @property
    def is_nearly_spent(self) -> bool:
        """Whether the run warns of it: at least 80% are spent."""
        return self.spent >= 0.8 * self.limit > 0

    def __str__(self) -> str:
        share = f"{self.spent / self.limit:.0%} of {self.name}" if self.limit else self.name
        return f"{money(self.spent)} of {money(self.limit)} is spent ({share})"


@dataclass(frozen=True, slots=True)
class RunReport:
    """Counts and problems of a run.

    Parameters
    ----------
    pipeline
        Name of the pipeline.
    documents_found
        Documents that the sources found.
    documents_written
        Documents that every sink has written.
    pages_found
        Pages that the sources found, including those that they could not read.
    pages_read
        Pages that this run recognized.
    pages_known
        Pages that already had a result, from this run or an earlier one. They were not sent.
    pages_provisional
        Recognized pages with a result that a rule did not accept, because no later recognizer gave a better
        one.
    pages_to_improve
        Those of them for which the next run asks again, because a recognizer failed or was stopped.
    pages_empty
        Pages of PDFs that show nothing that could be writing. They were not sent.
    pages_born_digital
        Pages of PDFs whose own text was used. They were not sent.
    documents_unchanged
        Documents whose outputs were all up to date.
    changed_outputs
        Outputs that were edited since penstock wrote them. They were kept.
    pages_sent
        Submits that a recognizer accepted or may have accepted.
    pages_billed
        Those of them that went to a remote service: an estimate of the pages it bills.
    cost
        Price of the billed pages; None if no price is known.
    total_cost
        Price of the pages of all runs that used the state folder, this one included; None if no price is
        known.
    costs
        What the run sent to services, by recognizer. Known at the end of a run.
    budgets
        How much of each budget of the pipeline is spent.
    unread_pages
        Pages that were not recognized because the run stopped early.
    doubtful_submits
        Submits whose response was lost. Their pages may be billed twice.
    lost_operations
        Operations that the service had deleted. Their pages were submitted once more.
    failures, warnings, outputs
        The first thousand failures, warnings and written files. A file is a path, or an `Address`.
    failed, warned, outputs_written
        The complete numbers of failures, warnings and written files.
    skipped_outputs
        Files in the sources' folders that were skipped because penstock wrote them.
    stopped
        Why the run, or one of its recognizers, stopped early; None if none did.
    interrupted
        Whether a user stopped the run.
    seconds
        Duration of the run.
    """

    pipeline: str
    documents_found: int = 0
    documents_written: int = 0
    pages_found: int = 0
    pages_read: int = 0
    pages_known: int = 0
    pages_provisional: int = 0
    pages_to_improve: int = 0
    pages_empty: int = 0
    pages_born_digital: int = 0
    documents_unchanged: int = 0
    changed_outputs: int = 0
    pages_sent: int = 0
    pages_billed: int = 0
    cost: float | None = None
    total_cost: float | None = None
    costs: tuple[RecognizerCost, ...] = ()
    budgets: tuple[BudgetUse, ...] = ()
    unread_pages: int = 0
    doubtful_submits: int = 0
    lost_operations: int = 0
    failures: tuple[Problem, ...] = ()
    failed: int = 0
    warnings: tuple[Problem, ...] = ()
    warned: int = 0
    outputs: tuple[Place, ...] = ()
    outputs_written: int = 0
    skipped_outputs: int = 0
    stopped: Problem | None = None
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> Exit:
        """Exit code of the command after this run."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.stopped:
            return Exit.STOPPED
        return Exit.SOMETHING_FAILED if self.failed or self.pages_to_improve else Exit.DONE
