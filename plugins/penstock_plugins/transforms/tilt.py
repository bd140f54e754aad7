"""How far a page is tilted, told by its ink.

Of all directions, that of the text is the one in which ink falls into rows with gaps between them (Postl,
"Detection of linear oblique structures and skew scan in digitized documents", ICPR 1986).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from penstock.geometry import Homography

STROKE = 25
"""Pixels across which ink is darker than paper on both of its sides."""

INK = 30
"""By how many of 255 levels ink is darker."""

LEAST_INK = 500
"""Pixels of ink that tell anything, at least."""

MOST_INK = 60_000
"""That are looked at; of more, some at random."""

COARSE, FINE = 0.5, 0.05
"""Degrees between the directions that are tried, at first and at last."""

CLEAR = 1.25
"""How much clearer the rows of the text's direction are than those of the usual one, at least."""


def tilt_of(page: Image.Image, largest: float) -> float | None:
    """Degrees by which a page's lines are tilted, clockwise positive; None if that cannot be told.

    Parameters
    ----------
    page
        "L".
    largest
        The tilt that is looked for, at most.
    """
    places = _ink(page)
    if len(places) < LEAST_INK:
        return None
    tried = np.arange(-largest, largest + COARSE / 2, COARSE)
    clearness = np.array([_clearness(places, angle) for angle in tried])
    best = int(clearness.argmax())
    if best in (0, len(tried) - 1) or clearness[best] < CLEAR * np.median(clearness):
        return None
    closely = tried[best] + np.arange(-COARSE, COARSE + FINE / 2, FINE)
    return float(closely[int(np.argmax([_clearness(places, angle) for angle in closely]))])


def _ink(page: Image.Image) -> NDArray[np.float32]:
    """Where ink is: n by 2, across and down."""
    pixels = np.asarray(page)
    bare = cv2.morphologyEx(pixels, cv2.MORPH_BLACKHAT, np.ones((STROKE, STROKE), np.uint8))
    down, across = np.nonzero(bare > INK)
    places = np.stack([across, down], axis=1).astype(np.float32)
    if len(places) > MOST_INK:
        places = places[np.random.default_rng(0).choice(len(places), MOST_INK, replace=False)]
    return places


def _clearness(places: NDArray[np.float32], degrees: float) -> float:
    """How clearly the ink falls into rows that run in a direction."""
    turn = math.radians(degrees)
    rows = places[:, 1] * math.cos(turn) - places[:, 0] * math.sin(turn)
    counts = np.bincount((rows - rows.min()).astype(np.intp)).astype(np.float64)
    counts = np.convolve(counts, [0.25, 0.5, 0.25])
    return float(np.square(np.diff(counts, n=1)).sum())


def turned(page: Image.Image, tilt: float) -> tuple[Image.Image, Homography]:
    """The page turned back by its tilt, nothing cut off, and the map from its places to those before."""
    turn = math.radians(tilt)
    cos, sin = math.cos(turn), math.sin(turn)
    width = math.ceil(page.width * abs(cos) + page.height * abs(sin))
    height = math.ceil(page.width * abs(sin) + page.height * abs(cos))
    places = Homography(
        (
            (cos, -sin, page.width / 2 - cos * width / 2 + sin * height / 2),
            (sin, cos, page.height / 2 - sin * width / 2 - cos * height / 2),
            (0.0, 0.0, 1.0),
        )
    )
    (a, b, c), (d, e, f), _ = places.rows
    # Pillow asks for the place of each pixel's middle by itself.
    picture = page.transform(
        (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BICUBIC,
        fillcolor=_paper(page),
    )  # fmt: skip
    return picture, places


def _paper(page: Image.Image) -> tuple[int, ...] | int:
    """The usual colour of the page."""
    small = np.asarray(page.resize((64, 64), Image.Resampling.BOX))
    middle = np.median(small.reshape(64 * 64, -1), axis=0).astype(int).tolist()
    return tuple(middle) if len(middle) > 1 else int(middle[0])
