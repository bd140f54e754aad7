"""`penstock.page_confidence`: what a recognizer's confidences say about a whole page."""

from __future__ import annotations

import pytest

from penstock import Line, Quad, Recognition, Word, page_confidence

BOX = Quad.from_box(0, 0, 10, 5)


def line(*words: tuple[str, float | None], confidence: float | None = None) -> Line:
    text = " ".join(word for word, _ in words)
    return Line(text, BOX, tuple(Word(word, BOX, sure) for word, sure in words), confidence=confidence)


@pytest.mark.parametrize(
    ("lines", "unread", "expected"),
    [
        ([], 0, None),
        ([line(("a", None))], 0, None),
        ([line(("abc", 1.0), ("d", 0.2))], 0, 0.8),
        # A word without a confidence has that of its line.
        ([line(("abc", None), ("d", 0.2), confidence=1.0)], 0, 0.8),
        ([Line("abcd", BOX, confidence=0.7)], 0, 0.7),
        # Lines that were not read are wrong.
        ([line(("abc", 0.9)), line(("def", 0.9))], 1, 0.6),
        ([], 2, 0.0),
        ([line(("a", None))], 2, None),
    ],
)
def test_confidence(lines, unread, expected):
    found = page_confidence(Recognition(tuple(lines), unread_lines=unread))
    assert found == (None if expected is None else pytest.approx(expected))


def test_corrected_words_are_right():
    words = Word("abc", BOX, corrected=True), Word("d", BOX, 0.2)
    assert page_confidence(Recognition((Line("abc d", BOX, words),))) == pytest.approx(0.8)


def test_the_number_of_unread_lines_is_not_negative():
    with pytest.raises(ValueError, match="unread_lines must be at least 0, got -1"):
        Recognition(unread_lines=-1)
