"""Numbers, points and confidences as files write them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from penstock.geometry import Point

LARGEST = 1e7  # pixels; larger coordinates are mistakes, and would overflow when they are mapped
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def number_of(text: str | None) -> float | None:
    """Return a finite number of plausible size; None for anything else."""
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if -LARGEST <= number <= LARGEST else None


def plain_pairs(text: str) -> list[Point] | None:
    """Return the points of ``1,2 3,4``, as most files write them; None for anything else."""
    try:
        points = [(float(x), float(y)) for x, y in [pair.split(",") for pair in text.split()]]
    except ValueError:
        return None
    for x, y in points:
        if not (-LARGEST <= x <= LARGEST and -LARGEST <= y <= LARGEST):
            return None
    return points


def points_of(text: str | None) -> tuple[Point, ...] | None:
    """Return the points of ``1,2 3,4`` or ``1 2 3 4``; None if they are not pairs of plausible numbers."""
    if not text:
        return ()
    numbers = [float(number) for number in _NUMBER.findall(text)]
    if len(numbers) % 2 or not numbers or _NUMBER.sub("", text).strip(" ,;\t\r\n"):
        return None
    if not all(-LARGEST <= number <= LARGEST for number in numbers):
        return None
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def confidence_unit(confidences: Iterable[float]) -> float:
    """Return the value that means certainty on a page: 1, or 100 if any confidence is greater than 1."""
    return 100.0 if any(confidence > 1 for confidence in confidences) else 1.0


def confidence_of(value: float | None, unit: float) -> float | None:
    """Return a confidence from 0 to 1; None if the value is not from 0 to ``unit``."""
    if value is None or not math.isfinite(value) or not 0 <= value <= unit:
        return None
    return value / unit
