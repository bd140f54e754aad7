"""Baselines as hOCR has them: a slope and an offset from the lower left corner of the line's box."""

from __future__ import annotations

from penstock.geometry import Point
from penstock.model import Line

TOLERANCE = 1.0
"""Pixels by which a baseline may differ from the straight line that stands for it."""


def fitted(baseline: tuple[Point, ...]) -> tuple[float, float] | None:
    """Return slope and height at x = 0 of the straight line nearest to a baseline, in pixels of the page.

    Returns None for a baseline steeper than 45 degrees.
    """
    count = len(baseline)
    x_mean, y_mean = (sum(values) / count for values in zip(*baseline, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in baseline)
    if not spread:
        return None
    slope = sum((x - x_mean) * (y - y_mean) for x, y in baseline) / spread
    return (slope, y_mean - slope * x_mean) if abs(slope) <= 1 else None


def is_curved(line: Line) -> bool:
    """Return whether hOCR has a straight line in place of the line's baseline."""
    straight = fitted(line.baseline) if line.baseline else None
    if straight is None:
        return False
    slope, height = straight
    return any(abs(slope * x + height - y) > TOLERANCE for x, y in line.baseline)


def is_steep(line: Line) -> bool:
    """Return whether the line has a baseline that hOCR cannot hold, because it is too steep."""
    return bool(line.baseline) and fitted(line.baseline) is None
