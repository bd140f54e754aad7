"""Tests of an amender."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

from penstock.errors import PluginError
from penstock.model import Recognition
from penstock.stages import AmenderStage
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, describe
from penstock.testing.conformance.recognizer import check_inside
from penstock.testing.conformance.watching import watched_sleeps
from penstock.testing.drawing import DrawnPage, draw_page

__tracebackhide__ = True


class AmenderConformance(Conformance):
    """Subclass this with your amender as ``component``; see `Conformance`."""

    kind: ClassVar[str] = "amender"

    def pages(self, folder: Path) -> list[DrawnPage]:
        """Return pages to amend; override this to have text that the amender changes."""
        return [
            draw_page(folder / "scans" / "letter.png"),
            draw_page(folder / "scans" / "numbers.png", ["17 apples", "in 1905"]),
            draw_page(folder / "scans" / "sideways.jpg", ["tbe end of lt"], orientation=6),
        ]

    def test_returns_a_recognition(self, tmp_path: Path) -> None:
        """It returns a recognition for every page, and raises nothing."""
        with self.opened(tmp_path) as stage:
            for drawn in self.pages(tmp_path):
                _amend(stage, drawn)

    def test_quads_are_on_the_page(self, tmp_path: Path) -> None:
        """The quads that it returns are in pixels of the page, and inside the page."""
        with self.opened(tmp_path) as stage:
            for drawn in self.pages(tmp_path):
                check_inside(_amend(stage, drawn), drawn.page, _KEEP_QUADS)

    def test_accepts_pages_without_text(self, tmp_path: Path) -> None:
        """It accepts a recognition without lines, and lines without words or confidences."""
        drawn = self.pages(tmp_path)[0]
        without_words = tuple(type(line)(line.text, line.quad) for line in drawn.recognition.lines)
        with self.opened(tmp_path) as stage:
            for recognition in (Recognition(), Recognition(without_words)):
                _amend(stage, DrawnPage(drawn.page, recognition))

    def test_is_deterministic(self, tmp_path: Path) -> None:
        """It returns the same recognition for the same page, in this run and in the next one."""
        pages = self.pages(tmp_path)
        with self.opened(tmp_path) as stage:
            first, second = ([_amend(stage, drawn) for drawn in pages] for _ in range(2))
        with self.opened(tmp_path) as stage:
            next_run = [_amend(stage, drawn) for drawn in pages]
        if not first == second == next_run:
            raise ConformanceError(
                "amend must return the same recognition for the same page, got different ones",
                "do not use times, random numbers or the order of sets; keep nothing of a page on self",
            )

    def test_amends_pages_concurrently(self, tmp_path: Path) -> None:
        """It is called on several threads, and does not mix pages up."""
        pages = self.pages(tmp_path)
        with self.opened(tmp_path) as stage:
            expected = [_amend(stage, drawn) for drawn in pages]
        with self.opened(tmp_path) as stage, ThreadPoolExecutor(len(pages)) as threads:
            found = list(threads.map(lambda drawn: _amend(stage, drawn), pages))
        if found != expected:
            raise ConformanceError(
                "amend must return the same recognition on several threads as on one, got another one",
                "keep nothing of a page on self without a lock",
            )

    def test_does_not_sleep(self, tmp_path: Path) -> None:
        """It does not sleep: that would block a call thread."""
        with self.opened(tmp_path) as stage, watched_sleeps(self.owner(tmp_path)) as watch:
            for drawn in self.pages(tmp_path):
                _amend(stage, drawn)
        if watch.sleeps:
            raise ConformanceError(
                f"amend must not sleep, got {watch.sleeps[0]}", "return the recognition at once"
            )


def _amend(stage: AmenderStage, drawn: DrawnPage) -> Recognition:
    try:
        return stage.amend(drawn.page, drawn.recognition)
    except PluginError as error:
        raise ConformanceError(error.message, "return a Recognition, or the one that was passed") from None
    except PLUGIN_ERRORS as error:
        raise ConformanceError(
            f"amend must not raise for {drawn.page.origin}, got {describe(error)}",
            "return the recognition that was passed if there is nothing to change",
        ) from error


_KEEP_QUADS = "keep the quads of the lines and words that were passed, in pixels of the page"
