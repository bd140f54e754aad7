"""Vote on the words of several recognitions of one line."""

from __future__ import annotations

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.line_recognition import voted
from penstock_plugins.recognizers.rapidocr.models import StripText


def strip(text: str, confidence: float = 0.7, shift: float = 0.0) -> StripText:
    """Return a text with evenly spaced characters."""
    positions = (np.arange(len(text)) + 0.5) / len(text) + shift
    return StripText(text, tuple(positions.tolist()), (confidence,) * len(text))


def test_word_gets_the_spelling_of_the_majority() -> None:
    others = [strip("at Stanford the"), strip("at Stanford the")]
    assert voted(strip("at Itanferd the", 0.9), others).text == "at Stanford the"


def test_single_other_spelling_needs_higher_confidence() -> None:
    assert voted(strip("Itanferd", 0.8), [strip("Stanford", 0.7)]).text == "Itanferd"
    assert voted(strip("Itanferd", 0.7), [strip("Stanford", 0.8)]).text == "Stanford"


def test_word_at_another_position_has_no_vote() -> None:
    others = [strip("Stanford", 0.9, shift=0.4), strip("Stanford", 0.9, shift=0.4)]
    assert voted(strip("Itanferd"), others).text == "Itanferd"


def test_every_character_has_a_position_and_a_confidence() -> None:
    result = voted(strip("pall bearers"), [strip("pall fearers!", 0.95)])
    assert len(result.text) == len(result.positions) == len(result.confidences)
    assert list(result.positions) == sorted(result.positions)


def test_single_recognition_is_unchanged() -> None:
    first = strip("we are deep in sorrow")
    result = voted(first, [])
    assert result.text == first.text
    assert result.positions == pytest.approx(first.positions)


def test_empty_text_stays_empty() -> None:
    assert voted(StripText("", (), ()), [strip("words")]).text == ""
