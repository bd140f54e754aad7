"""What all parts of a run share, and the constants that bound the run."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable
from dataclasses import dataclass

from penstock.config import EngineOptions
from penstock.engine.counters import RunCounters
from penstock.engine.journal import Journal
from penstock.engine.messages import Message
from penstock.engine.observers import Observers
from penstock.engine.plan import Plan
from penstock.model import Problem
from penstock.spool import Spool

CALL_THREADS = 15
"""Calls of recognizers and amenders at once. Calls are short, because plugins do not wait."""
GRACE_SECONDS = 30.0
"""How long a stopped run goes on polling operations and amending results before it ends."""
OPEN_DOCUMENTS = 64
"""Documents begun and not yet written, besides one for each page in flight."""
MESSAGES_PER_COMMIT = 64
"""Messages that are handled before the journal is written."""
COMMIT_RETRY_SECONDS = 1.0
"""Time between two tries to write the journal, if it could not be written."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """The services that the parts of a run share.

    Parameters
    ----------
    inbox
        Where other threads put messages for the main thread.
    now
        The time on the run's clock, in seconds; callable from any thread.
    stop
        Ends the run for a problem: nothing more is sent. Main thread only.
    """

    plan: Plan
    engine: EngineOptions
    journal: Journal
    spool: Spool
    inbox: queue.SimpleQueue[Message]
    counters: RunCounters
    observers: Observers
    now: Callable[[], float]
    random: random.Random
    stop: Callable[[Problem], None]


__all__ = [
    "CALL_THREADS",
    "COMMIT_RETRY_SECONDS",
    "GRACE_SECONDS",
    "MESSAGES_PER_COMMIT",
    "OPEN_DOCUMENTS",
    "RunContext",
]
