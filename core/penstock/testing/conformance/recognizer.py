"""Tests of a recognizer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import PenstockError, StopRun, TryAgain
from penstock.model import Operation, Page, Quad, Recognition
from penstock.secret import Secret
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.driver import Driver, checked_answer
from penstock.testing.conformance.errors import PLUGIN_ERRORS, ConformanceError, describe, skip
from penstock.testing.conformance.in_workers import read_in_workers
from penstock.testing.conformance.other_process import poll_in_other_process
from penstock.testing.conformance.transform import truncated_page
from penstock.testing.drawing import DrawnPage, draw_page

__tracebackhide__ = True

MARGIN = 0.02  # how far a quad may extend beyond the page, as a fraction of the page's longer side


class RecognizerConformance(Conformance):
    """Subclass this with your recognizer as ``component``; see `Conformance`.

    It is for recognizers with the hook `read` and for those with `submit`. For a service, start a fake server
    in a fixture, and let `make` connect the component to it: tests against the real service cost money.
    """

    kind: ClassVar[str] = "recognizer"
    patience: ClassVar[float] = 60.0
    """Seconds that one page may take."""
    pages_sent: ClassVar[int] = 12
    """Pages that the costly tests send, if no submit has to be repeated."""

    costly = frozenset(
        {
            "test_recognizes_a_page",
            "test_does_not_sleep",
            "test_quads_are_on_the_page",
            "test_reports_unreadable_pictures",
            "test_recognizes_pages_concurrently",
            "test_operations_survive_a_restart",
        }
    )

    def pages(self, folder: Path) -> list[DrawnPage]:
        """Return pages that it accepts: one that is stored upright, and one that is stored on its side."""
        return [
            draw_page(folder / "scans" / "upright.png"),
            draw_page(folder / "scans" / "sideways.jpg", orientation=6),
        ]

    def test_limits_are_stable(self, tmp_path: Path) -> None:
        """Its limits are the same at every call, or the default ones."""
        with self.opened(tmp_path) as stage:
            if (first := stage.limits()) != (second := stage.limits()):
                raise ConformanceError(
                    f"limits must return the same at every call, got {first} and then {second}",
                    "a run asks once, before the first page: return constants or options",
                )

    def test_cache_key_is_stable(self, tmp_path: Path) -> None:
        """Its cache key is JSON-able, is the same in every run, and has no secret in it."""
        component = self.make(tmp_path)
        with self.opened(tmp_path, component) as stage:
            first = stage.cache_key()
        if first is None:
            return  # without the hook, all options count
        with self.opened(tmp_path) as stage:
            second = stage.cache_key()
        try:
            text = json.dumps([dict(first), dict(second)], allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConformanceError(
                f"cache_key must be JSON-able: {error}", "return only str, int, float, list and dict"
            ) from None
        if any(secret in text for secret in _secrets_of(component)):
            raise ConformanceError(
                "cache_key must not contain a secret", "leave it out: the journal stores the key"
            )
        if first != second:
            raise ConformanceError(
                f"cache_key must be the same in every run, got {dict(first)!r} and then {dict(second)!r}",
                "leave out what changes by itself: every page would be sent again",
            )

    def test_recognizes_a_page(self, tmp_path: Path) -> None:
        """It recognizes a page, at once or by polling an operation that the journal can store."""
        with self._driver(tmp_path) as driver:
            for drawn in self.pages(tmp_path):
                checked_answer(driver.recognize(drawn.page))

    def test_does_not_sleep(self, tmp_path: Path) -> None:
        """Submit and poll return without sleeping: the engine does the waiting."""
        with self._driver(tmp_path) as driver:
            if driver.stage.computes:
                skip("it reads pages in a worker, where it may take its time")
            for drawn in self.pages(tmp_path):
                driver.recognize(drawn.page)
        if driver.sleeps:
            raise ConformanceError(
                driver.sleeps[0],
                "return Pending(poll_after=seconds) from poll, or raise TryAgain(..., retry_after=seconds)",
            )

    def test_quads_are_on_the_page(self, tmp_path: Path) -> None:
        """Quads are in pixels of the upright page, and words are where they were drawn."""
        with self._driver(tmp_path) as driver:
            for drawn in self.pages(tmp_path):
                recognition = checked_answer(driver.recognize(drawn.page))
                check_inside(recognition, drawn.page, _UPRIGHT)
                _check_positions(recognition, drawn)

    def test_reports_unreadable_pictures(self, tmp_path: Path) -> None:
        """A truncated picture raises one of penstock's errors, and does not stop the run."""
        with self._driver(tmp_path) as driver:
            try:
                answer = driver.recognize(truncated_page(tmp_path))
            except ConformanceError:
                raise
            except PLUGIN_ERRORS as error:
                on_purpose = isinstance(error, PenstockError)
                if on_purpose and not isinstance(error, (StopRun, TryAgain)):
                    return
                raise ConformanceError(
                    f"a truncated picture must raise PageRefused or PictureError, got {describe(error)}",
                    _REFUSE if on_purpose else _TRANSLATE,
                ) from error
        if answer is not None:
            raise ConformanceError(
                "a truncated picture must raise PageRefused or PictureError, got a Recognition",
                "raise PageRefused: a page that could not be recognized is not a page without text",
            )

    def test_recognizes_pages_concurrently(self, tmp_path: Path) -> None:
        """It is called on several threads or in several workers, and does not mix pages up."""
        drawn = [
            draw_page(tmp_path / "scans" / f"{word}.png", [word] * 3)
            for word in ("apples", "Monday", "garden", "letter")
        ]
        with self._driver(tmp_path) as driver:
            pages = [each.page for each in drawn]
            if driver.stage.computes:
                found = read_in_workers(driver.stage, pages, self.patience)
            else:
                driver.watch = False
                with ThreadPoolExecutor(len(drawn)) as threads:
                    found = list(threads.map(driver.recognize, pages))
        texts = [each.text if each else "" for each in found]
        for own, text in zip(drawn, texts, strict=True):
            words = {word for other in drawn if other is not own for word in other.recognition.text.split()}
            if mixed := words & set(text.split()):
                raise ConformanceError(
                    f"the result of {own.page.origin} must be its own, got {mixed.pop()!r} of another page",
                    "keep nothing of a page on self without a lock and the operation's own key",
                )

    def test_operations_survive_a_restart(self, tmp_path: Path) -> None:
        """Operations of a remote recognizer are durable, and another process can poll them."""
        component = self.make(tmp_path)
        with self.opened(tmp_path, component) as stage:
            if stage.computes:
                skip("it reads pages itself, so there is no operation to poll")
            driver = Driver(stage, self.owner(tmp_path), self.patience)
            answer = driver.submit(self.pages(tmp_path)[0].page)
            if not isinstance(answer, Operation):
                skip("submit returns results at once, so there is nothing to poll")
            if answer.durable:
                poll_in_other_process(component, answer, tmp_path, self.patience)
            elif stage.limits().remote:
                raise ConformanceError(
                    "operations of a remote recognizer must be durable, got Operation(..., durable=False): "
                    "after a crash, every page in flight is sent again and paid for twice",
                    "put all that poll needs into data and return Operation(data, durable=True); for a "
                    "recognizer that runs on this machine, return Limits(remote=False) from limits",
                )
            else:
                skip("its operations are not durable: they end with the process, on this machine")

    @contextmanager
    def _driver(self, folder: Path) -> Iterator[Driver]:
        with self.opened(folder) as stage, ExitStack() as stack:
            component = stage.configured.component
            if stage.computes and isinstance(component, AbstractContextManager):
                stack.enter_context(component)  # as a worker does
            yield Driver(stage, self.owner(folder), self.patience)


def _secrets_of(component: Any) -> list[str]:
    values = (getattr(component, option.name) for option in dataclasses.fields(component) if option.init)
    return [value.reveal() for value in values if isinstance(value, Secret)]


_REFUSE = "raise PageRefused: sending this page again is useless, and other pages are fine"
_TRANSLATE = (
    "open pictures with penstock.open_upright, which raises PictureError; for a service's error, raise "
    "PageRefused, TryAgain or StopRun"
)
_UPRIGHT = "return quads in pixels of open_upright(page): undo scaling, and rotation other than EXIF's"


def check_inside(recognition: Recognition, page: Page, hint: str) -> None:
    """Check that all quads are inside the page, but for a small margin. Raises ConformanceError."""
    margin = MARGIN * max(page.width, page.height)
    for what, quad in _quads(recognition):
        left, top, right, bottom = quad.bounds
        if min(left, top) < -margin or right > page.width + margin or bottom > page.height + margin:
            raise ConformanceError(
                f"{what} must be inside the page of {page.width} by {page.height} pixels, got "
                f"{left:.0f}, {top:.0f} to {right:.0f}, {bottom:.0f}",
                hint,
            )


def _check_positions(recognition: Recognition, drawn: DrawnPage) -> None:
    """Check that words that were recognized correctly are where they were drawn."""
    drawn_words = {word.text: word.quad for line in drawn.recognition.lines for word in line.words}
    for line in recognition.lines:
        for word in line.words:
            expected = drawn_words.get(word.text)
            if expected and not _is_within(word.quad.center, expected):
                raise ConformanceError(
                    f"on {drawn.page.origin} the word {word.text!r} must be around {_shown(expected)}, got "
                    f"{_shown(word.quad)}",
                    _UPRIGHT,
                )


def _is_within(point: tuple[float, float], quad: Quad) -> bool:
    left, top, right, bottom = quad.bounds
    return left <= point[0] <= right and top <= point[1] <= bottom


def _shown(quad: Quad) -> str:
    return f"({quad.center[0]:.0f}, {quad.center[1]:.0f})"


def _quads(recognition: Recognition) -> Iterator[tuple[str, Quad]]:
    for line in recognition.lines:
        yield f"the line {line.text!r}", line.quad
        for word in line.words:
            yield f"the word {word.text!r}", word.quad
