"""What every recognizer does."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from penstock.errors import PenstockError, StopRun, TryAgain
from penstock.model import Operation, Page, Quad, Recognition
from penstock.secret import Secret
from penstock.testing.conformance.base import Conformance
from penstock.testing.conformance.elsewhere import polled_elsewhere
from penstock.testing.conformance.faults import ITS_FAULTS, NotConforming, not_applicable, said_by
from penstock.testing.conformance.reading import Reading, checked_answer
from penstock.testing.conformance.transform import cut_off
from penstock.testing.drawing import DrawnPage, draw_page

__tracebackhide__ = True

AT_ONCE = 4
LEEWAY = 0.02
"""Of a page's longer side: how far a quad may reach over the edge."""


class RecognizerConformance(Conformance):
    """Subclass it with your recognizer as ``component``; see `Conformance`.

    For a service, start a toy of it in a fixture and let `make` point the component there; a test against
    the real one costs money.
    """

    kind: ClassVar[str] = "recognizer"
    patience: ClassVar[float] = 60.0
    """Seconds that one page may take."""

    costly = frozenset(
        {
            "test_reads_a_page_to_the_end",
            "test_never_sleeps",
            "test_quads_lie_on_the_page",
            "test_reports_a_picture_that_cannot_be_read",
            "test_reads_several_pages_at_once",
            "test_another_process_can_poll_what_is_durable",
        }
    )

    def pages(self, folder: Path) -> list[DrawnPage]:
        """Pages that it takes: one as it is stored, one that is stored on its side."""
        return [
            draw_page(folder / "scans" / "upright.png"),
            draw_page(folder / "scans" / "sideways.jpg", orientation=6),
        ]

    def test_says_its_limits(self, tmp_path: Path) -> None:
        """It says what its service can bear, the same each time."""
        with self.opened(tmp_path) as door:
            if door.limits() != door.limits():
                raise NotConforming("limits differ from call to call", "they are asked for once a run")

    def test_says_the_same_of_its_reading_each_time(self, tmp_path: Path) -> None:
        """What it says changes what is read can be kept, does not change by itself, and is no secret."""
        component = self.make(tmp_path)
        with self.opened(tmp_path, component) as door:
            first = door.cache_key()
        if first is None:
            return  # all its options count then
        with self.opened(tmp_path) as door:
            second = door.cache_key()
        try:
            kept = json.dumps([dict(first), dict(second)], allow_nan=False)
        except (TypeError, ValueError) as error:
            raise NotConforming(
                f"what cache_key says cannot be kept: {error}", "say texts, numbers, lists and tables alone"
            ) from None
        if any(secret in kept for secret in _secrets_of(component)):
            raise NotConforming("cache_key says a secret", "leave it out: it is written into the journal")
        if first != second:
            raise NotConforming(
                f"cache_key says {dict(first)!r}, and then {dict(second)!r}",
                "leave out what is different each time: every page would be read again",
            )

    def test_reads_a_page_to_the_end(self, tmp_path: Path) -> None:
        """It submits, polls and ends, with operations that the journal can keep."""
        with self._reading(tmp_path) as reading:
            for drawn in self.pages(tmp_path):
                checked_answer(reading.read(drawn.page))

    def test_never_sleeps(self, tmp_path: Path) -> None:
        """It comes back at once from submit and poll: waiting is the engine's business."""
        with self._reading(tmp_path) as reading:
            for drawn in self.pages(tmp_path):
                reading.read(drawn.page)
        if reading.slept:
            raise NotConforming(
                reading.slept[0],
                "return Pending(poll_after=seconds) from poll, or raise TryAgain(..., retry_after=seconds)",
            )

    def test_quads_lie_on_the_page(self, tmp_path: Path) -> None:
        """Places are in the pixels of the upright page, and words stand where they were drawn."""
        with self._reading(tmp_path) as reading:
            for drawn in self.pages(tmp_path):
                recognition = checked_answer(reading.read(drawn.page))
                _check_inside(recognition, drawn.page)
                _check_places(recognition, drawn)

    def test_reports_a_picture_that_cannot_be_read(self, tmp_path: Path) -> None:
        """A picture that is cut off is refused by one of penstock's errors, and stops no other page."""
        with self._reading(tmp_path) as reading:
            try:
                answer = reading.read(cut_off(tmp_path))
            except (StopRun, TryAgain) as error:
                raise NotConforming(
                    f"a picture that is cut off makes it raise {said_by(error)}",
                    "raise PageRefused: the page will never be read, and others will",
                ) from error
            except PenstockError:
                return
            except ITS_FAULTS as error:
                raise NotConforming(
                    f"a picture that is cut off makes it raise {said_by(error)}",
                    "open it with penstock.images.open_upright, which raises PictureError; for what a "
                    "service says, raise PageRefused, TryAgain or StopRun",
                ) from error
        if answer is not None:
            raise NotConforming(
                "a picture that is cut off is read as if it were whole",
                "raise PageRefused: a page that was not read is no page without text",
            )

    def test_reads_several_pages_at_once(self, tmp_path: Path) -> None:
        """It is called on several threads, and mixes no pages up."""
        drawn = [
            draw_page(tmp_path / "scans" / f"{word}.png", [word] * 3)
            for word in ("apples", "Monday", "garden", "letter")[:AT_ONCE]
        ]
        with self._reading(tmp_path) as reading, ThreadPoolExecutor(AT_ONCE) as threads:
            reading.watch = False
            texts = [each.text if each else "" for each in threads.map(reading.read, _pages(drawn))]
        for own, text in zip(drawn, texts, strict=True):
            words = {word for other in drawn if other is not own for word in other.recognition.text.split()}
            if mixed := words & set(text.split()):
                raise NotConforming(
                    f"the page {own.page.origin} came back with {mixed.pop()!r}, which stands on another one",
                    "keep nothing of a page on self without a lock and the operation's own key",
                )

    def test_another_process_can_poll_what_is_durable(self, tmp_path: Path) -> None:
        """A durable operation is polled to its end by a process that never saw the page."""
        component = self.make(tmp_path)
        with self.opened(tmp_path, component) as door:
            reading = Reading(door, self.owner(tmp_path), self.patience)
            answer = reading.submit(self.pages(tmp_path)[0].page)
            if not isinstance(answer, Operation):
                not_applicable("it answers submit at once: there is nothing to poll")
            if not answer.durable:
                not_applicable("its operations are not durable: they end with the process")
            polled_elsewhere(component, answer, tmp_path, self.patience)

    @contextmanager
    def _reading(self, folder: Path) -> Iterator[Reading]:
        with self.opened(folder) as door:
            yield Reading(door, self.owner(folder), self.patience)


def _secrets_of(component: Any) -> list[str]:
    values = (getattr(component, option.name) for option in dataclasses.fields(component) if option.init)
    return [value.reveal() for value in values if isinstance(value, Secret)]


def _pages(drawn: Iterable[DrawnPage]) -> list[Page]:
    return [each.page for each in drawn]


def _check_inside(recognition: Recognition, page: Page) -> None:
    leeway = LEEWAY * max(page.width, page.height)
    for what, quad in _quads(recognition):
        left, top, right, bottom = quad.bounds
        if (
            min(left, top) < -leeway
            or right > page.width + leeway
            or bottom > page.height + leeway
        ):  # fmt: skip
            raise NotConforming(
                f"{what} stands at {left:.0f}, {top:.0f} to {right:.0f}, {bottom:.0f} on a page of "
                f"{page.width} by {page.height} pixels",
                "answer in the pixels of open_upright(page); undo scaling and turning for the service",
            )


def _check_places(recognition: Recognition, drawn: DrawnPage) -> None:
    """Words that were read as they were drawn stand where they were drawn."""
    known = {word.text: word.quad for line in drawn.recognition.lines for word in line.words}
    for line in recognition.lines:
        for word in line.words:
            if (quad := known.get(word.text)) and not _meets(word.quad, quad):
                raise NotConforming(
                    f"on {drawn.page.origin} the word {word.text!r} stands around "
                    f"{_at(word.quad)}, and was drawn around {_at(quad)}",
                    "answer in the pixels of open_upright(page): EXIF turned, scaling undone",
                )


def _meets(one: Quad, other: Quad) -> bool:
    left, top, right, bottom = other.bounds
    x, y = one.center
    return left <= x <= right and top <= y <= bottom


def _at(quad: Quad) -> str:
    return f"({quad.center[0]:.0f}, {quad.center[1]:.0f})"


def _quads(recognition: Recognition) -> Iterator[tuple[str, Quad]]:
    for line in recognition.lines:
        yield f"the line {line.text!r}", line.quad
        for word in line.words:
            yield f"the word {word.text!r}", word.quad


__all__ = ["RecognizerConformance"]
