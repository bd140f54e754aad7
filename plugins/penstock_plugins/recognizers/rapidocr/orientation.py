"""Find out which way up a page lies, by recognizing a few lines in both directions, and rotate it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.models import Models, Pixels, QuadArray, QuadArrays, StripText
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip

TALL = 1.5  # a quad whose height is more than this times its width holds a line that runs up or down
MAX_PROBES = 4  # lines that are recognized in both directions
# Mean confidence and number of characters that no upside-down line reached in measurements.
CERTAIN = (0.85, 8)
# The second is for lines with more characters than the model has columns: their result is empty.
PROBE_CUTS = (PLAIN, Cut(stretch=2.5, trim=0.1))
UPSIDE_DOWN_LEAD = 1.0  # evidence by which the opposite direction must lead
# Lead of either direction that ends the search. On 37 scanned pages, no strip led by 0.5 the wrong way.
DECISIVE_LEAD = 4.0


def quarters_to_upright(models: Models, pixels: Pixels, quads: QuadArrays) -> int:
    """Return by how many quarter turns, counter-clockwise, a picture must be rotated to be upright."""
    if not len(quads):
        return 0
    tall = is_tall(quads)
    lengths = np.where(tall, _heights(quads), _widths(quads))
    sideways = bool(lengths[tall].sum() > lengths[~tall].sum())
    longest = sorted(np.flatnonzero(tall == sideways), key=lambda index: -lengths[index])[:MAX_PROBES]
    forward, backward = (1, 3) if sideways else (0, 2)
    probes = [along_text(quads[index]) for index in longest]
    return forward if _runs_forward(models, pixels, probes) else backward


def _runs_forward(models: Models, pixels: Pixels, quads: list[QuadArray]) -> bool:
    """Return whether lines are recognized better as they are than rotated by 180 degrees."""
    lead = 0.0
    for quad in quads:
        for cut in PROBE_CUTS:
            forward = models.recognize(cut_strip(pixels, quad, cut))
            if forward.reaches(*CERTAIN):
                return True
            backward = models.recognize(cut_strip(pixels, upside_down(quad), cut))
            if backward.reaches(*CERTAIN):
                return False
            lead += _evidence(forward) - _evidence(backward)
            if abs(lead) >= DECISIVE_LEAD:
                return lead > 0
    return lead > -UPSIDE_DOWN_LEAD


def _evidence(strip: StripText) -> float:
    """Sum up by how much the characters' confidences exceed one half."""
    return sum(strip.confidences) - len(strip.confidences) / 2


def is_tall(quads: QuadArrays) -> NDArray[np.bool_]:
    """Return, for each quad, whether its line runs up or down."""
    tall: NDArray[np.bool_] = _heights(quads) > TALL * _widths(quads)
    return tall


def along_text(quad: QuadArray) -> QuadArray:
    """Start the quad at the top left of a line that runs to the right, or down if the quad is tall."""
    return quad[[1, 2, 3, 0]] if is_tall(quad[np.newaxis])[0] else quad


def upside_down(quad: QuadArray) -> QuadArray:
    """Return the quad of the same line, rotated by 180 degrees."""
    return quad[[2, 3, 0, 1]]


def rotated(pixels: Pixels, quarters: int) -> Pixels:
    """Rotate a picture counter-clockwise by quarter turns."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def rotated_back(quads: QuadArrays, quarters: int, width: float, height: float) -> QuadArrays:
    """Map quads to the picture before `rotated`, which had this width and height."""
    xs, ys = quads[..., 0], quads[..., 1]
    match quarters:
        case 1:
            return np.stack([width - ys, xs], axis=-1)
        case 2:
            return np.stack([width - xs, height - ys], axis=-1)
        case 3:
            return np.stack([ys, height - xs], axis=-1)
        case _:
            return quads


def _widths(quads: QuadArrays) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1), np.float64)


def _heights(quads: QuadArrays) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1), np.float64)
