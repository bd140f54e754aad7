"""Pages of one name that are prepared one after the other are no transform that hangs."""

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
    """Time that a transform makes pass; the run looks about often, whatever it waits for."""

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
        """Take a third of what a call may take, and be seen at it."""
        self.time += DEADLINE / 3
        with self._looked:
            # One look may have begun before this work did.
            seen = self._looks + 2
            self._looked.wait_for(lambda: self._looks >= seen, timeout=30)


def test_pages_of_one_name_are_each_given_the_time_that_a_call_may_take(draw, tmp_path):
    source = {"plugin": double("sources:Many"), "picture": str(draw("a.png")), "pages": 9, "origin": "camera"}
    pipeline = tables([]) | {"sources": [source], "transforms": [{"plugin": double("transforms:Working")}]}
    # No more than two pages are on their way at once, so no call of another plugin seems to hang.
    pipeline["engine"] = {"in_flight": 1, "call_deadline": DEADLINE}
    configuration = check(pipeline, tmp_path, where="test.toml", name="test")
    clock = LookedAt()
    (transform,) = configuration.of_kind("transform")
    transform.component.work = clock.work
    report = Run(Pipeline(configuration), clock=clock).execute()
    assert (report.exit_code, report.pages_read, report.stopped) == (Exit.DONE, 9, None)
