"""Pages drawn with words that are known, and where they stand."""

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
"""Where dots are, in shares of width and height: turned or mirrored they are not themselves again."""


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page in a file, and what stands on it.

    Parameters
    ----------
    recognition
        Its words with quads around their ink, in the page's own frame.
    dots
        The centres of its dots, if it has any.
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
    """Draw lines of words into a picture file, black on white, 900 pixels wide at 150 dpi.

    Parameters
    ----------
    path
        Its suffix says the format: PNG, JPEG or TIFF.
    number
        The page's, in its document.
    orientation
        EXIF: how the picture is stored; the recognition is in the upright page's pixels all the same.
    tilt
        Degrees, clockwise, by which text and dots lie askew on the page.
    dots
        Whether four round dots of 9 pixels' radius stand beside the text.
    """
    from PIL import Image, ImageDraw

    height = 2 * MARGIN + LINE_STEP * max(len(lines), 1)
    upright = Image.new("L", (WIDTH, height), "white")
    pen = ImageDraw.Draw(upright)
    drawn = [_draw_line(pen, text, MARGIN + LINE_STEP * row) for row, text in enumerate(lines) if text]
    places = [(x * WIDTH, y * height) for x, y in DOTS] if dots else []
    for place in places:
        pen.circle(place, DOT_RADIUS, fill="black")
    askew = upright.rotate(-tilt, Image.Resampling.BICUBIC, fillcolor="white")
    _save(askew, path, orientation)
    turned = Recognition(tuple(_tilted_line(line, tilt, upright.size) for line in drawn), tilt, "drawn")
    (page,) = find_pages(path, path.name, number)
    return DrawnPage(page, turned, tuple(_tilted(place, tilt, upright.size) for place in places))


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
    """The picture that EXIF's orientation makes upright again."""
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


def _tilted(place: Point, tilt: float, size: tuple[int, int]) -> Point:
    """Where a place lies when its picture is turned around its middle, clockwise."""
    middle = (size[0] / 2, size[1] / 2)
    x, y = place[0] - middle[0], place[1] - middle[1]
    across, down = unit(tilt), unit(tilt + 90)
    return (middle[0] + x * across[0] + y * down[0], middle[1] + x * across[1] + y * down[1])


def _tilted_line(line: Line, tilt: float, size: tuple[int, int]) -> Line:
    if math.isclose(tilt, 0):
        return line
    words = tuple(Word(word.text, _tilted_quad(word.quad, tilt, size), 1.0) for word in line.words)
    return Line(line.text, _tilted_quad(line.quad, tilt, size), words)


def _tilted_quad(quad: Quad, tilt: float, size: tuple[int, int]) -> Quad:
    return Quad.from_points(_tilted(corner, tilt, size) for corner in quad.corners)


__all__ = ["DOT_RADIUS", "DrawnPage", "draw_page"]
