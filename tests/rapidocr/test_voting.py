"""Several readings of one line, agreed on word by word."""

from __future__ import annotations

import numpy as np
import pytest

from penstock_plugins.recognizers.rapidocr.models import Strip
from penstock_plugins.recognizers.rapidocr.voting import voted


def strip(text: str, confidence: float = 0.7, shift: float = 0.0) -> Strip:
    """Characters evenly from one end to the other."""
    places = (np.arange(len(text)) + 0.5) / len(text) + shift
    return Strip(text, tuple(places.tolist()), (confidence,) * len(text))


def test_a_word_is_spelt_as_most_readings_have_it() -> None:
    readings = [strip("at Stanford the"), strip("at Stanford the")]
    assert voted(strip("at Itanferd the", 0.9), readings).text == "at Stanford the"


def test_one_reading_alone_needs_more_confidence_than_the_first() -> None:
    assert voted(strip("Itanferd", 0.8), [strip("Stanford", 0.7)]).text == "Itanferd"
    assert voted(strip("Itanferd", 0.7), [strip("Stanford", 0.8)]).text == "Stanford"


def test_a_word_in_another_place_has_no_vote() -> None:
    readings = [strip("Stanford", 0.9, shift=0.4), strip("Stanford", 0.9, shift=0.4)]
    assert voted(strip("Itanferd"), readings).text == "Itanferd"


def test_every_character_keeps_a_place_and_a_confidence() -> None:
    result = voted(strip("pall bearers"), [strip("pall fearers!", 0.95)])
    assert len(result.text) == len(result.places) == len(result.confidences)
    assert list(result.places) == sorted(result.places)


def test_without_other_readings_nothing_changes() -> None:
    first = strip("we are deep in sorrow")
    result = voted(first, [])
    assert result.text == first.text
    assert result.places == pytest.approx(first.places)


def test_nothing_read_stays_nothing() -> None:
    assert voted(Strip("", (), ()), [strip("words")]).text == ""
