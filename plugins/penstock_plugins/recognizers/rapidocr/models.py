"""rapidocr's two models behind the two questions that we ask: where is text, and what does a strip say.

All of rapidocr's own treatment of pictures is turned off: sizes, strips and order are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby, pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from rapidocr import RapidOCR

Pixels = NDArray[np.uint8]
"""Height by width by 3, blue first."""

Boxes = NDArray[np.float64]
"""Any number of quads: n by 4 by 2."""

STRIP_HEIGHT = 48
"""Pixels that the recognition model sees of a line's height."""

WIDE_GAP = 3.0
"""Letters that are this many times as far apart as most of their line belong to two words."""
FEWEST_GAPS = 3
"""Letters of a line with fewer gaps than this between them say nothing of what is wide."""

_PARAMETERS = {
    "Global.log_level": "error",
    "Global.use_preprocess_img": False,
    "Global.use_vertical_padding": False,
    "Det.limit_type": "max",
    "Det.limit_side_len": 100_000,
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


@dataclass(frozen=True, slots=True)
class Strip:
    """What was read in one strip.

    Parameters
    ----------
    text
        As the model wrote it.
    places
        For every character, where its evidence peaks: 0 at the strip's left edge, 1 at its right.
    confidences
        For every character, 0 to 1.
    """

    text: str
    places: tuple[float, ...]
    confidences: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """The characters' mean; 0 for a strip without any."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0

    @property
    def pitch(self) -> float:
        """How far its characters are apart, as a share of the strip."""
        if len(self.places) < 2:
            return 1.0
        return (self.places[-1] - self.places[0]) / (len(self.places) - 1)

    def words(self) -> list[Strip]:
        """What stands between its spaces; places are still those in the whole strip."""
        groups = [
            (is_space, [index for index, _ in group])
            for is_space, group in groupby(enumerate(self.text), key=lambda item: item[1].isspace())
        ]
        return [self._part(members[0], members[-1] + 1) for is_space, members in groups if not is_space]

    def _part(self, start: int, end: int) -> Strip:
        return Strip(self.text[start:end], self.places[start:end], self.confidences[start:end])


class Models:
    """The models, loaded once; each answer takes one core."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._engine = RapidOCR(params=_PARAMETERS)
        self.name = f"rapidocr {version('rapidocr')}"

    def find(self, pixels: Pixels) -> Boxes:
        """Quads around what looks like text, in the picture's pixels."""
        found: Any = self._engine(pixels, use_det=True, use_cls=False, use_rec=False)
        if found.boxes is None:
            return np.zeros((0, 4, 2))
        return np.asarray(found.boxes, dtype=np.float64)

    def read(self, strip: Pixels) -> Strip:
        """The text of one strip, `STRIP_HEIGHT` high, written from left to right."""
        read: Any = self._engine(strip, use_det=False, use_cls=False, use_rec=True, return_word_box=True)
        if not read.txts or not read.txts[0].strip():
            return Strip("", (), ())
        return _strip(read.txts[0], read.word_results[0])


def _strip(text: str, details: Any) -> Strip:
    """Give every character its place; the model's answer has none for spaces."""
    columns = [column for word in details.word_cols for column in word]
    width = max(details.line_txt_len, 1.0)
    known = [index for index, character in enumerate(text) if not character.isspace()]
    places = np.interp(range(len(text)), known, [(column + 0.5) / width for column in columns])
    return parted(Strip(text, tuple(places.tolist()), tuple(details.confs)))


def parted(strip: Strip) -> Strip:
    """The strip with a space wherever two letters are much farther apart than its letters mostly are.

    The model forgets spaces, above all in strips that were stretched; a word that is glued to the next is
    not found by a search for whole words.
    """
    pairs = list(pairwise(zip(strip.text, strip.places, strip.confidences, strict=True)))
    gaps = [after[1] - before[1] for before, after in pairs if (before[0] + after[0]).isalnum()]
    if len(gaps) < FEWEST_GAPS:
        return strip
    wide = WIDE_GAP * float(np.median(gaps))
    letters = [(strip.text[0], strip.places[0], strip.confidences[0])]
    for before, after in pairs:
        if (before[0] + after[0]).isalnum() and after[1] - before[1] > wide:
            letters.append((" ", (before[1] + after[1]) / 2, min(before[2], after[2])))
        letters.append(after)
    texts, places, confidences = zip(*letters, strict=True)
    return Strip("".join(texts), places, confidences)
