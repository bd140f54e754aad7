"""Select pages of a file by their numbers, such as ``1-3,7,10-``."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_RANGE = re.compile(r"(\d+)(?:(-)(\d+)?)?")


@dataclass(frozen=True, slots=True)
class PageRanges:
    """Pages of one file, counted from 1. Without ranges, all pages are selected."""

    ranges: tuple[tuple[int, float], ...] = ()  # first and last page, both included; the last may be infinite

    @classmethod
    def parse(cls, text: str) -> PageRanges:
        """Return the ranges in a text; an empty text selects all pages. Raises ValueError."""
        parts = [part.strip() for part in text.split(",")] if text.strip() else []
        return cls(tuple(_range(part, text) for part in parts))

    def __contains__(self, number: int) -> bool:
        return self.selects_all or any(first <= number <= last for first, last in self.ranges)

    @property
    def selects_all(self) -> bool:
        return not self.ranges

    @property
    def last(self) -> float:
        """The last page that is selected; infinite if there is no last one."""
        return max((last for _, last in self.ranges), default=math.inf)


def _range(part: str, text: str) -> tuple[int, float]:
    match = _RANGE.fullmatch(part)
    if match is None:
        raise ValueError(f"pages must be numbers and ranges such as 1-3,7,10-, got {text!r}")
    first = int(match[1])
    last = int(match[3]) if match[3] else math.inf if match[2] else first
    if first < 1:
        raise ValueError(f"pages are counted from 1, got {text!r}")
    if last < first:
        raise ValueError(f"pages must name the lower page of a range first, got {text!r}")
    return first, last


__all__ = ["PageRanges"]
