"""Tests of a rule."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from penstock.errors import PluginError
from penstock.model import Line, Recognition
from penstock.stages import RuleStage
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, describe
from penstock.testing.conformance.watching import watched_sleeps
from penstock.testing.drawing import DrawnPage, draw_page

__tracebackhide__ = True


class RuleConformance(Conformance):
    """Subclass this with your rule as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "rule"

    def pages(self, folder: Path) -> list[DrawnPage]:
        """Return pages to judge: with text, without confidences, without words, and without lines."""
        letter = draw_page(folder / "scans" / "letter.png")
        numbers = draw_page(folder / "scans" / "numbers.png", ["17 apples", "in 1905"])
        without_words = tuple(Line(line.text, line.quad) for line in letter.recognition.lines)
        bare = [Recognition(without_words), Recognition()]
        return [letter, numbers, *(DrawnPage(letter.page, each) for each in bare)]

    def test_returns_true_or_false(self, tmp_path: Path) -> None:
        """It returns True or False for every page, and raises nothing."""
        with self.opened(tmp_path) as stage:
            for drawn in self.pages(tmp_path):
                _judged(stage, drawn)

    def test_is_deterministic(self, tmp_path: Path) -> None:
        """It gives the same answer about the same page, in this run and in the next one."""
        pages = self.pages(tmp_path)
        with self.opened(tmp_path) as stage:
            first, second = ([_judged(stage, drawn) for drawn in pages] for _ in range(2))
        with self.opened(tmp_path) as stage:
            next_run = [_judged(stage, drawn) for drawn in pages]
        if not first == second == next_run:
            raise ConformanceError(
                "accepts must give the same answer about the same page, got different ones",
                "do not use times or random numbers; keep nothing of a page on self",
            )

    def test_does_not_sleep(self, tmp_path: Path) -> None:
        """It does not sleep: that would block the run."""
        with self.opened(tmp_path) as stage, watched_sleeps(self.owner(tmp_path)) as watch:
            for drawn in self.pages(tmp_path):
                _judged(stage, drawn)
        if watch.sleeps:
            raise ConformanceError(f"accepts must not sleep, got {watch.sleeps[0]}", "return at once")


def _judged(stage: RuleStage, drawn: DrawnPage) -> bool:
    try:
        return stage.accepts(drawn.page, drawn.recognition)
    except PluginError as error:
        raise ConformanceError(error.message, "return True or False") from None
    except PLUGIN_ERRORS as error:
        raise ConformanceError(
            f"accepts must not raise for {drawn.page.origin}, got {describe(error)}",
            "a page may have no lines, no words and no confidences",
        ) from error
