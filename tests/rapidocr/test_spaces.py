"""Spaces that the model forgot are put where letters are far apart, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_plugins.recognizers.rapidocr.models import Strip, parted


def strip(text: str, places: list[float]) -> Strip:
    return Strip(text, tuple(places), tuple(0.9 for _ in text))


@pytest.mark.parametrize(
    ("text", "places", "expected"),
    [
        ("oneof", [0.1, 0.15, 0.2, 0.4, 0.45], "one of"),
        ("word", [0.1, 0.15, 0.2, 0.25], "word"),
        ("one of", [0.1, 0.15, 0.2, 0.3, 0.4, 0.45], "one of"),
        ("1.905", [0.1, 0.3, 0.5, 0.55, 0.6], "1.905"),
        ("ab", [0.1, 0.9], "ab"),
        ("", [], ""),
    ],
)
def test_letters_far_apart_are_two_words(text, places, expected):
    assert parted(strip(text, places)).text == expected


@given(st.lists(st.tuples(st.sampled_from("abc ,."), st.floats(0.001, 0.2)), max_size=30))
def test_nothing_but_spaces_is_added_and_places_stay_in_order(letters):
    place, places = 0.0, []
    for _, gap in letters:
        place += gap
        places.append(place)
    before = strip("".join(letter for letter, _ in letters), places)
    after = parted(before)
    assert after.text.replace(" ", "") == before.text.replace(" ", "")
    assert list(after.places) == sorted(after.places)
    assert len(after.text) == len(after.places) == len(after.confidences)
