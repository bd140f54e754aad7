"""Quads, and homographies between the pixels of two pictures.

Coordinates are pixels: origin at the top left, x to the right, y down. Angles are in degrees, clockwise
positive as seen on the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Point = tuple[float, float]

CORNERS = 4

LEAST_GAIN = 0.95
"""`quad_around` returns a turned rectangle only if its area is below this share of the upright one's."""


@dataclass(frozen=True, slots=True)
class Quad:
    """Four corners of a word or line, in pixels, clockwise from the top left of the upright text.

    The side from the first corner to the second is always the direction of reading. A line that runs
    upwards on the page thus has its first corner at the bottom left.
    """

    corners: tuple[Point, Point, Point, Point]

    def __post_init__(self) -> None:
        if len(self.corners) != CORNERS:
            raise ValueError(f"corners must be four points, got {len(self.corners)}")
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        # Written out because it is faster than loops: a page has hundreds of quads. A sum is finite only if
        # all of its parts are; the sum of enormous numbers may be infinite all the same.
        if not math.isfinite(x1 + y1 + x2 + y2 + x3 + y3 + x4 + y4):
            self._check_each()
        if not (
            x1.__class__ is y1.__class__ is x2.__class__ is y2.__class__ is x3.__class__
            is y3.__class__ is x4.__class__ is y4.__class__ is float
        ):  # fmt: skip
            # An output must not depend on whether a result was stored and loaded in between.
            floats = tuple([(float(x), float(y)) for x, y in self.corners])
            object.__setattr__(self, "corners", floats)

    def _check_each(self) -> None:
        if not all(math.isfinite(x) and math.isfinite(y) for x, y in self.corners):
            raise ValueError(f"corners must be finite numbers, got {self.corners}")

    @classmethod
    def from_numbers(cls, numbers: Iterable[float]) -> Quad:
        """Make a quad from eight numbers ``x1, y1 … x4, y4``, the form of Azure's bounding boxes."""
        try:
            x1, y1, x2, y2, x3, y3, x4, y4 = map(float, numbers)
        except ValueError:
            raise ValueError("numbers must be eight numbers: x1, y1 ... x4, y4") from None
        return cls(((x1, y1), (x2, y2), (x3, y3), (x4, y4)))

    @classmethod
    def from_points(cls, points: Iterable[Iterable[float]]) -> Quad:
        """Make a quad from four ``(x, y)`` pairs."""
        try:
            (x1, y1), (x2, y2), (x3, y3), (x4, y4) = points
        except ValueError:
            raise ValueError("points must be four (x, y) pairs") from None
        return cls(((x1, y1), (x2, y2), (x3, y3), (x4, y4)))

    @classmethod
    def from_box(cls, left: float, top: float, right: float, bottom: float) -> Quad:
        """Make an upright rectangle."""
        return cls(((left, top), (right, top), (right, bottom), (left, bottom)))

    @classmethod
    def around(cls, quads: Iterable[Quad]) -> Quad:
        """Return the smallest rectangle around all quads that is turned like the first one.

        Raises ValueError without any quads.
        """
        members = list(quads)
        if not members:
            raise ValueError("quads must not be empty")
        corners = [corner for quad in members for corner in quad.corners]
        return _rectangle(corners, members[0].angle)

    @property
    def angle(self) -> float:
        """Direction of reading in degrees, clockwise positive, in (-180, 180]."""
        (x1, y1), (x2, y2), (x3, y3), (x4, y4) = self.corners
        return math.degrees(math.atan2((y2 - y1) + (y3 - y4), (x2 - x1) + (x3 - x4)))

    @property
    def width(self) -> float:
        """Length along the direction of reading in pixels: the mean of the two sides."""
        first, second, third, fourth = self.corners
        return (math.dist(first, second) + math.dist(fourth, third)) / 2

    @property
    def height(self) -> float:
        """Length across the direction of reading in pixels."""
        first, second, third, fourth = self.corners
        return (math.dist(first, fourth) + math.dist(second, third)) / 2

    @property
    def center(self) -> Point:
        """The mean of the four corners."""
        return (sum(x for x, _ in self.corners) / CORNERS, sum(y for _, y in self.corners) / CORNERS)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The upright rectangle around the quad: left, top, right, bottom."""
        xs = [x for x, _ in self.corners]
        ys = [y for _, y in self.corners]
        return (min(xs), min(ys), max(xs), max(ys))

    def part(self, start: float, end: float) -> Quad:
        """Return the part between two positions along the direction of reading, each from 0 to 1."""
        first, second, third, fourth = self.corners
        return Quad(
            (
                between(first, second, start),
                between(first, second, end),
                between(fourth, third, end),
                between(fourth, third, start),
            )
        )

    def mapped(self, homography: Homography) -> Quad:
        """Return the quad with mapped corners, in the same order."""
        first, second, third, fourth = homography.apply_all(self.corners)
        return Quad((first, second, third, fourth))


def quad_around(polygon: Iterable[Point], baseline: Sequence[Point] = ()) -> Quad:
    """Return a rectangle around the points of a polygon.

    It is turned like the baseline, from the first point to the last. Without a baseline it is upright, unless
    a turned one is clearly smaller; its angle is then from -45 to 45 degrees.

    Raises ValueError without any points in the polygon.
    """
    points = list(polygon)
    if not points:
        raise ValueError("polygon must not be empty")
    if len(baseline) > 1 and baseline[0] != baseline[-1]:
        return _rectangle(points, _direction(baseline[0], baseline[-1]))
    xs, ys = [x for x, _ in points], [y for _, y in points]
    upright = Quad.from_box(min(xs), min(ys), max(xs), max(ys))
    hull = _convex_hull(points)
    # A side of the hull lies on a side of the rectangle of least area.
    sides = zip(hull, hull[1:] + hull[:1], strict=True)
    turned = [_rectangle(hull, (_direction(*side) + 45) % 90 - 45) for side in sides]
    smallest = min(turned, key=_area)
    return smallest if _area(smallest) < LEAST_GAIN * _area(upright) else upright


def _rectangle(points: Sequence[Point], angle: float) -> Quad:
    """Return the smallest rectangle with an angle that holds all points."""
    along, down = unit(angle), unit(angle + 90)
    across = [dot(point, along) for point in points]
    depths = [dot(point, down) for point in points]
    left, right, top, bottom = min(across), max(across), min(depths), max(depths)
    return Quad.from_points(
        (u * along[0] + v * down[0], u * along[1] + v * down[1])
        for u, v in ((left, top), (right, top), (right, bottom), (left, bottom))
    )


def _convex_hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the convex hull, in order (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered
    return _chain(ordered)[:-1] + _chain(reversed(ordered))[:-1]


def _chain(ordered: Iterable[Point]) -> list[Point]:
    """Return one half of the convex hull, from the first point to the last."""
    chain: list[Point] = []
    for point in ordered:
        while len(chain) > 1 and _turn(chain[-2], chain[-1], point) <= 0:
            chain.pop()
        chain.append(point)
    return chain


def _turn(first: Point, second: Point, third: Point) -> float:
    """Return a positive number if the way over three points turns clockwise on the page."""
    return (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])


def _direction(start: Point, end: Point) -> float:
    return math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))


def _area(quad: Quad) -> float:
    return quad.width * quad.height


def between(first: Point, second: Point, share: float) -> Point:
    """Return the point at a share of the way from one point to another."""
    return (first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share)


def unit(degrees: float) -> Point:
    """Return the unit vector of a direction, clockwise from the x axis."""
    return (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))


def dot(first: Point, second: Point) -> float:
    """Return the scalar product."""
    return first[0] * second[0] + first[1] * second[1]


Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Homography:
    """A projective map between the pixels of two pictures: the rows of a 3 x 3 matrix."""

    rows: tuple[Row, Row, Row] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for row in self.rows for value in row):
            raise ValueError(f"rows must hold finite numbers, got {self.rows}")

    @classmethod
    def scaling(cls, x: float, y: float) -> Homography:
        """Return the homography that multiplies x coordinates by ``x`` and y coordinates by ``y``."""
        return cls(((x, 0.0, 0.0), (0.0, y, 0.0), (0.0, 0.0, 1.0)))

    @classmethod
    def moving(cls, x: float, y: float) -> Homography:
        """Return the homography that adds ``x`` to x coordinates and ``y`` to y coordinates."""
        return cls(((1.0, 0.0, x), (0.0, 1.0, y), (0.0, 0.0, 1.0)))

    @property
    def is_identity(self) -> bool:
        """Whether every point is mapped to itself."""
        return self == Homography()

    def apply(self, point: Point) -> Point:
        """Map a point. Raises ValueError for a point on the horizon of the homography."""
        return self.apply_all((point,))[0]

    def apply_all(self, points: Iterable[Point]) -> tuple[Point, ...]:
        """Map points. Raises ValueError for a point on the horizon of the homography."""
        (a, b, c), (d, e, f), (g, h, i) = self.rows
        if (g, h, i) == (0, 0, 1):
            return tuple([(a * x + b * y + c, d * x + e * y + f) for x, y in points])
        mapped = []
        for x, y in points:
            w = g * x + h * y + i
            if w == 0:
                raise ValueError(
                    f"the point {(x, y)} lies on the horizon of the homography and cannot be mapped"
                )
            mapped.append(((a * x + b * y + c) / w, (d * x + e * y + f) / w))
        return tuple(mapped)

    def then(self, after: Homography) -> Homography:
        """Return the homography that maps with this one first, then with ``after``."""
        columns = list(zip(*self.rows, strict=True))
        first, second, third = (
            tuple(sum(a * b for a, b in zip(row, column, strict=True)) for column in columns)
            for row in after.rows
        )
        return Homography((_row(first), _row(second), _row(third)))

    def inverted(self) -> Homography:
        """Return the homography that maps back. Raises ValueError if the points of an area map to a line."""
        (a, b, c), (d, e, f), (g, h, i) = self.rows
        adjugate = (
            (e * i - f * h, c * h - b * i, b * f - c * e),
            (f * g - d * i, a * i - c * g, c * d - a * f),
            (d * h - e * g, b * g - a * h, a * e - b * d),
        )
        determinant = a * adjugate[0][0] + b * adjugate[1][0] + c * adjugate[2][0]
        if determinant == 0:
            raise ValueError(f"a homography must have a determinant that is not 0 to be inverted, got {self}")
        first, second, third = (tuple(value / determinant for value in row) for row in adjugate)
        return Homography((_row(first), _row(second), _row(third)))


def _row(values: tuple[float, ...]) -> Row:
    return (values[0], values[1], values[2])
