"""How many pages of a run are found, in flight, recognized and failed."""

from __future__ import annotations

from dataclasses import dataclass, field

from penstock.report import pace, pages_done

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
    def done(self) -> int:
        """Number of pages that have a result."""
        return self.recognized + self.known

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
        return ", ".join(filter(None, [self.pages, self.details]))

    @property
    def pages(self) -> str:
        """``9 of 16 pages recognized (6 known)``."""
        return pages_done(self.done, self.found, self.known)

    @property
    def details(self) -> str:
        """The other counts, for example ``2 in flight, 1 failed``; empty if all are 0."""
        numbers = (
            (self.in_flight, "in flight"),
            (self.failed, "failed"),
        )
        return ", ".join(f"{count} {what}" for count, what in numbers if count)

    def pace(self, seconds: float) -> str:
        """Return the rate since the start, so many seconds ago, and the time left."""
        return pace(self.recognized, self.left, seconds)
