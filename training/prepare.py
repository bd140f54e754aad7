"""Prepare the lines that the recognition network is trained on.

    python -m training.prepare LINES_FOLDER TEXT_FOLDER FONT_FOLDER OUT_FOLDER

LINES_FOLDER holds zip files of transcribed lines of handwriting, one a set (``lines.tsv``: file, text, page).
TEXT_FOLDER holds one ``en.txt.gz`` a language, a paragraph a line. FONT_FOLDER holds npm packages
``@fontsource/*``: ``npm install`` of the names in ``fonts.txt`` makes one.

OUT_FOLDER gets ``train``, with the sets as they are less 3 % of their pages, and two more sets that are
drawn here, ``print`` and ``script``; and ``calibration``, with those pages. Nothing is trained on
``calibration``: the confidences are fitted on it.
"""

from __future__ import annotations

import argparse
import io
import random
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2

from training.drawing import drawn_line, fonts_in, paragraphs, phrase
from training.lines import LineSet, Pixels, read_sets

SEED = 1
CALIBRATION_PERCENT = 3
DRAWN = {"print": 5000, "script": 7000}
LANGUAGES = ("en", "de", "en", "fr", "es", "en", "it", "pt", "sv", "no")
"""Languages of the drawn lines, in turn: English most often."""


def main() -> None:
    """Prepare the sets that the command line names."""
    parser = argparse.ArgumentParser(description="Prepare lines for training.")
    for name in ("lines", "texts", "fonts", "out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    for split in ("train", "calibration"):
        (options.out / split).mkdir(parents=True, exist_ok=True)
    for lines in read_sets(options.lines):
        split_pages(lines, options.out)
    for name, count in DRAWN.items():
        drawn = draw_lines(name, count, options.texts, options.fonts)
        write_set(options.out / "train" / f"{name}.zip", drawn)
        print(f"{name}: drew {count:,} lines")


def split_pages(lines: LineSet, out: Path) -> None:
    """Write the lines of a set to ``train`` or ``calibration``, by their page."""
    with zipfile.ZipFile(lines.archive) as archive:
        parts: dict[str, list[str]] = {"train": [], "calibration": []}
        for row in archive.read("lines.tsv").decode("utf-8").splitlines():
            page = row.split("\t")[2]
            is_held_out = zlib.crc32(f"{lines.name}/{page}".encode()) % 100 < CALIBRATION_PERCENT
            parts["calibration" if is_held_out else "train"].append(row)
        for split, rows in parts.items():
            with zipfile.ZipFile(out / split / lines.archive.name, "w") as target:
                for row in rows:
                    file = row.split("\t")[0]
                    target.writestr(file, archive.read(file))
                target.writestr("lines.tsv", "".join(f"{row}\n" for row in rows))
    print(f"{lines.name}: {len(parts['train']):,} lines for training, {len(parts['calibration'])} held out")


def draw_lines(kind: str, count: int, texts: Path, fonts: Path) -> Iterator[tuple[Pixels, str, str]]:
    """Yield pictures of lines with their text and the name of their font."""
    draw = random.Random(f"{SEED} {kind}")
    faces = fonts_in(fonts, script=kind == "script")
    if not faces:
        raise FileNotFoundError(f"{fonts} holds no {kind} fonts: npm install those of fonts.txt")
    made = 0
    for paragraph in paragraphs(texts, LANGUAGES, draw):
        font, text = draw.choice(faces), phrase(paragraph, draw)
        picture = drawn_line(font, text, draw)
        if picture is not None:
            yield picture, text, font.file.stem
            made += 1
        if made == count:
            return


def write_set(target: Path, lines: Iterable[tuple[Pixels, str, str]]) -> None:
    """Write drawn lines in the form of the other sets."""
    table = io.StringIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, (picture, text, page) in enumerate(lines):
            file = f"{number:05d}.webp"
            archive.writestr(
                file, cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 80])[1].tobytes()
            )
            table.write(f"{file}\t{text}\t{page}\n")
        archive.writestr("lines.tsv", table.getvalue())


if __name__ == "__main__":
    main()
