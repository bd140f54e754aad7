"""A recognizer that returns thirty lines at once, to measure the time of everything else."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from pathlib import Path

from penstock import Limits, Line, Operation, Page, Pending, Quad, Recognition, Resources, Word, hookimpl

LINES, WORDS = 30, 9


@dataclass(eq=False)
class Instant:
    """Returns the same lines for every page, through submit and poll.

    Parameters
    ----------
    lines
        Number of lines per page.
    remote
        Whether the engine treats it as a service, whose submits are stored before they are sent.
    first_submit
        File that the time of the first submit is written to, in seconds since the epoch.
    """

    lines: int = LINES
    remote: bool = True
    first_submit: Path | None = None

    @hookimpl
    def cache_key(self) -> dict[str, int]:
        return {"lines": self.lines}

    @hookimpl
    def limits(self) -> Limits:
        return Limits(first_poll=0.0, poll_interval=(0.0, 0.0), remote=self.remote)

    @hookimpl
    def submit(self, page: Page) -> Operation:
        if self.first_submit and not self.first_submit.exists():
            self.first_submit.write_text(str(time.time()))
        return Operation({"width": page.width, "height": page.height}, poll_after=0.0)

    @hookimpl
    def poll(self, operation: Operation) -> Recognition | Pending | Operation:
        return page_of(operation.data["width"], operation.data["height"], self.lines)


@dataclass(eq=False)
class Reads:
    """Computes nothing: waits, and returns the same lines for every page.

    Parameters
    ----------
    seconds
        How long a page takes.
    """

    seconds: float = 0.0

    @hookimpl
    def resources(self) -> Resources:
        return Resources(threads=1000)

    @hookimpl
    def read(self, page: Page) -> Recognition:
        time.sleep(self.seconds)
        return _same_page(page.width, page.height, LINES)


def page_of(width: int, height: int, count: int) -> Recognition:
    """Return so many lines of nine words."""
    across, down = width / (WORDS + 1), height / (count + 1)
    lines = []
    for row in range(count):
        top = (row + 0.5) * down
        words = tuple(
            Word(
                f"word{column}",
                Quad.from_box((column + 0.5) * across, top, (column + 1.4) * across, top + 0.6 * down),
                0.9,
            )
            for column in range(WORDS)
        )
        text = " ".join(word.text for word in words)
        lines.append(Line(text, Quad.around(word.quad for word in words), words))
    return Recognition(tuple(lines), 0.0, "instant")


_same_page = functools.lru_cache(maxsize=1)(page_of)
"""To make three hundred words takes longer than all that is measured."""
