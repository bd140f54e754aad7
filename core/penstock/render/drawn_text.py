"""Draw a line of text in several typefaces as a mask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont, features

from penstock.render.scripts import in_visual_order, is_right_to_left
from penstock.render.typefaces import Run

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

LARGEST_MASK = 20_000  # pixels; a line of text is cut there


def text_width(runs: Sequence[Run], size: int) -> float:
    """Return the width of runs in pixels."""
    return sum(run.typeface.font(size).getlength(run.text) for run in runs)


def drawn_text(runs: Sequence[Run], size: int) -> Image.Image:
    """Return the runs side by side in mode "L", white on black, with their baseline at the same height.

    Right-to-left text is put into visual order.
    """
    fonts = [run.typeface.font(size) for run in runs]
    ascent = max(map(_ascent, fonts))
    descent = max(map(_descent, fonts))
    width = min(LARGEST_MASK, math.ceil(text_width(runs, size)))
    mask = Image.new("L", (max(1, width), ascent + descent))
    pen = ImageDraw.Draw(mask)
    x = 0.0
    is_reversed = is_right_to_left("".join(run.text for run in runs))
    for run in reversed(runs) if is_reversed else runs:
        font = run.typeface.font(size)
        pen.text((x, ascent - _ascent(font)), _visual(run.text), font=font, fill=255)
        x += font.getlength(run.text)
    return mask


def _visual(text: str) -> str:
    """Return a text for Pillow, which orders and joins right-to-left letters only with Raqm."""
    return text if features.check("raqm") else " ".join(map(in_visual_order, text.split(" ")))


def _ascent(font: FreeTypeFont | BitmapFont) -> int:
    if isinstance(font, ImageFont.FreeTypeFont):
        return font.getmetrics()[0]
    return math.ceil(font.getbbox("A")[3])


def _descent(font: FreeTypeFont | BitmapFont) -> int:
    return font.getmetrics()[1] if isinstance(font, ImageFont.FreeTypeFont) else 0
