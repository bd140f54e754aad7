"""The words that errors are put into."""

from __future__ import annotations

import pytest

from penstock.errors import raised_at, sort_of, with_article
from penstock.model import Recognition, Word


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("sink", "a sink"),
        ("observer", "an observer"),
        ("int", "an int"),
        ("Operation", "an Operation"),
        ("UnicodeError", "a UnicodeError"),
        ("UpperCase", "an UpperCase"),
    ],
)
def test_a_noun_has_the_article_that_it_needs(noun, said):
    assert with_article(noun) == said


@pytest.mark.parametrize(
    ("value", "said"), [(None, "None"), (3, "an int"), ("text", "a str"), (Recognition(), "a Recognition")]
)
def test_what_a_plugin_gave_is_named(value, said):
    assert sort_of(value) == said


def test_an_exception_knows_where_it_was_raised():
    assert raised_at(ValueError()) == ""
    with pytest.raises(TypeError, match="text must be a str, got None") as raised:
        Word(text=None, quad=None)
    assert raised_at(raised.value).startswith(" (model.py, line ")
