"""The legend of an overlay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from penstock.render.typefaces import base_typeface

TYPE_SIZES = (11, 28)
WIDTH_PER_SIZE = 110  # the legend's type size is its width divided by this, within TYPE_SIZES
GROUND = (244, 244, 248)
TEXT_COLOR = (40, 40, 50)


@dataclass(frozen=True, slots=True)
class Entry:
    """A text with the color that it explains; None without a color."""

    text: str
    color: tuple[int, int, int] | None


def draw_legend(entries: Sequence[Entry], *, width: int) -> Image.Image:
    """Return the entries in rows, at least as wide as the longest one, in mode "RGB"."""
    size = max(TYPE_SIZES[0], min(TYPE_SIZES[1], width // WIDTH_PER_SIZE))
    font = base_typeface().font(size)
    widths = [round(font.getlength(entry.text)) + (5 if entry.color else 2) * size for entry in entries]
    places, x, y = [], 0, 0
    for each in widths:
        if x and x + each > width:
            x, y = 0, y + 2 * size
        places.append((x, y))
        x += each
    legend = Image.new("RGB", (max(width, *widths), y + 2 * size), GROUND)
    pen = ImageDraw.Draw(legend)
    for entry, (x, y) in zip(entries, places, strict=True):
        left = x + size
        if entry.color:
            box = (left, y + size // 2, left + 2 * size, y + size + size // 2)
            pen.rectangle(box, outline=entry.color, width=max(2, size // 6))
            left += round(2.5 * size)
        pen.text((left, y + size), entry.text, font=font, fill=TEXT_COLOR, anchor="lm")
    return legend
