"""A recognition drawn over its page: lines and words outlined, each line's text set beside its ink."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from penstock.geometry import Homography, Quad, unit
from penstock.images import open_upright
from penstock.model import Line, Recognition, RecognizedPage

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

LINE_COLOR = (0, 90, 200)
WORD_COLOR = (0, 150, 90)
DOUBTFUL_COLOR = (215, 60, 30)
LABEL_GROUND = (255, 255, 240, 205)
LABEL_TEXT = (10, 20, 60, 255)

DOUBTFUL = 0.6
"""Confidence under which a word is outlined as doubtful."""
LABEL_SHARE = 0.28
"""Height of a label's letters as a share of its line's height."""
LABEL_PIXELS = (11, 36)


def draw_overlay(read: RecognizedPage, *, longest_side: int | None = None) -> Image.Image:
    """Draw what was read over the page's picture.

    Blue: lines. Green: words; red: words of which the recognizer was in doubt. The text stands above its
    line, along it, on a pale ground that lets it be read over anything.

    Parameters
    ----------
    read
        The page and its recognition, in the page's own frame.
    longest_side
        Of the drawing in pixels; larger pages are scaled down.

    Returns
    -------
    PIL.Image.Image
        In RGB.

    Raises
    ------
    PictureError
        The page's picture is gone, or not the one any more that was read.
    """
    drawing = open_upright(read.page, longest_side=longest_side).convert("RGB")
    scale = Homography.scaling(drawing.width / read.page.width, drawing.height / read.page.height)
    recognition = read.recognition.mapped(scale)
    _outline(drawing, recognition)
    for line in recognition.lines:
        _label(drawing, line)
    return drawing


def _outline(drawing: Image.Image, recognition: Recognition) -> None:
    pen = ImageDraw.Draw(drawing)
    width = max(1, round(max(drawing.size) / 900))
    for line in recognition.lines:
        for word in line.words:
            doubtful = word.low_confidence or (word.confidence is not None and word.confidence < DOUBTFUL)
            _polygon(pen, word.quad, DOUBTFUL_COLOR if doubtful else WORD_COLOR, width)
        _polygon(pen, line.quad, LINE_COLOR, width)


def _polygon(pen: ImageDraw.ImageDraw, quad: Quad, color: tuple[int, int, int], width: int) -> None:
    pen.line([*quad.corners, quad.corners[0], quad.corners[1]], fill=color, width=width, joint="curve")


def _label(drawing: Image.Image, line: Line) -> None:
    """Set a line's text above it, turned as the line is, and kept inside the picture."""
    if not line.text.strip():
        return
    label = _label_picture(line.text, line.quad)
    angle = line.quad.angle
    turned = label.rotate(-angle, expand=True, resample=Image.Resampling.BICUBIC)
    along, down = unit(angle), unit(angle + 90)
    corner = line.quad.corners[0]
    center = [
        corner[axis] + along[axis] * label.width / 2 - down[axis] * label.height / 2 for axis in range(2)
    ]
    left = _inside(center[0] - turned.width / 2, turned.width, drawing.width)
    top = _inside(center[1] - turned.height / 2, turned.height, drawing.height)
    drawing.paste(turned.convert("RGB"), (left, top), turned.getchannel("A"))


def _inside(start: float, length: int, room: int) -> int:
    return max(0, min(round(start), room - length))


def _label_picture(text: str, quad: Quad) -> Image.Image:
    """The text on its ground, horizontally, as "RGBA"; no wider than its line, if it can still be read."""
    smallest, largest = LABEL_PIXELS
    size = max(smallest, min(largest, round(quad.height * LABEL_SHARE)))
    font = label_font(size)
    width = font.getlength(text)
    if width > quad.width > 0:
        size = max(smallest, math.floor(size * quad.width / width))
        font = label_font(size)
    left, top, right, bottom = font.getbbox(text)
    margin = max(2, size // 6)
    extent = (math.ceil(right - left) + 2 * margin, math.ceil(bottom - top) + 2 * margin)
    label = Image.new("RGBA", extent, LABEL_GROUND)
    ImageDraw.Draw(label).text((margin - left, margin - top), text, font=font, fill=LABEL_TEXT)
    return label


@functools.lru_cache(maxsize=64)
def label_font(size: int) -> FreeTypeFont | BitmapFont:
    """A font for labels: DejaVu Sans or Noto where the system has one, for its scripts, else Pillow's own."""
    for name in ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf"):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


__all__ = ["draw_overlay"]
