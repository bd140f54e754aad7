"""Reading the line in one quad: with as many cuts, and as many ways round, as it takes."""

from __future__ import annotations

from dataclasses import dataclass

from penstock_plugins.recognizers.rapidocr.models import Boxes, Models, Pixels, Strip
from penstock_plugins.recognizers.rapidocr.strips import PLAIN, Cut, cut_strip
from penstock_plugins.recognizers.rapidocr.turning import Quad, along, is_tall, reversed_way
from penstock_plugins.recognizers.rapidocr.voting import voted
from penstock_plugins.recognizers.rapidocr.words import Ink, ink_of

CUTS = (PLAIN, Cut(stretch=1.5, trim=0.1), Cut(stretch=2.5, trim=0.1))
"""Tried in this order until one is read with confidence: the model has fewer columns than a tall, narrow
line has characters."""

SECOND_OPINIONS = (Cut(stretch=1.25, trim=0.05), Cut(trim=0.08))
"""Also read, to agree on the words of a line that has a doubtful one."""

DOUBTFUL = 0.9
"""Confidence below which a word is."""

CONFIDENT = 0.8
"""Mean confidence at which no other cut is tried."""

SURE = (0.8, 4)
"""Mean confidence and number of characters from which a line is believed to run against the others."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one quad.

    Parameters
    ----------
    quad
        Starts at its text's own top left.
    strip
        What it says.
    ink
        Where along it something is written.
    """

    quad: Quad
    strip: Strip
    ink: Ink


def read_lines(models: Models, pixels: Pixels, quads: Boxes, min_confidence: float) -> list[Reading]:
    """Read what is in each quad, and leave out what is noise."""
    readings = [_read_line(models, pixels, quad, min_confidence) for quad in quads]
    return [
        Reading(quad, strip, ink_of(cut_strip(pixels, quad)))
        for quad, strip in readings
        if _is_writing(strip, min_confidence)
    ]


def _is_writing(strip: Strip, min_confidence: float) -> bool:
    """Whether a search might want it: not for strokes alone, nor for a single doubtful character."""
    characters = [character for character in strip.text if character.isalnum()]
    least = min_confidence if len(characters) > 1 else max(min_confidence, CONFIDENT)
    return bool(characters) and strip.confidence >= least


def _read_line(models: Models, pixels: Pixels, quad: Quad, min_confidence: float) -> tuple[Quad, Strip]:
    """Read a line; one that runs up or down, or cannot be read, other ways round as well."""
    tall = bool(is_tall(quad[None])[0])
    forward = along(quad)
    strip = _read_quad(models, pixels, forward)
    if strip.confidence >= (CONFIDENT if tall else min_confidence) and len(strip.text) > 1:
        return forward, strip
    for other_way in (reversed_way(forward), quad) if tall else (reversed_way(forward),):
        other = models.read(cut_strip(pixels, other_way))
        if _is_sure(other) or (tall and other_way is quad and _is_glyph(other)):
            return other_way, other
    return forward, strip


def _is_sure(strip: Strip) -> bool:
    return strip.confidence >= SURE[0] and len(strip.text) >= SURE[1]


def _is_glyph(strip: Strip) -> bool:
    """Whether it is one digit or letter, higher than wide as such are."""
    return strip.confidence >= CONFIDENT and len(strip.text) == 1 and strip.text.isalnum()


def _read_quad(models: Models, pixels: Pixels, quad: Quad) -> Strip:
    """The most confident of several cuts; its words as most of them are read."""
    strips: list[Strip] = []
    for cut in CUTS:
        strips.append(models.read(cut_strip(pixels, quad, cut)))
        if strips[-1].confidence >= CONFIDENT:
            break
    best = max(strips, key=lambda strip: strip.confidence)
    if not any(word.confidence < DOUBTFUL for word in best.words()):
        return best
    opinions = [models.read(cut_strip(pixels, quad, cut)) for cut in SECOND_OPINIONS]
    return voted(best, [strips[0], *opinions])
