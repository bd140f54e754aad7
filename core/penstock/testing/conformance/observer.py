"""Tests of an observer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from penstock.config import Configured, check
from penstock.engine.run import run
from penstock.model import Document, EventContext, Problem, Recognition, StageTiming
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, describe
from penstock.testing.drawing import draw_page
from penstock.testing.runs import reference_to
from penstock.testing.scripted import Scripted

__tracebackhide__ = True

CONTEXT = EventContext(time=0.0, run="trial")

SCRIPT = {
    "again": ["again:0", "operation", "pending:0", "read"],
    "refused": ["refuse"],
    "refused-late": ["operation", "refuse"],
    "lost": ["operation", "lost", "operation", "read"],
}
"""Scripts of the pages of the test run; other pages are recognized at once."""


class ObserverConformance(Conformance):
    """Subclass this with your observer as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "observer"

    def test_accepts_every_event(self, tmp_path: Path) -> None:
        """It raises nothing, whatever event it receives."""
        with self.opened(tmp_path) as stage:
            for event, arguments in example_events(tmp_path):
                try:
                    stage.notify(event, CONTEXT, **arguments)
                except PLUGIN_ERRORS as error:
                    raise ConformanceError(
                        f"{event} must not raise, got {describe(error)}",
                        "accept every event: a run sends no more events to an observer that raises",
                    ) from error

    def test_does_not_disturb_a_run(self, tmp_path: Path) -> None:
        """A run has the same results with it as without it, failed pages included."""
        without = self._run(tmp_path / "without")
        with_it = self._run(tmp_path / "with", self.make)
        if new := [each for each in with_it.warnings if each not in without.warnings]:
            hint = new[0].hint or "accept every event"
            raise ConformanceError(f"a run must cause no warning, got {new[0]}", hint)
        if (with_it.pages_read, with_it.failed) != (without.pages_read, without.failed):
            raise ConformanceError(
                f"a run must have the same results: without the observer {without.pages_read} pages are "
                f"recognized and {without.failed} fail, with it {with_it.pages_read} and {with_it.failed}"
                + "".join(f"\n  {each}" for each in with_it.failures[:3]),
                "a wrapper must yield once, let exceptions pass, and return the result unchanged",
            )

    def _run(self, folder: Path, make: Callable[[Path], Any] | None = None) -> RunReport:
        for name in ("read", *SCRIPT):
            draw_page(folder / "scans" / f"{name}.png", [name])
        tables = {
            "sources": [{"plugin": "files", "paths": ["scans"]}],
            "recognizers": [{"plugin": reference_to(Scripted), "first_poll": 0, "script": SCRIPT}],
            "sinks": [{"plugin": "text"}],
        }
        configuration = check(tables, folder, where="the test", name="trial")
        if make is not None:
            observer = make(folder)
            name = type(observer).__name__
            added = Configured("observer", name, f"the observer {name}", observer)
            configuration = replace(configuration, components=(*configuration.components, added))
        return run(Pipeline(configuration))


def example_events(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every event at least once, some with unusual values."""
    drawn = draw_page(folder / "scans" / "letter.png")
    document = Document("letter", "scans/letter.png", [], "box", folder)
    odd = Document("../two\nlines 💌", "https://example.org/a?signature=cut", [])
    page = {"document": document, "page": drawn.page}
    problem = Problem("scans/letter.png, page 2", "the picture is truncated", "scan it again")
    yield "run_started", {"pipeline": "trial"}
    yield "source_status", {"source": "camera", "text": "hold still"}
    yield "source_status", {"source": "camera", "text": ""}
    yield "document_found", {"document": document}
    yield "page_found", page
    yield "workers_changed", {"slots": 2}
    yield "stage_ended", {**page, "timing": StageTiming("poll", "azure-read", 0.0, 0.25, "TryAgain")}
    yield "page_known", page
    yield "page_submitted", page
    yield "page_polled", page
    yield "page_retried", {**page, "problem": problem, "wait": 0.5}
    yield "recognizer_throttled", {"wait": 30.0}
    yield "recognizer_down", {"problem": problem, "since": 0.0, "wait": 2.5}
    yield "recognizer_up", {"seconds": 95.0}
    yield "budget_warning", {"budget": "budget_per_month", "spent": 80.5, "limit": 100.0}
    yield "recognizer_stopped", {"problem": problem}
    yield "page_provisional", {**page, "recognition": drawn.recognition}
    yield "disk_full", {"problem": problem, "since": 0.0, "wait": 2.5}
    yield "disk_freed", {"seconds": 95.0}
    yield "page_recognized", {**page, "recognition": drawn.recognition}
    yield "page_failed", {"document": document, "problem": problem}
    yield "stage_ended", {"document": document, "page": None, "timing": StageTiming("write", "pdf", 0.0, 1.5)}
    yield "document_written", {"document": document, "outputs": (Path("letter.pdf"),)}
    yield "document_ended", {"document": document, "state": "written"}
    yield "document_found", {"document": odd}
    yield "page_found", {"document": odd, "page": drawn.page}
    yield "page_recognized", {"document": odd, "page": drawn.page, "recognition": Recognition()}
    yield "page_failed", {"document": odd, "problem": Problem("a page", "has no hint and no path")}
    yield "document_failed", {"problem": problem}
    yield "document_failed", {"problem": Problem("a document", "was never found", path=folder)}
    stopped = RunReport("trial", failures=(problem,), failed=1, stopped=problem, interrupted=True)
    yield "run_finished", {"report": stopped}
