"""Draw a recognition over its page: outlines of lines and words, and each line's text above it."""

from __future__ import annotations

import functools
import logging
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
LOW_CONFIDENCE_COLOR = (215, 60, 30)
LABEL_GROUND = (255, 255, 240, 205)
LABEL_TEXT = (10, 20, 60, 255)

LOW_CONFIDENCE = 0.6
"""Words with less confidence are outlined in red."""
LABEL_SHARE = 0.28
"""Height of a label's letters as a share of its line's height."""
LABEL_PIXELS = (11, 36)
"""Smallest and largest height of a label's letters."""

_logger = logging.getLogger(__name__)


def draw_overlay(recognized: RecognizedPage, *, longest_side: int | None = None) -> Image.Image:
    """Draw a recognition over the page's picture.

    Lines are outlined in blue, words in green, and words of low confidence in red. Each line's text stands
    above the line, turned with it, on a pale ground.

    Parameters
    ----------
    recognized
        The page and its recognition, in pixels of the page.
    longest_side
        Scale larger pages down so that neither side has more pixels. None for the page's size.

    Returns
    -------
    PIL.Image.Image
        In mode "RGB".

    Raises
    ------
    PictureError
        The page's picture is missing or damaged, or has changed since it was found.
    """
    page = recognized.page
    drawing = open_upright(page, longest_side=longest_side).convert("RGB")
    scale = Homography.scaling(drawing.width / page.width, drawing.height / page.height)
    recognition = recognized.recognition.mapped(scale)
    _outline(drawing, recognition)
    for line in recognition.lines:
        _label(drawing, line)
    return drawing


def _outline(drawing: Image.Image, recognition: Recognition) -> None:
    pen = ImageDraw.Draw(drawing)
    width = max(1, round(max(drawing.size) / 900))
    for line in recognition.lines:
        for word in line.words:
            low = word.low_confidence or (word.confidence is not None and word.confidence < LOW_CONFIDENCE)
            _polygon(pen, word.quad, LOW_CONFIDENCE_COLOR if low else WORD_COLOR, width)
        _polygon(pen, line.quad, LINE_COLOR, width)


def _polygon(pen: ImageDraw.ImageDraw, quad: Quad, color: tuple[int, int, int], width: int) -> None:
    pen.line([*quad.corners, quad.corners[0], quad.corners[1]], fill=color, width=width, joint="curve")


def _label(drawing: Image.Image, line: Line) -> None:
    """Draw a line's text above it, turned like the line, and kept inside the picture."""
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
    """Return the text on its ground, not turned, in mode "RGBA".

    It is no wider than its line unless its letters would be smaller than `LABEL_PIXELS` allows.
    """
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
    """Return an installed font of many scripts (DejaVu Sans, Noto Sans, Arial), else Pillow's default."""
    for name in ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf"):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    _logger.debug("labels are drawn in Pillow's default font: no font with more scripts is installed")
    return ImageFont.load_default(size)
