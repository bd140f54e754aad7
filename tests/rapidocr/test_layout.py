"""Reading order and joined lines, from quads alone."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from page_layouts import LAYOUTS, Layout, agreement, drawn
from penstock.model import Quad
from penstock_plugins.recognizers.rapidocr.layout import lines_of, page_angle, regions_of

HEIGHT = 30.0
PITCH = 45.0


def box(left: float, top: float, width: float, height: float = HEIGHT) -> Quad:
    return Quad.from_box(left, top, left + width, top + height)


def column(left: float, top: float, count: int, width: float = 600) -> list[Quad]:
    """Return lines below each other; every third is short, like the end of a paragraph."""
    return [box(left, top + n * PITCH, width * (0.4 if n % 3 == 2 else 1)) for n in range(count)]


def tilted(quad: Quad, degrees: float) -> Quad:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return Quad.from_points((x * cos - y * sin, x * sin + y * cos) for x, y in quad.corners)


def reading_order(quads: list[Quad]) -> list[int]:
    return [index for line in lines_of(quads) for index in line]


def order_of_shuffled(quads: list[Quad], seed: int) -> list[Quad]:
    shuffled = random.Random(seed).sample(quads, len(quads))
    return [shuffled[index] for index in reading_order(shuffled)]


numbers = st.floats(-3000, 3000, allow_nan=False)
any_quads = st.lists(
    st.builds(
        lambda x, y, width, height, degrees: tilted(box(x, y, width, height), degrees),
        numbers, numbers, st.floats(0, 900), st.floats(0, 90), st.floats(-180, 180),
    ),
    max_size=25,
)  # fmt: skip
seeds = st.integers(0, 1000)


@given(any_quads)
def test_order_contains_every_line_once(quads: list[Quad]) -> None:
    assert sorted(reading_order(quads)) == list(range(len(quads)))


@given(seeds, st.integers(1, 30))
def test_one_column_runs_from_the_top(seed: int, count: int) -> None:
    quads = column(100, 100, count)
    assert order_of_shuffled(quads, seed) == quads


@given(seeds, st.floats(-8, 8), st.integers(3, 12), st.floats(0, 40))
def test_columns_follow_each_other_even_if_tilted(
    seed: int, degrees: float, count: int, lower: float
) -> None:
    upright = [*column(100, 100, count), *column(760, 100 + lower, count)]
    quads = [tilted(quad, degrees) for quad in upright]
    assert order_of_shuffled(quads, seed) == quads


@given(seeds)
def test_headings_across_columns_separate_them(seed: int) -> None:
    quads = [
        box(100, 0, 1200),
        *column(100, 100, 5),
        *column(760, 100, 5),
        box(100, 400, 1200),
        *column(100, 500, 5),
        *column(760, 500, 5),
    ]
    assert order_of_shuffled(quads, seed) == quads


@given(seeds, st.integers(4, 20), st.integers(8, 20))
def test_left_page_of_a_spread_comes_first(seed: int, left_count: int, right_count: int) -> None:
    quads = [*column(100, 300, left_count), *column(1000, 100, right_count)]
    assert order_of_shuffled(quads, seed) == quads


@given(seeds, st.integers(4, 10))
def test_four_columns_of_a_spread_run_from_the_left(seed: int, count: int) -> None:
    quads = [quad for left in (0, 700, 1600, 2300) for quad in column(left, 50, count)]
    assert order_of_shuffled(quads, seed) == quads


@given(seeds)
def test_notes_follow_the_paragraph_beside_them(seed: int) -> None:
    notes = [box(20, 120 + n * 31, 90, 20) for n in range(5)]
    text = column(200, 100, 10)
    assert order_of_shuffled([*notes, *text], seed) == [*text[:6], *notes, *text[6:]]


@given(seeds)
def test_prices_stay_in_the_row_of_their_items(seed: int) -> None:
    quads = [
        quad for n in range(8) for quad in (box(100, 100 + n * PITCH, 300), box(900, 100 + n * PITCH, 80))
    ]
    assert order_of_shuffled(quads, seed) == quads


@given(seeds, st.floats(-8, 8))
def test_fragments_on_one_baseline_are_joined(seed: int, degrees: float) -> None:
    pieces = [tilted(box(left, 100, 180), degrees) for left in (100, 300, 500, 700)]
    below = tilted(box(100, 100 + PITCH, 780), degrees)
    shuffled = random.Random(seed).sample([*pieces, below], 5)
    assert [[shuffled[index] for index in line] for line in lines_of(shuffled)] == [pieces, [below]]


@pytest.mark.parametrize(
    "other",
    [box(400, 100, 200), box(310, 135, 200), box(310, 85, 200, 70), tilted(box(310, 100, 200), 25)],
    ids=["far", "lower", "much larger", "other direction"],
)
def test_other_quads_are_not_joined(other: Quad) -> None:
    assert len(lines_of([box(100, 100, 200), other])) == 2


@given(seeds)
def test_text_up_the_margin_comes_last(seed: int) -> None:
    text = column(200, 100, 8)
    upwards = [tilted(box(-500 - n, left, 300), -90) for n, left in ((0, 40), (1, 90))]
    assert order_of_shuffled([*text, *upwards], seed) == [*text, *upwards]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_drawn_layouts_are_in_order(layout: Layout) -> None:
    found = [agreement(drawn(layout, seed), reading_order, seed) for seed in range(200, 203)]
    assert statistics.fmean(each.neighbours for each in found) > 0.85
    assert statistics.fmean(each.tau for each in found) > 0.9


@given(seeds)
def test_a_line_up_the_inner_margin_follows_its_page(seed: int) -> None:
    left, right = column(100, 100, 10), column(1000, 100, 10)
    note = tilted(box(-500, 720, 400), -90)
    assert order_of_shuffled([*left, note, *right], seed) == [*left, note, *right]


def test_regions_have_kinds_and_surround_their_lines() -> None:
    text, note = column(400, 100, 12, width=900), [box(60, 130 + n * 33, 200, 22) for n in range(3)]
    quads = [tilted(quad, 2) for quad in (*text, *note)]
    regions = regions_of(quads)
    assert [region.kind for region in regions] == ["text", "marginalia", "text"]
    for region in regions:
        lines = [quads[index] for line in region.lines for index in line]
        assert region.outline.angle == pytest.approx(2)
        assert region.outline.width < max(quad.width for quad in lines) + HEIGHT
        assert region.outline.bounds == pytest.approx(Quad.around([region.outline, *lines]).bounds)


def test_a_page_of_a_thousand_lines_is_ordered() -> None:
    quads = [box(100, top * (top + 90), 600, 20) for top in range(1000)]
    assert reading_order(quads) == list(range(1000))


@pytest.mark.parametrize("degrees", [-179.0, -90.0, -45.5, -3.0, 0.0, 2.5, 44.0, 90.0, 135.0, 180.0])
def test_angle_is_that_of_most_of_the_text(degrees: float) -> None:
    quads = [tilted(quad, degrees) for quad in column(100, 100, 9)] + [tilted(box(0, 0, 50), degrees + 90)]
    angle = page_angle(quads)
    assert angle is not None
    assert abs((angle - degrees + 180) % 360 - 180) < 1e-6


def test_empty_page_has_no_angle() -> None:
    assert page_angle([]) is None
