"""Installed fonts for drawing text of any script into pictures."""

from __future__ import annotations

import functools
import logging
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont
    from PIL.ImageFont import ImageFont as BitmapFont

BASE_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "Arial.ttf")
"""Fonts of many scripts, which Pillow looks for in the system's font folders."""
NOT_A_CHARACTER = "\ufffe"
FONTCONFIG_SECONDS = 10
CANDIDATES = 20
"""Fonts that are tried for one character."""
TRIAL_SIZE = 24
SAMPLES = {"CJK": "中", "HIRAGANA": "あ", "KATAKANA": "ア", "HANGUL": "한"}
"""Characters that stand for scripts with thousands of them."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file that Pillow can draw with; an empty path means Pillow's own font."""

    path: str = ""
    index: int = 0

    def font(self, size: int) -> FreeTypeFont | BitmapFont:
        return _font(self, size)


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text that one typeface can draw.

    ``missing`` are the characters that no installed font has; the text then has their code points instead.
    """

    text: str
    typeface: Typeface
    missing: str = ""


def runs_of(text: str) -> list[Run]:
    """Split a text into the longest runs that one typeface can draw."""
    choices = list(_choices(text))
    runs = []
    for typeface, group in groupby(choices, key=lambda choice: choice[1]):
        run = "".join(character for character, _ in group)
        if typeface is None:
            missing = "".join(filter(is_drawn, run))
            runs.append(Run("".join(map(code_point, run)), base_typeface(), missing))
        else:
            runs.append(Run(run, typeface))
    return runs


def _choices(text: str) -> Iterator[tuple[str, Typeface | None]]:
    """Return each character with its typeface. Spaces and marks stay with the character before them."""
    current: Typeface | None = base_typeface()
    for character in text:
        # A run is not broken where its typeface has the character: Arabic letters are joined.
        if is_drawn(character) and (current is None or not _has(current, character)):
            current = typeface_of(character)
        yield character, current


def code_point(character: str) -> str:
    """Return the code point in brackets, ``[4E2A]``; a character that is not drawn as it is."""
    return f"[{ord(character):04X}]" if is_drawn(character) else character


def is_drawn(character: str) -> bool:
    """Return whether a character has ink of its own: not a space, combining mark or control character."""
    category = unicodedata.category(character)
    return category[0] not in "ZMC" or category in ("Co", "Cn")


def script_of(character: str) -> str:
    """Return the first word of a character's Unicode name, mostly its script: ``CJK``, ``THAI``."""
    return unicodedata.name(character, "unnamed").partition(" ")[0]


def named_scripts(characters: Iterable[str]) -> str:
    """Return the scripts of characters as a list in words, such as "CJK, Thai"; empty without any."""
    scripts = sorted({script_of(character) for character in characters})
    return ", ".join(script if script == "CJK" else script.title() for script in scripts)


@functools.lru_cache(maxsize=1)
def base_typeface() -> Typeface:
    for name in BASE_FONTS:
        try:
            ImageFont.truetype(name, TRIAL_SIZE)
        except OSError:
            continue
        return Typeface(name)
    _logger.debug("text is drawn in Pillow's own font: no font with more scripts is installed")
    return Typeface()


@functools.lru_cache(maxsize=8192)
def typeface_of(character: str) -> Typeface | None:
    """Return an installed typeface that has a character, None without any."""
    return next(typefaces_of(character), None)


def typefaces_of(character: str) -> Iterator[Typeface]:
    """Yield the installed typefaces that have a character, best first."""
    sample = SAMPLES.get(script_of(character), character)
    for typeface in map(Typeface, BASE_FONTS):
        if _has(typeface, character):
            yield typeface
    yield from (typeface for typeface in _installed(sample) if _has(typeface, character))


@functools.lru_cache(maxsize=512)
def _installed(character: str) -> tuple[Typeface, ...]:
    """Return fonts that may have a character, best first, as fontconfig knows them."""
    command = [
        "fc-match",
        "--sort",
        "--format",
        "%{file}\t%{index}\n",
        f"sans-serif:charset={ord(character):x}",
    ]
    try:
        listed = subprocess.run(
            command, capture_output=True, text=True, timeout=FONTCONFIG_SECONDS, check=True
        ).stdout
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        _logger.debug("fontconfig cannot be asked for fonts: %s", error)
        return ()
    rows = [line.partition("\t") for line in listed.splitlines()[:CANDIDATES]]
    # The upper half of an index names an instance of a variable font.
    return tuple(Typeface(path, int(index) & 0xFFFF) for path, _, index in rows if index.isdecimal())


@functools.lru_cache(maxsize=8192)
def _has(typeface: Typeface, character: str) -> bool:
    """Return whether a font draws a character differently from one that no font has."""
    try:
        font = typeface.font(TRIAL_SIZE)
        drawn, unknown = font.getmask(character), font.getmask(NOT_A_CHARACTER)
    except OSError:
        return False
    return drawn.getbbox() is not None and (drawn.size, bytes(drawn)) != (unknown.size, bytes(unknown))


@functools.lru_cache(maxsize=256)
def _font(typeface: Typeface, size: int) -> FreeTypeFont | BitmapFont:
    if not typeface.path:
        return ImageFont.load_default(size)
    return ImageFont.truetype(typeface.path, size, typeface.index)
