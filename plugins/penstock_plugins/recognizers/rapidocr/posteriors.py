"""What the recognition network says about a strip: for each step along it, the most probable characters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penstock.errors import StopRun
from penstock_plugins.recognizers.rapidocr.scripts import Script, is_allowed

KEPT = 16  # most probable characters that are kept of each step
SHORTEST = 320  # width in pixels that strips are padded to, as in rapidocr
LEAST_PROBABILITY = 1e-7
LEAST_ANYWHERE = 1e-4  # probability that a class must have at some step of a strip
Device = Literal["cpu", "cuda"]
_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
BLANK = 0  # the class that stands for "no new character"


@dataclass(frozen=True)
class Posteriors:
    """The network's output for one strip.

    Attributes
    ----------
    classes, probabilities
        Steps by `KEPT`: the classes with the highest probabilities, the most probable one first.
    characters
        The character of each class. Class 0 is the blank.
    steps
        Number of steps that belong to the strip itself; the rest is padding.
    """

    classes: NDArray[np.intp]
    probabilities: NDArray[np.float32]
    characters: tuple[str, ...]
    steps: float

    def between(self, start: int, end: int) -> Posteriors:
        """Return the steps from `start` to before `end`."""
        return replace(self, classes=self.classes[start:end], probabilities=self.probabilities[start:end])

    @cached_property
    def greedy(self) -> tuple[str, NDArray[np.intp], NDArray[np.float32]]:
        """The most probable character of each step: text, and each character's step and probability."""
        best = self.classes[:, 0]
        is_new = best != BLANK
        is_new[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(is_new)
        text = "".join(self.characters[number] for number in best[steps])
        return text, steps, self.probabilities[steps, 0]

    @property
    def fit(self) -> float:
        """Log-probability of the most probable path for each of its characters; lower is worse."""
        logs = np.log(np.maximum(self.probabilities[:, 0], LEAST_PROBABILITY))
        return float(logs.sum()) / max(1, len(self.greedy[0]))


def providers_of(device: Device) -> list[str]:
    """Return onnxruntime's providers for a device, the best one first. Raises StopRun if it lacks them."""
    import onnxruntime

    if device == "cpu":
        return [_CPU]
    if _CUDA not in (known := onnxruntime.get_available_providers()):
        raise StopRun(
            f'device = "cuda" needs an onnxruntime with {_CUDA}, but this one has {", ".join(known)}',
            "install onnxruntime-gpu in place of onnxruntime, on a machine with an NVIDIA GPU",
        )
    return [_CUDA, _CPU]


class Network:
    """A recognition network in ONNX with CTC output and its characters in the metadata."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        listed = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self.characters = ("", *listed, " ")
        self._allowed: dict[frozenset[Script], NDArray[np.bool_]] = {}

    @staticmethod
    def load(file: Path, device: Device = "cpu") -> Network:
        """Load a network, which then uses one core, or the GPU.

        Raises an exception of onnxruntime for any other file.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        return Network(onnxruntime.InferenceSession(file, options, providers=providers_of(device)))

    def allowed(self, scripts: frozenset[Script]) -> NDArray[np.bool_]:
        """Return which classes are letters of the scripts, or belong to no script."""
        if scripts not in self._allowed:  # kept, because every page asks, and there are 18,000 classes
            self._allowed[scripts] = np.array([is_allowed(each, scripts) for each in self.characters])
        return self._allowed[scripts]

    def read(self, strip: NDArray[np.uint8], allowed: NDArray[np.bool_] | None = None) -> Posteriors:
        """Return the posteriors of a strip: 48 by width by 3 (blue, green, red).

        Only allowed classes are considered. Their probabilities are not scaled up: a letter that the network
        took for one of another script keeps its low confidence.
        """
        height, width = strip.shape[:2]
        padded = np.zeros((1, 3, height, max(SHORTEST, width)), np.float32)
        padded[0, :, :, :width] = strip.transpose(2, 0, 1) / np.float32(127.5) - 1
        (output,) = self._session.run(None, {self._input: padded})
        found = output[0] if allowed is None else output[0] * allowed
        # Sorting the few classes that are probable anywhere takes a tenth of the time of sorting all 18,000.
        anywhere = found.max(axis=0)
        count = max(KEPT, int((anywhere >= LEAST_ANYWHERE).sum()))
        probable = np.argpartition(anywhere, -count)[-count:]
        order = np.argsort(-found[:, probable], axis=1)[:, :KEPT]
        classes = probable[order]
        steps = len(found) * width / padded.shape[3]
        return Posteriors(classes, np.take_along_axis(found, classes, axis=1), self.characters, steps)
