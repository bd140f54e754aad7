"""Collect warnings about how the pages of an existing PDF were changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class GraftNotes:
    """Page numbers by what was done to the pages, and other warnings.

    Parameters
    ----------
    unchanged
        Pages with text to which nothing was added.
    completed
        Pages with text to which only missing words were added.
    redone
        Pages whose invisible text was removed.
    not_redone
        Pages whose invisible text could not be removed.
    other
        Further warnings.
    changed
        Whether text was added to a page, or removed from one.
    runs_left_to_right
        Whether no page has text of a script that runs from right to left, nor Chinese or Japanese.
    """

    unchanged: list[int] = field(default_factory=list)
    completed: list[int] = field(default_factory=list)
    redone: list[int] = field(default_factory=list)
    not_redone: list[int] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    changed: bool = False
    runs_left_to_right: bool = True

    def warnings(self) -> Iterator[str]:
        """Yield all warnings, one sentence each."""
        yield from self.other
        if self.unchanged:
            was = "was" if len(self.unchanged) == 1 else "were"
            yield f"{_pages(self.unchanged)} already had text and {was} left unchanged"
        if self.redone:
            yield f"{_pages(self.redone)} had invisible text, which was removed"
        if self.not_redone:
            yield f"{_pages(self.not_redone)} kept the invisible text, because the content is damaged"
        if self.completed:
            yield f"{_pages(self.completed)} already had text; only missing words were added"


def _pages(numbers: Sequence[int]) -> str:
    return ("page " if len(numbers) == 1 else "pages ") + ", ".join(_ranges(sorted(set(numbers))))


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield sorted numbers with neighbours joined: 1-3, 7."""
    # Neighbours have the same distance from their index.
    for _, group in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        yield str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}"
