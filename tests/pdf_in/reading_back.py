"""Extract text with PDFium, and check PDFs with qpdf."""

from __future__ import annotations

from ctypes import c_int
from pathlib import Path

import pikepdf
import pypdfium2
from pypdfium2 import raw


def text_of(path: Path, page: int = 0, password: str | None = None) -> str:
    with pypdfium2.PdfDocument(path, password=password) as pdf:
        return pdf[page].get_textpage().get_text_range()


def places_of(path: Path, size: tuple[int, int], page: int = 0) -> dict[str, tuple[int, int, int, int]]:
    """Return the box of each word in pixels of a displayed page of that size, as PDFium computes it."""
    with pypdfium2.PdfDocument(path) as pdf:
        displayed = pdf[page]
        text = displayed.get_textpage()
        whole = text.get_text_range()
        found = {}
        for word in whole.split():
            start = whole.index(word)
            boxes = [text.get_charbox(start + index) for index in range(len(word))]
            corners = [_device(displayed, size, x, y) for box in boxes for x, y in (box[:2], box[2:])]
            xs, ys = zip(*corners, strict=True)
            found[word] = (min(xs), min(ys), max(xs), max(ys))
        return found


def _device(page: pypdfium2.PdfPage, size: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, across, down)
    return across.value, down.value


def assert_sound(path: Path, password: str = "") -> None:
    """Assert that qpdf finds no errors."""
    with pikepdf.open(path, password=password) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert pdf.get_warnings() == []
