"""Insert the spaces that the model omitted, where letters are far apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_plugins.recognizers.rapidocr.models import StripText, with_missing_spaces


def strip(text: str, positions: list[float]) -> StripText:
    return StripText(text, tuple(positions), tuple(0.9 for _ in text))


@pytest.mark.parametrize(
    ("text", "positions", "expected"),
    [
        ("oneof", [0.1, 0.15, 0.2, 0.4, 0.45], "one of"),
        ("word", [0.1, 0.15, 0.2, 0.25], "word"),
        ("one of", [0.1, 0.15, 0.2, 0.3, 0.4, 0.45], "one of"),
        ("1.905", [0.1, 0.3, 0.5, 0.55, 0.6], "1.905"),
        ("ab", [0.1, 0.9], "ab"),
        ("", [], ""),
    ],
)
def test_letters_far_apart_are_separated(text, positions, expected):
    assert with_missing_spaces(strip(text, positions)).text == expected


@given(st.lists(st.tuples(st.sampled_from("abc ,."), st.floats(0.001, 0.2)), max_size=30))
def test_only_spaces_are_added_and_positions_stay_sorted(letters):
    place, positions = 0.0, []
    for _, gap in letters:
        place += gap
        positions.append(place)
    before = strip("".join(letter for letter, _ in letters), positions)
    after = with_missing_spaces(before)
    assert after.text.replace(" ", "") == before.text.replace(" ", "")
    assert list(after.positions) == sorted(after.positions)
    assert len(after.text) == len(after.positions) == len(after.confidences)
