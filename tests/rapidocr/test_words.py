"""Split the text of a strip into words."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.models import StripText
from penstock_plugins.recognizers.rapidocr.words import ink_columns, words_of

ALL_INK = np.ones(200, dtype=bool)
QUAD = np.array([[100, 200], [300, 200], [300, 240], [100, 240]], dtype=float)


def strip(text: str, confidence: float = 0.9) -> StripText:
    """Return a text with evenly spaced characters."""
    positions = (np.arange(len(text)) + 0.5) / len(text)
    return StripText(text, tuple(positions), (confidence,) * len(text))


def test_words_have_texts_quads_and_confidences() -> None:
    words = words_of(strip("deep in sorrow"), QUAD, ALL_INK)
    assert [word.text for word in words] == ["deep", "in", "sorrow"]
    assert [word.confidence for word in words] == [0.9] * 3
    edges = [(word.quad.corners[0][0], word.quad.corners[1][0]) for word in words]
    assert edges == sorted(edges)
    assert all(before[1] <= after[0] for before, after in pairwise(edges)), "words do not overlap"
    assert edges[0][0] == pytest.approx(100)
    assert edges[-1][1] == pytest.approx(300)


def test_word_of_one_letter_has_a_width() -> None:
    first, _ = words_of(strip("I am"), QUAD, ALL_INK)
    assert first.quad.width == pytest.approx(200 / 4, rel=0.1)


def test_extra_spaces_make_no_words() -> None:
    assert [word.text for word in words_of(strip(" two  words "), QUAD, ALL_INK)] == ["two", "words"]
    assert words_of(strip("   "), QUAD, ALL_INK) == ()
    assert words_of(StripText("", (), ()), QUAD, ALL_INK) == ()


def test_words_follow_the_direction_of_the_line() -> None:
    upwards = np.array([[50, 300], [50, 100], [90, 100], [90, 300]], dtype=float)
    first, second = words_of(strip("going up"), upwards, ALL_INK)
    assert first.quad.angle == pytest.approx(-90)
    assert first.quad.center[1] > second.quad.center[1]


def test_words_begin_and_end_with_their_ink() -> None:
    ink = np.zeros(200, dtype=bool)
    ink[5:80] = ink[130:190] = True
    positions = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)
    first, second = words_of(StripText("who are", positions, (0.9,) * 7), QUAD, ink)
    assert first.quad.bounds == pytest.approx((105, 200, 180, 240))
    assert second.quad.bounds == pytest.approx((230, 200, 290, 240))


@pytest.mark.parametrize(("paper", "pen"), [(230, 40), (20, 240), (200, 150)])
def test_ink_is_found_on_light_dark_and_ruled_paper(paper: int, pen: int) -> None:
    strip = np.full((48, 100, 3), paper, dtype=np.uint8)
    strip[40:42] = (paper + pen) // 2
    strip[10:30, 20:35] = strip[10:30, 60:90] = pen
    assert np.flatnonzero(ink_columns(strip)).tolist() == [*range(20, 35), *range(60, 90)]


def test_empty_strip_has_no_ink() -> None:
    assert not ink_columns(np.full((48, 100, 3), 200, dtype=np.uint8)).any()
