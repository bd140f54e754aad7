"""Pages of gray bars instead of lines of text, which survive being cut out, scaled and compressed."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from penstock import Homography, Picture, Spool, open_upright
from penstock.hookspecs import hookimpl
from penstock.model import Line, Page, Quad, Recognition, Word

STEP = 8
"""Difference of the gray values of two bars."""


def draw_bars(path: Path, numbers: Sequence[int], *, length: int = 200) -> Path:
    """Draw a bar for each number, from 1 to 20, one below the other."""
    page = Image.new("L", (length + 60, 300), "white")
    for row, number in enumerate(numbers):
        page.paste(number * STEP, (30, 20 + 40 * row, 30 + length, 40 + 40 * row))
    path.parent.mkdir(parents=True, exist_ok=True)
    page.save(path)
    return path


def bars_of(picture: Image.Image) -> Iterable[tuple[int, Quad]]:
    """Return the number and the place of each bar, from the top."""
    pixels = np.asarray(picture.convert("L"))
    _, _, boxes, centers = cv2.connectedComponentsWithStats((pixels < 200).astype(np.uint8))
    for (left, top, width, height, area), (x, y) in list(zip(boxes, centers, strict=True))[1:]:
        if area > 200:
            number = round(
                float(np.median(pixels[int(y) - 3 : int(y) + 3, int(x) - 20 : int(x) + 20])) / STEP
            )
            yield number, Quad.from_box(float(left), float(top), float(left + width), float(top + height))


def read_bars(picture: bytes) -> Recognition:
    """Return what the service reads: ``good 7`` for a bar with the number 7."""
    with Image.open(io.BytesIO(picture)) as image:
        return _recognition(bars_of(image), "good", {})


def _recognition(bars: Iterable[tuple[int, Quad]], word: str, confidences: dict[str, float]) -> Recognition:
    lines = [
        Line(f"{word} {number}", quad, (Word(f"{word} {number}", quad, confidences.get(str(number), 0.95)),))
        for number, quad in bars
    ]
    return Recognition(tuple(lines), recognizer=word)


@dataclass(eq=False)
class FirstReader:
    """Reads each bar as ``first 7``. ``confidences`` are those of the numbers; 0.95 for the others."""

    confidences: dict[str, float] = field(default_factory=dict)

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        return {"confidences": self.confidences}

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        return _recognition(bars_of(open_upright(page)), "first", self.confidences)


@dataclass(eq=False)
class Eraser(FirstReader):
    """Deletes the file of the page b when it has read it."""

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        read = _recognition(bars_of(open_upright(page)), "first", self.confidences)
        if page.picture.path.stem == "b":
            page.picture.path.write_bytes(b"")
        return read


@dataclass(eq=False)
class Enlarged:
    """Cuts 10 pixels off the left and the top of a page, and doubles its size."""

    @hookimpl
    def prepare(self, page: Page, spool: Spool) -> Page:
        content = io.BytesIO()
        cut = open_upright(page).crop((10, 10, page.width, page.height))
        cut.resize((2 * cut.width, 2 * cut.height)).save(content, "PNG")
        to_page = Homography(((0.5, 0.0, 10.0), (0.0, 0.5, 10.0), (0.0, 0.0, 1.0)))
        return replace(
            page,
            picture=Picture(spool.keep(content.getvalue(), ".png")),
            width=2 * cut.width,
            height=2 * cut.height,
            to_page=to_page,
        )


@dataclass(eq=False)
class PageJudge:
    """Rejects every page."""

    @hookimpl
    def accepts(self) -> bool:
        return False
