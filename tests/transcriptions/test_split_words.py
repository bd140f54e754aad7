"""Words of lines that have none, placed in the line."""

from __future__ import annotations

import math

import pytest

from penstock.model import Line, Quad, Word
from penstock.transcriptions.word_places import split_words


def lefts(words: tuple[Word, ...]) -> list[float]:
    return [word.quad.bounds[0] for word in words]


def test_words_share_the_line_by_their_widths() -> None:
    words = split_words(Line("if mammoths", Quad.from_box(0, 10, 120, 30)))
    assert [word.text for word in words] == ["if", "mammoths"]
    assert words[0].quad.bounds[0] == 0
    assert words[1].quad.bounds[2] == pytest.approx(120)
    assert words[0].quad.width < words[1].quad.width / 5
    assert words[0].quad.bounds[2] < words[1].quad.bounds[0]


def test_words_of_right_to_left_text_start_at_the_right() -> None:
    words = split_words(Line("שלום עולם", Quad.from_box(0, 0, 100, 20)))
    assert lefts(words) == sorted(lefts(words), reverse=True)


def test_words_of_a_turned_line_keep_its_direction() -> None:
    upwards = Quad(((0, 100), (0, 0), (20, 0), (20, 100)))
    first, second = split_words(Line("up wards", upwards))
    assert first.quad.angle == second.quad.angle == pytest.approx(-90)
    assert first.quad.center[1] > second.quad.center[1]


@pytest.mark.parametrize("text", ["北堂書鈔卷", "北堂。書□"])
def test_a_column_is_split_after_each_character(text: str) -> None:
    words = split_words(Line(text, Quad.from_box(0, 0, 20, 100), direction="ttb"))
    assert "".join(word.text for word in words) == text
    assert len(words) == 5
    tops = [word.quad.bounds[1] for word in words]
    assert tops == sorted(tops)
    assert all(word.quad.angle == 0 for word in words)


def test_a_column_is_found_by_its_shape() -> None:
    assert len(split_words(Line("北堂書鈔", Quad.from_box(0, 0, 20, 100)))) == 4


def arc(radius: float) -> list[tuple[float, float]]:
    angles = [math.radians(degrees) for degrees in range(-60, 61, 10)]
    return [(200 + radius * math.sin(angle), 300 - radius * math.cos(angle)) for angle in angles]


def test_words_follow_a_bent_baseline() -> None:
    baseline, outline = arc(200), [*arc(220), *reversed(arc(195))]
    line = Line("around in a wide arc", Quad.from_box(0, 80, 400, 210), baseline=baseline, polygon=outline)
    words = split_words(line)
    angles = [word.quad.angle for word in words]
    assert angles == sorted(angles)
    assert angles[0] < -35
    assert angles[-1] > 35
    for word in words:
        distance = math.dist(word.quad.center, (200, 300))
        assert 190 < distance < 225
        assert 20 < word.quad.height < 60


def test_text_without_letters_has_no_words() -> None:
    assert split_words(Line(" ", Quad.from_box(0, 0, 20, 10))) == ()
