"""Whether two pictures show the same page, though it may lie elsewhere now.

Both are cut into squares. What stands in a square is found again in the same place, or where a movement that
is read off the rest brings it, or it is gone. A page that was pushed is brought, an exchanged one gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sources.camera.views import Numbers, Pixels

LONGEST = 800
"""Pixels of the longer side of the pictures that are compared."""
CELL = 40
"""Pixels of the side of a square."""
REACH = 8
"""How many pixels a square may lie away from where the movement would bring it: no movement is quite flat."""
FEATURES = 1500
MOVEMENTS = 2
"""Looked for besides none at all: a page may be pushed, and what it lies on as well."""
ENOUGH_POINTS = 12

INK = 0.035
"""How much the brightness within a square, relative to that around, varies if something stands there."""
ALIKE = 0.6
"""Correlation of two squares that show the same."""
LOST = 0.12
"""Share of the squares with ink that are gone, at most, if both pictures show the same page."""
FEW = 0.02
"""The same share, where it is too small to tell anything: noise."""
BROUGHT = 0.6
"""Share of the squares that are not in their places any more and were brought elsewhere, at least, if it was
the page that moved: what lies still around it counts for nothing."""

Movement = NDArray[np.float64]
"""2 by 3: an affine map from places of the one picture to those of the other."""
Grid = NDArray[np.bool_]
"""Something about each square, in rows and columns."""


def same_page(one: Pixels, other: Pixels, *, ignored: Grid | None = None) -> bool:
    """Whether two gray pictures show one page, moved or not, in whatever light.

    Parameters
    ----------
    ignored
        Where the other picture shows something that does not count, a hand say; of any size.
    """
    first, second = _even(one), _even(other)
    if first.shape != second.shape:
        return False
    hidden = np.zeros(second.shape, np.float32)
    if ignored is not None:
        width, height = second.shape[1], second.shape[0]
        hidden = _numbers(cv2.resize(ignored.astype(np.float32), (width, height)))
    there = _inked(first) & ~_touched(hidden), _inked(second) & ~_touched(hidden)
    left = there[0] & ~_alike(first, second, there[0]), there[1] & ~_alike(second, first, there[1])
    if all(each.sum() <= FEW * inked.sum() for each, inked in zip(left, there, strict=True)):
        return True
    movements = _movements(first, second, left)
    for movement in movements:
        left[0][_touched(_moved(hidden, movement))] = False
    back = [np.asarray(cv2.invertAffineTransform(movement), np.float64) for movement in movements]
    brought = _brought(first, second, movements, left[0]), _brought(second, first, back, left[1])
    pages = _hull(brought[0]), _hull(brought[1])
    return _is_in(there[0], left[0], brought[0], pages[1] & ~pages[0]) and _is_in(
        there[1], left[1], brought[1], pages[0] & ~pages[1]
    )


def _is_in(inked: Grid, left: Grid, brought: Grid, covered: Grid) -> bool:
    """Whether so little is gone that the page is still there. What the page covers, or did, is not gone."""
    gone = int((left & ~brought & ~covered).sum())
    return bool(gone <= LOST * inked.sum() and brought.sum() >= BROUGHT * (brought.sum() + gone))


def _even(gray: Pixels) -> Numbers:
    """Brightness relative to that around."""
    scale = LONGEST / max(gray.shape)
    if scale < 1:
        gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    level = gray.astype(np.float32) + 16
    return _numbers(cv2.GaussianBlur(level / cv2.blur(level, (41, 41)), (0, 0), 1.0))


def _numbers(image: Any) -> Numbers:
    return np.asarray(image, np.float32)


def _places(
    shape: tuple[int, ...],
) -> Iterator[tuple[tuple[int, int], tuple[slice, slice], tuple[slice, slice]]]:
    """Squares of a picture: row and column, the pixels, and those pixels with their surroundings."""
    for row, top in enumerate(range(REACH, shape[0] - CELL - REACH, CELL)):
        for column, left in enumerate(range(REACH, shape[1] - CELL - REACH, CELL)):
            inside = np.s_[top : top + CELL, left : left + CELL]
            around = np.s_[top - REACH : top + CELL + REACH, left - REACH : left + CELL + REACH]
            yield (row, column), inside, around


def _grid(shape: tuple[int, ...]) -> Grid:
    rows, columns = (len(range(REACH, side - CELL - REACH, CELL)) for side in shape[:2])
    return np.zeros((rows, columns), np.bool_)


def _inked(image: Numbers) -> Grid:
    grid = _grid(image.shape)
    for place, inside, _ in _places(image.shape):
        grid[place] = float(image[inside].std()) >= INK
    return grid


def _touched(image: Numbers) -> Grid:
    grid = _grid(image.shape)
    for place, inside, _ in _places(image.shape):
        grid[place] = image[inside].any()
    return grid


def _alike(one: Numbers, other: Numbers, asked: Grid) -> Grid:
    """Which of the squares asked for stand in the same places of the other picture."""
    grid = np.zeros_like(asked)
    for place, inside, around in _places(one.shape):
        if asked[place]:
            match = cv2.matchTemplate(other[around], one[inside], cv2.TM_CCOEFF_NORMED)
            grid[place] = float(match.max()) >= ALIKE
    return grid


def _brought(one: Numbers, other: Numbers, movements: Iterable[Movement], asked: Grid) -> Grid:
    """Which of the squares asked for some movement brings onto the same in the other picture."""
    grid = np.zeros_like(asked)
    for movement in movements:
        grid |= _alike(one, _moved(other, movement), asked & ~grid)
    return grid


def _moved(image: Numbers, movement: Movement) -> Numbers:
    """The other picture as it would be, had nothing moved."""
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _numbers(cv2.warpAffine(image, movement, (width, height), flags=flags))


def _movements(one: Numbers, other: Numbers, left: tuple[Grid, Grid]) -> list[Movement]:
    """How what did not stay in its place in the one picture may have moved to where it is in the other."""
    found: list[Movement] = []
    finder = cv2.ORB.create(FEATURES, fastThreshold=12)
    (places, what), (other_places, other_what) = (
        finder.detectAndCompute(_bytes(image), _mask(grid, image.shape))
        for image, grid in zip((one, other), left, strict=True)
    )
    if what is None or other_what is None:
        return found
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(what, other_what)
    start = np.array([places[pair.queryIdx].pt for pair in pairs], np.float64)
    end = np.array([other_places[pair.trainIdx].pt for pair in pairs], np.float64)
    for _ in range(MOVEMENTS):
        if len(start) < ENOUGH_POINTS:
            break
        movement, fits = cv2.estimateAffine2D(start, end, ransacReprojThreshold=3.0, maxIters=1000)
        if movement is None or fits.sum() < ENOUGH_POINTS:
            break
        found.append(np.asarray(movement, np.float64))
        start, end = start[fits.ravel() == 0], end[fits.ravel() == 0]
    return found


def _bytes(even: Numbers) -> Pixels:
    return np.clip(even * 160, 0, 255).astype(np.uint8)


def _mask(grid: Grid, shape: tuple[int, ...]) -> Pixels:
    """The pixels of a grid's squares."""
    mask = np.zeros(shape, np.uint8)
    for place, _, around in _places(shape):
        if grid[place]:
            mask[around] = 255
    return mask


def _hull(grid: Grid) -> Grid:
    """Where the page is: the squares between those that were brought, single ones left out as chance."""
    near = cv2.filter2D(
        grid.astype(np.float32), -1, np.ones((3, 3), np.float32), borderType=cv2.BORDER_CONSTANT
    )
    points = np.argwhere(grid & (near >= 4))[:, ::-1].astype(np.int32)
    hull = np.zeros(grid.shape, np.uint8)
    if len(points):
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return hull.astype(np.bool_)
