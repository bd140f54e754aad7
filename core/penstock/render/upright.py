"""Find how to turn a page so that most of its text stands upright."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model import Line
from penstock.render.scripts import is_cjk

MAJORITY = 0.5
"""A page is turned only if a larger share of its characters runs in the same other direction."""
DOWNWARDS = 1


def quarter_turns(lines: Iterable[Line]) -> int:
    """Return how often to turn the page counterclockwise by 90 degrees; 0 if it is upright or has no text."""
    weights = [0, 0, 0, 0]
    for line in lines:
        turns = round(line.quad.angle / 90) % 4
        if turns == DOWNWARDS and is_cjk("".join(line.text.split())):
            turns = 0  # a column of characters on an upright page
        weights[turns] += len(line.text)
    most = max(range(4), key=lambda turns: (weights[turns], -turns))
    return most if weights[most] > MAJORITY * sum(weights) else 0
