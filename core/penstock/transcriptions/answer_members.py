"""Read members of a service's answer that may be missing or odd.

An answer is paid for, so one odd word must not cost the page. A member without its documented type counts as
missing. A word without a place gets its part of the line; what has no text or place at all is left out, and
counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.model import Line, Quad, Word
from penstock.transcriptions.numbers import LARGEST
from penstock.transcriptions.outlines import bounds

FEWEST = 3  # corners of a polygon
CORNERS = 4
ROUNDING = 1e-6  # by which a probability may be above 1


@dataclass(slots=True)
class LeftOut:
    """Counts the words and lines of a page that are left out."""

    count: int = 0

    @property
    def note(self) -> str:
        """The remark about the page for the report; empty if nothing was left out."""
        if not self.count:
            return ""
        items = "1 word or line was" if self.count == 1 else f"{self.count} words or lines were"
        return f"{items} left out, because the service gave no text or no place for it"


@dataclass(frozen=True, slots=True)
class ParsedWord:
    """A word of a result; ``quad`` is None if the result has no usable place."""

    text: str
    quad: Quad | None
    confidence: float | None = None
    is_low: bool = False

    def placed(self, quad: Quad) -> Word:
        return Word(self.text, self.quad or quad, self.confidence, self.is_low)


def placed_line(
    text: str,
    quad: Quad | None,
    words: Sequence[ParsedWord],
    left_out: LeftOut,
    handwritten: float | None = None,
    language: str | None = None,
) -> Line | None:
    """Return a line whose words all have a place; None for a line without a text or place."""
    text = text or " ".join(word.text for word in words)
    places = [word.quad for word in words if word.quad]
    if quad is None and places:
        quad = Quad.around(places)
    if not text:
        return None
    if quad is None:
        left_out.count += max(1, len(words))
        return None
    return Line(text, quad, tuple(_placed(words, quad)), handwritten, language)


def _placed(words: Sequence[ParsedWord], quad: Quad) -> Iterable[Word]:
    """Yield the words; one without a place gets its part of the line by its number of characters."""
    total = sum(len(word.text) + 1 for word in words) - 1
    start = 0
    for word in words:
        end = start + len(word.text)
        yield word.placed(quad.part(start / total, end / total) if word.quad is None else word.quad)
        start = end + 1


def entries(value: object, left_out: LeftOut | None = None) -> list[Mapping[str, Any]]:
    """Return the objects of a list; empty for any other value. Items that are no objects are left out."""
    items = value if isinstance(value, list) else []
    found = [item for item in items if isinstance(item, Mapping)]
    if left_out is not None:
        left_out.count += len(items) - len(found)
    return found


def text_of(value: object) -> str:
    """Return a text, or a number as text; empty for blanks and for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value)
    return text if text.strip() else ""


def text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def quad_of(value: object) -> Quad | None:
    """Return a quad from eight numbers, or from four points with members x and y; None without corners.

    Another number of corners gives the upright rectangle around them.
    """
    numbers = _coordinates(value) if isinstance(value, list) else []
    given = [number for number in numbers if number is not None and abs(number) <= LARGEST]
    corners = list(zip(given[::2], given[1::2], strict=False))
    if len(given) != len(numbers) or len(given) % 2 or len(corners) < FEWEST:
        return None
    if len(corners) == CORNERS:
        return Quad.from_points(corners)
    return Quad.from_box(*bounds(corners))


def _coordinates(items: list[Any]) -> list[float | None]:
    """Return numbers, or those of points. A coordinate that a point lacks is 0, as Google leaves it out."""
    if items and all(isinstance(item, Mapping) for item in items):
        return [number_of(item.get(name, item.get(name.upper(), 0))) for item in items for name in "xy"]
    return [number_of(item) for item in items]


def probability(value: object) -> float | None:
    """Return a number from 0 to 1, or None for any other value."""
    number = number_of(value)
    if number is None or not 0 <= number <= 1 + ROUNDING:
        return None
    return min(number, 1.0)


def number_of(value: object) -> float | None:
    """Return a finite number. Python also parses NaN and Infinity in JSON, and a bool is an int."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
