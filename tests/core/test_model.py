"""Values: quads, homographies, recognitions, their checks and their JSON form."""

from __future__ import annotations

import json
import math
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.errors import TryAgain
from penstock.geometry import dot, quad_around, unit
from penstock.json_form import page_from_json, page_to_json, recognition_from_json, recognition_to_json
from penstock.model import (
    Alternative,
    Document,
    Homography,
    Limits,
    Line,
    Page,
    Pending,
    Picture,
    Quad,
    Recognition,
    Region,
    Word,
)
from penstock.secret import Secret

NUMBERS = st.floats(-1e5, 1e5, allow_nan=False)
POINTS = st.tuples(NUMBERS, NUMBERS)
QUADS = st.builds(Quad, st.tuples(POINTS, POINTS, POINTS, POINTS))
SHARES = st.none() | st.floats(0, 1)
OUTLINES = st.just(()) | st.lists(POINTS, min_size=3, max_size=4).map(tuple)
LANGUAGES = st.none() | st.sampled_from(["en", "zh-Hant"])
DIRECTIONS = st.none() | st.sampled_from(["ltr", "rtl", "ttb", "btt"])
ALTERNATIVES = st.lists(st.builds(Alternative, st.text(), SHARES), max_size=2).map(tuple)
WORDS = st.builds(
    Word,
    st.text(min_size=1),
    QUADS,
    SHARES,
    st.booleans(),
    st.booleans(),
    OUTLINES,
    ALTERNATIVES,
    LANGUAGES,
    DIRECTIONS,
)
LINES = st.builds(
    Line,
    st.text(),
    QUADS,
    st.lists(WORDS, max_size=4).map(tuple),
    SHARES,
    LANGUAGES,
    st.just(()) | st.lists(POINTS, min_size=2, max_size=3).map(tuple),
    OUTLINES,
    SHARES,
    ALTERNATIVES,
    DIRECTIONS,
    st.none() | st.just(0),
)
RECOGNITIONS = st.builds(
    Recognition,
    st.lists(LINES, max_size=4).map(tuple),
    st.none() | st.floats(-180, 180),
    st.text(),
    st.none() | st.text(),
    regions=st.lists(st.builds(Region, st.just("text"), OUTLINES, LANGUAGES, DIRECTIONS), min_size=1).map(
        tuple
    ),
    direction=DIRECTIONS,
    unread_lines=st.integers(0, 3),
)


@given(RECOGNITIONS)
def test_json_form_restores_the_recognition(recognition):
    written = json.dumps(recognition_to_json(recognition), ensure_ascii=False)
    assert recognition_from_json(json.loads(written)) == recognition


@given(RECOGNITIONS)
@settings(max_examples=30)
def test_pickling_restores_the_recognition(recognition):
    assert pickle.loads(pickle.dumps(recognition)) == recognition  # noqa: S301


VERSION_1 = (
    '{"angle": -0.5, "recognizer": "azure 3.2", "language": "de", "lines": [{"text": "a b", '
    '"quad": [[0.0, 0.0], [9.0, 0.0], [9.0, 4.0], [0.0, 4.0]], "handwritten": 0.9, "language": null, '
    '"words": [{"text": "a", "quad": [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]], '
    '"confidence": 0.5, "flagged_low": false}, {"text": "b", "quad": [[5.0, 0.0], [9.0, 0.0], '
    '[9.0, 4.0], [5.0, 4.0]], "confidence": null, "flagged_low": true, "corrected": true}]}]}'
)
"""A recognition as version 1 of the JSON form stored it."""


def test_version_1_of_the_json_form_is_read_and_keeps_its_bytes():
    recognition = recognition_from_json(json.loads(VERSION_1))
    (line,) = recognition.lines
    assert line.words[0] == Word("a", Quad.from_box(0, 0, 4, 4), 0.5)
    assert (line.baseline, line.polygon, recognition.regions) == ((), (), ())
    # The digest of a stored result is that of its form: another form would amend and write every page again.
    assert json.dumps(recognition_to_json(recognition)) == VERSION_1


@pytest.mark.parametrize("region", [1, "0", 0.5])
def test_a_json_form_with_an_unknown_region_is_refused(region):
    form = json.loads(VERSION_1)
    form["regions"] = [{"kind": "text"}]
    form["lines"][0]["region"] = region
    with pytest.raises(ValueError, match="region of a line must be an index of the 1 regions"):
        recognition_from_json(form)


def test_json_form_restores_the_page(tmp_path):
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
def test_quad_has_angle_and_size(angle):
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


def test_corners_of_a_quad_become_floats():
    quads = [Quad(((0, 1), (2, 1), (2, 3), (0, 3))), Quad.from_box(0, 1, 2, 3)]
    quads.append(Quad.from_points([[0, 1], [2, 1], [2, 3], [0, 3]]))
    assert {repr(quad.corners) for quad in quads} == {"((0.0, 1.0), (2.0, 1.0), (2.0, 3.0), (0.0, 3.0))"}


def test_enormous_corners_are_finite():
    huge = Quad.from_box(1e308, 1e308, 1e308, 1e308)
    assert huge.corners[0] == (1e308, 1e308)


BOX = Quad.from_box(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Quad.from_numbers([1, 2, 3]), "numbers must be eight numbers"),
        (lambda: Quad.from_points([(1, 2)]), "points must be four (x, y) pairs"),
        (lambda: Quad(((0, 0),)), "corners must be four points, got 1"),
        (lambda: Quad.from_box(0, 0, math.nan, 1), "corners must be finite numbers, got ((0, 0), (nan, 0)"),
        (lambda: Quad.around([]), "quads must not be empty"),
        (lambda: Homography(((math.inf, 0, 0), (0, 1, 0), (0, 0, 1))), "rows must hold finite numbers, got"),
        (
            lambda: Homography(((1, 0, 0), (0, 1, 0), (0, 0, 0))).apply((1, 2)),
            "the point (1, 2) lies on the horizon of the homography and cannot be mapped",
        ),
        (lambda: Word("a", BOX, 1.5), "confidence must be from 0 to 1, got 1.5"),
        (lambda: Line("a", BOX, (), 2), "handwritten_probability must be from 0 to 1, got 2"),
        (lambda: Word("a", BOX, polygon=((0, 0), (1, 1))), "polygon must be empty or have at least 3 points"),
        (
            lambda: Word("a", BOX, direction="left"),
            "direction must be one of ltr, rtl, ttb, btt or None, got",
        ),
        (
            lambda: Line("a", BOX, baseline=((0, 0),)),
            "baseline must be empty or have at least 2 points, got 1",
        ),
        (lambda: Line("a", BOX, baseline=((0, 0), (math.nan, 1))), "baseline must have finite points, got"),
        (lambda: Line("a", BOX, confidence=-1), "confidence must be from 0 to 1, got -1"),
        (lambda: Alternative("a", 2), "confidence must be from 0 to 1, got 2"),
        (lambda: Region("", ()), 'kind must not be empty; use "text" if the kind is not known'),
        (
            lambda: Recognition((Line("a", BOX, region=1),), regions=(Region("text", ()),)),
            "region of a line must be an index of the 1 regions, got 1",
        ),
        (lambda: quad_around(()), "polygon must not be empty"),
        (lambda: Recognition((), math.inf), "angle must be a finite number of degrees, got inf"),
        (lambda: Document("", "a", ()), "name must not be empty"),
        (lambda: Page(0, "a", Picture(Path("a")), 1, 1), "number must be at least 1, got 0"),
        (lambda: Page(1, "a", Picture(Path("a")), 0, 5), "width and height must be at least 1, got 0 x 5"),
        (lambda: Page(1, "a", Picture(Path("a")), 1, 1, None, 9), "orientation must be from 1 to 8 (EXIF)"),
        (
            lambda: Limits(calls_per_second=0),
            "calls_per_second must be a finite number greater than 0, got",
        ),
        (lambda: Limits(attempts=0), "attempts must be at least 1, got 0"),
        (lambda: Limits(in_flight=0), "in_flight must be at least 1, got 0"),
        (lambda: Limits(price_per_1000=-1), "price_per_1000 must be a finite number, at least 0, got -1"),
        (lambda: Limits(deadline=-1), "deadline must be a finite number of seconds, at least 0, got -1"),
        (lambda: Pending(-1), "poll_after must be a finite number of seconds, at least 0, got -1"),
        (lambda: TryAgain("a", retry_after=-1), "retry_after must be a finite number of seconds, at least 0"),
        (lambda: Secret(" "), "a secret must not be empty"),
    ],
)
def test_values_check_themselves(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Word("a", BOX, alternatives=["b"]), "alternatives must be a tuple of Alternatives"),
        (lambda: Recognition(regions=["text"]), "regions must be a tuple of Regions"),
        (lambda: Alternative(None), "text must be a str"),
    ],
)
def test_values_check_their_members(make, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        make()


def test_points_become_pairs_of_floats():
    line = Line("a", BOX, baseline=[[0, 9], [5, 8]], polygon=[(0, 0), (9, 0), (9, 9)])
    assert line.baseline == ((0.0, 9.0), (5.0, 8.0))
    assert all(type(value) is float for point in line.polygon for value in point)


def test_paths_may_be_given_as_str():
    assert Picture("/a.png").path == Path("/a.png")
    assert Document("a", "a", (), beside="/a").beside == Path("/a")


def test_mapping_a_recognition_turns_its_angle():
    quarter = Homography(((0, -1, 100), (1, 0, 0), (0, 0, 1)))
    line = Line("a", Quad.from_box(0, 0, 10, 5), (Word("a", Quad.from_box(0, 0, 10, 5)),))
    turned = Recognition((line,), 10.0).mapped(quarter)
    assert turned.angle == pytest.approx(100)
    assert turned.lines[0].quad.angle == pytest.approx(90)


def test_mapping_a_recognition_maps_outlines_and_keeps_directions():
    quarter = Homography(((0, -1, 100), (1, 0, 0), (0, 0, 1)))
    triangle = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0))
    word = Word("a", BOX, polygon=triangle, direction="rtl")
    line = Line("a", BOX, (word,), baseline=triangle[1:], polygon=triangle, direction="rtl", region=0)
    page = Recognition((line,), regions=(Region("text", triangle, direction="rtl"),), direction="rtl")
    turned = page.mapped(quarter)
    mapped = ((100.0, 0.0), (100.0, 10.0), (95.0, 10.0))
    assert turned.regions == (Region("text", mapped, direction="rtl"),)
    (found,) = turned.lines
    assert (found.polygon, found.baseline, found.direction) == (mapped, mapped[1:], "rtl")
    assert (found.words[0].polygon, found.words[0].direction) == (mapped, "rtl")
    assert (found.region, turned.direction) == (0, "rtl")


@pytest.mark.parametrize("angle", [-44, -12, 0, 30, 45])
def test_a_quad_around_a_polygon_is_turned_like_it(angle):
    turn = math.radians(angle)
    place = Homography(((math.cos(turn), -math.sin(turn), 7), (math.sin(turn), math.cos(turn), 9), (0, 0, 1)))
    outline = [place.apply(point) for point in ((0, 0), (40, 1), (80, 0), (80, 20), (30, 18), (0, 20))]
    quad = quad_around(outline)
    assert (abs(quad.angle), quad.width, quad.height) == pytest.approx((abs(angle), 80, 20))
    with_baseline = quad_around(outline, [place.apply((80, 15)), place.apply((40, 9)), place.apply((0, 15))])
    assert abs(with_baseline.angle - angle) % 360 == pytest.approx(180)


def test_a_quad_around_a_polygon_is_upright_unless_a_turned_one_is_clearly_smaller():
    assert quad_around([(0, 0), (99, 0), (100, 20), (0, 20)]) == Quad.from_box(0, 0, 100, 20)
    assert quad_around([(5, 5)]) == Quad.from_box(5, 5, 5, 5)
    assert quad_around([(5, 5), (5, 9), (5, 7)]) == Quad.from_box(5, 5, 5, 9)


@given(st.lists(POINTS, min_size=1, max_size=12))
def test_a_quad_around_a_polygon_holds_every_point(points):
    quad = quad_around(points)
    along, down = unit(quad.angle), unit(quad.angle + 90)
    margin = 1e-9 * (1 + max(abs(value) for point in points for value in point))
    for axis in (along, down):
        reach = [dot(corner, axis) for corner in quad.corners]
        for point in points:
            assert min(reach) - margin <= dot(point, axis) <= max(reach) + margin
