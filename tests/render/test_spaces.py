"""The spaces of a line's own text decide where the PDF has spaces."""

import unicodedata

import pypdfium2
import pytest
from PIL import Image

from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word

GAP = 6
"""Pixels between words. Their quads are 30 pixels high."""


@pytest.fixture
def text_written(tmp_path, write):
    """Return a function that writes a line of words into a PDF, and returns the text that PDFium finds."""
    path = tmp_path / "scan.png"
    Image.new("L", (1200, 100), 255).save(path)

    def text_written(text, words, *, gap=GAP, right_to_left=False):
        made, left = [], 20
        for word in reversed(words) if right_to_left else words:
            right = left + 24 * len(word)
            made.append(Word(word, Quad.from_box(left, 20, right, 50)))
            left = right + gap
        if right_to_left:
            made.reverse()
        line = Line(text, Quad.around(word.quad for word in made), tuple(made))
        page = Page(1, "scan.png", Picture(path), 1200, 100, (72.0, 72.0))
        data = write([RecognizedPage(page, Recognition((line,)))])
        with pypdfium2.PdfDocument(data) as document:
            return document[0].get_textpage().get_text_range().strip()

    return text_written


@pytest.mark.parametrize(
    "text",
    [
        "認識 世界 認識 世界 편지 認識",
        "世界 편지 手書き 世界",
        "認識 認識 認識",
        "สวัสดี โลก โลก สวัสดี",
        "Tokyo 世界 1947",
    ],
)
def test_spaced_words_keep_their_spaces_in_every_script(text_written, text):
    assert text_written(text, text.split()) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("認識世界 認識世界", ["認識", "世界", "認識", "世界"]),
        ("สวัสดีโลก โลกโลก", ["สวัสดี", "โลก", "โลก", "โลก"]),
        ("편지, 편지!", ["편지", ",", "편지", "!"]),
        ("12/5 and 12/5", ["12", "/", "5", "and", "12", "/", "5"]),
        ("(café) café", ["(", unicodedata.normalize("NFD", "café"), ")", "café"]),
        ("a b c", ["a b", "c"]),
    ],
)
def test_words_that_the_text_joins_have_no_space(text_written, text, words):
    assert text_written(text, words) == text


def test_joined_words_may_have_a_wide_gap(text_written):
    assert text_written("目次 序", ["目", "次", "序"], gap=30) == "目次 序"


def test_punctuation_joins_its_word_in_right_to_left_lines(text_written):
    assert text_written("שלום, עולם", ["שלום", ",", "עולם"], right_to_left=True) == "שלום, עולם"


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("", ["認識", "世界"], "認識世界"),
        ("認識 世界 人", ["認識", "世介", "人"], "認識 世介 人"),
        ("認識 世界人", ["認識", "甲", "人"], "認識甲人"),
        ("dear Sir", ["dear", "Sirs"], "dear Sirs"),
    ],
)
def test_other_letters_than_in_the_text_do_not_move_the_spaces(text_written, text, words, found):
    assert text_written(text, words) == found
