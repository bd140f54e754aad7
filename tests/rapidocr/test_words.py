"""Words out of a strip's characters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.models import Strip
from penstock_plugins.recognizers.rapidocr.words import words_of

QUAD = np.array([[100, 200], [300, 200], [300, 240], [100, 240]], dtype=float)


def strip(text: str, confidence: float = 0.9) -> Strip:
    """Characters evenly from one end to the other."""
    places = (np.arange(len(text)) + 0.5) / len(text)
    return Strip(text, tuple(places), (confidence,) * len(text))


def test_words_have_their_own_texts_quads_and_confidences() -> None:
    words = words_of(strip("deep in sorrow"), QUAD)
    assert [word.text for word in words] == ["deep", "in", "sorrow"]
    assert [word.confidence for word in words] == [0.9] * 3
    edges = [(word.quad.corners[0][0], word.quad.corners[1][0]) for word in words]
    assert edges == sorted(edges)
    assert all(before[1] <= after[0] for before, after in pairwise(edges)), "words do not overlap"
    assert edges[0][0] == pytest.approx(100)
    assert edges[-1][1] == pytest.approx(300)


def test_a_word_of_one_letter_has_a_width() -> None:
    first, _ = words_of(strip("I am"), QUAD)
    assert first.quad.width == pytest.approx(200 / 4, rel=0.1)


def test_spaces_at_the_ends_and_in_a_row_make_no_words() -> None:
    assert [word.text for word in words_of(strip(" two  words "), QUAD)] == ["two", "words"]
    assert words_of(strip("   "), QUAD) == ()
    assert words_of(Strip("", (), ()), QUAD) == ()


def test_words_follow_the_lines_direction() -> None:
    upwards = np.array([[50, 300], [50, 100], [90, 100], [90, 300]], dtype=float)
    first, second = words_of(strip("going up"), upwards)
    assert first.quad.angle == pytest.approx(-90)
    assert first.quad.center[1] > second.quad.center[1]
