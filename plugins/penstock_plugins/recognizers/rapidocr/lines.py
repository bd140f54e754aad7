"""Reading the line in one quad: with as many cuts, and as many ways round, as it takes."""

from __future__ import annotations

from penstock_plugins.recognizers.rapidocr.models import Boxes, Models, Pixels, Strip
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip
from penstock_plugins.recognizers.rapidocr.turning import Quad, along, is_tall, reversed_way

CUTS = (PLAIN, Cut(stretch=1.5, trim=0.1), Cut(stretch=2.5, trim=0.1))
"""Tried in this order until one is read with confidence: the model has fewer columns than a tall, narrow
line has characters."""

CONFIDENT = 0.8
"""Mean confidence at which no other cut is tried."""

UPSIDE_DOWN = (0.8, 4)
"""Mean confidence and number of characters from which a line is believed to stand on its head."""

Reading = tuple[Quad, Strip]
"""A quad, starting at its text's own top left, and what it says."""


def read_lines(models: Models, pixels: Pixels, quads: Boxes, min_confidence: float) -> list[Reading]:
    """Read what is in each quad, and leave out what is noise."""
    readings = [_read_line(models, pixels, quad, min_confidence) for quad in quads]
    return [
        (quad, strip) for quad, strip in readings if strip.confidence >= min_confidence and strip.text.strip()
    ]


def _read_line(models: Models, pixels: Pixels, quad: Quad, min_confidence: float) -> Reading:
    """Read a line; one that runs up or down, or cannot be read, both ways round."""
    forward = along(quad)
    strip = _read_quad(models, pixels, forward)
    if strip.confidence >= (CONFIDENT if is_tall(quad[None])[0] else min_confidence):
        return forward, strip
    backward = reversed_way(forward)
    other = models.read(cut_strip(pixels, backward))
    if other.confidence >= UPSIDE_DOWN[0] and len(other.text) >= UPSIDE_DOWN[1]:
        return backward, other
    return forward, strip


def _read_quad(models: Models, pixels: Pixels, quad: Quad) -> Strip:
    """The most confident of several cuts."""
    best = Strip("", (), ())
    for cut in CUTS:
        strip = models.read(cut_strip(pixels, quad, cut))
        best = max(best, strip, key=lambda strip: strip.confidence)
        if best.confidence >= CONFIDENT:
            break
    return best
