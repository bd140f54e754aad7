"""How the lines of a recognition are divided into the blocks of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from penstock.geometry import Point, Quad
from penstock.model import Line, Page, Recognition, Region, TextDirection, Word
from penstock.transcriptions.outlines import bounds

BASELINE = 0.8
"""Where the baseline of a line is assumed that has none, from the top of its quad (0) to the bottom (1)."""
STEEP = 45
"""Degrees from which on a line runs down or up the page rather than across."""
GROUP_ID = "eSc_dummyblock_"
"""Start of the id of a block that only groups lines and is no region. The name is eScriptorium's, which
makes no region of such a block."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines of one region, or of no region; or a region without lines.

    Parameters
    ----------
    lines
        In reading order.
    region
        None for lines that belong to no region.
    direction
        Direction of the lines that have none of their own.
    """

    lines: tuple[Line, ...] = ()
    region: Region | None = None
    direction: TextDirection | None = None

    @property
    def outline(self) -> tuple[Point, ...]:
        """The polygon of the region, or corners around the lines."""
        if self.region is not None and self.region.polygon:
            return self.region.polygon
        points = [point for line in self.lines for point in outline(line)]
        return Quad.from_box(*bounds(points or [(0.0, 0.0)])).corners


def blocks(recognition: Recognition) -> Iterator[Block]:
    """Divide lines and regions into blocks, without changing the order of the lines.

    A region whose lines are not consecutive makes several blocks. A region without lines comes before the
    lines of the regions that follow it.
    """
    regions = recognition.regions
    with_lines = {line.region for line in recognition.lines}
    waiting = [index for index in range(len(regions)) if index not in with_lines]
    for index, lines in groupby(recognition.lines, attrgetter("region")):
        while index is not None and waiting and waiting[0] < index:
            yield Block(region=regions[waiting.pop(0)])
        region = None if index is None else regions[index]
        yield Block(tuple(lines), region, (region and region.direction) or recognition.direction)
    for index in waiting:
        yield Block(region=regions[index])


def outline(item: Line | Word) -> tuple[Point, ...]:
    """Return the outline of a line or word: its polygon, or the corners of its quad."""
    return item.polygon or item.quad.corners


def baseline(line: Line, direction: TextDirection | None = None) -> tuple[Point, ...]:
    """Return the line's baseline, or an estimate from its quad.

    kraken, eScriptorium and Transkribus need a baseline for each line. It also tells a reader in which
    direction the line runs. In vertical text, whose characters stand upright, it runs down the middle.

    Parameters
    ----------
    line
        The line.
    direction
        Used if the line has no direction of its own.
    """
    if line.baseline:
        return line.baseline
    first, second, third, fourth = line.quad.corners
    direction = line.direction or direction
    if direction in ("ttb", "btt") and abs(line.quad.angle) < STEEP:
        ends = (_middle(first, second), _middle(fourth, third))
        return ends if direction == "ttb" else ends[::-1]
    return tuple(
        (top[0] + (bottom[0] - top[0]) * BASELINE, top[1] + (bottom[1] - top[1]) * BASELINE)
        for top, bottom in ((first, fourth), (second, third))
    )


def _middle(first: Point, second: Point) -> Point:
    return ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)


def gaps(line: Line) -> tuple[str, ...] | None:
    """Return the text before, between and after the words, as the line's text has it.

    Returns None if the line's text does not have all of its words.
    """
    found, end = [], 0
    for word in line.words:
        start = line.text.find(word.text, end)
        if start < 0:
            return None
        found.append(line.text[end:start])
        end = start + len(word.text)
    return (*found, line.text[end:])


def picture_file_name(page: Page) -> str:
    """Return the name of the page's file, without its folder."""
    url = page.picture.url
    name = url.partition("?")[0].partition("#")[0].rpartition("/")[2] if url else ""
    return name or page.picture.path.name
