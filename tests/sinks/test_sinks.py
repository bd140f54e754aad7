"""The text, JSON and overlay sinks in whole runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image, ImageDraw

from penstock.json_form import recognition_from_json
from penstock.model import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word
from penstock.render.overlay import draw_overlay
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
    assert (form["penstock"], form["document"]) == (1, "diary")
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


@pytest.mark.parametrize("ground", ["white", "black", "gray"])
@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_overlay_is_readable_on_any_background(tmp_path, ground, angle):
    picture = Image.new("RGB", (600, 600), ground)
    ImageDraw.Draw(picture).rectangle((200, 280, 400, 320), fill="red")
    picture.save(tmp_path / "a.png")
    corners = [(200, 280), (400, 280), (400, 320), (200, 320)]
    if angle in (90, 270):
        corners = [(280, 200), (320, 200), (320, 400), (280, 400)]
    start = {0: 0, 90: 1, 180: 2, 270: 3}[angle]
    quad = Quad.from_points(corners[start:] + corners[:start])
    assert quad.angle % 360 == pytest.approx(angle)
    line = Line("Handwriting", quad, (Word("Handwriting", quad, 0.95),))
    page = Page(1, "a", Picture(tmp_path / "a.png"), 600, 600)
    drawn = np.asarray(draw_overlay(RecognizedPage(page, Recognition((line,), 0.0)))).astype(int)
    before = np.asarray(picture).astype(int)
    changed = np.abs(drawn - before).sum(axis=2) > 30
    left, top, right, bottom = (round(value) for value in quad.bounds)
    assert changed[top : bottom + 1, left].mean() > 0.9, "outlined on its left"
    assert changed[top, left : right + 1].mean() > 0.9, "outlined on its top"
    inside = changed[top + 8 : bottom - 8, left + 8 : right - 8]
    assert inside.mean() < 0.35, "the ink stays visible"
    ys, xs = np.nonzero(changed)
    label = drawn[max(0, ys.min()) : ys.max(), max(0, xs.min()) : xs.max()]
    pale = (label.sum(axis=2) > 580).sum()
    dark = (label.sum(axis=2) < 250).sum()
    assert pale > 300, "the label has a pale background"
    assert dark > 60, "with dark letters on it"


def test_overlay_of_lines_without_text_or_area(tmp_path):
    Image.new("L", (50, 50), 255).save(tmp_path / "a.png")
    page = Page(1, "a", Picture(tmp_path / "a.png"), 50, 50)
    flat = Quad.from_box(10, 10, 10, 10)
    lines = (Line("", flat), Line("x" * 500, flat), Line("far away", Quad.from_box(900, 900, 990, 920)))
    assert draw_overlay(RecognizedPage(page, Recognition(lines))).size == (50, 50)


def test_overlay_refuses_a_tiny_picture():
    with pytest.raises(ValueError, match="longest_side must be at least 100, got 99"):
        Overlay(longest_side=99)
