"""The ``rapidocr`` recognizer: offline, with rapidocr's models."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from penstock.errors import PenstockError, StopRun
from penstock.hookspecs import hookimpl
from penstock.model import Page, Recognition, Resources
from penstock_plugins.recognizers.rapidocr import handwriting_model
from penstock_plugins.recognizers.rapidocr.scripts import scripts_of
from penstock_plugins.recognizers.rapidocr.vocabulary_file import read_vocabulary

if TYPE_CHECKING:
    from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

SMALLEST_SIZE = 320
MEMORY = 500 * 1024**2  # bytes that a process takes for common pages

# Part of the cache key. Raise it when this package produces other results: pages are recognized again.
COMPOSITION = 9


@dataclass(eq=False)
class RapidOcr:
    """Recognizes pages on this machine with the models that the ``rapidocr`` package contains.

    Two networks recognize text. The first one reads Latin, Greek, Chinese and Japanese script. On pages in
    Latin script the second one, which was trained on handwriting, also reads the lines that the first one
    doubts, and the better reading is used. Pages in other scripts come out as letters that look alike; the
    report says so, and their words have a low confidence.

    Raises PictureError for a page that cannot be opened, and StopRun if rapidocr cannot be loaded.

    Parameters
    ----------
    workers
        Number of worker processes on this machine; by default as many as its cores and its memory allow.
    working_size
        Longer side, in pixels, of the picture that lines are cut from; larger scans are scaled down to it.
        Limits the memory of a worker. Small print is read in a picture of up to twice the size.
    min_confidence
        Lines with a lower confidence (0 to 1) are dropped as noise.
    languages
        BCP 47 tags, such as ``["en", "fr"]``: only letters of the scripts of these languages are recognized,
        and doubtful words are decoded with the model of the one that fits a page best. Without any, the
        scripts and the language that the page as a whole makes plausible are used. There are models for
        Czech, English, French, German, Italian, Norwegian, Polish, Portuguese, Spanish and Swedish.
    vocabulary
        Text file with names and places, one per line, of one or more words. Doubtful words are decoded in
        favour of them. Entries with digits are ignored.
    quality
        ``"best"`` lets both networks read every line. It takes longer, above all for print.
    device
        ``"cuda"`` runs the networks on an NVIDIA GPU. This needs the package onnxruntime-gpu in place of
        onnxruntime. A Dask worker then needs the resource ``GPU``.
    """

    workers: int | None = None
    working_size: int = 1600
    min_confidence: float = 0.5
    languages: tuple[str, ...] = ()
    vocabulary: Path | None = None
    quality: Literal["normal", "best"] = "normal"
    device: Literal["cpu", "cuda"] = "cpu"

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        if self.working_size < SMALLEST_SIZE:
            raise ValueError(f"working_size must be at least {SMALLEST_SIZE}, got {self.working_size}")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError(f"min_confidence must be from 0 to 1, got {self.min_confidence}")
        scripts_of(self.languages)  # raises ValueError for a language that is not read
        self._file = read_vocabulary(self.vocabulary) if self.vocabulary is not None else None
        self._recognizer: PageRecognizer | None = None

    def __enter__(self) -> RapidOcr:
        """Load the models. Raises StopRun if that fails."""
        try:
            from penstock_plugins.recognizers.rapidocr.page_recognition import PageRecognizer

            self._recognizer = PageRecognizer(
                working_size=self.working_size,
                min_confidence=self.min_confidence,
                languages=self.languages,
                vocabulary=self._file.text if self._file else "",
                quality=self.quality,
                device=self.device,
            )
        except PenstockError:
            raise
        except Exception as error:
            hint = "install it with its runtime: python -m pip install 'rapidocr>=3.10,<4' onnxruntime"
            raise StopRun(f"cannot load rapidocr: {type(error).__name__}: {error}", hint) from error
        return self

    def __exit__(self, *raised: object) -> None:
        self._recognizer = None

    @hookimpl
    def resources(self) -> Resources:
        """Return one core and the memory of the models for each process."""
        gpu = {"GPU": 1.0} if self.device == "cuda" else {}
        return Resources(processes=self.workers, memory=MEMORY, dask=gpu)

    @hookimpl
    def note(self) -> str:
        """Return what is missing, and what the file of the vocabulary had to be taken for."""
        missing = "" if handwriting_model.digest() else handwriting_model.MISSING
        return "; ".join(filter(None, (self._file.remark if self._file else "", missing)))

    @hookimpl
    def cache_key(self) -> dict[str, object]:
        """Return the versions of the models and of this package, and the options that change results."""
        key: dict[str, object] = {
            "rapidocr": version("rapidocr"),
            "composition": COMPOSITION,
            "working_size": self.working_size,
            "min_confidence": self.min_confidence,
            "languages": sorted(self.languages),
            "handwriting": handwriting_model.digest(),
            "quality": self.quality,
        }
        return key | ({"vocabulary": self._file.digest} if self._file else {})

    @hookimpl
    def read(self, page: Page) -> Recognition:
        """Return the recognition, in pixels of the page."""
        if self._recognizer is None:
            raise RuntimeError("the models are not loaded: use the recognizer as a context manager")
        return self._recognizer.recognize(page)


__all__ = ["RapidOcr"]
