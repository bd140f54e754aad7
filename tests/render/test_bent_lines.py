"""Words of a line with a bent baseline run along it, and readers still find the whole line."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from known_pages import DPI, LATIN, WIDTH, KnownPage, blank_page
from pdf_readers import installed_readers
from pdf_scoring import Score, add_score
from PIL import Image

from penstock.geometry import Homography
from penstock.model import Line, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf
from penstock.render.placement import place
from penstock.render.text_layer import lay_out

READERS = installed_readers()

LENGTH, SLOPE = 800, 0.15
"""Length of a bent line in pixels, and its slope at both ends."""

LEAST_OVERLAP = {"pdfium": 0.96, "pdfminer": 0.96, "pdf.js": 0.8}
"""poppler breaks bent lines. pdf.js gives each word the direction of its first glyph."""

HEBREW = ["כל", "בני", "האדם", "נולדו"]


def rise(along: float) -> float:
    """Return the depth of an arc's baseline, in pixels; its slope is `SLOPE` at both ends."""
    return -SLOPE * along * (1 - along / LENGTH)


def bent_line(texts: list[str], x: float, y: float, height: float, chance: random.Random) -> Line:
    """Return a line on an arc. Each word is turned like the arc at its middle."""
    words, along = [], 0.0
    for text in texts:
        width = height * 0.45 * max(1.0, len(text))
        middle = along + width / 2
        cosine, sine = _direction(-SLOPE * (1 - 2 * middle / LENGTH))
        place_word = Homography(
            ((cosine, -sine, x + middle), (sine, cosine, y + rise(middle)), (0.0, 0.0, 1.0))
        )
        box = Quad.from_box(-width / 2, -0.8 * height, width / 2, 0.2 * height)
        words.append(Word(text, box.mapped(place_word)))
        along += width + height * chance.uniform(0.3, 0.6)
    baseline = tuple((x + step * LENGTH / 12, y + rise(step * LENGTH / 12)) for step in range(13))
    quad = Quad.around(word.quad for word in words)
    return Line(" ".join(texts), quad, tuple(words), baseline=baseline)


def _direction(slope: float) -> tuple[float, float]:
    angle = math.atan(slope)
    return math.cos(angle), math.sin(angle)


@pytest.fixture
def line() -> Line:
    return bent_line(
        ["my", "dear", "Ashley", "I", "received", "your", "note"], 200, 500, 50, random.Random(1)
    )


@pytest.fixture
def placement(tmp_path):
    return place(blank_page(Picture(tmp_path / "blank.jpg")))


def _written(page: KnownPage, folder):
    picture, path = folder / "blank.jpg", folder / "bent.pdf"
    Image.new("L", (WIDTH // 10, 10), 255).save(picture)
    write_searchable_pdf([page.recognized(blank_page(Picture(picture)))], path, pdfa=False, rotate=False)
    return path


@pytest.mark.parametrize("name", sorted(READERS.keys() & LEAST_OVERLAP))
@pytest.mark.parametrize("degrees", [0, 90])
def test_readers_find_bent_lines_whole_and_their_words_in_place(name, degrees, tmp_path):
    if degrees and name == "pdfminer":
        pytest.skip("pdfminer does not support lines that run downwards")
    chance, page = random.Random(5), KnownPage()
    turned = Homography(((0, -1, 2300), (1, 0, 0), (0, 0, 1))) if degrees else Homography()
    for row in range(8):
        made = bent_line(chance.choices(LATIN, k=6), 250, 400 + 220 * row, chance.uniform(40, 60), chance)
        page.lines.append(made.mapped(turned))
        page.kinds.append("bent")
    total = Score()
    (found,) = READERS[name](_written(page, tmp_path))
    add_score(total, page, found)
    whole, in_place, overlap = total.rates
    assert (whole, in_place) == (1, 1), total.lost
    assert overlap > LEAST_OVERLAP[name]


def test_words_run_in_their_own_directions_only_if_the_baseline_is_bent(line, placement):
    (bent,) = lay_out([line], placement)
    assert bent.is_bent
    (start, _), (end, _) = ((run.turn.direction[1], run.text) for run in (bent.runs[0], bent.runs[-1]))
    assert start > 0.05  # y points up
    assert end < 0
    for baseline in ((), (line.baseline[0], line.baseline[-1])):
        (straight,) = lay_out([replace(line, baseline=baseline)], placement)
        assert not straight.is_bent


def test_words_that_lie_straight_are_set_as_without_a_baseline(placement):
    words = tuple(Word(text, Quad.from_box(x, 100, x + 90, 140)) for text, x in (("a", 100), ("b", 220)))
    line = Line("a b", Quad.from_box(100, 100, 310, 140), words)
    with_baseline = replace(line, baseline=((100, 130), (200, 128), (310, 131)))
    assert list(lay_out([line], placement)) == list(lay_out([with_baseline], placement))


def test_a_line_without_words_is_spread_along_its_baseline(line, placement):
    above = [(x, y - 40) for x, y in line.baseline]
    below = [(x, y + 10) for x, y in reversed(line.baseline)]
    (bent,) = lay_out([replace(line, words=(), polygon=(*above, *below))], placement)
    assert bent.is_bent
    assert [run.text for run in bent.runs] == line.text.split()
    size = bent.size * DPI / 72
    for run in bent.runs:
        x = (bent.origin[0] + run.turn.start[0]) * DPI / 72
        y = (placement.height - bent.origin[1] - run.turn.start[1]) * DPI / 72
        assert abs(y - 500 - rise(x - 200)) < size / 4


def test_the_polygon_of_a_word_replaces_its_upright_box_on_a_bent_line(line, placement):
    upright = tuple(
        replace(word, quad=Quad.from_box(*word.quad.bounds), polygon=word.quad.corners) for word in line.words
    )
    (bent,), (by_polygon,) = (
        list(lay_out([each], placement)) for each in (line, replace(line, words=upright))
    )
    assert by_polygon.is_bent
    assert by_polygon.size == pytest.approx(bent.size, rel=0.05)


def test_right_to_left_and_joined_words_stay_on_a_straight_line(line, placement):
    hebrew = tuple(replace(word, text=text) for word, text in zip(line.words, HEBREW, strict=False))
    for each in (
        replace(line, text=" ".join(HEBREW), words=hebrew),
        replace(line, text="".join(line.text.split())),
    ):
        (straight,) = lay_out([each], placement)
        assert not straight.is_bent


def test_two_bent_lines_in_one_place_are_moved_apart(line, tmp_path):
    page = blank_page(Picture(tmp_path / "blank.jpg"))
    first, second = lay_out(RecognizedPage(page, Recognition((line, line))).recognition.lines, place(page))
    assert first.origin != second.origin
    assert first.runs == second.runs
