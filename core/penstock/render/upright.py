"""How a page has to be turned for most of its text to stand upright."""

from __future__ import annotations

from collections.abc import Iterable

from penstock.model import Line
from penstock.render.scripts import is_cjk

MAJORITY = 0.5
"""Of the characters: so many at least have to run another way before a page is turned."""
DOWNWARDS = 1


def quarter_turns(lines: Iterable[Line]) -> int:
    """How often to turn the page counterclockwise by 90 degrees; 0 for a page that stands, or has no text."""
    weights = [0, 0, 0, 0]
    for line in lines:
        turns = round(line.quad.angle / 90) % 4
        if turns == DOWNWARDS and is_cjk("".join(line.text.split())):
            turns = 0  # a column of an upright page
        weights[turns] += len(line.text)
    most = max(range(4), key=lambda turns: (weights[turns], -turns))
    return most if weights[most] > MAJORITY * sum(weights) else 0
