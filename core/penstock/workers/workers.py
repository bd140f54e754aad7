"""What the engine asks of workers, wherever they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from penstock.model import Page
from penstock.workers.answers import Answer

OnEnd = Callable[[Answer], None]
"""Receives what became of a page. Called once for each page, on any thread; it must not block."""


class Workers(Protocol):
    """The workers of one recognizer. All methods can be called from any thread."""

    @property
    def room(self) -> int:
        """Pages that may be under way at once: those that are being read, and as many that wait.

        It may change during a run.
        """

    def start(self, page: Page, on_end: OnEnd) -> None:
        """Have a page read, and return at once.

        A page whose worker dies or hangs is read once more by another worker. The answer is a `Failure` with
        PageRefused if that one fails too, and with StopRun if no page can be read.
        """

    def describe(self) -> list[str]:
        """Return where pages are read, in lines for people: first all workers, then each of them."""

    def close(self) -> None:
        """Stop all work, and return when it has ended. `OnEnd` is not called for pages under way."""
