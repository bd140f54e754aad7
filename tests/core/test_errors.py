"""Parts of error messages."""

from __future__ import annotations

import pytest

from penstock.errors import raised_at, sort_of, with_article
from penstock.model import Recognition, Word


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("sink", "a sink"),
        ("observer", "an observer"),
        ("int", "an int"),
        ("Operation", "an Operation"),
        ("UnicodeError", "a UnicodeError"),
        ("UpperCase", "an UpperCase"),
    ],
)
def test_with_article_chooses_the_article(noun, expected):
    assert with_article(noun) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "None"), (3, "an int"), ("text", "a str"), (Recognition(), "a Recognition")],
)
def test_sort_of_names_the_type(value, expected):
    assert sort_of(value) == expected


def test_raised_at_skips_frames_of_penstock():
    assert raised_at(ValueError()) == ""
    with pytest.raises(TypeError, match="text must be a str, got None") as raised:
        Word(text=None, quad=None)
    assert raised_at(raised.value).startswith(" (test_errors.py, line ")
