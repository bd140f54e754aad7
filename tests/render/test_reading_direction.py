"""A word's text lies on its ink, whichever corner its quad starts with."""

import itertools
import random

import pytest
from known_pages import DPI, HEIGHT, WIDTH, make_column, make_line
from pdf_readers import pdfium
from pdf_scoring import box_in_points, overlap
from PIL import Image

from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf

ORDERS = list(itertools.permutations(range(4)))
TEXTS = ["Dear", "Sir,", "yesterday", "a", "letter"]


@pytest.fixture
def found(tmp_path):
    """Return a function that writes lines into a PDF and returns what PDFium finds in it."""
    path = tmp_path / "scan.jpg"
    Image.new("L", (248, 351), 255).save(path)
    page = Page(1, "scan.jpg", Picture(path), WIDTH, HEIGHT, (DPI, DPI))

    def found(lines):
        target = tmp_path / "scan.pdf"
        write_searchable_pdf(
            [RecognizedPage(page, Recognition(tuple(lines)))], target, pdfa=False, rotate=False
        )
        return pdfium(target)[0]

    return found


def reordered(line, order, *indexes):
    """Return a line in which some words list their corners in another order."""
    words = list(line.words)
    for index in indexes:
        corners = words[index].quad.corners
        words[index] = Word(words[index].text, Quad(tuple(corners[corner] for corner in order)))
    return Line(line.text, line.quad, tuple(words))


def assert_found(found, line, least=0.8):
    assert line.text in [" ".join(text.split()) for text in found.lines]
    for word in line.words:
        truth = box_in_points(word.quad.bounds)
        assert max(overlap(truth, box) for text, box in found.words if text == word.text) > least, word


@pytest.mark.parametrize("degrees", [0, -12, 90])
@pytest.mark.parametrize("order", ORDERS)
def test_a_word_with_corners_in_another_order_is_on_its_ink(found, order, degrees):
    line = make_line(TEXTS, 900, 1500, 50, random.Random(0), degrees=degrees)

    assert_found(found([reordered(line, order, 2)]), line)


@pytest.mark.parametrize("indexes", [(0,), (4,), (0, 2, 4), (0, 1, 2, 3, 4)])
@pytest.mark.parametrize("order", [(2, 3, 0, 1), (1, 2, 3, 0), (1, 0, 3, 2)])
def test_several_words_with_corners_in_another_order_are_on_their_ink(found, order, indexes):
    line = make_line(TEXTS, 300, 900, 50, random.Random(0))

    assert_found(found([reordered(line, order, *indexes)]), line)


@pytest.mark.parametrize("texts", [["שלום", "עולם", "מכתב"], ["認識", "世界", "手書き"], ["only"]])
def test_an_upside_down_word_is_on_its_ink_in_every_script(found, texts):
    right_to_left = texts[0] == "שלום"
    line = make_line(texts, 300, 900, 50, random.Random(0), right_to_left=right_to_left)

    assert_found(found([reordered(line, (2, 3, 0, 1), 0)]), line)


def test_a_line_that_really_is_upside_down_stays_so(found):
    upside_down = make_line(["Dear", "Sir"], 1500, 900, 50, random.Random(0), degrees=180)
    bounds = Line(upside_down.text, Quad.from_box(*upside_down.quad.bounds), upside_down.words)

    assert [word for word, _ in found([upside_down]).words] == [word for word, _ in found([bounds]).words]


@pytest.mark.parametrize("degrees", [60, 80, 90, -90, -70])
def test_words_count_for_more_than_the_bounds_of_their_line(found, degrees):
    line = make_line(TEXTS, 1200, 1700, 50, random.Random(0), degrees=degrees)
    bounds = Line(line.text, Quad.from_box(*line.quad.bounds), line.words)

    assert found([bounds]) == found([line])


def test_an_upside_down_character_of_a_column_is_on_its_ink(found):
    column = make_column(["人人生而自由"], 900, 300, 55, random.Random(0))

    assert found([reordered(column, (2, 3, 0, 1), 2)]) == found([column])
