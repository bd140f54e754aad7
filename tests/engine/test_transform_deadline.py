"""The deadline of a transform applies to each page, even if pages have the same name."""

from __future__ import annotations

import queue
import threading
from typing import Any

from conftest import RacingClock
from penstock.config import check
from penstock.engine import Run
from penstock.pipeline import Pipeline
from penstock.report import Exit
from pipelines import double, tables

DEADLINE = 600.0


class LookedAt(RacingClock):
    """A clock that a transform advances, while the main loop wakes up often."""

    def __init__(self) -> None:
        super().__init__()
        self._looks = 0
        self._looked = threading.Condition()

    def receive(
        self, inbox: queue.SimpleQueue[Any], timeout: float | None, *, calls_running: bool
    ) -> Any | None:
        with self._looked:
            self._looks += 1
            self._looked.notify_all()
        try:
            return inbox.get(timeout=0.01)
        except queue.Empty:
            self.time += 0.0 if calls_running else timeout or 0.0
            return None

    def work(self) -> None:
        """Advance the clock by a third of the deadline, and wait until the main loop has seen it."""
        self.time += DEADLINE / 3
        with self._looked:
            # One look may have begun before the clock advanced.
            seen = self._looks + 2
            self._looked.wait_for(lambda: self._looks >= seen, timeout=30)


def test_every_page_gets_the_whole_deadline(draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 9, "origin": "camera"}
    pipeline = tables([]) | {"sources": [source], "transforms": [{"plugin": double("transforms:Working")}]}
    # At most two pages are in flight, so no call of another plugin seems to hang.
    pipeline["engine"] = {"in_flight": 1, "call_deadline": DEADLINE}
    configuration = check(pipeline, tmp_path, where="test.toml", name="test")
    clock = LookedAt()
    (transform,) = configuration.of_kind("transform")
    transform.component.work = clock.work
    report = Run(Pipeline(configuration), clock=clock).execute()
    assert (report.exit_code, report.pages_read, report.stopped) == (Exit.DONE, 9, None)
