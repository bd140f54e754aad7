"""Pages drawn with known words at known positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.geometry import Point, unit
from penstock.images import find_pages
from penstock.model import UPRIGHT, Line, Page, Quad, Recognition, Word

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

LINES = ("Dear Anna", "thank you for the apples", "they came on Monday")
WIDTH, MARGIN, TYPE_SIZE, LINE_STEP = 900, 60, 36, 70
DPI = 150.0

DOT_RADIUS = 9
DOTS: tuple[Point, ...] = ((0.08, 0.12), (0.9, 0.2), (0.75, 0.88), (0.3, 0.9))
"""Positions of the dots, as fractions of width and height. They have no symmetry."""


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A drawn page.

    Parameters
    ----------
    recognition
        The drawn words, with quads around their ink, in pixels of the page.
    dots
        Centres of the dots.
    """

    page: Page
    recognition: Recognition
    dots: tuple[Point, ...] = ()


def draw_page(
    path: Path,
    lines: Sequence[str] = LINES,
    *,
    number: int = 1,
    orientation: int = UPRIGHT,
    tilt: float = 0.0,
    dots: bool = False,
) -> DrawnPage:
    """Draw lines of words into a picture file: black on white, 900 pixels wide, 150 dpi.

    Parameters
    ----------
    path
        Path of the file. Its suffix determines the format: PNG, JPEG or TIFF.
    number
        Number of the page in its document.
    orientation
        EXIF orientation of the stored picture. The recognition is in pixels of the upright page.
    tilt
        Degrees, clockwise, by which text and dots are tilted.
    dots
        Whether to draw four dots with a radius of 9 pixels.
    """
    from PIL import Image, ImageDraw

    height = 2 * MARGIN + LINE_STEP * max(len(lines), 1)
    upright = Image.new("L", (WIDTH, height), "white")
    pen = ImageDraw.Draw(upright)
    drawn = [_draw_line(pen, text, MARGIN + LINE_STEP * row) for row, text in enumerate(lines) if text]
    centers = [(x * WIDTH, y * height) for x, y in DOTS] if dots else []
    for center in centers:
        pen.circle(center, DOT_RADIUS, fill="black")
    tilted = upright.rotate(-tilt, Image.Resampling.BICUBIC, fillcolor="white")
    _save(tilted, path, orientation)
    recognition = Recognition(tuple(_tilted_line(line, tilt, upright.size) for line in drawn), tilt, "drawn")
    (page,) = find_pages(path, path.name, number)
    return DrawnPage(page, recognition, tuple(_tilted(center, tilt, upright.size) for center in centers))


def _draw_line(pen: ImageDraw.ImageDraw, text: str, top: float) -> Line:
    from PIL import ImageFont

    font = ImageFont.load_default(TYPE_SIZE)
    words, left = [], float(MARGIN)
    for word in text.split():
        pen.text((left, top), word, font=font, fill="black")
        words.append(Word(word, Quad.from_box(*pen.textbbox((left, top), word, font=font)), 1.0))
        left += pen.textlength(word + " ", font=font)
    return Line(" ".join(text.split()), Quad.around(word.quad for word in words), tuple(words))


def _save(upright: Image.Image, path: Path, orientation: int) -> None:
    from PIL import ExifTags, Image

    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path.parent.mkdir(parents=True, exist_ok=True)
    _as_stored(upright, orientation).save(path, dpi=(DPI, DPI), exif=exif)


def _as_stored(upright: Image.Image, orientation: int) -> Image.Image:
    """Return the picture as a file with this EXIF orientation stores it."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_90,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_270,
    }
    return upright.transpose(turns[orientation]) if orientation in turns else upright


def _tilted(point: Point, tilt: float, size: tuple[int, int]) -> Point:
    """Return a point after its picture was rotated clockwise around its center."""
    middle = (size[0] / 2, size[1] / 2)
    x, y = point[0] - middle[0], point[1] - middle[1]
    across, down = unit(tilt), unit(tilt + 90)
    return (middle[0] + x * across[0] + y * down[0], middle[1] + x * across[1] + y * down[1])


def _tilted_line(line: Line, tilt: float, size: tuple[int, int]) -> Line:
    if math.isclose(tilt, 0):
        return line
    words = tuple(Word(word.text, _tilted_quad(word.quad, tilt, size), 1.0) for word in line.words)
    return Line(line.text, _tilted_quad(line.quad, tilt, size), words)


def _tilted_quad(quad: Quad, tilt: float, size: tuple[int, int]) -> Quad:
    return Quad.from_points(_tilted(corner, tilt, size) for corner in quad.corners)
