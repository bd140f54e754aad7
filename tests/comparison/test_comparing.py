"""Two recognitions of a page are compared by the places of their lines and the letters of their words."""

from __future__ import annotations

import re

import pytest

from penstock import Homography, Line, Quad, Recognition, Word
from penstock.comparison.differences import compared


def line(text: str, left: float, top: float, *, letter: float = 10, height: float = 20) -> Line:
    """Return a line whose letters are equally wide."""

    def quad(start: int, end: int) -> Quad:
        return Quad.from_box(left + start * letter, top, left + end * letter, top + height)

    words = tuple(Word(match.group(), quad(*match.span())) for match in re.finditer(r"\S+", text))
    return Line(text, quad(0, len(text)), words)


def differences(first: list[Line], second: list[Line]) -> list[tuple[str, str]]:
    page = compared(Recognition(tuple(first)), Recognition(tuple(second)))
    return [(each.first, each.second) for row in page.lines for each in row.passages if not each.agrees]


def test_words_that_differ_are_found_within_their_line():
    first, second = line("Sehr geehrter Herr Müller", 0, 0), line("Sehr geehrter Hern Müller", 3, 2)
    page = compared(Recognition((first,)), Recognition((second,)))
    (row,) = page.lines
    assert [each.first for each in row.passages] == ["Sehr geehrter", "Herr", "Müller"]
    assert (page.score.words, page.score.agreeing, page.score.edits) == ((4, 4), 3, 1)
    assert (page.score.agreement, page.score.cer) == (0.75, 1 / 25)


def test_order_of_lines_and_columns_does_not_matter():
    lines = [
        line(f"line {row} of {side}", left, 40 * row)
        for side, left in (("a", 0), ("b", 400))
        for row in range(4)
    ]
    by_rows = sorted(lines, key=lambda each: (each.quad.bounds[1], each.quad.bounds[0]))
    assert differences(lines, by_rows) == []


def test_line_that_one_recognizer_cuts_into_parts_is_one_line():
    whole = [line("one two three four five", 0, 0), line("next line", 0, 30)]
    parts = [line("four five", 140, 2), line("next line", 0, 31), line("one two three", 0, 1)]
    assert differences(whole, parts) == []
    assert differences(parts, whole) == []


def test_neighbouring_lines_of_a_skewed_page_stay_apart():
    def skewed(text: str, top: float) -> Line:
        words = line(text, 0, top).words
        moved = [word.mapped(_shift(index * 6.0)) for index, word in enumerate(words)]
        return Line(text, Quad.around(word.quad for word in moved), tuple(moved))

    texts = ["a line that goes down to the right", "and another one under the first one"]
    rows = [skewed(text, 24.0 * index) for index, text in enumerate(texts)]
    page = compared(Recognition(tuple(rows)), Recognition(tuple(reversed(rows))))
    assert [[each.first for each in row.passages] for row in page.lines] == [[text] for text in texts]


def _shift(down: float) -> Homography:
    return Homography(((1.0, 0.0, 0.0), (0.0, 1.0, down), (0.0, 0.0, 1.0)))


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("to day", "today", [("to day", "today")]),
        ("Tag", "tag", [("Tag", "tag")]),
        ("one two three", "one three", [("two", "")]),
        ("cafe\N{COMBINING ACUTE ACCENT}", "café", []),
        ("漢字 仮名", "漢字仮名", []),
    ],
)
def test_letters_decide(first, second, found):
    assert differences([line(first, 0, 0)], [line(second, 0, 0)]) == found


def test_lines_that_one_recognizer_missed_count_with_all_their_letters():
    rows = [line("seen by both", 0, 0), line("seen by one", 0, 40)]
    page = compared(Recognition(tuple(rows)), Recognition((rows[0],)))
    assert (page.score.words, page.score.agreeing, page.score.edits) == ((6, 3), 3, 11)
    empty = compared(Recognition(), Recognition((rows[0],)))
    assert (empty.score.cer, empty.score.agreement) == (None, 0.0)
    assert compared(Recognition(), Recognition()).score.agreement == 1.0


def test_lines_without_words_are_split():
    bare = Line("one two", Quad.from_box(0, 0, 70, 20))
    assert differences([bare], [line("one too", 0, 0)]) == [("two", "too")]


def test_pixels_of_the_second_are_scaled():
    small = Recognition((line("one two", 0, 0), line("three", 0, 30)))
    large = Recognition(
        (line("three", 0, 90, letter=30, height=60), line("one two", 0, 0, letter=30, height=60))
    )
    assert compared(small, large, (1 / 3, 1 / 3)).score.agreement == 1.0
