"""rapidocr's two models: one detects lines in a picture, one recognizes the text of a strip.

rapidocr's own preprocessing is turned off; this package chooses sizes, cuts strips and orders lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from penstock_plugins.recognizers.rapidocr import handwriting_model
from penstock_plugins.recognizers.rapidocr.posteriors import Device, Network, Posteriors, providers_of
from penstock_plugins.recognizers.rapidocr.scripts import Script
from rapidocr import RapidOCR

Pixels = NDArray[np.uint8]  # a picture: height by width by 3, in the order blue, green, red
QuadArray = NDArray[np.float64]  # one quad: 4 by 2, clockwise
QuadArrays = NDArray[np.float64]  # any number of quads: n by 4 by 2
STRIP_HEIGHT = 48  # input height of the recognition model in pixels
WIDE_GAP = 3.0  # a gap between letters this many times wider than the line's median gap separates two words
MIN_GAPS = 3  # gaps between letters that a line must have for its median gap to be used
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
class StripText:
    """The text of one strip, character by character."""

    text: str
    positions: tuple[float, ...]  # center of each character; 0 is the strip's left edge, 1 its right edge
    confidences: tuple[float, ...]  # of each character, 0 to 1

    @property
    def confidence(self) -> float:
        """Mean of the characters' confidences; 0 without characters."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0

    @property
    def pitch(self) -> float:
        """Mean distance between two characters, as a share of the strip's width."""
        if len(self.positions) < 2:
            return 1.0
        return (self.positions[-1] - self.positions[0]) / (len(self.positions) - 1)

    def reaches(self, confidence: float, characters: int) -> bool:
        return self.confidence >= confidence and len(self.text) >= characters

    def words(self) -> list[StripText]:
        """Split at spaces; positions remain relative to the whole strip."""
        parts = [slice(*match.span()) for match in re.finditer(r"\S+", self.text)]
        return [StripText(self.text[part], self.positions[part], self.confidences[part]) for part in parts]


class Models:
    """The loaded models. Each call uses one core, or the GPU. Raises StopRun without a usable GPU."""

    def __init__(self, device: Device = "cpu") -> None:
        cv2.setNumThreads(1)
        providers_of(device)
        self._engine = RapidOCR(params={**_PARAMETERS, "EngineConfig.onnxruntime.use_cuda": device == "cuda"})
        self.name = f"rapidocr {version('rapidocr')}"
        self._network = Network(self._recognition_session())
        # Without its file, lines are read by the first network alone.
        self.handwriting = (
            Network.load(handwriting_model.FILE, device) if handwriting_model.digest() else None
        )
        self._allowed: NDArray[np.bool_] | None = None

    def _recognition_session(self) -> Any:
        """Return the onnxruntime session of the recognition model, whose probabilities rapidocr hides."""
        # rapidocr loads the model with the first strip.
        self._engine(np.zeros((STRIP_HEIGHT, STRIP_HEIGHT, 3), np.uint8), use_det=False, use_cls=False)
        recognizer: Any = self._engine.text_rec
        return recognizer.session.session

    def limited_to(self, scripts: frozenset[Script] | None) -> Models:
        """Return the same models, which recognize letters of these scripts only; of all, for None.

        Digits, punctuation and symbols are of no script and always allowed.
        """
        limited = copy(self)
        limited._allowed = None if scripts is None else self._network.allowed(scripts)  # noqa: SLF001
        return limited

    def detect(self, pixels: Pixels) -> QuadArrays:
        """Return quads around lines of text, in pixels of the picture."""
        detected: Any = self._engine(pixels, use_det=True, use_cls=False, use_rec=False)
        if detected.boxes is None:
            return np.zeros((0, 4, 2))
        return np.asarray(detected.boxes, dtype=np.float64)

    def posteriors(self, strip: Pixels) -> Posteriors:
        """Return what the recognition model says about a strip of `STRIP_HEIGHT`."""
        return self._network.read(strip, self._allowed)

    def recognize(self, strip: Pixels) -> StripText:
        """Return the text of a strip of `STRIP_HEIGHT`, written from left to right."""
        return greedy_text(self.posteriors(strip))


def greedy_text(posteriors: Posteriors) -> StripText:
    """Return the most probable character of each step."""
    text, steps, confidences = posteriors.greedy
    if not text.strip():
        return StripText("", (), ())
    return with_missing_spaces(placed_text(text, steps.tolist(), confidences.tolist(), posteriors.steps))


def placed_text(text: str, steps: Sequence[int], confidences: Sequence[float], width: float) -> StripText:
    """Return a text with the positions of its characters; the model gives none to spaces.

    `width` is the number of steps of the whole strip.
    """
    known = [index for index, character in enumerate(text) if not character.isspace()]
    positions = np.interp(
        range(len(text)), known, [(steps[index] + 0.5) / max(width, 1.0) for index in known]
    )
    return StripText(text, tuple(positions.tolist()), tuple(round(each, 5) for each in confidences))


def with_missing_spaces(strip: StripText) -> StripText:
    """Insert a space wherever two letters are much farther apart than most letters of the line.

    The model omits spaces, mostly in stretched strips. Two joined words cannot be found by a search for
    whole words.
    """
    pairs = list(pairwise(zip(strip.text, strip.positions, strip.confidences, strict=True)))
    gaps = [after[1] - before[1] for before, after in pairs if (before[0] + after[0]).isalnum()]
    if len(gaps) < MIN_GAPS:
        return strip
    wide = WIDE_GAP * float(np.median(gaps))
    letters = [(strip.text[0], strip.positions[0], strip.confidences[0])]
    for before, after in pairs:
        if (before[0] + after[0]).isalnum() and after[1] - before[1] > wide:
            letters.append((" ", (before[1] + after[1]) / 2, min(before[2], after[2])))
        letters.append(after)
    texts, positions, confidences = zip(*letters, strict=True)
    return StripText("".join(texts), positions, confidences)
