"""What came of a run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from penstock.model import Problem

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """A text for a terminal or a log: characters that would steer it, or are none, are written out."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def money(amount: float) -> str:
    """A sum for people, small ones with more places."""
    return f"{amount:.2f}" if amount >= 1 or amount == 0 else f"{amount:.4f}"


def counted(number: int, thing: str) -> str:
    """So many things, for people: ``1 page``, ``2 pages``."""
    return f"{number} {thing}" + ("" if number == 1 else "s")


class Exit(IntEnum):
    """The command's exit codes."""

    DONE = 0
    SOMETHING_FAILED = 1
    NOT_STARTED = 2
    STOPPED = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class RunReport:
    """What was read, written and not, counted while the run went on.

    Parameters
    ----------
    pipeline
        The pipeline's name.
    documents_found, documents_written
        A document is written when every sink has written it.
    pages_found, pages_read
        A page that could not be had counts as found and failed.
    pages_known
        Pages that had been read before, by this run or an earlier one: nothing was sent of them.
    documents_unchanged
        Documents all of whose outputs were there already.
    changed_outputs
        Outputs that somebody changed since they were written, and that were left as they are.
    pages_sent
        Submits that a recognizer took, or may have taken.
    pages_billed
        Those of them that left for a service: what it bills, as far as we can know.
    cost
        Of those pages, at the recognizers' prices; None if no price is known.
    unread_pages
        Pages that were not read because the run stopped early.
    doubtful_submits
        Submits whose answer was lost: they may have been billed twice.
    lost_operations
        Operations that the service had forgotten; their pages were submitted once more.
    failures, warnings
        The first thousand of each; `failed` and `warned` count all.
    outputs
        Files written, the first thousand; `outputs_written` counts all.
    skipped_outputs
        Files met in folders that penstock itself had written, and passed over.
    stopped
        Why the run stopped early; None if it did not.
    interrupted
        Whether a person stopped it.
    seconds
        From start to end.
    """

    pipeline: str
    documents_found: int = 0
    documents_written: int = 0
    pages_found: int = 0
    pages_read: int = 0
    pages_known: int = 0
    documents_unchanged: int = 0
    changed_outputs: int = 0
    pages_sent: int = 0
    pages_billed: int = 0
    cost: float | None = None
    unread_pages: int = 0
    doubtful_submits: int = 0
    lost_operations: int = 0
    failures: tuple[Problem, ...] = ()
    failed: int = 0
    warnings: tuple[Problem, ...] = ()
    warned: int = 0
    outputs: tuple[Path, ...] = ()
    outputs_written: int = 0
    skipped_outputs: int = 0
    stopped: Problem | None = None
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> Exit:
        """How the command ends after this run."""
        if self.interrupted:
            return Exit.INTERRUPTED
        if self.stopped:
            return Exit.STOPPED
        return Exit.SOMETHING_FAILED if self.failed else Exit.DONE


__all__ = ["Exit", "RunReport", "counted", "money", "printable"]
