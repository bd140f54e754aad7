"""Fit a transcription to its picture, which may be stored on its side."""

from __future__ import annotations

from penstock.geometry import Homography
from penstock.model import Page, Recognition
from penstock.transcriptions.fitting import fitted, has_shape
from penstock.transcriptions.values import TranscribedPage

SIDEWAYS = range(5, 9)
"""EXIF orientations that exchange width and height."""


def fitted_to(page: TranscribedPage, original: Page) -> Recognition:
    """Return the recognition in pixels of the upright page.

    A picture with an EXIF orientation was transcribed as it is stored, or upright, depending on the program.
    The size in the file decides. Where both have the same shape, the upright picture is taken.

    Raises InvalidTranscription if the page has another shape than the picture.
    """
    width, height = original.width, original.height
    is_stored = has_shape(page, height, width) and not has_shape(page, width, height)
    if original.orientation in SIDEWAYS and is_stored:
        return fitted(page, height, width).mapped(_upright(original.orientation, width, height))
    return fitted(page, width, height)


def _upright(orientation: int, width: int, height: int) -> Homography:
    """Map pixels of a picture that is stored on its side to those of the upright page of this size."""
    rows = {
        5: ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
        6: ((0.0, -1.0, float(width)), (1.0, 0.0, 0.0)),
        7: ((0.0, -1.0, float(width)), (-1.0, 0.0, float(height))),
        8: ((0.0, 1.0, 0.0), (-1.0, 0.0, float(height))),
    }[orientation]
    return Homography((*rows, (0.0, 0.0, 1.0)))
