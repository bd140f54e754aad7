"""A sheet seen from straight above: its true proportions, and its picture.

The proportions follow from how the sheet's sides run together: Zhang and He, "Whiteboard scanning and image
enhancement" (Digital Signal Processing 17, 2007), section 3.2.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Homography, Quad
from penstock.sheet.warping import map_between, warped

USUAL_FOCUS = 0.8
"""A camera's focal length, in longest sides of its picture: that of most phones."""

FOCUS_RANGE = (0.5, 3.0)
"""What is believed where the corners say it."""


def straightened(image: Image.Image, sheet: Quad) -> tuple[Image.Image, Homography]:
    """The sheet's picture, and the map from its places to the image's."""
    corners = np.array(sheet.corners)
    if not cv2.isContourConvex(corners.astype(np.float32)):
        raise ValueError(f"a sheet is convex, which {sheet.corners} are not")
    width, height = _size(sheet, true_proportion(sheet, image.size), image.width * image.height)
    rectangle = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    places = map_between(rectangle, corners)
    return warped(image, places, (width, height), ground=None), places


def _size(sheet: Quad, proportion: float, most: int) -> tuple[int, int]:
    """Width and height: no side shorter than it is in the photo, no more pixels than the photo has."""
    first, second, third, fourth = sheet.corners
    width = max(math.dist(first, second), math.dist(fourth, third))
    height = max(math.dist(first, fourth), math.dist(second, third))
    width, height = max(width, height * proportion), max(height, width / proportion)
    scale = min(1.0, math.sqrt(most / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def true_proportion(sheet: Quad, size: tuple[int, int]) -> float:
    """Width over height of the sheet itself, seen by a camera that looked at the middle of its picture."""
    middle = np.array(size) / 2
    top_left, top_right, bottom_right, bottom_left = (
        np.append(np.array(corner) - middle, 1.0) for corner in sheet.corners
    )
    across = _direction(top_left, top_right, bottom_left, bottom_right)
    down = _direction(top_left, bottom_left, top_right, bottom_right)
    focus = _focus(across, down, max(size))
    return _length(across, focus) / _length(down, focus)


Vector = NDArray[np.float64]


def _direction(start: Vector, end: Vector, other: Vector, last: Vector) -> Vector:
    """Where a side of the sheet points in space, up to the camera's focal length (the paper's n2 and n3)."""
    depth = np.dot(np.cross(start, last), other) / np.dot(np.cross(end, last), other)
    direction: Vector = depth * end - start
    return direction


def _focus(across: Vector, down: Vector, longest: float) -> float:
    """The focal length in pixels, if the sheet is seen aslant enough to tell it; else the usual one."""
    usual = USUAL_FOCUS * longest
    if abs(across[2] * down[2]) < 1e-4:
        return usual
    square = -(across[0] * down[0] + across[1] * down[1]) / (across[2] * down[2])
    low, high = FOCUS_RANGE
    return math.sqrt(square) if (low * longest) ** 2 <= square <= (high * longest) ** 2 else usual


def _length(direction: Vector, focus: float) -> float:
    return math.hypot(direction[0] / focus, direction[1] / focus, direction[2])
