"""Pages with transcriptions: scans, pages made of lines of handwriting, and drawn print.

Each page is recognized once. Its recognition is stored as JSON in a folder, so that other benchmarks need
not recognize it again. Remove the folder after a change of the recognizer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from accuracy import error_rate, folded
from handwritten_lines import GAP, PAPER, Stack, sets_of, stacks_of
from PIL import Image, ImageFilter, ImageFont
from print_fonts import LANGUAGES, lines_of, page_of, paragraphs_of

from penstock.images import find_pages
from penstock.json_form import recognition_from_json, recognition_to_json
from penstock.model import Page, Recognition
from penstock_plugins.recognizers.rapidocr import RapidOcr
from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT

PRINT_SIZE = 28  # pixels, of the letters of drawn print
PRINT_LINES = 8
MOST_LINES = 12  # of handwriting on a page
BACKGROUND = 80  # percentile of a line's pixels that is paper
COPY = re.compile("derived_|exif_orientation_[02-8]")
"""Scans that are copies of others."""
HANDWRITING = "hw_"
"""How the names of scans of handwriting begin."""
DAMAGES = ("none", "none", "blurred", "faint", "small", "noisy")
"""What is done to the pages of lines and of print, in turn."""


@dataclass(frozen=True, slots=True)
class TranscribedPage:
    """A page, its transcription, and what the recognizer read."""

    name: str
    kind: str  # scan, lines or print
    truth: str
    recognition: Recognition
    errors: float  # CER


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to recognize."""

    name: str
    kind: str
    truth: str
    page: Page


def scans(folder: Path, pattern: str = "*") -> Iterator[Picture]:
    """Yield the pages of all files with a transcription beside them, in which a form feed parts the pages."""
    for path in sorted(folder.glob(pattern)):
        beside = Path(f"{path}.txt")
        if path.suffix == ".txt" or COPY.match(path.name) or not beside.exists():
            continue
        truths = beside.read_text("utf-8").split("\f")
        for page, truth in zip(find_pages(path, path.name), truths, strict=False):
            if isinstance(page, Page):
                yield Picture(f"{path.name} {page.number}", "scan", folded(truth), page)


def pages_of_lines(folder: Path, least: int, pictures: Path) -> Iterator[Picture]:
    """Yield pages of at least so many lines of each set. Some of them are damaged."""
    for path in sets_of(folder):
        for stack in map(first_lines, stacks_of(path, least)):
            yield _saved(pictures, stack.name, "lines", " ".join(stack.truths), on_one_paper(stack))


def first_lines(stack: Stack) -> Stack:
    """Return the stack with its first lines alone, to save time."""
    height = min(MOST_LINES, len(stack.widths)) * (STRIP_HEIGHT + GAP)
    picture = stack.picture.crop((0, 0, stack.picture.width, height))
    return Stack(stack.name, picture, stack.widths[:MOST_LINES], stack.truths[:MOST_LINES])


def on_one_paper(stack: Stack) -> Image.Image:
    """Return the picture of a stack with all lines as bright as the paper between them."""
    pixels = np.asarray(stack.picture, float).copy()
    for index, width in enumerate(stack.widths):
        top = index * (STRIP_HEIGHT + GAP)
        line = pixels[top : top + STRIP_HEIGHT, :width]
        line *= PAPER / max(1.0, float(np.percentile(line, BACKGROUND)))
    return Image.fromarray(pixels.clip(0, PAPER).astype(np.uint8))


def printed(texts: Path, fonts: Iterable[Path], pictures: Path) -> Iterator[Picture]:
    """Yield a page of print for each language and font. Some of them are damaged."""
    for language in LANGUAGES:
        paragraphs = paragraphs_of(texts, language)
        for font in fonts:
            face = ImageFont.truetype(font, PRINT_SIZE)
            lines = lines_of(paragraphs, face, PRINT_LINES)
            picture = page_of(lines, face).convert("RGB")
            yield _saved(pictures, f"{language} {font.stem}", "print", " ".join(lines), picture)


def _saved(folder: Path, name: str, kind: str, truth: str, picture: Image.Image) -> Picture:
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.png"
    damaged(picture, name).save(path)
    (page,) = find_pages(path, path.name)
    if not isinstance(page, Page):
        raise ValueError(f"{path} must be a picture that can be opened: {page}")
    return Picture(name, kind, folded(truth), page)


def damaged(picture: Image.Image, name: str) -> Image.Image:
    """Return the picture with the damage that its name gives it, the same each time."""
    chance = random.Random(name)
    damage = chance.choice(DAMAGES)
    if damage == "blurred":
        return picture.filter(ImageFilter.GaussianBlur(chance.uniform(1, 3)))
    if damage == "small":
        factor = chance.uniform(0.3, 0.7)
        return picture.resize((round(picture.width * factor), round(picture.height * factor)))
    pixels = np.asarray(picture, float)
    if damage == "faint":
        pixels = 215 + (pixels - 215) * chance.uniform(0.25, 0.6)
    if damage == "noisy":
        seed = chance.randrange(1000)
        pixels = pixels + np.random.default_rng(seed).normal(0, chance.uniform(20, 70), pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def recognized(pictures: Iterable[Picture], store: Path) -> Iterator[TranscribedPage]:
    """Recognize each page with rapidocr's default options, or load its recognition from the store."""
    store.mkdir(parents=True, exist_ok=True)
    with RapidOcr() as recognizer:
        for each in pictures:
            picture = each.page.picture
            digest = hashlib.sha256(picture.path.read_bytes()).hexdigest()[:16]
            stored = store / f"{digest}-{picture.page_index}.json"
            if not stored.exists():
                form = recognition_to_json(recognizer.read(each.page))
                stored.write_text(json.dumps(form), "utf-8")
            recognition = recognition_from_json(json.loads(stored.read_text("utf-8")))
            errors = error_rate(each.truth, folded(recognition.text))
            yield TranscribedPage(each.name, each.kind, each.truth, recognition, errors)


def is_print(page: TranscribedPage) -> bool:
    return page.kind == "print" or (page.kind == "scan" and not page.name.startswith(HANDWRITING))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where pages are."""
    parser.add_argument("scans", type=Path, help="folder of pages with transcriptions, as for accuracy.py")
    parser.add_argument("--files", default="*", help="glob pattern of the scans")
    parser.add_argument("--lines", type=Path, help="folder of lines of handwriting, as for handwritten_lines")
    parser.add_argument("--least", type=int, default=25, help="lines of each set at least")
    parser.add_argument("--texts", type=Path, help="folder of texts for drawn print, as for print_fonts.py")
    parser.add_argument("--fonts", type=Path, nargs="*", default=[], help="font files for drawn print")
    parser.add_argument("--store", type=Path, required=True, help="folder for what was recognized")


def pages_of(arguments: argparse.Namespace) -> list[TranscribedPage]:
    """Return the pages that the arguments name. Pages without text are left out: they have no CER."""
    store: Path = arguments.store
    drawn = store / "pictures"
    drawn.mkdir(parents=True, exist_ok=True)
    found: list[Iterable[Picture]] = [scans(arguments.scans, arguments.files)]
    if arguments.lines:
        found.append(pages_of_lines(arguments.lines, arguments.least, drawn))
    if arguments.texts:
        found.append(printed(arguments.texts, arguments.fonts, drawn))
    return list(recognized((each for each in chain(*found) if each.truth), store))
