"""Make PDFs for tests, and recognitions of their pages."""

from __future__ import annotations

from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from penstock.images import find_pages
from penstock.model import Line, Page, Quad, Recognition, RecognizedPage, Word

PIXELS = (600, 800)
"""Size of a displayed scan."""
WORDS = {
    "Dear": (60, 80, 160, 120),
    "Jane": (180, 80, 300, 120),
    "yesterday": (60, 400, 320, 440),
    "corner": (440, 740, 590, 790),
}


def scan(size: tuple[int, int] = PIXELS) -> Image.Image:
    """Return a picture with boxes around the words, and edges of ever different pixels."""
    picture = Image.new("RGB", size, "white")
    drawing = ImageDraw.Draw(picture)
    for box in WORDS.values():
        drawing.rectangle(box, outline="black", width=3)
    for y in range(size[1]):
        picture.putpixel((0, y), (y % 256, 200, 0))
        picture.putpixel((size[0] - 1, y), (0, y % 256, 90))
    return picture


def picture_page(
    pdf: pikepdf.Pdf,
    picture: Image.Image,
    *,
    media: tuple[float, ...] = (0, 0, 300, 400),
    crop: tuple[float, ...] | None = None,
    rotate: int = 0,
    before: bytes = b"",
    after: bytes = b"",
    **resources: pikepdf.Object,
) -> None:
    """Add a page that shows a picture upright, filling its visible area."""
    stored = picture.rotate(rotate, expand=True)
    image = pdf.make_stream(
        stored.convert("RGB").tobytes(),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=stored.width,
        Height=stored.height,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceRGB,
    )
    left, bottom, right, top = crop or media
    drawn = b"q %.4f 0 0 %.4f %.4f %.4f cm /Scan Do Q" % (right - left, top - bottom, left, bottom)
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array(media),
        Contents=pdf.make_stream(before + drawn + after),
        Resources=Dictionary(XObject=Dictionary(Scan=image), **resources),
    )
    if crop:
        page.CropBox = Array(crop)
    if rotate:
        page.Rotate = rotate
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def helvetica() -> Dictionary:
    return Dictionary(F0=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))


def text_page(pdf: pikepdf.Pdf, content: bytes, **entries: pikepdf.Object) -> None:
    """Add a page with operators of its own, and Helvetica as /F0."""
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, 300, 400]),
        Contents=pdf.make_stream(content),
        Resources=Dictionary(Font=helvetica()),
        **entries,
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def typed(text: str, x: float, y: float, *, mode: int = 0, size: float = 16) -> bytes:
    """Return operators that show a text."""
    return b"BT %d Tr /F0 %.1f Tf %.1f %.1f Td (%b) Tj ET " % (mode, size, x, y, text.encode())


def saved(pdf: pikepdf.Pdf, path: Path, **options: object) -> Path:
    pdf.save(path, **options)
    return path


def one_scan(path: Path, **options: object) -> Path:
    """Write a PDF of one scanned page."""
    pdf = pikepdf.new()
    picture_page(pdf, scan(), **options)
    return saved(pdf, path)


def recognition(words: dict[str, tuple[int, int, int, int]] = WORDS) -> Recognition:
    """Return a recognition of words, each on a line of its own."""
    return Recognition(
        tuple(
            Line(text, Quad.from_box(*box), (Word(text, Quad.from_box(*box), 0.9),))
            for text, box in words.items()
        ),
        0.0,
        "made 1",
    )


def pages_of(path: Path) -> list[Page]:
    return list(find_pages(path, path.name))


def recognized(path: Path, found: Recognition | None = None, first_number: int = 1) -> list[RecognizedPage]:
    """Return a PDF's pages with their existing recognitions, else with the given one."""
    return [
        RecognizedPage(
            page,
            page.existing_recognition if page.existing_recognition is not None else found or recognition(),
        )
        for page in find_pages(path, path.name, first_number)
    ]
