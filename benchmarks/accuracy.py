"""Measure the accuracy of penstock's recognizer, bare rapidocr and, if it is installed, Tesseract.

Usage: python benchmarks/accuracy.py FOLDER [--files 'hw_*'] [--working-size N]
       [--degraded tilted:5|photographed|among|shaded] [--transform crop] [--engines penstock,Tesseract]
       [--save RESULTS.json] [--compare RESULTS.json]
       python benchmarks/accuracy.py LINES_FOLDER --lines 40 [--save ...] [--compare ...]

FOLDER contains pictures with their transcriptions: ``letter.jpg`` and ``letter.jpg.txt``. With ``--lines``,
LINES_FOLDER contains zip files of lines instead, as `handwritten_lines` describes them. Of each set, the same
pages are read every time until they have so many lines, and each set has a row.

The text of every engine is normalized to NFC, with white space collapsed, and measured in three ways:

- CER: character error rate, the Levenshtein distance to the transcription over the transcription's length.
  Text that is not in the transcription (stamps, page numbers) counts as errors.
- words: the share of the transcription's words of three letters or more (every occurrence counts) that
  are words of the text, regardless of case: what a search for whole words would find.
- inside: the same, but words may also be parts of longer words.

Bare rapidocr runs with its default settings; its lines are joined in their order. Seconds are those of a
page with loaded models. penstock uses one core; the others use as many as they choose.

Below the table are the means with bootstrap intervals, and the worst page. ``--save`` stores the measures of
each page, and ``--compare`` gives the paired differences to stored ones. penstock is compared with the other
engines in the same way.

``--degraded`` uses worse copies of the pictures: rotated, photographed at an angle on a table, the same
among parts of two other pictures, or unevenly lit. ``--transform``, given once or several times, prepares
the pictures.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from penstock.images import find_pages, open_upright
from penstock.plugins import find
from penstock.spool import Spool
from penstock_plugins.recognizers.rapidocr import RapidOcr

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from photos import TABLES, light, photo_of

sys.path.insert(0, str(Path(__file__).parent))
from intervals import Measures, comparison, save, saved, summary

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"})
"""Formats that all engines open."""

PHOTO = 3000, 4000
"""Width and height in pixels of a photo taken with a phone."""

WORD = re.compile(r"[^\W\d_]{3,}")
Engine = Callable[[Path], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture and its transcription."""

    path: Path
    truth: str


@dataclass(frozen=True, slots=True)
class Score:
    """The accuracy of one engine on one file."""

    errors: float
    words: float
    inside: float
    seconds: float


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def error_rate(truth: str, text: str) -> float:
    """Return the Levenshtein distance over the length of the truth; above 1 for much surplus text."""
    return distance(truth, text) / max(1, len(truth))


def distance(truth: str, text: str) -> int:
    """Return the Levenshtein distance."""
    row = list(range(len(text) + 1))
    for number, wanted in enumerate(truth, 1):
        before, row = row, [number]
        for index, character in enumerate(text):
            row.append(min(before[index] + (wanted != character), before[index + 1] + 1, row[-1] + 1))
    return row[-1]


def shares_found(truth: str, text: str) -> tuple[float, float]:
    """Return the shares of the truth's words that are words of the text and that occur in it."""
    words, text = WORD.findall(truth.casefold()), text.casefold()
    if not words:
        return 1.0, 1.0
    whole = set(WORD.findall(text))
    return sum(word in whole for word in words) / len(words), sum(word in text for word in words) / len(words)


@contextmanager
def penstock(working_size: int) -> Iterator[Engine]:
    with RapidOcr(working_size=working_size) as recognizer:
        yield lambda path: "\n".join(recognizer.read(page).text for page in find_pages(path, path.name))


@contextmanager
def bare_rapidocr() -> Iterator[Engine]:
    from rapidocr import RapidOCR

    engine = RapidOCR(params={"Global.log_level": "critical"})
    yield lambda path: "\n".join(engine(str(path)).txts or ())


@contextmanager
def tesseract() -> Iterator[Engine]:
    def recognize(path: Path) -> str:
        return subprocess.run(["tesseract", path, "-"], capture_output=True, text=True).stdout

    yield recognize


def measure(engine: Engine, samples: list[Sample]) -> list[Score]:
    engine(samples[0].path)  # loads the models
    return [_score(engine, sample) for sample in samples]


def _score(engine: Engine, sample: Sample) -> Score:
    start = time.perf_counter()
    text = folded(engine(sample.path))
    seconds = time.perf_counter() - start
    return Score(error_rate(sample.truth, text), *shares_found(sample.truth, text), seconds)


def transcribed(folder: Path, pattern: str) -> list[Sample]:
    return [
        Sample(path, folded(Path(f"{path}.txt").read_text("utf-8")))
        for path in sorted(folder.glob(pattern))
        if path.suffix.lower() in PICTURES and Path(f"{path}.txt").exists()
    ]


def degraded(samples: list[Sample], number: int, how: str, folder: Path) -> Sample:
    """Return a worse copy: ``tilted:DEGREES``, ``photographed``, ``among`` others or ``shaded``."""
    kind, _, degrees = how.partition(":")
    picture, random = upright(samples[number]), np.random.default_rng(number)
    if kind == "tilted":
        paper = tuple(int(value) for value in np.median(np.asarray(picture), axis=(0, 1)))
        worse = picture.rotate(-float(degrees), Image.Resampling.BICUBIC, expand=True, fillcolor=paper)
    elif kind == "photographed":
        tables = ("wood", "cloth", "dark", "stone")
        worse = photo_of(picture, number, tables[number % len(tables)], size=PHOTO).image
    elif kind == "among":
        others = [upright(samples[(number + step) % len(samples)]) for step in (1, 2)]
        worse = photo_of(picture, number, list(TABLES)[number % len(TABLES)], others=others, size=PHOTO).image
    elif kind == "shaded":
        lit = np.asarray(picture) * light(*picture.size, random, depth=0.75)[..., None]
        worse = Image.fromarray(lit.astype(np.uint8))
    else:
        raise ValueError(f"--degraded must be tilted:DEGREES, photographed, among or shaded, got {how!r}")
    path = folder / f"{samples[number].path.stem}.jpg"
    worse.save(path, quality=92)
    return Sample(path, samples[number].truth)


def upright(sample: Sample) -> Image.Image:
    (page,) = find_pages(sample.path, sample.path.name)
    return open_upright(page).convert("RGB")


def prepared(sample: Sample, transforms: list[str], folder: Path) -> Sample:
    """Return the sample with the picture that the transforms make of it."""
    (page,) = find_pages(sample.path, sample.path.name)
    for name in transforms:
        page = find("transform", name, folder)().prepare(page, Spool(folder))
    return Sample(page.picture.path, sample.truth)


def print_table(names: list[str], scores: dict[str, list[Score]]) -> None:
    print(f"{'':40}" + "".join(f"{name:^36}" for name in scores))
    print(f"{'':40}" + f"{'CER':>8}{'words':>8}{'inside':>8}{'seconds':>9}   " * len(scores))
    for row, name in enumerate(names):
        print(f"{name[:39]:40}" + "".join(_cells(column[row]) for column in scores.values()))
    for label, average in (("median", statistics.median), ("mean", statistics.fmean)):
        cells = (
            Score(*(average([getattr(score, field) for score in column]) for field in Score.__slots__))
            for column in scores.values()
        )
        print(f"{label:40}" + "".join(_cells(score) for score in cells))


def _cells(score: Score) -> str:
    return f"{score.errors:8.3f}{score.words:8.1%}{score.inside:8.1%}{score.seconds:9.2f}   "


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", default="*", help="glob pattern of the files in the folder")
    parser.add_argument("--working-size", type=int, default=RapidOcr.working_size)
    parser.add_argument("--degraded", help="tilted:DEGREES, photographed, among or shaded")
    parser.add_argument("--transform", action="append", default=[], help="deskew or crop")
    parser.add_argument("--engines", default="penstock,bare rapidocr,Tesseract")
    parser.add_argument("--lines", type=int, help="read this many lines of each set of lines at least")
    parser.add_argument("--save", type=Path, help="file for the measures of each page")
    parser.add_argument("--compare", type=Path, help="file with the measures of an earlier run")
    arguments = parser.parse_args()
    if arguments.lines:
        from line_accuracy import measured_lines, print_sets

        scores = measured_lines(arguments.folder, arguments.lines)
        print_sets(scores)
        conclude({"penstock": scores}, arguments)
        return
    samples = transcribed(arguments.folder, arguments.files)
    if not samples:
        parser.error(f"no pictures with transcriptions: {arguments.folder}/{arguments.files}")
    names = [sample.path.name for sample in samples]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.degraded:
            samples = [
                degraded(samples, number, arguments.degraded, folder) for number in range(len(samples))
            ]
        samples = [prepared(sample, arguments.transform, folder) for sample in samples]
        columns = measured(samples, arguments.engines.split(","), arguments.working_size)
    print_table(names, columns)
    conclude({name: dict(zip(names, column, strict=True)) for name, column in columns.items()}, arguments)


def conclude(scores: dict[str, dict[str, Score]], arguments: argparse.Namespace) -> None:
    """Print intervals and differences, and store the measures of each page."""
    measures: dict[str, Measures] = {
        name: {page: asdict(score) for page, score in column.items()} for name, column in scores.items()
    }
    print()
    for name, pages in measures.items():
        print("\n".join(summary(name, pages)))
    for name in [each for each in measures if each != "penstock" and "penstock" in measures]:
        print("\n".join(comparison("penstock", measures["penstock"], name, measures[name])))
    if arguments.compare:
        for name, before in saved(arguments.compare).items():
            if name in measures:
                label = f"{name} in {arguments.compare.name}"
                print("\n".join(comparison(name, measures[name], label, before)))
    if arguments.save:
        save(arguments.save, measures)


def measured(samples: list[Sample], chosen: list[str], working_size: int) -> dict[str, list[Score]]:
    engines = {"penstock": penstock(working_size), "bare rapidocr": bare_rapidocr()}
    if shutil.which("tesseract"):
        engines["Tesseract"] = tesseract()
    scores = {}
    for name in chosen:
        if name in engines:
            with engines[name] as engine:
                scores[name] = measure(engine, samples)
    return scores


if __name__ == "__main__":
    main()
