"""What the users of a PDF should know of what was done to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass
class GraftNotes:
    """Which pages were treated how, by their numbers; and what else happened.

    Parameters
    ----------
    left_alone
        Nothing but text, or with text and not to be touched.
    added_to
        With text of their own, to which what was missing was added.
    redone
        Whose invisible text was taken out.
    more
        Sentences.
    """

    left_alone: list[int] = field(default_factory=list)
    added_to: list[int] = field(default_factory=list)
    redone: list[int] = field(default_factory=list)
    more: list[str] = field(default_factory=list)

    def sentences(self) -> Iterator[str]:
        """Everything, one sentence each."""
        yield from self.more
        if self.left_alone:
            yield f"{_pages(self.left_alone)} had text already and {_was(self.left_alone)} left alone"
        if self.redone:
            yield f"{_pages(self.redone)} had invisible text, which was taken out"
        if self.added_to:
            yield f"{_pages(self.added_to)} had text already; only what was not there yet was added"


def _pages(numbers: Sequence[int]) -> str:
    return ("page " if len(numbers) == 1 else "pages ") + ", ".join(_ranges(sorted(numbers)))


def _was(numbers: Sequence[int]) -> str:
    return "was" if len(numbers) == 1 else "were"


def _ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Neighbours together: 1-3, 7."""
    start = last = numbers[0]
    for number in [*numbers[1:], None]:
        if number is not None and number <= last + 1:
            last = number
            continue
        yield str(start) if start == last else f"{start}-{last}"
        if number is not None:
            start = last = number


__all__ = ["GraftNotes"]
