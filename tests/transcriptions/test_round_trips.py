"""What penstock writes as hOCR and ALTO, it reads again."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.geometry import Quad
from penstock.model import Line, Recognition, RecognizedPage, Word
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.hocr_writer import hocr_document
from penstock.transcriptions.page_writer import page_xml
from penstock.transcriptions.reading import read_transcription
from transcriptions.written_pages import PAGES, box, page


def written(form: str, page: RecognizedPage, folder: Path) -> Path:
    path = folder / f"page.{form}"
    writers = {
        "alto": alto_page,
        "hocr": lambda page: "".join(hocr_document([page])).encode(),
        "page": page_xml,
    }
    path.write_bytes(writers[form](page))
    return path


def distance(first: Quad, second: Quad) -> float:
    pairs = zip(first.corners, second.corners, strict=True)
    return max(abs(a - b) for corners in pairs for a, b in zip(*corners, strict=True))


@pytest.mark.parametrize("form", ["hocr", "alto"])
@pytest.mark.parametrize("name", ["letter", "turned", "other directions"])
def test_text_places_and_confidences_come_back(tmp_path, name, form):
    (page,) = read_transcription(written(form, PAGES[name], tmp_path))
    assert page.problems == ()
    recognition = PAGES[name].recognition
    assert page.recognition.text == recognition.text
    for line, found in zip(recognition.lines, page.recognition.lines, strict=True):
        assert distance(line.quad, found.quad) <= 1
        for word, other in zip(line.words, found.words, strict=True):
            assert word.text == other.text
            assert distance(word.quad, other.quad) <= 1
            assert other.confidence == pytest.approx(word.confidence, abs=0.01)


@pytest.mark.parametrize("form", ["hocr", "alto"])
@pytest.mark.parametrize(
    "texts",
    [
        [("\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0e04\u0e23\u0e31\u0e1a")],  # Thai
        [("日本", "PDF", "です")],
        [("Dear", " ", "Anna"), ("Hello", "!")],
        [("Hello", "!")],
        [("Dear", " ", "Anna"), ("$", "", "1.00")],
    ],
)
def test_words_without_spaces_between_them_get_none(tmp_path, form, texts):
    """Recognizers such as Google Vision give punctuation as words of its own."""
    lines = []
    for row, words in enumerate(texts):
        found = tuple(
            Word(text, box(100 * column, 50 * row, 100 * column + 98, 50 * row + 40))
            for column, text in enumerate(words)
            if text.strip()
        )
        lines.append(Line("".join(words), box(0, 50 * row, 100 * len(words), 50 * row + 40), found))
    (back,) = read_transcription(written(form, page(Recognition(tuple(lines))), tmp_path))
    assert [line.text for line in back.recognition.lines] == ["".join(words) for words in texts]


@pytest.mark.parametrize("form", ["hocr", "alto", "page"])
def test_words_smaller_than_a_pixel_or_beside_the_page_stay_where_they_are(tmp_path, form):
    small, outside = box(10.2, 10.2, 10.4, 10.4), box(-50, 1500, -10, 1600)
    lines = tuple(Line(text, quad, (Word(text, quad),)) for text, quad in ((".", small), ("x", outside)))
    (back,) = read_transcription(written(form, page(Recognition(lines)), tmp_path))
    assert back.problems == ()
    found = back.recognition.lines
    assert [line.text for line in found] == [".", "x"]
    for line, quad in zip(found, (box(10, 10, 11, 11), box(0, 1399, 1, 1400)), strict=True):
        assert distance(line.quad, quad) < 0.01
        assert distance(line.words[0].quad, quad) < 0.01
