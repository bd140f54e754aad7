import io
import sys
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw

from penstock.images import find_pages
from penstock.model import Line, Quad, Recognition, RecognizedPage, Word
from penstock.render import write_searchable_pdf

# benchmarks/pdf.py imports the modules in this folder, too.
sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def drawing():
    """Return a picture that differs in every orientation."""
    image = Image.new("RGB", (300, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 120, 60), fill="red")
    draw.ellipse((180, 110, 280, 180), fill="blue")
    return image


@pytest.fixture
def recognized():
    """Return a function that yields a picture's pages, each recognized as one line of the given words."""

    def recognized(path, *texts):
        for page in find_pages(path, path.name):
            step = page.width / (len(texts) + 1)
            words = tuple(
                Word(text, Quad.from_box(index * step, 10, (index + 0.9) * step, 30))
                for index, text in enumerate(texts)
            )
            line = Line(" ".join(texts), Quad.from_box(0, 10, page.width, 30), words)
            yield RecognizedPage(page, Recognition((line,) if texts else ()))

    return recognized


@pytest.fixture
def write():
    """Return a function that writes pages into memory, checks the PDF, and returns its bytes."""

    def write(pages, **options):
        target = io.BytesIO()
        write_searchable_pdf(pages, target, **({"pdfa": False} | options))
        with pikepdf.open(target) as pdf:
            assert pdf.check_pdf_syntax() == []
        return target.getvalue()

    return write
