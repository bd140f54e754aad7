"""Places on a page: quads, maps between frames, and the JSON form."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import Homography, Line, Page, Picture, Quad, Recognition, Word

NUMBERS = st.floats(-1e5, 1e5, allow_nan=False)
POINTS = st.tuples(NUMBERS, NUMBERS)
QUADS = st.builds(Quad, st.tuples(POINTS, POINTS, POINTS, POINTS))
SHARES = st.none() | st.floats(0, 1)
WORDS = st.builds(Word, st.text(min_size=1), QUADS, SHARES, st.booleans())
LINES = st.builds(
    Line,
    st.text(),
    QUADS,
    st.lists(WORDS, max_size=4).map(tuple),
    SHARES,
    st.none() | st.sampled_from(["en", "zh-Hant"]),
)
RECOGNITIONS = st.builds(
    Recognition,
    st.lists(LINES, max_size=4).map(tuple),
    st.none() | st.floats(-180, 180),
    st.text(),
    st.none() | st.text(),
)


@given(RECOGNITIONS)
def test_the_json_form_reads_back_as_the_same_recognition(recognition):
    written = json.dumps(recognition_to_json(recognition), ensure_ascii=False)
    assert recognition_from_json(json.loads(written)) == recognition


def test_a_page_reads_back_as_the_same_page(tmp_path):
    page = Page(
        3,
        "a, page 3",
        Picture(tmp_path / "a.tif", 2, 10, 20),
        30,
        40,
        (300, 200),
        6,
        Homography.scaling(2, 3),
    )
    assert page_from_json(json.loads(json.dumps(page_to_json(page)))) == page


@pytest.mark.parametrize("angle", range(-170, 181, 10))
def test_a_quad_knows_its_angle_and_size(angle):
    turn = math.radians(angle)
    place = Homography(((math.cos(turn), -math.sin(turn), 7), (math.sin(turn), math.cos(turn), 9), (0, 0, 1)))
    quad = Quad.from_box(10, 20, 50, 30).mapped(place)
    assert quad.angle == pytest.approx(angle, abs=1e-9)
    assert (quad.width, quad.height) == pytest.approx((40, 10))
    for found, expected in zip(Quad.around([quad]).corners, quad.corners, strict=True):
        assert found == pytest.approx(expected)


@given(st.lists(QUADS, min_size=1, max_size=5))
def test_a_box_around_quads_holds_every_corner(quads):
    left, top, right, bottom = Quad.around(quads).bounds
    margin = 1e-6 * (1 + max(abs(value) for quad in quads for corner in quad.corners for value in corner))
    for quad in quads:
        for x, y in quad.corners:
            assert left - margin <= x <= right + margin
            assert top - margin <= y <= bottom + margin


@given(POINTS, st.floats(0.1, 10), st.floats(0.1, 10))
def test_maps_one_after_the_other_are_one_map(point, first, second):
    a, b = Homography.scaling(first, second), Homography(((1, 0, 5), (0.5, 1, -3), (0, 0, 1)))
    assert a.then(b).apply(point) == pytest.approx(b.apply(a.apply(point)), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Quad.from_numbers([1, 2, 3]),
        lambda: Quad.from_box(0, 0, math.nan, 1),
        lambda: Word("a", Quad.from_box(0, 0, 1, 1), 1.5),
        lambda: Line("a", Quad.from_box(0, 0, 1, 1), (), 2),
        lambda: Page(0, "a", Picture("a"), 1, 1),
        lambda: Page(1, "a", Picture("a"), 0, 1),
        lambda: Page(1, "a", Picture("a"), 1, 1, None, 9),
        lambda: Homography(((math.inf, 0, 0), (0, 1, 0), (0, 0, 1))),
        lambda: Quad.around([]),
    ],
)
def test_values_check_themselves(make):
    with pytest.raises(ValueError, match=r"."):
        make()


def test_a_recognition_in_another_frame_turns_its_angle_too():
    quarter = Homography(((0, -1, 100), (1, 0, 0), (0, 0, 1)))
    line = Line("a", Quad.from_box(0, 0, 10, 5), (Word("a", Quad.from_box(0, 0, 10, 5)),))
    turned = Recognition((line,), 10.0).mapped(quarter)
    assert turned.angle == pytest.approx(100)
    assert turned.lines[0].quad.angle == pytest.approx(90)
