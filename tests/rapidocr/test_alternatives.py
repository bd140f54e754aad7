"""The plain reading of what decoding changed."""

from __future__ import annotations

import pytest

from penstock.model import Alternative, Line, Quad, Word
from penstock_plugins.recognizers.rapidocr.alternatives import (
    joined_alternatives,
    with_calibrated_confidences,
    with_plain_reading,
)
from penstock_plugins.recognizers.rapidocr.calibration import calibrated
from penstock_plugins.recognizers.rapidocr.models import StripText

QUAD = Quad.from_points([[0, 0], [100, 0], [100, 10], [0, 10]])


def strip(text: str, confidence: float, *, end: float = 1.0) -> StripText:
    positions = tuple((index + 0.5) / len(text) * end for index in range(len(text)))
    return StripText(text, positions, (confidence,) * len(text))


def line_of(read: StripText) -> Line:
    return Line(read.text, QUAD, tuple(Word(word.text, QUAD, 0.9) for word in read.words()))


def test_a_changed_word_has_the_plain_one_as_its_alternative():
    decoded, plain = strip("the funeral of", 0.9), strip("the funcral of", 0.7)
    line = with_plain_reading(line_of(decoded), decoded, plain)
    assert [word.alternatives for word in line.words] == [
        (),
        (Alternative("funcral", calibrated(0.7, is_decoded=False)),),
        (),
    ]
    assert line.alternatives == ()
    assert with_plain_reading(line_of(plain), plain, plain) == line_of(plain)


@pytest.mark.parametrize(
    ("after", "before"),
    [("San Francisco", "SanFrancisco"), ("the house", "the ho use"), ("in side it", "inside i t")],
)
def test_a_line_with_joined_or_split_words_has_the_plain_line(after, before):
    decoded, plain = strip(after, 0.9), strip(before, 0.7)
    line = with_plain_reading(line_of(decoded), decoded, plain)
    assert line.alternatives == (Alternative(before, calibrated(0.7, is_decoded=False)),)
    assert not any(word.alternatives for word in line.words)


def test_the_alternative_of_joined_pieces_is_the_whole_line():
    first, second = strip("San Francisco", 0.9), strip("the house", 0.8)
    pieces = [
        with_plain_reading(line_of(first), first, strip("SanFrancisco", 0.7)),
        with_plain_reading(line_of(second), second, second),
    ]
    assert joined_alternatives(pieces) == (Alternative("SanFrancisco the house"),)
    assert joined_alternatives([line_of(second)]) == ()


@pytest.mark.parametrize("is_decoded", [False, True])
def test_a_higher_confidence_never_means_a_lower_probability(is_decoded):
    shares = [calibrated(number / 100, is_decoded=is_decoded) for number in range(101)]
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1


def test_words_have_calibrated_confidences():
    decoded, plain = strip("the funeral of", 0.9), strip("the funcral of", 0.7)
    line = with_calibrated_confidences(with_plain_reading(line_of(decoded), decoded, plain))
    assert [word.confidence for word in line.words] == [
        calibrated(0.9, is_decoded=False), calibrated(0.9, is_decoded=True), calibrated(0.9, is_decoded=False)
    ]  # fmt: skip
