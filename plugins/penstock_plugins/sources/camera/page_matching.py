"""Decides whether two pictures show the same page, which may have been moved in between.

Both pictures are divided into squares. The content of a square is found in the same place of the other
picture, or it has moved with the page, or it is missing. The movement is estimated from features of the
squares that are not in their places. A moved page has few missing squares, an exchanged page has many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sources.camera.view import Numbers, Pixels, shrunk

LONGEST = 800  # pixels of the longer side of the pictures that are compared
CELL = 40  # pixels of the side of a square
REACH = 8  # pixels that a square may be away from where the movement brings it: paper is not quite flat
FEATURES = 1500
MOVEMENTS = 2  # movements to look for: the page may have been pushed, and what it lies on as well
ENOUGH_POINTS = 12

INK = 0.035  # standard deviation of the relative brightness in a square above which it contains something
ALIKE = 0.6  # correlation of two squares above which they show the same
MISSING = 0.12  # largest share of the squares with ink that are missing if both pictures show the same page
FEW = 0.02  # share of the squares with ink below which differences are noise
MOVED = 0.6
"""Smallest share of moved squares among those that are not in their places, if the page has moved. Squares
around the page that are still in their places do not count."""

Movement = NDArray[np.float64]  # an affine map, 2 by 3, from positions in one picture to those in the other
Grid = NDArray[np.bool_]  # a truth value for each square, in rows and columns


def same_page(one: Pixels, other: Pixels, *, ignored: Grid | None = None) -> bool:
    """Return whether two gray pictures show the same page, moved or not, in any light.

    Where ``ignored`` (a grid of any size) is true, the other picture shows something that does not count,
    such as a hand.
    """
    first, second = _relative_brightness(one), _relative_brightness(other)
    if first.shape != second.shape:
        return False
    hidden = np.zeros(second.shape, np.float32)
    if ignored is not None:
        width, height = second.shape[1], second.shape[0]
        hidden = _numbers(cv2.resize(ignored.astype(np.float32), (width, height)))
    # Everything is done in both directions: what is missing in one picture is new in the other.
    ink = _with_ink(first) & ~_any_in(hidden), _with_ink(second) & ~_any_in(hidden)
    displaced = ink[0] & ~_alike(first, second, ink[0]), ink[1] & ~_alike(second, first, ink[1])
    if all(each.sum() <= FEW * inked.sum() for each, inked in zip(displaced, ink, strict=True)):
        return True
    movements = _movements(first, second, displaced)
    for movement in movements:
        displaced[0][_any_in(_undone(hidden, movement))] = False
    inverse = [np.asarray(cv2.invertAffineTransform(movement), np.float64) for movement in movements]
    moved = _moved(first, second, movements, displaced[0]), _moved(second, first, inverse, displaced[1])
    pages = _hull(moved[0]), _hull(moved[1])
    return _is_there(ink[0], displaced[0], moved[0], pages[1] & ~pages[0]) and _is_there(
        ink[1], displaced[1], moved[1], pages[0] & ~pages[1]
    )


def _is_there(ink: Grid, displaced: Grid, moved: Grid, covered: Grid) -> bool:
    """Return whether few enough squares are missing. Those that the page covers, or covered, are not."""
    missing = int((displaced & ~moved & ~covered).sum())
    return bool(missing <= MISSING * ink.sum() and moved.sum() >= MOVED * (moved.sum() + missing))


def _relative_brightness(gray: Pixels) -> Numbers:
    """Return the brightness relative to the surroundings, scaled to `LONGEST`."""
    level = shrunk(gray, LONGEST).astype(np.float32) + 16
    return _numbers(cv2.GaussianBlur(level / cv2.blur(level, (41, 41)), (0, 0), 1.0))


def _numbers(image: Any) -> Numbers:
    return np.asarray(image, np.float32)


def _squares(
    shape: tuple[int, ...],
) -> Iterator[tuple[tuple[int, int], tuple[slice, slice], tuple[slice, slice]]]:
    """Yield the squares: row and column, the pixels, and the pixels with a margin of `REACH`."""
    for row, top in enumerate(range(REACH, shape[0] - CELL - REACH, CELL)):
        for column, left in enumerate(range(REACH, shape[1] - CELL - REACH, CELL)):
            inside = np.s_[top : top + CELL, left : left + CELL]
            around = np.s_[top - REACH : top + CELL + REACH, left - REACH : left + CELL + REACH]
            yield (row, column), inside, around


def _grid(shape: tuple[int, ...]) -> Grid:
    rows, columns = (len(range(REACH, side - CELL - REACH, CELL)) for side in shape[:2])
    return np.zeros((rows, columns), np.bool_)


def _with_ink(image: Numbers) -> Grid:
    grid = _grid(image.shape)
    for place, inside, _ in _squares(image.shape):
        grid[place] = float(image[inside].std()) >= INK
    return grid


def _any_in(image: Numbers) -> Grid:
    grid = _grid(image.shape)
    for place, inside, _ in _squares(image.shape):
        grid[place] = image[inside].any()
    return grid


def _alike(one: Numbers, other: Numbers, wanted: Grid) -> Grid:
    """Return which of some squares have the same content in the same place of the other picture."""
    grid = np.zeros_like(wanted)
    for place, inside, around in _squares(one.shape):
        if wanted[place]:
            match = cv2.matchTemplate(other[around], one[inside], cv2.TM_CCOEFF_NORMED)
            grid[place] = float(match.max()) >= ALIKE
    return grid


def _moved(one: Numbers, other: Numbers, movements: Iterable[Movement], wanted: Grid) -> Grid:
    """Return which of some squares have the same content in the other picture after a movement."""
    grid = np.zeros_like(wanted)
    for movement in movements:
        grid |= _alike(one, _undone(other, movement), wanted & ~grid)
    return grid


def _undone(image: Numbers, movement: Movement) -> Numbers:
    """Return the other picture with the movement undone."""
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _numbers(cv2.warpAffine(image, movement, (width, height), flags=flags))


def _movements(one: Numbers, other: Numbers, displaced: tuple[Grid, Grid]) -> list[Movement]:
    """Estimate how the content that is not in its place may have moved."""
    found: list[Movement] = []
    orb = cv2.ORB.create(FEATURES, fastThreshold=12)
    (points, features), (other_points, other_features) = (
        orb.detectAndCompute(np.clip(image * 160, 0, 255).astype(np.uint8), _mask(grid, image.shape))
        for image, grid in zip((one, other), displaced, strict=True)
    )
    if features is None or other_features is None:
        return found
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(features, other_features)
    start = np.array([points[pair.queryIdx].pt for pair in pairs], np.float64)
    end = np.array([other_points[pair.trainIdx].pt for pair in pairs], np.float64)
    for _ in range(MOVEMENTS):
        if len(start) < ENOUGH_POINTS:
            break
        movement, fits = cv2.estimateAffine2D(start, end, ransacReprojThreshold=3.0, maxIters=1000)
        if movement is None or fits.sum() < ENOUGH_POINTS:
            break
        found.append(np.asarray(movement, np.float64))
        start, end = start[fits.ravel() == 0], end[fits.ravel() == 0]
    return found


def _mask(grid: Grid, shape: tuple[int, ...]) -> Pixels:
    """Return a mask of the pixels of a grid's squares, for feature detection."""
    mask = np.zeros(shape, np.uint8)
    for place, _, around in _squares(shape):
        if grid[place]:
            mask[around] = 255
    return mask


def _hull(grid: Grid) -> Grid:
    """Return the area of the page: the hull of the moved squares. Isolated squares are left out as chance."""
    kernel = np.ones((3, 3), np.float32)
    near = cv2.filter2D(grid.astype(np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT)
    points = np.argwhere(grid & (near >= 4))[:, ::-1].astype(np.int32)
    hull = np.zeros(grid.shape, np.uint8)
    if len(points):
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return hull.astype(np.bool_)
