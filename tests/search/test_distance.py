"""Tokens of a search, and how far words are from each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.search.distance import allowed, distances, letters_of, masks_of, words_of
from penstock.search.tokens import split, texts_of, tokens_of

WORDS = st.text("abcdefghijklmnopqrstuvwxyz\u044f\u0436", min_size=4, max_size=12)


def distance(word: str, other: str) -> float:
    return float(distances(word, letters_of([other]))[0])


def levenshtein(first: str, second: str) -> int:
    if not first or not second:
        return len(first) + len(second)
    return min(
        levenshtein(first[1:], second) + 1,
        levenshtein(first, second[1:]) + 1,
        levenshtein(first[1:], second[1:]) + (first[0] != second[0]),
    )


@given(WORDS, st.data())
def test_a_word_with_one_error_is_found(word, data):
    at = data.draw(st.integers(0, len(word)))
    letter = data.draw(st.sampled_from("aeknx\u044f"))
    kept = data.draw(st.integers(0, 1))
    other = word[:at] + letter + word[at + kept :]
    assert 0 <= distance(word, other) <= allowed(len(word))
    assert (distance(word, other) == 0) == (word == other)


@given(st.text("aoexm", min_size=1, max_size=5), st.text("aoexm", min_size=1, max_size=5))
def test_the_distance_is_at_most_the_number_of_errors(first, second):
    found = distance(first, second)
    assert 0.3 * levenshtein(first, second) / 2 <= found + 1e-6
    assert found <= levenshtein(first, second) + 1e-6


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=3, max_size=3), min_size=1))
def test_words_survive_as_arrays(words):
    flat = [word for word in words if len(word.encode("utf-16-le")) == 6] or ["abc"]
    assert words_of(letters_of(flat)) == flat
    assert len(masks_of(letters_of(flat))) == len(flat)


def test_letters_that_look_alike_are_nearer():
    assert distance("stanford", "stanferd") < distance("stanford", "stanfzrd")
    assert distance("star", "sta") <= distance("star", "stax")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("L'Été à Łódź", ["l", "ete", "a", "lodz"]),
        ("Straße, \u017fo", ["strasse", "so"]),
        ("Œuvre ﬁn", ["oeuvre", "fin"]),
        ("手書き 10", ["手", "書", "き", "10"]),
        ("편지 세계", ["편지", "세계"]),
        ("שָׁלוֹם", ["שלום"]),
        ("مَرْحَبًا", ["مرحبا"]),
        ("हिन्दी", ["हिन्दी"]),
        ("Αθήνα", ["αθηνα"]),
        ("… — !", []),
        ("a\ud800b", ["a", "b"]),
    ],
)
def test_split(text, tokens):
    assert split(text) == tokens


def test_a_divided_word_has_the_places_of_both_parts():
    lines = [
        {"text": "kind hos-", "words": [{"text": "kind"}, {"text": "hos-"}]},
        {"text": "pitality", "words": [{"text": "pitality"}]},
    ]
    joined = next(token for token in tokens_of(lines) if token.text == "hospitality")
    assert (joined.line, joined.words) == (0, ((0, 1), (1, 0)))
    assert (joined.start, joined.end) == (1, 3)


TEXTS = st.lists(st.text("aB1 é\u0301-\u4e00ß=.\u00ad", max_size=6), max_size=4)


@given(st.lists(st.tuples(st.text("aB é-\u4e00 ", max_size=8), TEXTS), max_size=5))
def test_texts_are_those_of_the_tokens(page):
    lines = [{"text": text, "words": [{"text": word} for word in words]} for text, words in page]
    assert texts_of(lines) == {token.text for token in tokens_of(lines)}
