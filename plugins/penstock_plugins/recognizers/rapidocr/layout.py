"""Where lines stand on a page, on quads alone: the order of reading."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model import Quad


def reading_order(quads: Sequence[Quad]) -> list[int]:
    """The quads' numbers, in the order in which they are to be read."""
    return sorted(range(len(quads)), key=lambda index: (quads[index].center[1], quads[index].center[0]))
