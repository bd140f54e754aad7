"""Fonts that reportlab can embed, for text of any script."""

from __future__ import annotations

import functools
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from PIL import ImageFont

from penstock.render.arabic_letters import joined
from penstock.render.scripts import in_visual_order, is_right_to_left
from penstock.render.typefaces import (
    TRIAL_SIZE,
    Typeface,
    base_typeface,
    code_point,
    is_drawn,
    typefaces_of,
)

if TYPE_CHECKING:
    from reportlab.pdfbase.ttfonts import TTFont

SHIPPED_FONT = "Vera.ttf"
"""The font of reportlab itself, which has Latin letters."""
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


class FontRun(NamedTuple):
    """A part of a text that one font can draw, from left to right."""

    font: str
    text: str


class PrintFonts:
    """Chooses a font for each character, and remembers the characters that no font has."""

    def __init__(self) -> None:
        self.missing: set[str] = set()

    @property
    def base(self) -> str:
        """Name of the font of most text."""
        return _registered(base_typeface()) or _shipped()

    def runs(self, text: str) -> list[FontRun]:
        """Return a word as it is drawn, from left to right.

        Characters that no font has are shown as code points.
        """
        font, choices = self.base, []
        for character in text:
            if is_drawn(character) and not _has(font, character):
                font = _font_of(character) or ""
                if not font:
                    self.missing.add(character)
                    font = self.base
                    choices.append((font, code_point(character)))
                    continue
            if is_drawn(character) or _has(font, character):
                choices.append((font, character))
        runs = [
            FontRun(font, "".join(part for _, part in group))
            for font, group in groupby(choices, key=lambda choice: choice[0])
        ]
        return [_visual(run) for run in (reversed(runs) if is_right_to_left(text) else runs)]


def width_of(run: FontRun) -> float:
    """Return the width of a run in ems."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return float(stringWidth(run.text, run.font, 1))


def _visual(run: FontRun) -> FontRun:
    if not is_right_to_left(run.text):
        return run
    text = joined(run.text, lambda character: _has(run.font, character))
    # Only the order of characters changes, so that a bracket opens on the other side.
    return run._replace(text=in_visual_order(text).translate(MIRRORED))


@functools.lru_cache(maxsize=8192)
def _font_of(character: str) -> str | None:
    for typeface in typefaces_of(character):
        name = _registered(typeface)
        if name and _has(name, character):
            return name
    return _shipped() if _has(_shipped(), character) else None


@functools.lru_cache(maxsize=8192)
def _has(font: str, character: str) -> bool:
    from reportlab.pdfbase.pdfmetrics import getFont

    return ord(character) in getFont(font).face.charToGlyph


@functools.lru_cache(maxsize=64)
def _registered(typeface: Typeface) -> str | None:
    """Return a font's name in reportlab, None if it has PostScript outlines, which cannot be embedded."""
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    if not typeface.path:
        return None
    try:
        path = ImageFont.truetype(typeface.path, TRIAL_SIZE, typeface.index).path
        name = f"transcript {typeface.path} {typeface.index}"
        return _register(TTFont(name, path, subfontIndex=typeface.index, shapable=False))
    except (OSError, TTFError):
        return None


@functools.cache
def _shipped() -> str:
    from reportlab.pdfbase.ttfonts import TTFont

    return _register(TTFont(f"transcript {SHIPPED_FONT}", SHIPPED_FONT, shapable=False))


def _register(font: TTFont) -> str:
    from reportlab.pdfbase.pdfmetrics import registerFont

    registerFont(font)
    return str(font.fontName)
