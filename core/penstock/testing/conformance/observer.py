"""What every observer does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from penstock.config import Configuration, Configured, check
from penstock.engine import run
from penstock.hookspecs import ObserverHooks
from penstock.model import Document, EventContext, Problem, Recognition
from penstock.pipeline import Pipeline
from penstock.report import RunReport
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.faults import ITS_FAULTS, NotConforming, said_by
from penstock.testing.drawing import draw_page
from penstock.testing.scripted import Scripted
from penstock.testing.trial import reference_to

__tracebackhide__ = True

Event = tuple[str, dict[str, Any]]

CONTEXT = EventContext(time=0.0, run="trial")

SCRIPT = {
    "again": ["again:0", "operation", "pending:0", "read"],
    "refused": ["refuse"],
    "refused-late": ["operation", "refuse"],
    "lost": ["operation", "lost", "operation", "read"],
}
"""What befalls the pages of the trial run, by name; the others are read at once."""


class ObserverConformance(Conformance):
    """Subclass it with your observer as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "observer"

    def test_accepts_every_event(self, tmp_path: Path) -> None:
        """Whatever a run tells it, in whatever order things go wrong, it raises nothing."""
        with self.opened(tmp_path) as door:
            for event, arguments in trial_events(tmp_path):
                try:
                    door.notify(event, CONTEXT, **arguments)
                except ITS_FAULTS as error:
                    raise NotConforming(
                        f"{event} raises {said_by(error)}",
                        "let it accept every event: the run leaves an observer out that raises",
                    ) from error

    def test_lets_a_run_go_on(self, tmp_path: Path) -> None:
        """With it a run reads and writes what it does without it, failing pages among them."""
        without = self._run(tmp_path / "without")
        with_it = self._run(tmp_path / "with", self.make)
        if fresh := [each for each in with_it.warnings if each not in without.warnings]:
            raise NotConforming(f"during a run, {fresh[0]}", fresh[0].hint or "let it accept every event")
        if (with_it.pages_read, with_it.failed) != (without.pages_read, without.failed):
            raise NotConforming(
                f"with it {with_it.pages_read} pages are read and {with_it.failed} failed; without it "
                f"{without.pages_read} and {without.failed}"
                + "".join(f"\n  {each}" for each in with_it.failures[:3]),
                "a wrapper yields once, lets what is raised go through, and returns the answer",
            )

    def _run(self, folder: Path, make: Any = None) -> RunReport:
        for name in ("read", *SCRIPT):
            draw_page(folder / "scans" / f"{name}.png", [name])
        tables = {
            "sources": [{"plugin": "files", "paths": ["scans"]}],
            "recognizers": [{"plugin": reference_to(Scripted), "first_poll": 0, "script": SCRIPT}],
            "sinks": [{"plugin": "text"}],
        }
        configuration = check(tables, folder, where="the test", name="trial")
        if make is not None:
            configuration = _with(configuration, make(folder))
        return run(Pipeline(configuration))


def _with(configuration: Configuration, observer: Any) -> Configuration:
    name = type(observer).__name__
    added = Configured("observer", name, f"the observer {name}", observer)
    return replace(configuration, components=(*configuration.components, added))


def trial_events(folder: Path) -> list[Event]:
    """A run in which everything happens once, and some things that seldom do."""
    return [(event, arguments) for event, arguments in _events(folder) if event in vars(ObserverHooks)]


def _events(folder: Path) -> Iterator[Event]:
    drawn = draw_page(folder / "scans" / "letter.png")
    document = Document("letter", "scans/letter.png", [], "box", folder)
    odd = Document("../two\nlines 💌", "https://example.org/a?signature=cut", [])
    page = {"document": document, "page": drawn.page}
    problem = Problem("scans/letter.png, page 2", "the picture is cut off", "scan it again")
    yield "run_started", {"pipeline": "trial"}
    yield "source_status", {"source": "camera", "text": "hold still"}
    yield "source_status", {"source": "camera", "text": ""}
    yield "document_found", {"document": document}
    yield "page_found", page
    yield "page_known", page
    yield "page_submitted", page
    yield "page_recognized", {**page, "recognition": drawn.recognition}
    yield "page_failed", {"document": document, "problem": problem}
    yield "document_written", {"document": document}
    yield "document_found", {"document": odd}
    yield "page_found", {"document": odd, "page": drawn.page}
    yield "page_recognized", {"document": odd, "page": drawn.page, "recognition": Recognition()}
    yield "page_failed", {"document": odd, "problem": Problem("a page", "without hint or path")}
    yield "document_failed", {"problem": problem}
    yield "document_failed", {"problem": Problem("nobody's document", "was never found", path=folder)}
    stopped = RunReport("trial", failures=(problem,), failed=1, stopped=problem, interrupted=True)
    yield "run_finished", {"report": stopped}


__all__ = ["ObserverConformance", "trial_events"]
