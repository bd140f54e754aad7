"""Fitting the page of a file with text to its picture."""

from __future__ import annotations

import pytest

from penstock.errors import InvalidTranscription
from penstock.geometry import Quad
from penstock.model import Line, Recognition, Region, Word
from penstock.transcriptions.fitting import fitted
from penstock.transcriptions.values import TranscribedPage

BOX = Quad.from_box(10, 20, 50, 40)


def page(*quads: Quad, width: float | None = 200, height: float | None = 100) -> TranscribedPage:
    lines = tuple(Line("a", quad, (Word("a", quad),), polygon=quad.corners) for quad in quads)
    region = Region("text", ((-5.0, 0.0), (300.0, 0.0), (300.0, 90.0)))
    return TranscribedPage(Recognition(lines, regions=(region,)), width, height, "page.jpg")


def bounds(recognition: Recognition) -> list[tuple[float, float, float, float]]:
    quads = [word.quad for line in recognition.lines for word in line.words]
    assert quads == [line.quad for line in recognition.lines]
    return [quad.bounds for quad in quads]


@pytest.mark.parametrize("size", [(200, 100), (None, None), (0.0, 100)])
def test_coordinates_of_the_same_size_stay(size):
    assert bounds(fitted(page(BOX, width=size[0], height=size[1]), 200, 100)) == [BOX.bounds]


def test_coordinates_of_another_size_are_scaled():
    assert bounds(fitted(page(BOX), 401, 200)) == [pytest.approx((20.05, 40, 100.25, 80))]


def test_another_shape_is_refused_with_both_sizes():
    with pytest.raises(InvalidTranscription, match="is 200 x 100 in the file, and the picture has 100 x 200"):
        fitted(page(BOX), 100, 200)


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((-10, 20, 50, 40), (0, 20, 50, 40)),
        ((190, 90, 230, 130), (190, 90, 200, 100)),
        ((300, -50, 340, -30), (199, 0, 200, 1)),
        ((-90, 10, -50, 40), (0, 10, 1, 40)),
    ],
)
def test_boxes_outside_the_page_are_cut_or_moved(box, inside):
    recognition = fitted(page(Quad.from_box(*box)), 200, 100)
    assert bounds(recognition) == [inside]
    assert recognition.regions[0].polygon == ((0, 0), (200, 0), (200, 90))
