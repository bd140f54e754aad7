"""Sets of transcribed lines: zip files of line pictures with ``lines.tsv`` (file, text, page)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr.language_model import IDS, normalized

if TYPE_CHECKING:
    from torch import Tensor

HEIGHT = 48
"""Height of the network's pictures in pixels."""
STEP = 4
"""Pixels of width for each CTC step."""
Pixels = NDArray[np.uint8]
Widths = TypeVar("Widths", int, "Tensor")


@dataclass(frozen=True, slots=True)
class Line:
    """A transcribed line: its picture's name in the archive, its text as the network writes it, its page."""

    file: str
    text: str
    page: str


@dataclass
class LineSet:
    """The usable lines of one archive.

    Lines with a character that the network does not know are left out.
    """

    archive: Path
    lines: list[Line] = field(init=False)

    def __post_init__(self) -> None:
        with zipfile.ZipFile(self.archive) as archive:
            table = archive.read("lines.tsv").decode("utf-8")
        rows = [row.split("\t") for row in table.splitlines()]
        lines = [Line(row[0], normalized(row[1]), row[2] if len(row) > 2 else "") for row in rows]
        self.lines = [line for line in lines if line.text and all(each in IDS for each in line.text)]
        self._open: zipfile.ZipFile | None = None

    @property
    def name(self) -> str:
        """Name of the archive without its ending."""
        return self.archive.stem

    def picture(self, line: Line) -> Pixels:
        """Return a line's picture: 48 by width, grey."""
        if self._open is None:  # every process opens the archive itself
            self._open = zipfile.ZipFile(self.archive)
        data = np.frombuffer(self._open.read(line.file), np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ValueError(f"{self.archive}: {line.file} is not a picture")
        return np.asarray(picture, np.uint8)


def read_sets(folder: Path) -> list[LineSet]:
    """Return the sets of a folder, in order of their names. Raises FileNotFoundError if it has none."""
    archives = sorted(folder.glob("*.zip"))
    if not archives:
        raise FileNotFoundError(f"{folder} holds no zip files of lines: run training.prepare first")
    return [LineSet(archive) for archive in archives]


def steps_needed(text: str) -> int:
    """Return the CTC steps that a text needs: one a character, and one between two equal ones."""
    return len(text) + sum(first == second for first, second in pairwise(text))


def steps_of(width: Widths) -> Widths:
    """Return the CTC steps of a picture, given its width in pixels, or of each picture of a tensor."""
    return -(-width // STEP)
