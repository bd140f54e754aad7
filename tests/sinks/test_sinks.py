"""The text, JSON and overlay sinks in whole runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from penstock.json_form import recognition_from_json
from penstock.model import (
    Alternative,
    Line,
    Page,
    Picture,
    Quad,
    Recognition,
    RecognizedDocument,
    RecognizedPage,
    Word,
)
from penstock.render.overlay import draw_overlay
from penstock.render.typefaces import runs_of
from penstock.testing import make_outputs
from penstock.testing.outputs import PageList
from penstock_plugins.sinks.json import Json
from penstock_plugins.sinks.overlay import Overlay
from pipelines import load_double, tables


def merged(run_tables, draw, tmp_path, sink):
    for name in ("1.png", "2.png", "3.png"):
        draw(f"box/{name}")
    pipeline = tables([tmp_path / "box"], sinks=[sink])
    pipeline["sources"][0] |= {"document": "all", "document_name": "diary"}
    return run_tables(pipeline)


def test_text_has_lines_and_form_feeds_between_pages(run_tables, draw, tmp_path):
    merged(run_tables, draw, tmp_path, {"plugin": "text", "path": "{document}.txt"})
    assert (tmp_path / "diary.txt").read_bytes() == b"1 read\n\x0c2 read\n\x0c3 read\n"


def test_json_restores_the_same_recognition(run_tables, draw, tmp_path):
    read_page = load_double("scripted:Scripted").read_page
    merged(run_tables, draw, tmp_path, {"plugin": "json", "path": "{document}.json"})
    form = json.loads((tmp_path / "diary.json").read_text())
    assert (form["penstock"], form["document"]) == (2, "diary")
    assert [page["number"] for page in form["pages"]] == [1, 2, 3]
    page = form["pages"][1]
    assert set(page) >= {"number", "origin", "width", "height", "dpi", "angle", "recognizer", "lines"}
    assert set(page["lines"][0]) >= {"text", "quad", "handwritten", "words"}
    assert set(page["lines"][0]["words"][0]) >= {"text", "quad", "confidence", "flagged_low"}
    assert page["lines"][0]["words"][1]["confidence"] is None, "a missing confidence is null"
    assert recognition_from_json(page) == read_page("2.png")


def test_json_has_each_word_on_a_line_of_its_own(run_tables, draw, tmp_path):
    merged(run_tables, draw, tmp_path, {"plugin": "json", "path": "{document}.json"})
    lines = (tmp_path / "diary.json").read_text().splitlines()
    assert sum('"text": "read", "quad": [[' in line for line in lines) == 3
    assert [line.strip() for line in lines if line.startswith('        "text"')] == [
        f'"text": "{number} read",' for number in (1, 2, 3)
    ]


def test_json_keeps_the_alternatives_of_a_word_on_its_line(tmp_path):
    words = (Word("read", Quad.from_box(0, 0, 9, 9), alternatives=(Alternative("reed", 0.1),)),)
    line = Line("read", Quad.from_box(0, 0, 9, 9), words, alternatives=(Alternative("reed"),))
    page = RecognizedPage(Page(1, "a.png", Picture(tmp_path / "a.png"), 20, 10), Recognition((line,)))
    document = RecognizedDocument("a", "a.png", PageList((page,)))
    Json().write(document, make_outputs(document, tmp_path))
    text = (tmp_path / "a.json").read_text()
    of_line, of_word = [row.strip() for row in text.splitlines() if "reed" in row]
    assert of_line == '{"text": "reed", "confidence": null}'
    assert of_word.startswith('{"text": "read", ')
    assert of_word.endswith('"alternatives": [{"text": "reed", "confidence": 0.1}]}')


def test_compact_json_says_the_same_with_a_page_on_each_line(run_tables, draw, tmp_path):
    merged(run_tables, draw, tmp_path, {"plugin": "json", "path": "{document}.json"})
    merged(run_tables, draw, tmp_path, {"plugin": "json", "path": "{document}.min.json", "compact": True})
    indented, compact = ((tmp_path / name).read_text() for name in ("diary.json", "diary.min.json"))
    assert json.loads(indented) == json.loads(compact)
    assert len(compact.splitlines()) == 5


def test_overlay_draws_one_picture_per_page(run_tables, draw, tmp_path):
    merged(run_tables, draw, tmp_path, {"plugin": "overlay", "path": "{document}.overlay.png"})
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    assert names == [f"diary.overlay.00{number}.png" for number in (1, 2, 3)]


@pytest.fixture
def overlay_of(tmp_path):
    """Return a function that draws lines over a blank page, and the two halves and the legend apart."""

    def draw(*lines, size=(600, 600), ground="gray"):
        Image.new("RGB", size, ground).save(tmp_path / "a.png")
        page = Page(1, "a", Picture(tmp_path / "a.png"), *size)
        drawn = draw_overlay(RecognizedPage(page, Recognition(lines, 0.0)))
        width, height = size
        scan, text = (drawn.crop((left, 0, left + width, height)) for left in (0, width))
        return np.asarray(scan).astype(int), np.asarray(text).astype(int), drawn

    return draw


def turned_quad(angle):
    corners = [(200, 280), (400, 280), (400, 320), (200, 320)]
    if angle in (90, 270):
        corners = [(280, 200), (320, 200), (320, 400), (280, 400)]
    start = {0: 0, 90: 1, 180: 2, 270: 3}[angle]
    quad = Quad.from_points(corners[start:] + corners[:start])
    assert quad.angle % 360 == pytest.approx(angle)
    return quad


@pytest.mark.parametrize("ground", ["white", "black"])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_overlay_has_the_text_beside_the_ink(overlay_of, ground, angle):
    quad = turned_quad(angle)
    line = Line("Handwriting", quad, (Word("Handwriting", quad, 0.95),))
    scan, text, _ = overlay_of(line, ground=ground)
    left, top, right, bottom = (round(value) for value in quad.bounds)
    changed = np.abs(scan - scan[0, 0]).sum(axis=2) > 30
    assert changed[top : bottom + 1, left].mean() > 0.9, "outlined on its left"
    assert changed[top, left : right + 1].mean() > 0.9, "outlined on its top"
    assert not changed[top + 4 : bottom - 4, left + 4 : right - 4].any(), "nothing covers the ink"
    ys, xs = np.nonzero(text.sum(axis=2) < 250)
    assert len(xs) > 200, "dark letters on white"
    assert top <= ys.min() <= ys.max() <= bottom, "at the height of the ink"
    assert left <= xs.min() <= xs.max() <= right
    along = np.ptp(ys) if angle in (90, 270) else np.ptp(xs)
    assert along > 120, "as long as the ink"


def colors(picture):
    return {tuple(color) for color in picture.reshape(-1, 3).tolist()}


def test_overlay_colors_words_and_explains_the_colors(overlay_of):
    quads = [Quad.from_box(50, top, 250, top + 40) for top in (50, 150, 250, 350)]
    words = [
        Word("sure", quads[0], 0.9),
        Word("doubtful", quads[1], 0.3),
        Word("low", quads[2], None, low_confidence=True),
        Word("mended", quads[3], corrected=True),
    ]
    lines = [Line(word.text, word.quad, (word,)) for word in words]
    for line, color in zip(lines, (None, (215, 60, 30), (215, 60, 30), (140, 60, 190)), strict=True):
        _, text, whole = overlay_of(line)
        marked = {(215, 60, 30), (140, 60, 190)}
        assert colors(text) & marked == ({color} if color else set())
        legend = np.asarray(whole)[600:]
        assert colors(legend) >= marked | {(0, 90, 200), (0, 150, 90)}
        assert whole.width == 1200


def test_overlay_draws_polygons_and_baselines(overlay_of):
    outline, orange = ((50, 60), (150, 20), (250, 60), (250, 90), (50, 90)), (200, 110, 0)
    word = Word("sure", Quad.from_box(50, 20, 250, 90), polygon=outline)
    line = Line("sure", word.quad, (word,), baseline=((50, 80), (150, 85), (250, 80)), polygon=outline)
    scan, text, whole = overlay_of(line)
    assert tuple(scan[85, 150]) == orange
    assert tuple(scan[20, 150]) == tuple(scan[90, 100]) == (0, 90, 200)
    assert tuple(scan[20, 60]) == tuple(scan[0, 0]), "outside the polygon"
    assert orange not in colors(text)
    assert orange in colors(np.asarray(whole)[600:])


def test_overlay_shows_code_points_where_no_font_has_a_character(overlay_of):
    quad = Quad.from_box(50, 50, 450, 90)
    private = "\ue123"
    _, text, with_note = overlay_of(Line(private, quad))
    _, _, without_note = overlay_of(Line("abc", quad))
    assert (text.sum(axis=2) < 250).sum() > 100, "the code point is drawn"
    (run,) = runs_of(private)
    assert (run.text, run.missing) == ("[E123]", private)
    legends = [np.asarray(each)[600:] for each in (with_note, without_note)]
    dark = [(legend.sum(axis=2) < 250).sum() for legend in legends]
    assert dark[0] > 1.5 * dark[1], "the legend says that a font is missing"


def test_text_is_split_where_its_typeface_lacks_a_character():
    runs = runs_of("née \ue123\ue124 fin")
    assert [run.text for run in runs] == ["née ", "[E123][E124] ", "fin"]


@pytest.mark.parametrize("text", ["سلام عليكم", "認識世界", "\U0001d4b3y", "a\u0301\u200d", " ", "\x00"])
def test_overlay_draws_any_text(overlay_of, text):
    quads = [Quad.from_box(10, 10, 210, 50), Quad.from_box(300, 10, 330, 400)]
    overlay_of(*(Line(text, quad) for quad in quads))


def test_overlay_of_lines_without_text_or_area(overlay_of):
    flat = Quad.from_box(10, 10, 10, 10)
    lines = (Line("", flat), Line("x" * 500, flat), Line("far away", Quad.from_box(900, 900, 990, 920)))
    _, _, drawn = overlay_of(*lines, size=(50, 50))
    assert drawn.height > 50
    assert drawn.width >= 100


def test_overlay_refuses_a_tiny_picture():
    with pytest.raises(ValueError, match="longest_side must be at least 100, got 99"):
        Overlay(longest_side=99)
