"""Makes the pictures of the documentation, ``python docs/tools/picture.py``.

One is a scan beside its PDF with what a search finds; the others are overlays. The letter is that of
examples/letters (CREDITS.md there says whose; CC BY 4.0), the will that of tests/data/sheet. Both are read by the
offline recognizer, and the PDF is drawn by PDFium with the places that PDFium's own search gives.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image, ImageChops, ImageDraw

DOCS = Path(__file__).parents[1]
SCAN = DOCS.parent / "examples/letters/scans/letter-page1.jpg"
PLACE = DOCS / "searchable.png"
OVERLAY = DOCS / "overlay.jpg"
WILL = DOCS.parent / "tests/data/sheet/fr_will_blue_ink.jpg"
CURSIVE = DOCS / "cursive.jpg"
SOUGHT = ("David", "Stanford", "sincerest", "sympathies")
WIDTH = 480
"""Pixels of each half."""


def picture() -> Image.Image:
    """The scan on the left, the PDF on the right."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "penstock", "read", str(SCAN), "--out", folder, "--quiet"], check=True
        )
        with pypdfium2.PdfDocument(next(Path(folder).glob("*.pdf"))) as pdf:
            found = _with_finds(pdf[0])
    with Image.open(SCAN) as scan:
        left = _scaled(scan.convert("RGB"))
    both = Image.new("RGB", (2 * WIDTH + 16, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(_scaled(found), (WIDTH + 16, 0))
    return both.crop((0, 0, both.width, min(both.height, 420)))


def overlay() -> Image.Image:
    """The upper part of the letter's overlay, and its legend."""
    legend = 40
    drawn = _overlay_of(SCAN)
    upper = drawn.crop((0, 0, drawn.width, drawn.width // 3))
    lower = drawn.crop((0, drawn.height - legend, drawn.width, drawn.height))
    both = Image.new("RGB", (upper.width, upper.height + lower.height))
    both.paste(upper, (0, 0))
    both.paste(lower, (0, upper.height))
    return both.resize((both.width // 2, both.height // 2), Image.Resampling.LANCZOS)


def cursive() -> Image.Image:
    """The upper part of the will's overlay: a common hand, and what the offline recognizer makes of it."""
    drawn = _overlay_of(WILL)
    return drawn.crop((0, 0, drawn.width, drawn.height * 2 // 5))


def _overlay_of(scan: Path) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "penstock", "read", str(scan), "--to", "overlay", "--out", folder]
        subprocess.run([*command, "--quiet"], check=True)
        with Image.open(next(Path(folder).glob("*.png"))) as drawn:
            return drawn.convert("RGB")


def _with_finds(page: pypdfium2.PdfPage) -> Image.Image:
    """The page with every find marked as a viewer marks it."""
    scale = WIDTH * 2 / page.get_width()
    drawn = page.render(scale=scale).to_pil().convert("RGB")
    marks = Image.new("RGB", drawn.size, "white")
    text = page.get_textpage()
    for word in SOUGHT:
        search = text.search(word)
        while found := search.get_next():
            for index in range(text.count_rects(*found)):
                left, bottom, right, top = text.get_rect(index)
                height = page.get_height()
                box = [left * scale, (height - top) * scale, right * scale, (height - bottom) * scale]
                ImageDraw.Draw(marks).rectangle(box, fill=(150, 200, 255))
    return ImageChops.multiply(drawn, marks)


def _scaled(page: Image.Image) -> Image.Image:
    return page.resize((WIDTH, round(page.height * WIDTH / page.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    picture().quantize(24, dither=Image.Dither.NONE).save(PLACE, optimize=True)
    overlay().save(OVERLAY, quality=80, optimize=True)
    cursive().save(CURSIVE, quality=70, optimize=True)
