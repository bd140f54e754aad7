"""How many pages of a run are found, in flight, recognized and failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from penstock.report import counted

PageKey = str | tuple[int, str]  # identifies a page while the run works on it


@dataclass(slots=True)
class Counts:
    """Pages of a run by their state."""

    found: int = 0  # all pages, also those that could not be read from their files
    recognized: int = 0  # by this run
    known: int = 0  # pages that already had a result
    failed: int = 0  # pages that could not be read or recognized
    unfinished: set[PageKey] = field(default_factory=set)  # not yet recognized, known or failed
    submitted: set[PageKey] = field(default_factory=set)  # unfinished pages that a recognizer has

    @property
    def in_flight(self) -> int:
        return len(self.submitted)

    @property
    def left(self) -> int:
        """Number of found pages that are still to be recognized."""
        return self.found - self.known - self.recognized - self.failed

    def add(self, page: PageKey) -> None:
        self.found += 1
        self.unfinished.add(page)

    def finish(self, page: PageKey) -> None:
        """Count a page as finished; the caller counts it as recognized, known or failed."""
        if page not in self.unfinished:
            # A page whose file cannot be read fails without having been found.
            self.found += 1
        self.unfinished.discard(page)
        self.submitted.discard(page)

    def __str__(self) -> str:
        parts = [f"{self.recognized} of {counted(self.found - self.known, 'page')} recognized", self.details]
        return ", ".join(filter(None, parts))

    @property
    def details(self) -> str:
        """The other counts, for example ``2 in flight, 1 failed``; empty if all are 0."""
        numbers = (
            (self.known, "already recognized"),
            (self.in_flight, "in flight"),
            (self.failed, "failed"),
        )
        return ", ".join(f"{count} {what}" for count, what in numbers if count)


def pace(counts: Counts, seconds: float) -> str:
    """Return the rate since the start and the time left: ``0.4/s, 0:00:17 left``.

    Empty before the first page is recognized.
    """
    if not (counts.recognized and seconds):
        return ""
    rate = counts.recognized / seconds
    return f"{rate:.1f}/s" + (
        f", {timedelta(seconds=int(counts.left / rate))} left" if counts.left > 0 else ""
    )
