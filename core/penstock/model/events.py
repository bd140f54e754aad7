"""When and where an event of a run happened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventContext:
    """When and where an event happened. Every observer hook can take it as ``context``.

    Parameters
    ----------
    time
        Seconds since the epoch.
    run
        Identifies the run: the same for all its events, different for every run.
    page_key
        Identifies the page within its pipeline, in every run; empty for events that are not about a page.
    recognizer
        Name of the recognizer that has or had the page, else empty.
    attempt
        Number of the submit or poll, counted from 1; 0 where no call was made.
    """

    time: float
    run: str
    page_key: str = ""
    recognizer: str = ""
    attempt: int = 0
