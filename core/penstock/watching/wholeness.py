"""Decides when a group of files is whole. Pure: looks and times are arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

STEP = 0.2
"""Seconds. Times are rounded up to multiples, so that groups that came together are looked at together."""
MOST_DOUBLINGS = 5
"""How often the time between two looks at an open file doubles. Its end also gives a notice."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a group found.

    Parameters
    ----------
    fingerprint
        Equal as long as no file of the group changes; None if no file is there.
    is_open
        Whether a process has a file of the group open for writing.
    is_marked
        Whether the marker file is there, or none is needed.
    """

    fingerprint: bytes | None
    is_open: bool = False
    is_marked: bool = True


class Verdict(Enum):
    """The end of waiting for a group."""

    WHOLE = "whole"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A group that is not known to be whole."""

    fingerprint: bytes
    due: float | None  # the time of the next look; None to wait for a notice
    opens: int = 0  # looks in a row that found a file open for writing


def after_look(before: Waiting | None, seen: Seen, now: float, quiet: float) -> Waiting | Verdict:
    """Return the state of a group after a look at it.

    Parameters
    ----------
    before
        The state before; None at the first look.
    now, quiet
        Seconds. The group must stay the same for ``quiet`` seconds.
    """
    if seen.fingerprint is None:
        return Verdict.GONE
    if seen.is_open:
        opens = before.opens + 1 if before else 1
        pause = quiet * 2 ** min(opens - 1, MOST_DOUBLINGS)
        return Waiting(seen.fingerprint, _rounded(now + pause), opens)
    if before is None or before.opens or before.fingerprint != seen.fingerprint:
        return Waiting(seen.fingerprint, _rounded(now + quiet))
    if before.due is not None and now < before.due:
        return before  # a notice came before the time
    return Verdict.WHOLE if seen.is_marked else Waiting(seen.fingerprint, None)


def _rounded(time: float) -> float:
    return math.ceil(time / STEP) * STEP
