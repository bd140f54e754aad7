"""Lines of type keep to the limits within which readers find them."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_pages import DPI, HEIGHT, WIDTH, make_line
from pdf_readers import pdfium
from pdf_scoring import box_in_points, overlap
from PIL import Image

from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import text_layer, write_searchable_pdf
from penstock.render.placement import place
from penstock.render.scripts import natural_width
from penstock.render.text_layer import lay_out

PLACEMENT = place(Page(1, "page 1", Picture("page.jpg"), WIDTH, HEIGHT, (DPI, DPI)))
FLOW = (0.102, 0.6)
"""Gaps in ems within which pdf.js keeps words in one piece, which it needs to put them into reading order."""


@pytest.fixture
def chance():
    return random.Random(0)


def gaps_in_ems(line):
    ends = [natural_width(run.text) * run.stretch * line.size for run in line.runs]
    gaps = [after.along - end for end, (_, after) in zip(ends, pairwise(line.runs), strict=False)]
    return [gap / (line.size * line.compression) for gap in gaps]


@pytest.mark.parametrize("gaps", [(0.0, 0.05), (0.05, 1.3), (0.2, 0.6), (0.6, 2.5), (4.0, 5.0)])
@pytest.mark.parametrize("degrees", [0, -12])
@pytest.mark.parametrize("texts", [["רסאלה", "שלום", "שלום", "1947", "עולם"], ["رسالة", "رسالة", "مرحبا"]])
def test_right_to_left_lines_have_gaps_that_keep_them_in_one_piece(texts, degrees, gaps, chance):
    drawn = make_line(texts, 300, 900, 50, chance, degrees=degrees, gaps=gaps, right_to_left=True)

    (line,) = lay_out([drawn], PLACEMENT)

    assert line.right_to_left
    assert all(FLOW[0] < gap < FLOW[1] for gap in gaps_in_ems(line))


@pytest.mark.parametrize("gaps", [(0.3, 1.3), (2.0, 5.0)])
def test_right_to_left_words_keep_their_widths_if_their_gaps_differ_little(gaps, chance):
    drawn = make_line(["רסאלה", "שלום", "עולם"], 300, 900, 50, chance, gaps=gaps, right_to_left=True)

    (line,) = lay_out([drawn], PLACEMENT)

    for run, word in zip(line.runs, reversed(drawn.words), strict=True):
        left, _, right, _ = box_in_points(word.quad.bounds)
        assert natural_width(run.text) * run.stretch * line.size == pytest.approx(right - left)


def test_a_line_that_starts_where_the_last_one_ends_has_a_narrow_first_glyph(chance):
    tilted = make_line(["письмо", "чернила"], 150, 300, 50, chance, degrees=4)
    end = tilted.words[-1].quad.bounds[1]
    beside, below = (make_line(["rain", "box"], 150, y, 50, chance) for y in (end, end + 100))

    assert [line.narrow_start for line in lay_out([tilted, beside], PLACEMENT)] == [False, True]
    assert [line.narrow_start for line in lay_out([tilted, below], PLACEMENT)] == [False, False]


@pytest.mark.parametrize("degrees", [0, 3, 8])
@pytest.mark.parametrize("text", ["rain", "письмо", "नमस्ते"])
def test_a_word_with_a_narrow_first_glyph_keeps_its_place(tmp_path, text, degrees, chance):
    before = make_line(["Hello"], 1200, 305, 50, chance)
    line = make_line([text, text], 150, 300, 50, chance, degrees=degrees)
    path = tmp_path / "scan.jpg"
    Image.new("L", (248, 351), 255).save(path)
    page = Page(1, "scan.jpg", Picture(path), WIDTH, HEIGHT, (DPI, DPI))

    write_searchable_pdf([RecognizedPage(page, Recognition((before, line)))], tmp_path / "scan.pdf")

    assert [type_line.narrow_start for type_line in lay_out([before, line], PLACEMENT)] == [False, True]
    (found,) = pdfium(tmp_path / "scan.pdf")
    assert any(f"{text} {text}" in found_line for found_line in found.lines)
    boxes = [box for word, box in found.words if word == text]
    for box, word in zip(boxes, line.words, strict=True):
        assert overlap(box, box_in_points(word.quad.bounds)) > 0.8


inside = st.floats(0, 400)
levels = st.sampled_from([0.0, 0.0, 0.5, -6.0, 40.0])


def quad_with_rise(left, top, width, height, rise):
    right, bottom = left + width, top + height
    return Quad(((left, top), (right, top + rise), (right, bottom + rise), (left, bottom)))


quads = st.builds(
    quad_with_rise, st.floats(-20, WIDTH), st.floats(-20, HEIGHT), inside, st.floats(0, 80), levels
)
texts = st.sampled_from(["Ana", "of", "1914,", "élève", "“Oﬀer”", "שלום", "人", " "])
lists_of_words = st.lists(st.builds(Word, texts, quads), min_size=1, max_size=5)
ordered_words = lists_of_words.map(lambda words: sorted(words, key=lambda word: word.quad.corners[0]))
spaced_lines = st.one_of(ordered_words, lists_of_words).map(
    lambda words: Line(
        " ".join(word.text for word in words), Quad.around(w.quad for w in words), tuple(words)
    )
)


@given(st.lists(spaced_lines, max_size=4))
@settings(max_examples=50)
def test_level_lines_are_laid_out_like_any_others(lines):
    laid_out = list(lay_out(lines, PLACEMENT))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_layer, "level_lines", lambda lines, placement: [None] * len(lines))
        assert laid_out == list(lay_out(lines, PLACEMENT))
