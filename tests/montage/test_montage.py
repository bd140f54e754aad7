"""Sheets of lines: cut, packed, and put back into the recognitions of pages."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from penstock import Homography, Line, Quad, Recognition, Region, Word, open_upright
from penstock.montage import (
    Layout,
    LinePlace,
    SheetLimits,
    Strip,
    answered_lines,
    doubtful_lines,
    draw_sheet,
    encoded,
    packed,
    strip_of,
    with_lines,
)
from penstock.testing import draw_page


def line(text: str, quad: Quad, **more: object) -> Line:
    """A line whose words have equal widths."""
    names = text.split()
    words = [
        Word(name, quad.part(index / len(names), (index + 0.9) / len(names)), 0.5)
        for index, name in enumerate(names)
    ]
    return Line(text, quad, tuple(words), **more)  # type: ignore[arg-type]


def box(left: float, top: float, width: float = 300, height: float = 30) -> Quad:
    return Quad.from_box(left, top, left + width, top + height)


def on_sheet(given: Line, place: LinePlace) -> Line:
    """The line where a service would find it on the sheet."""
    return given.mapped(place.to_page.inverted())


def placed(layout: Layout) -> list[LinePlace]:
    return [layout.place(index, Homography()) for index in range(len(layout.strips))]


# Which lines are doubtful


def test_a_line_is_doubtful_by_its_own_confidence_or_that_of_a_word() -> None:
    sure = Word("sure", box(0, 0), 0.9)
    lines = [
        Line("sure", box(0, 0), (sure,)),
        Line("sure", box(0, 0), (sure,), confidence=0.3),
        Line("sure", box(0, 0), (sure, replace(sure, confidence=0.2))),
        Line("sure", box(0, 0), (sure, replace(sure, confidence=None))),
        Line("sure", box(0, 0), (sure, replace(sure, confidence=None)), confidence=0.9),
        Line("sure", box(0, 0), (replace(sure, low_confidence=True),)),
        Line("sure", box(0, 0), (replace(sure, confidence=None, corrected=True),)),
        Line("sure", box(0, 0)),
        Line("sure", box(0, 0), confidence=0.95),
    ]
    assert doubtful_lines(Recognition(tuple(lines)), 0.8) == (1, 2, 3, 5, 7)


# Packing


sizes = st.tuples(st.integers(1, 6000), st.integers(1, 400), st.integers(-180, 180))


@settings(max_examples=25)
@given(st.lists(sizes, min_size=1, max_size=40), st.integers(50, 5000))
def test_strips_never_overlap_and_none_is_lost(given_sizes: list[tuple[int, int, int]], side: int) -> None:
    strips = []
    for width, height, angle in given_sizes:
        turn = math.radians(angle)
        along, down = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
        corners = [
            (u * along[0] + v * down[0], u * along[1] + v * down[1])
            for u, v in ((0, 0), (width, 0), (width, height), (0, height))
        ]
        strips.append(strip_of(Line("x", Quad.from_points(corners)), Homography()))
    sheets = packed(strips, SheetLimits(side))
    assert sum(len(sheet.strips) for sheet in sheets) == len(strips)
    for sheet in sheets:
        assert max(sheet.width, sheet.height) <= side
        boxes = [
            (x, y, x + strip.width, y + strip.height)
            for strip, (x, y) in zip(sheet.strips, sheet.corners, strict=True)
        ]
        assert all(left >= 0 and top >= 0 for left, top, _, _ in boxes)
        assert all(right <= sheet.width and bottom <= sheet.height for _, _, right, bottom in boxes)
        for index, first in enumerate(boxes):
            for second in boxes[:index]:
                is_apart = (
                    first[2] <= second[0]
                    or second[2] <= first[0]
                    or first[3] <= second[1]
                    or second[3] <= first[1]
                )
                assert is_apart


def test_many_lines_share_a_sheet() -> None:
    strips = [strip_of(line("a b c d", box(0, 50 * row, 900, 40)), Homography()) for row in range(100)]
    assert [len(sheet.strips) for sheet in packed(strips, SheetLimits(10_000))] == [76, 24]


def test_a_line_that_is_too_long_is_scaled_down_and_a_tiny_one_is_enlarged() -> None:
    long, tiny = line("long", box(0, 0, 9000, 50)), line("tiny", box(0, 80, 90, 8))
    (sheet,) = packed([strip_of(each, Homography()) for each in (long, tiny)], SheetLimits(1024))
    assert sheet.strips[0].width <= 1024
    assert sheet.strips[1].text_height == pytest.approx(12)


# Drawing


def ink(picture: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.invert(picture.convert("L")).point(lambda value: 255 if value > 100 else 0).getbbox()


@pytest.mark.parametrize(("orientation", "tilt"), [(1, 0.0), (6, 0.0), (1, 8.0), (3, -6.0)])
def test_strips_hold_the_ink_of_their_lines_level(tmp_path: Path, orientation: int, tilt: float) -> None:
    drawn = draw_page(tmp_path / "page.png", orientation=orientation, tilt=tilt)
    strips = [strip_of(each, Homography()) for each in drawn.recognition.lines]
    (layout,) = packed(strips, SheetLimits())
    sheet = draw_sheet(layout, [(open_upright(drawn.page), range(len(strips)))])
    assert sheet.size == (layout.width, layout.height)
    for index, each in enumerate(drawn.recognition.lines):
        place = layout.place(index, Homography())
        found = ink(sheet.crop(tuple(map(round, place.text))))  # type: ignore[arg-type]
        assert found
        assert found[2] - found[0] == pytest.approx(each.quad.width, abs=4)
        # The words' quads come back where they are on the page.
        back = on_sheet(each, place).quad.mapped(place.to_page)
        assert all(
            math.dist(one, other) < 1e-6 for one, other in zip(back.corners, each.quad.corners, strict=True)
        )


def test_vertical_text_stays_upright(tmp_path: Path) -> None:
    picture = Image.new("L", (200, 400), "white")
    picture.paste(0, (150, 20, 180, 100))  # the first character is higher than the others
    picture.paste(0, (150, 200, 180, 210))
    quad = Quad(((182, 18), (182, 212), (148, 212), (148, 18)))
    strip = strip_of(Line("縦書", quad, direction="ttb"), Homography())
    assert strip.height > strip.width
    (layout,) = packed([strip], SheetLimits())
    sheet = draw_sheet(layout, [(picture, [0])])
    place = layout.place(0, Homography())
    left, top, right, bottom = ink(sheet) or (0, 0, 0, 0)
    (x, y), (_, end) = place.to_page.apply_all([(left, top), (right, bottom)])
    assert (x, y, end) == pytest.approx((150, 20, 210), abs=2)


def test_gray_pages_make_gray_sheets_and_a_coloured_page_makes_a_coloured_one() -> None:
    strips = [strip_of(line("a", box(10, 10, 50, 20)), Homography())] * 2
    (layout,) = packed(strips, SheetLimits())
    gray, red = Image.new("L", (100, 50), 90), Image.new("RGB", (100, 50), "red")
    assert draw_sheet(layout, [(gray, [0, 1])]).mode == "L"
    both = draw_sheet(layout, [(gray, [0]), (red, [1])])
    (x0, y0), (x1, y1) = layout.corners
    assert both.getpixel((x0 + 30, y0 + 10)) == (90, 90, 90)
    assert both.getpixel((x1 + 30, y1 + 10)) == (255, 0, 0)


def test_a_sheet_is_compressed_until_it_fits() -> None:
    noise = Image.effect_noise((300, 300), 90)
    large, small = encoded(noise, 10**6), encoded(noise, len(encoded(noise, 10**6)) - 1)
    assert len(small) < len(large)
    assert Image.open(io.BytesIO(encoded(noise, 1))).size == (300, 300)


# The way back


def sheet_of(lines: Sequence[Line], side: int = 4000) -> tuple[Layout, list[LinePlace]]:
    (layout,) = packed([strip_of(each, Homography()) for each in lines], SheetLimits(side))
    return layout, placed(layout)


words = st.lists(st.sampled_from(["thank", "you", "for", "the", "apples", "héllo"]), min_size=1, max_size=6)


@settings(max_examples=25)
@given(st.lists(words, min_size=1, max_size=12), st.floats(-30, 30), st.randoms())
def test_lines_come_back_to_their_places_in_any_order(
    texts: list[list[str]], angle: float, order: object
) -> None:
    turn = math.radians(angle)
    turned = Homography(
        ((math.cos(turn), -math.sin(turn), 900.0), (math.sin(turn), math.cos(turn), 200.0), (0.0, 0.0, 1.0))
    )
    lines = [line(" ".join(text), box(40, 60 * row)).mapped(turned) for row, text in enumerate(texts)]
    _, places = sheet_of(lines)
    answers = [on_sheet(each, place) for each, place in zip(lines, places, strict=True)]
    order.shuffle(answers)  # type: ignore[attr-defined]
    found = answered_lines(Recognition(tuple(answers)), places)
    for each, got in zip(lines, found, strict=True):
        (back,) = got
        assert back.text == each.text
        for one, other in zip(back.words, each.words, strict=True):
            assert one.text == other.text
            assert math.dist(one.quad.center, other.quad.center) < 1e-6


def test_a_line_joined_across_places_is_divided() -> None:
    lines = [line("Dear Anna", box(0, 0)), line("thank you", box(0, 60))]
    _, places = sheet_of(lines)
    first, second = (on_sheet(each, place) for each, place in zip(lines, places, strict=True))
    joined = Line("Dear Anna thank you", Quad.around([first.quad, second.quad]), first.words + second.words)
    found = answered_lines(Recognition((joined,)), places)
    assert [[each.text for each in got] for got in found] == [["Dear Anna"], ["thank you"]]


def test_parts_of_a_split_line_are_joined_from_left_to_right() -> None:
    whole = line("thank you for the apples", box(0, 0))
    _, (place,) = sheet_of([whole])
    there = on_sheet(whole, place)
    parts = [
        Line(
            " ".join(word.text for word in some),
            Quad.around(word.quad for word in some),
            some,
            confidence=sure,
        )
        for some, sure in ((there.words[3:], 0.7), (there.words[:3], 0.9))
    ]
    ((got,),) = answered_lines(Recognition(tuple(parts)), [place])
    assert (got.text, got.confidence) == (whole.text, 0.7)
    assert got.quad.width == pytest.approx(whole.quad.width, rel=0.05)
    ((backwards,),) = answered_lines(Recognition(tuple(parts), direction="rtl"), [place])
    assert backwards.text == "the apples thank you for"


def test_two_lines_in_one_place_stay_two() -> None:
    whole = line("two lines", box(0, 0, 300, 80))
    _, (place,) = sheet_of([whole])
    texts = [on_sheet(line(text, box(0, top, 300, 30)), place) for text, top in (("two", 2), ("lines", 45))]
    (got,) = answered_lines(Recognition(tuple(texts)), [place])
    assert [each.text for each in got] == ["two", "lines"]


def test_ink_of_neighbours_and_between_places_is_left_out() -> None:
    whole = line("thank you", box(0, 100))
    layout, (place,) = sheet_of([whole])
    there = on_sheet(whole, place)
    above = on_sheet(line("descenders", box(0, 91, 300, 8)), place)
    beyond = line("noise", box(layout.width + 5, 10))
    wordless = Line("whole", there.quad)
    assert [[each.text for each in got] for got in answered_lines(Recognition((above, beyond)), [place])] == [
        []
    ]
    ((got,),) = answered_lines(Recognition((above, there, beyond)), [place])
    assert got.text == "thank you"
    ((got,),) = answered_lines(Recognition((wordless,)), [place])
    assert got.text == "whole"


def test_answers_replace_lines_and_keep_order_regions_and_language() -> None:
    old = Recognition(
        tuple(
            line(text, box(0, 50 * row), region=0)
            for row, text in enumerate(["one", "tvvo", "three", "fuor"])
        ),
        recognizer="first 1.0",
        language="en",
        regions=(Region("paragraph", ((0, 0), (9, 0), (9, 9))),),
    )
    old = replace(old, lines=(*old.lines[:1], replace(old.lines[1], language="fr"), *old.lines[2:]))
    new = with_lines(old, {1: [line("two", box(0, 50))], 3: [line(" ", box(0, 150))], 2: []}, "second 2.0")
    assert [each.text for each in new.lines] == ["one", "two", "three", "fuor"]
    assert (new.lines[1].language, new.lines[1].region) == ("fr", 0)
    assert [new.lines[index] for index in (0, 2, 3)] == [old.lines[index] for index in (0, 2, 3)]
    assert (new.language, new.regions, new.recognizer) == ("en", old.regions, "first 1.0 + second 2.0")
    two = with_lines(old, {1: [line("tw", box(0, 50)), line("o", box(0, 70))]})
    assert [each.text for each in two.lines] == ["one", "tw", "o", "three", "fuor"]


def test_a_place_survives_json() -> None:
    _, (place,) = sheet_of([line("a b", box(5, 7))])
    assert LinePlace.from_json(json.loads(json.dumps(place.to_json()))) == place
    with pytest.raises(ValueError, match="unpack"):
        LinePlace.from_json([1, 2, 3])


def test_limits_and_strips_are_checked() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SheetLimits(0)
    strip = strip_of(line("a", box(0, 0, 10, 10)), Homography())
    assert isinstance(strip, Strip)
    assert packed([], SheetLimits()) == []
