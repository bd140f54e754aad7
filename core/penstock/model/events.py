"""When and where an event of a run happened, and how long the work on a page took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
    document_key
        Identifies the document within its pipeline, in every run; empty for events that are not about a
        document or one of its pages.
    """

    time: float
    run: str
    page_key: str = ""
    recognizer: str = ""
    attempt: int = 0
    document_key: str = ""


StageName = Literal["prepare", "submit", "poll", "read", "amend", "write"]
"""The work of a component on a page or document, named after its hook."""

DocumentState = Literal["written", "unchanged", "failed", "unread"]
"""What became of a document in a run."""


@dataclass(frozen=True, slots=True)
class StageTiming:
    """When a component worked on a page or a document.

    Parameters
    ----------
    stage
        The hook that was called. ``prepare`` and ``amend`` stand for all transforms and all amenders of the
        pipeline.
    component
        Name of the component; empty for ``prepare`` and ``amend``.
    started
        Seconds since the epoch.
    seconds
        How long the work took. For ``read``, on the worker. A document that a worker writes is written from
        the time when the worker gets it until its files have their names.
    error
        Class of the exception that was raised, such as ``TryAgain``; empty if none was.
    cost
        Price of a page that a recognizer with a price accepted, or may have accepted; else None.
    """

    stage: StageName
    component: str
    started: float
    seconds: float
    error: str = ""
    cost: float | None = None
