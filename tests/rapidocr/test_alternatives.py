"""The plain reading of what decoding changed."""

from __future__ import annotations

import pytest

from penstock.model import Alternative, Line, Quad, Word
from penstock_plugins.recognizers.rapidocr.alternatives import joined_alternatives, with_plain_reading
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
    assert [word.alternatives for word in line.words] == [(), (Alternative("funcral", 0.7),), ()]
    assert line.alternatives == ()
    assert with_plain_reading(line_of(plain), plain, plain) == line_of(plain)


@pytest.mark.parametrize(
    ("after", "before"),
    [("San Francisco", "SanFrancisco"), ("the house", "the ho use"), ("in side it", "inside i t")],
)
def test_a_line_with_joined_or_split_words_has_the_plain_line(after, before):
    decoded, plain = strip(after, 0.9), strip(before, 0.7)
    line = with_plain_reading(line_of(decoded), decoded, plain)
    assert line.alternatives == (Alternative(before, 0.7),)
    assert not any(word.alternatives for word in line.words)


def test_the_alternative_of_joined_pieces_is_the_whole_line():
    first, second = strip("San Francisco", 0.9), strip("the house", 0.8)
    pieces = [
        with_plain_reading(line_of(first), first, strip("SanFrancisco", 0.7)),
        with_plain_reading(line_of(second), second, second),
    ]
    assert joined_alternatives(pieces) == (Alternative("SanFrancisco the house"),)
    assert joined_alternatives([line_of(second)]) == ()
