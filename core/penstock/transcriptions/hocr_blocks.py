"""The regions of one hOCR page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from penstock.geometry import Point, Quad
from penstock.model import Line, Region, TextDirection
from penstock.transcriptions.outlines import bounds


@dataclass(slots=True)
class Block:
    """An element that becomes a region once a line or a picture needs it; ``index`` is None until then."""

    kind: str
    polygon: tuple[Point, ...]
    language: str | None
    direction: TextDirection | None
    index: int | None = None


class Blocks:
    """Collects the blocks that become regions, in the order in which they are needed."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []

    def index_of(self, block: Block) -> int:
        """Return the index of a block's region. The block is kept from now on."""
        if block.index is None:
            block.index = len(self._blocks)
            self._blocks.append(block)
        return block.index

    def regions(self) -> list[Region]:
        """Return the regions; those whose block has no place have an empty polygon."""
        return [Region(each.kind, each.polygon, each.language, each.direction) for each in self._blocks]


def placed_regions(regions: Sequence[Region], lines: Sequence[Line]) -> tuple[Region, ...]:
    """Return the regions; those without a place have one around their lines."""
    placed = list(regions)
    for index, region in enumerate(regions):
        corners = [corner for line in lines if line.region == index for corner in line.quad.corners]
        if not region.polygon and corners:
            placed[index] = replace(region, polygon=Quad.from_box(*bounds(corners)).corners)
    return tuple(placed)
