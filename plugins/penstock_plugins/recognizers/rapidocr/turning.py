"""Which way up a page lies: told by reading a few of its lines both ways round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.models import Boxes, Models, Pixels, Strip
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip

Quad = NDArray[np.float64]
"""4 by 2: a quad as the models' arrays have it."""

TALL = 1.5
"""A quad higher than this times its width holds a line that runs up or down."""

PROBES = 4
"""Lines that are read both ways round, at most."""

PROOF = (0.85, 8)
"""Mean confidence and number of characters that no line read upside down was seen to reach."""

PROBE_CUTS = (PLAIN, Cut(stretch=2.5, trim=0.1))
"""The second for lines with more characters than the model has columns, which are read as nothing."""

DOUBT = 1.0
"""By how much evidence the other way round has to be ahead."""


def quarters_to_upright(models: Models, pixels: Pixels, quads: Boxes) -> int:
    """How many quarters, counter-clockwise, a picture has to be turned for its text to stand upright."""
    if not len(quads):
        return 0
    tall = is_tall(quads)
    lengths = np.where(tall, _downs(quads), _acrosses(quads))
    lies = bool(lengths[tall].sum() > lengths[~tall].sum())
    longest = sorted(np.flatnonzero(tall == lies), key=lambda index: -lengths[index])[:PROBES]
    forward, backward = (1, 3) if lies else (0, 2)
    return forward if _forward(models, pixels, [along(quads[index]) for index in longest]) else backward


def _forward(models: Models, pixels: Pixels, quads: list[Quad]) -> bool:
    """Whether lines are read better as they stand than the other way round."""
    lead = 0.0
    for quad in quads:
        for cut in PROBE_CUTS:
            strips = [models.read(cut_strip(pixels, way, cut)) for way in (quad, reversed_way(quad))]
            proofs = [_is_proof(strip) for strip in strips]
            if any(proofs):
                return proofs[0]
            lead += _evidence(strips[0]) - _evidence(strips[1])
    return lead > -DOUBT


def _is_proof(strip: Strip) -> bool:
    return strip.confidence >= PROOF[0] and len(strip.text) >= PROOF[1]


def _evidence(strip: Strip) -> float:
    """Grows with each character that is more likely than not, shrinks with each that is less."""
    return sum(strip.confidences) - len(strip.confidences) / 2


def is_tall(quads: Boxes) -> NDArray[np.bool_]:
    """Of each quad, whether its line runs up or down."""
    tall: NDArray[np.bool_] = _downs(quads) > TALL * _acrosses(quads)
    return tall


def along(quad: Quad) -> Quad:
    """The quad, starting at the top left of a line that runs to the right, or down if it is tall."""
    return quad[[1, 2, 3, 0]] if is_tall(quad[np.newaxis])[0] else quad


def reversed_way(quad: Quad) -> Quad:
    """The quad of the same line, read the other way round."""
    return quad[[2, 3, 0, 1]]


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """The picture, turned counter-clockwise."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def turned_back(quads: Boxes, quarters: int, width: float, height: float) -> Boxes:
    """Where quads lie in the picture before it was turned; its width and height are those before."""
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


def _acrosses(quads: Boxes) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1), np.float64)


def _downs(quads: Boxes) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1), np.float64)
