"""Measures a camera's picture: how much two differ, how sharp one is, and where it shows skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]  # a gray picture, or one with 3 channels in OpenCV's order: blue, green, red
Numbers = NDArray[np.float32]

FINE = 1280  # pixels of the longer side of the picture whose sharpness is judged
# Pixels of the longer side of the picture in which movements are detected: noise averages out in it.
COARSE = 256
AROUND = 31  # pixels of the coarse picture over which light is assumed to be even
DARK = 16.0  # gray level below which differences are noise

CHANGED = 0.12  # difference in brightness, relative to the surroundings, above which it is not noise

STROKES = 0.02  # share of a picture's edges that are measured: the strongest ones, which are those of ink
# Gray levels between neighbours at such edges: fewer are too faint, more are clear in any noise.
FAINT, CLEAR = 4.0, 12.0
ABOVE_NOISE = 5.0  # how much stronger these steps are than the median one where there is ink


@dataclass(frozen=True, slots=True)
class View:
    """A picture, prepared for measurements; the longer sides have at most `FINE` and `COARSE` pixels."""

    fine: Pixels  # gray
    coarse: Numbers  # brightness relative to the surroundings, which removes flicker and shadows
    skin: NDArray[np.bool_]  # where the coarse picture has the colour of skin; all False in a gray picture

    @classmethod
    def of(cls, image: Pixels) -> View:
        fine = shrunk(image, FINE)
        small = shrunk(fine, COARSE)
        gray = _gray(small).astype(np.float32)
        return cls(_gray(fine), (gray + DARK) / (cv2.blur(gray, (AROUND, AROUND)) + DARK), _skin(small))

    def changed(self, other: View) -> float:
        """Return the share of the picture, 0 to 1, that differs from the other one."""
        if self.coarse.shape != other.coarse.shape:
            return 1.0
        return float(np.count_nonzero(np.abs(self.coarse - other.coarse) > CHANGED) / self.coarse.size)

    def blur(self) -> float | None:
        """Return how blurred the ink is: about 0.15 if sharp, 0.5 at a blur of two pixels; None without ink.

        After Crété-Roffet and others, "The blur effect" (Human Vision and Electronic Imaging XII, 2007): a
        sharp picture loses much when it is blurred again. Measured at the strongest edges only, where noise
        does not matter.
        """
        smooth = np.asarray(cv2.GaussianBlur(self.fine.astype(np.float32), (0, 0), 0.8), np.float32)
        along = [blur for blur in (_blur_along(smooth, axis) for axis in (0, 1)) if blur is not None]
        return max(along, default=None)


def _blur_along(gray: Numbers, axis: int) -> float | None:
    again = cv2.blur(gray, (1, 9) if axis == 0 else (9, 1))
    steps, left = (np.abs(np.diff(each, axis=axis)) for each in (gray, again))
    some = steps.ravel()[::7]
    strong = float(np.quantile(some, 1 - STROKES))
    if strong < FAINT or (strong < CLEAR and strong < ABOVE_NOISE * float(np.median(some))):
        return None
    edges = steps >= strong
    lost = np.maximum(steps - left, 0)[edges].sum()
    return float(1 - lost / steps[edges].sum())


def _skin(image: Pixels) -> NDArray[np.bool_]:
    """Return where a picture has a colour of skin: the usual ranges of YCrCb's two colour channels."""
    if image.ndim == 2:
        return np.zeros(image.shape, np.bool_)
    _, red, blue = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb))
    return np.asarray((red > 138) & (red < 174) & (blue > 77) & (blue < 123))


def _gray(image: Pixels) -> Pixels:
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def shrunk(image: Pixels, longest: int) -> Pixels:
    """Scale a picture down so that its longer side has at most this many pixels."""
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
