"""Read lines of handwriting as the recognizer reads the lines of a page.

A set is a zip file with pictures of lines, 48 pixels high, and ``lines.tsv``: file, text, page. The lines of
a page are stacked in one picture. The recognizer gets their quads in place of those that it would detect;
all else is as for any page.
"""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from penstock.images import find_pages
from penstock.model import Line
from penstock_plugins.recognizers.rapidocr.models import STRIP_HEIGHT, Models, Pixels
from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

GAP = 24  # pixels between two lines of a stack
MOST_LINES = 40  # in one stack
PAPER = 235
SEED = 1


@dataclass(frozen=True, slots=True)
class Stack:
    """Lines of one page, one below the other."""

    name: str  # set and page
    picture: Image.Image
    widths: tuple[int, ...]
    truths: tuple[str, ...]

    @property
    def quads(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """Around each line, in pixels: n by 4 by 2."""
        tops = [index * (STRIP_HEIGHT + GAP) for index in range(len(self.widths))]
        return np.array(
            [
                [[0, top], [width, top], [width, top + STRIP_HEIGHT], [0, top + STRIP_HEIGHT]]
                for top, width in zip(tops, self.widths, strict=True)
            ],
            np.float64,
        )


def sets_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.zip"))


def stacks_of(path: Path, least: int) -> Iterator[Stack]:
    """Yield pages of a set until they have at least this many lines; the same ones every time."""
    with zipfile.ZipFile(path) as archive:
        rows = [row.split("\t") for row in archive.read("lines.tsv").decode("utf-8").splitlines()]
        pages: dict[str, list[tuple[str, str]]] = {}
        for file, text, page in rows:
            pages.setdefault(page, []).append((file, text))
        names = sorted(pages)
        random.Random(SEED).shuffle(names)
        count = 0
        for name in names:
            if count >= least:
                return
            lines = pages[name][:MOST_LINES]
            count += len(lines)
            pictures = [Image.open(io.BytesIO(archive.read(file))).convert("L") for file, _ in lines]
            yield _stacked(f"{path.stem} {Path(name).name}", pictures, [text for _, text in lines])


def _stacked(name: str, pictures: list[Image.Image], truths: list[str]) -> Stack:
    width = max(picture.width for picture in pictures)
    stack = Image.new("RGB", (width, len(pictures) * (STRIP_HEIGHT + GAP)), (PAPER,) * 3)
    for index, picture in enumerate(pictures):
        stack.paste(picture, (0, index * (STRIP_HEIGHT + GAP)))
    return Stack(name, stack, tuple(picture.width for picture in pictures), tuple(truths))


def read_lines(folder: Path, least: int) -> Iterator[tuple[str, str, Line | None]]:
    """Read at least this many lines of each set in a folder.

    Yields the name of the page, the transcription, and what was read; None for a line that was dropped as
    noise.
    """
    with tempfile.TemporaryDirectory() as name:
        reader = LineReader(Path(name))
        for path in sets_of(folder):
            for stack in stacks_of(path, least):
                for truth, line in zip(stack.truths, reader.read(stack), strict=True):
                    yield stack.name, truth, line


class LineReader:
    """Reads stacks with the recognizer's own path for lines; `folder` takes their pictures."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recognizer = PageRecognizer(working_size=100_000, min_confidence=0.5)
        self._models: Models = self._recognizer._models  # noqa: SLF001

    def read(self, stack: Stack) -> list[Line | None]:
        """Return what was read of each line; None for a line that was dropped as noise."""
        path = self._folder / "stack.png"
        stack.picture.save(path)
        width = stack.picture.width

        def detect(pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
            return stack.quads * (pixels.shape[1] / width)

        self._models.detect = detect  # type: ignore[method-assign]
        (page,) = find_pages(path, path.name)
        found: list[Line | None] = [None] * len(stack.truths)
        for line in self._recognizer.recognize(page).lines:
            _, top, _, bottom = line.quad.bounds
            found[min(int((top + bottom) / 2 / (STRIP_HEIGHT + GAP)), len(found) - 1)] = line
        return found
