"""A search in the PDF of a mended page finds the mended words at their ink."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFont

from penstock.engine.journal.edits import Edit
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf
from penstock.review.edits import edited

SIZE = (1200, 300)
WRITTEN = ["my", "dearest", "friend", "Anna", "writes", "so", "often"]
LEAST = 0.9
"""How far the place that a search shows must overlap with the ink, along the line."""


@pytest.fixture
def ink(tmp_path):
    """Draw a line of words; return the box of each word's ink."""
    picture, font = Image.new("L", SIZE, "white"), ImageFont.load_default(40)
    draw, boxes, x = ImageDraw.Draw(picture), {}, 60
    for word in WRITTEN:
        left, _, right, _ = draw.textbbox((x, 100), word, font)
        draw.text((x, 100), word, "black", font)
        boxes[word] = (left, 105, right, 145)
        x = right + 12
    picture.save(tmp_path / "page.png", dpi=(72, 72))
    return boxes


def read(text, *boxes):
    """Return a word as it was read, with the place of the given ink."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Word(text, Quad.from_box(min(lefts), min(tops), max(rights), max(bottoms)), 0.4)


@pytest.fixture
def misread(ink):
    """Return the page with a wrong word, two words in one, one in two, one elsewhere, and one missing."""
    left, top, right, bottom = ink["writes"]
    words = (
        read("my", ink["my"]),
        read("dcarcst", ink["dearest"]),
        read("friendAnna", ink["friend"], ink["Anna"]),
        read("wri", (left, top, left + 40, bottom)),
        read("tes", (left + 42, top, right, bottom)),
        read("so", (ink["so"][0] + 30, 180, ink["so"][2] + 60, 220)),
    )
    box = Quad.from_box(ink["my"][0], 100, ink["so"][2], 150)
    return Recognition((Line(" ".join(word.text for word in words), box, words),), 0.0, "test")


def mended(recognition, kind, index, count, *words):
    """Return the page after an edit that puts words in the place of others, as the browser sends it."""
    (line,) = recognition.lines
    all_words = (*line.words[:index], *words, *line.words[index + count :])
    after = replace(line, words=all_words, text=" ".join(word.text for word in all_words))
    result, _ = edited(recognition, Edit(kind, 0, (line,), (after,)), SIZE)
    return result


def found(pdf, word):
    """Return where PDFium's search marks a word that is not part of another one: left and right."""
    page = pypdfium2.PdfDocument(pdf)[0]
    text = page.get_textpage()
    first, count = text.search(word, match_whole_word=True).get_next()
    boxes = [text.get_charbox(index) for index in range(first, first + count)]
    scale = SIZE[0] / page.get_width()
    return min(box[0] for box in boxes) * scale, max(box[2] for box in boxes) * scale


def test_a_search_finds_mended_words_at_their_ink(tmp_path, ink, misread):
    page = mended(misread, "replace", 1, 1, replace(misread.lines[0].words[1], text="dearest"))
    page = mended(page, "split", 2, 1, replace(page.lines[0].words[2], text="friend Anna"))
    page = mended(page, "join", 4, 2, read("writes", ink["writes"]))
    page = mended(page, "move", 5, 1, read("so", ink["so"]))
    page = mended(page, "add", 6, 0, read("often", ink["often"]))
    (line,) = page.lines
    assert line.text == " ".join(WRITTEN)
    assert [word.corrected for word in line.words] == [word != "my" for word in WRITTEN]
    pdf = io.BytesIO()
    scan = Page(1, "page.png", Picture(tmp_path / "page.png"), *SIZE, dpi=(72.0, 72.0))
    write_searchable_pdf([RecognizedPage(scan, page)], pdf, pdfa=False)
    for word, (left, _, right, _) in ink.items():
        first, last = found(pdf, word)
        overlap = (min(last, right) - max(first, left)) / (max(last, right) - min(first, left))
        assert overlap >= LEAST, word
