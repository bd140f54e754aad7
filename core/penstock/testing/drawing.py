"""Pages drawn with known words at known positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.geometry import Homography, Point, unit
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
    turn = _turn(tilt, upright.size) if tilt else Homography()
    recognition = replace(Recognition(tuple(drawn), None, "drawn").mapped(turn), angle=tilt)
    (page,) = find_pages(path, path.name, number)
    return DrawnPage(page, recognition, tuple(map(turn.apply, centers)))


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


def _turn(degrees: float, size: tuple[int, int]) -> Homography:
    """Return the map of points when a picture is rotated clockwise around its center."""
    x, y = size[0] / 2, size[1] / 2
    (a, c), (b, d) = unit(degrees), unit(degrees + 90)
    return Homography(((a, b, x - a * x - b * y), (c, d, y - c * x - d * y), (0.0, 0.0, 1.0)))
