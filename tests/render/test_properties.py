"""For any recognition the PDF is valid, and Latin text can be extracted from it."""

import io
import string

import pikepdf
import pypdfium2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf

WIDTH, HEIGHT = 400, 560

# PDFium drops a letter that occurs twice in one place, so no two words share a letter.
ALPHABETS = [string.ascii_letters[start : start + 6] for start in range(0, 48, 6)]
latin_words = st.tuples(*(st.text(alphabet, min_size=1, max_size=12) for alphabet in ALPHABETS))
any_words = st.text(min_size=1, max_size=12)
on_page = st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT))
anywhere = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
wild_quads = st.tuples(anywhere, anywhere, anywhere, anywhere).map(Quad)
crumpled_quads = st.tuples(on_page, on_page, on_page, on_page).map(Quad)
flat_quads = st.tuples(on_page, on_page).map(lambda ends: Quad((ends[0], ends[1], ends[1], ends[0])))
quads = st.one_of(crumpled_quads, wild_quads, flat_quads)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "blank.jpg"
    Image.new("L", (WIDTH, HEIGHT), 255).save(path)
    return Picture(path)


def written(picture, lines):
    target = io.BytesIO()
    page = Page(1, "blank.jpg", picture, WIDTH, HEIGHT, (100.0, 100.0))
    write_searchable_pdf([RecognizedPage(page, Recognition(tuple(lines)))], target, pdfa=False)
    return target.getvalue()


def problems(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return pdf.check_pdf_syntax()


def text_of(data):
    with pypdfium2.PdfDocument(data) as document:
        return document[0].get_textpage().get_text_range()


def line_of(words):
    return Line(" ".join(word.text for word in words), words[0].quad, tuple(words))


@given(latin_words, st.lists(quads, min_size=1, max_size=len(ALPHABETS)))
@settings(max_examples=100)
def test_latin_words_are_found_wherever_they_are(picture, texts, places):
    words = [Word(text, quad) for text, quad in zip(texts, places, strict=False)]
    data = written(picture, [line_of([word]) for word in words])

    assert problems(data) == []
    found = "".join(text_of(data).split())
    assert [word.text for word in words if word.text not in found] == []


@example([("\ufe00", Quad(((0.0, 0.0), (1.0, 46.0), (1.0, 46.0), (0.0, 0.0))))])
@given(st.lists(st.tuples(any_words, quads), min_size=1, max_size=8))
@settings(max_examples=100)
def test_any_text_makes_a_valid_pdf(picture, found):
    data = written(picture, [line_of([Word(text, quad) for text, quad in found])])

    assert problems(data) == []
    text_of(data)
