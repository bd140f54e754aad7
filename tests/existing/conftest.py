"""Pictures with transcriptions by other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from existing_pages import foreign, scaled
from penstock.model import RecognizedPage
from penstock.testing import draw_page
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.hocr_writer import hocr_document


@pytest.fixture
def scan(tmp_path: Path) -> Callable[..., RecognizedPage]:
    """Draw a picture with text: ``scan("a.png", "some words")``."""

    def make(name: str, *lines: str, **options) -> RecognizedPage:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        drawn = draw_page(path, lines or ("Dear Anna", "thank you"), **options)
        return RecognizedPage(drawn.page, drawn.recognition)

    return make


@pytest.fixture
def alto(tmp_path: Path) -> Callable[..., Path]:
    """Write an ALTO file: ``alto("a.xml", page)``; ``scale`` is that of the picture it was made from."""

    def write(name: str, page: RecognizedPage, *, scale: float = 1.0, picture: str = "") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = foreign(alto_page(scaled(page, scale)).decode())
        if picture:
            text = text.replace(page.page.picture.path.name, picture)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def hocr(tmp_path: Path) -> Callable[..., Path]:
    """Write an hOCR file with several pages: ``hocr("book.hocr", first, second)``."""

    def write(name: str, *pages: RecognizedPage) -> Path:
        path = tmp_path / name
        path.write_text(foreign("".join(hocr_document(pages, title="book", page_count=len(pages)))))
        return path

    return write
