"""Places on a page: quads, and maps from one frame to another.

Places are in pixels of a *frame*: origin at the top left, x to the right, y down. Angles are in degrees,
clockwise positive, as they look on the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

Point = tuple[float, float]

CORNERS = 4


@dataclass(frozen=True, slots=True)
class Quad:
    """Four corners of a word or line, in pixels, clockwise from the text's own top left.

    "The text's own" means that a line that runs upwards has its first corner at the bottom left of the
    page's frame: the side from the first corner to the second is always the direction of reading.
    """

    corners: tuple[Point, Point, Point, Point]

    def __post_init__(self) -> None:
        if len(self.corners) != CORNERS:
            raise ValueError(f"a quad has four corners, not {len(self.corners)}")
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        # Written out: hundreds of quads are made for every page, several times over.
        finite = math.isfinite
        if not (
            finite(x1) and finite(y1) and finite(x2) and finite(y2)
            and finite(x3) and finite(y3) and finite(x4) and finite(y4)
        ):  # fmt: skip
            raise ValueError(f"a quad's corners are finite numbers, not {self.corners}")

    @classmethod
    def from_numbers(cls, numbers: Iterable[float]) -> Quad:
        """From eight numbers ``x1, y1 … x4, y4``, as the Azure services write a bounding box."""
        try:
            x1, y1, x2, y2, x3, y3, x4, y4 = map(float, numbers)
        except ValueError:
            raise ValueError("a quad is made of eight numbers") from None
        return cls(((x1, y1), (x2, y2), (x3, y3), (x4, y4)))

    @classmethod
    def from_points(cls, points: Iterable[Iterable[float]]) -> Quad:
        """From four ``(x, y)`` pairs of any kind of sequence."""
        try:
            (x1, y1), (x2, y2), (x3, y3), (x4, y4) = points
        except ValueError:
            raise ValueError("a quad is made of four (x, y) pairs") from None
        return cls(
            (
                (float(x1), float(y1)), (float(x2), float(y2)),
                (float(x3), float(y3)), (float(x4), float(y4)),
            )
        )  # fmt: skip

    @classmethod
    def from_box(cls, left: float, top: float, right: float, bottom: float) -> Quad:
        """An upright box."""
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def around(cls, quads: Iterable[Quad]) -> Quad:
        """The smallest box, turned as the first quad is, that holds all of them.

        Raises ValueError if there are none.
        """
        members = list(quads)
        if not members:
            raise ValueError("no quads to put a box around")
        angle = members[0].angle
        along, down = unit(angle), unit(angle + 90)
        places = [(dot(corner, along), dot(corner, down)) for quad in members for corner in quad.corners]
        left, right = min(u for u, _ in places), max(u for u, _ in places)
        top, bottom = min(v for _, v in places), max(v for _, v in places)
        return cls.from_points(
            (u * along[0] + v * down[0], u * along[1] + v * down[1])
            for u, v in ((left, top), (right, top), (right, bottom), (left, bottom))
        )

    @property
    def angle(self) -> float:
        """Direction of reading in degrees, clockwise positive, in (-180, 180]."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        return math.degrees(math.atan2((y2 - y1) + (y3 - y4), (x2 - x1) + (x3 - x4)))

    @property
    def width(self) -> float:
        """Length along the direction of reading, in pixels: the mean of the two long sides."""
        first, second, third, fourth = self.corners
        return (math.dist(first, second) + math.dist(fourth, third)) / 2

    @property
    def height(self) -> float:
        """Length across the direction of reading, in pixels."""
        first, second, third, fourth = self.corners
        return (math.dist(first, fourth) + math.dist(second, third)) / 2

    @property
    def center(self) -> Point:
        """The mean of the four corners."""
        return (sum(x for x, _ in self.corners) / CORNERS, sum(y for _, y in self.corners) / CORNERS)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The upright box around it: left, top, right, bottom."""
        xs = [x for x, _ in self.corners]
        ys = [y for _, y in self.corners]
        return (min(xs), min(ys), max(xs), max(ys))

    def mapped(self, places: Homography) -> Quad:
        """The same quad in another frame. The order of its corners is kept."""
        return Quad.from_points(places.apply(corner) for corner in self.corners)


def unit(degrees: float) -> Point:
    """The vector of length one in a direction, clockwise positive from the x axis."""
    return (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def dot(first: Point, second: Point) -> float:
    """The scalar product."""
    return first[0] * second[0] + first[1] * second[1]


Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Homography:
    """A projective map from places in one frame to places in another: a 3 by 3 matrix, row by row."""

    rows: tuple[Row, Row, Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for row in self.rows for value in row):
            raise ValueError(f"a map's numbers are finite, not {self.rows}")

    @classmethod
    def scaling(cls, x: float, y: float) -> Homography:
        """Multiplies places by ``x`` across and ``y`` down."""
        return cls(((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, 1.0)))

    @property
    def is_identity(self) -> bool:
        """Whether places stay where they are."""
        return self == Homography()

    def apply(self, point: Point) -> Point:
        """Where a place lands. Raises ValueError for a place on the map's horizon."""
        x, y, w = (row[0] * point[0] + row[1] * point[1] + row[2] for row in self.rows)
        if w == 0:
            raise ValueError(f"the place {point} has no counterpart in the other frame")
        return (x / w, y / w)

    def then(self, after: Homography) -> Homography:
        """This map first, then ``after``."""
        columns = list(zip(*self.rows, strict=True))
        first, second, third = (
            tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
            for row in after.rows
        )
        return Homography((_row(first), _row(second), _row(third)))


def _row(values: tuple[float, ...]) -> Row:
    return (values[0], values[1], values[2])


__all__ = ["Homography", "Point", "Quad", "dot", "unit"]
