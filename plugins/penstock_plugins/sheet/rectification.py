"""Rectify a sheet: estimate its true proportions and warp it to a rectangle.

The proportions follow from the vanishing points of the sides: Zhang and He, "Whiteboard scanning and image
enhancement" (Digital Signal Processing 17, 2007), section 3.2.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image

from penstock.geometry import Homography, Quad
from penstock_plugins.sheet.edge_line import Vector

USUAL_FOCAL_LENGTH = 0.8  # that of most phones, as a multiple of the picture's longer side
FOCAL_LENGTH_RANGE = (0.5, 3.0)  # an estimate outside of this range is replaced by the usual one
# From our coordinates, where a pixel reaches from 0 to 1, to OpenCV's, where its center is 0.
_TO_PIXEL_CENTERS = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])


def rectified(image: Image.Image, sheet: Quad) -> tuple[Image.Image, Homography]:
    """Return the sheet's picture, and the homography from its pixels to those of ``image``."""
    corners = np.array(sheet.corners)
    if not cv2.isContourConvex(corners.astype(np.float32)):
        raise ValueError(f"the corners of a sheet must form a convex quad, got {sheet.corners}")
    size = _size(sheet, true_proportion(sheet, image.size), image.width * image.height)
    width, height = size
    rectangle = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    first, second, third = (
        (float(x), float(y), float(w))
        for x, y, w in cv2.getPerspectiveTransform(rectangle, corners.astype(np.float32))
    )
    to_image = Homography((first, second, third))
    matrix = _TO_PIXEL_CENTERS @ np.array(to_image.rows) @ np.linalg.inv(_TO_PIXEL_CENTERS)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpPerspective(
        np.asarray(image), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return Image.fromarray(pixels), to_image


def _size(sheet: Quad, proportion: float, max_pixels: int) -> tuple[int, int]:
    """Return width and height: no side shorter than in the photo, no more pixels than the photo has."""
    first, second, third, fourth = sheet.corners
    width = max(math.dist(first, second), math.dist(fourth, third))
    height = max(math.dist(first, fourth), math.dist(second, third))
    width, height = max(width, height * proportion), max(height, width / proportion)
    scale = min(1.0, math.sqrt(max_pixels / (width * height)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def true_proportion(sheet: Quad, size: tuple[int, int]) -> float:
    """Return the sheet's width over its height, assuming the optical axis at the picture's center."""
    center = np.array(size) / 2
    top_left, top_right, bottom_right, bottom_left = (
        np.append(np.array(corner) - center, 1.0) for corner in sheet.corners
    )
    across = _direction(top_left, top_right, bottom_left, bottom_right)
    down = _direction(top_left, bottom_left, top_right, bottom_right)
    focal_length = _focal_length(across, down, max(size))
    return _length(across, focal_length) / _length(down, focal_length)


def _direction(start: Vector, end: Vector, other: Vector, last: Vector) -> Vector:
    """Return a side's direction in space, up to the focal length (n2 and n3 in the paper)."""
    depth = np.dot(np.cross(start, last), other) / np.dot(np.cross(end, last), other)
    direction: Vector = depth * end - start
    return direction


def _focal_length(across: Vector, down: Vector, longest_side: float) -> float:
    """Estimate the focal length in pixels; return the usual one if the sheet is seen nearly from above."""
    usual = USUAL_FOCAL_LENGTH * longest_side
    if abs(across[2] * down[2]) < 1e-4:
        return usual
    square = -(across[0] * down[0] + across[1] * down[1]) / (across[2] * down[2])
    low, high = FOCAL_LENGTH_RANGE
    return math.sqrt(square) if (low * longest_side) ** 2 <= square <= (high * longest_side) ** 2 else usual


def _length(direction: Vector, focal_length: float) -> float:
    return math.hypot(direction[0] / focal_length, direction[1] / focal_length, direction[2])
