"""Draw lines of text in print and script fonts."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from penstock_plugins.recognizers.rapidocr.language_model import IDS, normalized
from training.lines import HEIGHT, Pixels

OPEN_LICENCES = ("OFL", "Apache")
LONGEST_TEXT = 75
WIDEST = 1600
"""Pixels; wider lines are drawn again with another text."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font file and the characters it has."""

    file: Path
    characters: frozenset[str]


def fonts_in(folder: Path, *, script: bool) -> list[Font]:
    """Return the fonts of npm packages ``@fontsource/*``: those of handwriting, or all others.

    Each package says its category and licence in ``metadata.json``; fonts under another licence than `OPEN_LICENCES` are left out.
    """
    found = []
    for metadata in sorted(folder.glob("*/metadata.json")):
        facts = json.loads(metadata.read_text(encoding="utf-8"))
        if (
            facts["license"]["type"].startswith(OPEN_LICENCES)
            and (facts["category"] == "handwriting") == script
        ):
            files = sorted(metadata.parent.glob("files/*-latin-400-normal.woff2"))
            files += sorted(metadata.parent.glob("files/*-latin-700-normal.woff2")) if not script else []
            files += sorted(metadata.parent.glob("files/*-latin-400-italic.woff2")) if not script else []
            found += [Font(file, _characters_of(file)) for file in files]
    return found


def _characters_of(file: Path) -> frozenset[str]:
    with TTFont(file, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap() or {}))


def paragraphs(folder: Path, languages: tuple[str, ...], draw: random.Random) -> Iterator[str]:
    """Yield paragraphs of the languages in turn, at random and without end."""
    texts = []
    for language in languages:
        with gzip.open(folder / f"{language}.txt.gz", "rt", encoding="utf-8") as file:
            texts.append([normalized(line) for line in file if line.strip()])
    while True:
        for text in texts:
            yield draw.choice(text)


def phrase(paragraph: str, draw: random.Random) -> str:
    """Return some words of a paragraph, sometimes in capitals or with a number, a date or an amount."""
    words = paragraph.split()
    count = draw.randint(2, 11)
    start = draw.randint(0, max(0, len(words) - count))
    text = " ".join(words[start : start + count])[:LONGEST_TEXT].strip()
    chance = draw.random()
    if chance < 0.06:
        return text.upper()
    if chance < 0.18:
        day, month, year = draw.randint(1, 31), draw.randint(1, 12), draw.randint(1780, 2030)
        amount = f"{draw.randint(0, 9999)}.{draw.randint(0, 99):02d}"
        numbers = (
            str(year),
            amount,
            f"${amount}",
            f"{day}/{month}/{year}",
            f"{day}.{month}.{year}",
            f"({day})",
        )
        return f"{text} {draw.choice(numbers)}"
    return text


def drawn_line(font: Font, text: str, draw: random.Random) -> Pixels | None:
    """Return a line of text as a grey picture, 48 by width; None if the font cannot draw it."""
    if not text or not all(each in IDS and (each == " " or each in font.characters) for each in text):
        return None
    face = _face(font.file, draw.choice((36, 44)))
    left, top, right, bottom = face.getbbox(text)
    width, height = int(right - left), int(bottom - top)
    if width < 8 or height < 8:
        return None
    margin = draw.randint(3, 12)
    picture = Image.new("L", (width + 2 * margin, height + 2 * margin), 0)
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, font=face, fill=255)
    share = np.asarray(picture, np.float32) / 255
    paper, ink = draw.randint(185, 255), draw.randint(0, 90)
    grey = (paper * (1 - share) + ink * share).astype(np.uint8)
    scaled = max(16, round(grey.shape[1] * HEIGHT / grey.shape[0]))
    if scaled > WIDEST:
        return None
    return np.asarray(cv2.resize(grey, (scaled, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=512)
def _face(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(file, size)
