"""How well print is read in other fonts than those of the training, with and without the second network.

Usage: python benchmarks/print_fonts.py FONTS TEXTS [--lines 6]

FONTS contains a folder for each group of fonts (serif, typewriter, blackletter), with font files in it. TEXTS
contains ``en.txt.gz``, ``de.txt.gz`` and so on: one paragraph a line, as for `training`. For each font and
each language a page is drawn, a little blurred and noisy. Prints the mean CER of the pages of each group of
fonts and of each language. Characters that a font lacks are left out of its text.
"""

from __future__ import annotations

import argparse
import gzip
import random
import statistics
import tempfile
import textwrap
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from accuracy import error_rate, folded
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from penstock.images import find_pages
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "sv")
SUFFIXES = (".ttf", ".otf", ".woff", ".woff2")
LETTERS = 60  # in a line
SIZE, LEADING, MARGIN = 28, 48, 40  # pixels
PAPER, INK, BLUR, NOISE = 225, 40, 0.8, 10
SEED = 1


def page_of(text: list[str], font: ImageFont.FreeTypeFont) -> Image.Image:
    width = round(max(font.getlength(line) for line in text)) + 2 * MARGIN
    page = Image.new("L", (width, len(text) * LEADING + 2 * MARGIN), PAPER)
    for number, line in enumerate(text):
        ImageDraw.Draw(page).text((MARGIN, MARGIN + number * LEADING), line, fill=INK, font=font)
    blurred = np.asarray(page.filter(ImageFilter.GaussianBlur(BLUR)), float)
    noise = np.random.default_rng(SEED).normal(0, NOISE, blurred.shape)
    return Image.fromarray((blurred + noise).clip(0, 255).astype(np.uint8))


def paragraphs_of(texts: Path, language: str) -> list[str]:
    with gzip.open(texts / f"{language}.txt.gz", "rt", encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip()]


def lines_of(paragraphs: list[str], font: ImageFont.FreeTypeFont, count: int) -> list[str]:
    """Return lines of some paragraphs, without the characters that the font lacks."""
    # FreeType draws the same sign for all of them.
    lacking = bytes(font.getmask("\uffff"))
    text = " ".join(random.Random(SEED).sample(paragraphs, 20))
    known = {each for each in set(text) if each == " " or bytes(font.getmask(each)) != lacking}
    return textwrap.wrap("".join(each for each in text if each in known), LETTERS)[:count]


def recognizers() -> dict[str, PageRecognizer]:
    both, alone = (PageRecognizer(working_size=1600, min_confidence=0.5) for _ in range(2))
    alone._models.handwriting = None  # noqa: SLF001
    return {"one network": alone, "both": both}


def print_rows(title: str, names: Iterable[str], rates: dict[tuple[str, str, str], list[float]]) -> None:
    """Print the mean of the pages whose key has a name, for each name."""
    columns = sorted({key[2] for key in rates}, reverse=True)
    print(f"{title:20}{'pages':>8}" + "".join(f"{column:>14}" for column in columns))
    for name in names:
        found = [
            [rate for key, each in rates.items() if name in key and column in key for rate in each]
            for column in columns
        ]
        print(f"{name:20}{len(found[0]):8}" + "".join(f"{statistics.fmean(each):14.4f}" for each in found))


def measured(files: list[Path], texts: Path, lines: int) -> dict[tuple[str, str, str], list[float]]:
    """Return the CER of each page, by group of fonts, language and networks."""
    networks = recognizers()
    rates: dict[tuple[str, str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.png"
        for language in LANGUAGES:
            paragraphs = paragraphs_of(texts, language)
            for font in files:
                face = ImageFont.truetype(font, SIZE)
                text = lines_of(paragraphs, face, lines)
                page_of(text, face).save(path)
                (page,) = find_pages(path, path.name)
                for name, recognizer in networks.items():
                    rate = error_rate(folded(" ".join(text)), folded(recognizer.recognize(page).text))
                    rates.setdefault((font.parent.name, language, name), []).append(rate)
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("fonts", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--lines", type=int, default=6, help="lines of a page")
    arguments = parser.parse_args()
    files = sorted(each for each in arguments.fonts.glob("*/*") if each.suffix in SUFFIXES)
    if not files:
        parser.error(f"{arguments.fonts} must contain folders with font files ({', '.join(SUFFIXES)})")
    rates = measured(files, arguments.texts, arguments.lines)
    print_rows("group", sorted({each.parent.name for each in files}), rates)
    print_rows("language", LANGUAGES, rates)


if __name__ == "__main__":
    main()
