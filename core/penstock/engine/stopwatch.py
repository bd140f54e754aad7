"""Measures how long components work, for the event ``stage_ended``."""

from __future__ import annotations

import time

from penstock.model import StageTiming
from penstock.model.events import StageName


class Stopwatch:
    """Runs from the moment when it is made. It measures real time, whatever the clock of the run."""

    def __init__(self) -> None:
        self._started, self._began = time.time(), time.monotonic()

    def timing(
        self, stage: StageName, component: str = "", error: BaseException | None = None, *, since: float = 0.0
    ) -> StageTiming:
        """Return the time until now; from ``since`` on, in seconds since the epoch, if that is earlier."""
        earlier = max(0.0, self._started - since) if since else 0.0
        seconds = time.monotonic() - self._began + earlier
        return StageTiming(stage, component, self._started - earlier, seconds, error_name(error))


def error_name(error: BaseException | None) -> str:
    """Return the class of an exception; empty for None."""
    return "" if error is None else type(error).__name__
