"""A PDF says which words were corrected by hand, and readers find the same text as without."""

from __future__ import annotations

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest

from penstock.pdf.pages import find_pdf_pages
from penstock.render import pdfa


def corrected(pages, *texts):
    """Return pages whose words with these texts were corrected."""
    for page in pages:
        lines = [
            replace(line, words=tuple(replace(word, corrected=word.text in texts) for word in line.words))
            for line in page.recognition.lines
        ]
        yield replace(page, recognition=replace(page.recognition, lines=tuple(lines)))


def marks(content):
    """Return the texts and rectangles of the marks in a page or form."""
    found = [
        operands[1]
        for operands, operator in pikepdf.parse_content_stream(content, "DP")
        if operands[0] == "/PenstockCorrected"
    ]
    return [(str(each.Text), [round(float(side)) for side in each.Rect]) for each in found]


@pytest.fixture
def scan(tmp_path, drawing):
    path = tmp_path / "scan.png"
    drawing.save(path, dpi=(72, 72))
    return path


def test_each_corrected_word_is_marked_where_it_is(scan, recognized, write):
    data = write(corrected(recognized(scan, "dear", "Åsa", "x"), "Åsa", "x"), pdfa=True)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert marks(pdf.pages[0]) == [("Åsa", [75, 170, 142, 190]), ("x", [150, 170, 217, 190])]
    assert not pdfa.obstacles(io.BytesIO(data))


def test_readers_find_the_same_text(scan, recognized, write):
    plain, marked = (
        write(corrected(recognized(scan, "dear", "Anna"), *texts), pdfa=False) for texts in ((), ("Anna",))
    )
    assert b"Corrected" not in plain
    for data in (plain, marked):
        with pypdfium2.PdfDocument(data) as document:
            assert document[0].get_textpage().get_text_range().split() == ["dear", "Anna"]


def test_words_on_pages_of_a_pdf_are_marked_in_their_layer(tmp_path, drawing, recognized, write):
    path = tmp_path / "scan.pdf"
    drawing.convert("L").save(path, resolution=72)
    data = write(corrected(recognized(path, "dear", "Anna"), "Anna"))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        ((text, _),) = marks(pdf.pages[0].Resources.XObject.PenstockText1)
    assert text == "Anna"
    # A new reading replaces the layer, and its marks with it.
    path = tmp_path / "once.pdf"
    path.write_bytes(data)
    (page,) = find_pdf_pages(path, path.name, existing_text="redo")
    (read,) = recognized(tmp_path / "scan.pdf", "dear", "Anne")
    data = write([replace(read, page=page)])
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert [marks(form) for form in pdf.pages[0].Resources.XObject.values() if "/BBox" in form] == [
            [],
            [],
        ]
