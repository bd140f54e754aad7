"""Whether two pictures show the same page, though it may lie elsewhere now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.sources.camera.views import Numbers, Pixels

LONGEST = 800
"""Pixels of the longer side of the pictures that are compared."""
CELL = 40
"""Pixels of the side of the squares that they are compared by."""
REACH = 8
"""How many pixels a square may lie away from where the movement would bring it: no movement is quite flat."""
FEATURES = 1500
MOVEMENTS = 2
"""Looked for besides none at all: that of the page, and that of a table that was pushed."""
ENOUGH_POINTS = 12

INK = 0.035
"""How much the brightness within a square, relative to that around, varies if something stands there."""
ALIKE = 0.6
"""Correlation of two squares that show the same."""
LOST = 0.12
"""Share of the squares with ink that are not found again, at most, if both pictures show the same page."""
FEW = 0.02
"""The same share, where it is too small to tell anything: a pen lies there now."""
BROUGHT = 0.6
"""Share of the squares that are not in their places any more and are found again where the movement brought
them, at least, if it was the page that moved: what lies still around it counts for nothing."""

Movement = NDArray[np.float64]
"""2 by 3: an affine map from places of the one picture to those of the other."""


def same_page(one: Pixels, other: Pixels, *, ignored: NDArray[np.bool_] | None = None) -> bool:
    """Whether two gray pictures show one page, moved or not, in whatever light.

    Parameters
    ----------
    ignored
        Where the other picture shows something that does not count, a hand say; of any size.
    """
    first, second = _even(one), _even(other)
    if first.shape != second.shape:
        return False
    movements = _movements(_bytes(first), _bytes(second))
    hidden = np.zeros(second.shape, np.float32)
    if ignored is not None:
        width, height = second.shape[1], second.shape[0]
        hidden = _numbers(cv2.resize(ignored.astype(np.float32), (width, height)))
    back = [np.asarray(cv2.invertAffineTransform(movement), np.float64) for movement in movements]
    return _is_in(first, second, movements, [_moved(hidden, each) for each in movements]) and _is_in(
        second, first, back, [hidden]
    )


def _even(gray: Pixels) -> Numbers:
    """Brightness relative to that around."""
    scale = LONGEST / max(gray.shape)
    if scale < 1:
        gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    level = gray.astype(np.float32) + 16
    return _numbers(cv2.GaussianBlur(level / cv2.blur(level, (41, 41)), (0, 0), 1.0))


def _numbers(image: Any) -> Numbers:
    return np.asarray(image, np.float32)


def _bytes(even: Numbers) -> Pixels:
    return np.clip(even * 160, 0, 255).astype(np.uint8)


def _movements(one: Pixels, other: Pixels) -> list[Movement]:
    """How what is in the one picture may have moved to where it is in the other."""
    found = [np.array([[1.0, 0, 0], [0, 1, 0]])]
    finder = cv2.ORB.create(FEATURES, fastThreshold=12)
    (places, what), (other_places, other_what) = (
        finder.detectAndCompute(each, None) for each in (one, other)
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
        found.append(movement)
        start, end = start[fits.ravel() == 0], end[fits.ravel() == 0]
    return found


def _moved(image: Numbers, movement: Movement) -> Numbers:
    """The other picture as it would be, had nothing moved."""
    height, width = image.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _numbers(cv2.warpAffine(image, movement, (width, height), flags=flags))


def _is_in(
    one: Numbers,
    other: Numbers,
    movements: list[Movement],
    hidden: list[Numbers],
) -> bool:
    """Whether nearly all of the one picture's ink is in the other one, where some movement brings it."""
    others = [_moved(other, movement) for movement in movements]
    inked = stayed = brought = 0
    for inside, around in _squares(one.shape):
        if float(one[inside].std()) < INK or any(each[inside].any() for each in hidden):
            continue
        inked += 1
        if _alike(one[inside], others[0][around]):
            stayed += 1
        elif any(_alike(one[inside], each[around]) for each in others[1:]):
            brought += 1
    gone = inked - stayed - brought
    if gone <= FEW * inked:
        return True
    return gone <= LOST * inked and brought >= BROUGHT * (inked - stayed)


def _squares(shape: tuple[int, ...]) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Squares of a picture, each with the same one and its surroundings."""
    for top in range(REACH, shape[0] - CELL - REACH, CELL):
        for left in range(REACH, shape[1] - CELL - REACH, CELL):
            yield (
                np.s_[top : top + CELL, left : left + CELL],
                np.s_[top - REACH : top + CELL + REACH, left - REACH : left + CELL + REACH],
            )


def _alike(square: Numbers, around: Numbers) -> bool:
    return float(cv2.matchTemplate(around, square, cv2.TM_CCOEFF_NORMED).max()) >= ALIKE
