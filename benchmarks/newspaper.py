"""How many pages a second get from files with text into PDFs, for newspaper pages of 3,000 words.

Usage: python benchmarks/newspaper.py [--format page] [--pages 50,500]

Makes a page of 3,000 words with its picture, a JPEG that is passed through. Prints the time of each stage for
one page, and pages a second and peak memory of whole runs, each over copies of the page in documents of their
own.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from engine import measured
from penstock import Line, Page, Picture, Quad, Recognition, RecognizedPage, Word, find_pages
from penstock.json_form import recognition_from_json, recognition_to_json
from penstock.render import write_searchable_pdf
from penstock.transcriptions.alto_writer import alto_page
from penstock.transcriptions.page_writer import page_xml
from penstock.transcriptions.reading import read_transcription

WORDS, COLUMNS, WIDTH, HEIGHT = 3000, 6, 2500, 3500
LETTERS = "etaoinshrdlucmfwyp"
FORMATS: dict[str, Callable[[RecognizedPage], bytes]] = {"alto": alto_page, "page": page_xml}
REPEATS = 10
PLUGIN = f"{Path(__file__).parent / 'from_file.py'}:FromFile"


def newspaper() -> Recognition:
    """Return columns of short lines with baselines and confidences, as OCR programs write them."""
    chance = random.Random(1)
    texts = ["".join(chance.choices(LETTERS, k=chance.randint(1, 10))) for _ in range(4000)]
    lines: list[Line] = []
    column, top, count = 0, 50.0, 0
    while count < WORDS:
        left, words = column * WIDTH / COLUMNS + 10, []
        while left < (column + 1) * WIDTH / COLUMNS - 75:
            text = chance.choice(texts)
            right = left + 8 * len(text) + chance.random() * 4
            words.append(Word(text, Quad.from_box(left, top, right, top + 17.0), round(chance.random(), 2)))
            left = right + 7
        quad = Quad.around(word.quad for word in words)
        baseline = ((words[0].quad.bounds[0], top + 14), (right, top + 14))
        lines.append(Line(" ".join(word.text for word in words), quad, tuple(words), baseline=baseline))
        count, top = count + len(words), top + 22
        if top > HEIGHT - 50:
            column, top = column + 1, 50.0
    return Recognition(tuple(lines), recognizer="benchmark 1")


def stages(text: Path, scan: Path) -> None:
    """Print the processor time of each stage for one page, in milliseconds."""
    recognition = next(read_transcription(text)).recognition
    form = json.dumps(recognition_to_json(recognition), ensure_ascii=False).encode()
    page = RecognizedPage(next(iter(find_pages(scan, scan.name))), recognition)
    timed("read the file with text", lambda: next(read_transcription(text)))
    timed("store the result", lambda: zlib.compress(json.dumps(recognition_to_json(recognition)).encode(), 1))
    timed("load the result", lambda: recognition_from_json(json.loads(form)))
    timed("write the PDF/A", lambda: write_searchable_pdf([page], io.BytesIO()))


def timed(name: str, stage: Callable[[], object]) -> None:
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        stage()
        times.append(time.process_time() - start)
    print(f"  {name:28} {1000 * min(times):6.1f} ms")


def run(text: Path, scan: Path, pages: int) -> tuple[float, float]:
    """Return the seconds and the peak memory in MB of a run over copies of the page."""
    pipeline = (
        f'[[recognizers]]\nplugin = "{PLUGIN}"\npath = "{text}"\n'
        '[[sources]]\nplugin = "files"\npaths = ["scans"]\n'
        '[[sinks]]\nplugin = "pdf"\npath = "out/{document}.pdf"\n'
    )
    with tempfile.TemporaryDirectory() as name:
        return measured(Path(name), scan, pages, pipeline)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=FORMATS, default="page")
    parser.add_argument("--pages", default="50,500")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scan, text = Path(name) / "scan.jpg", Path(name) / "scan.xml"
        noise = np.random.default_rng(1).integers(0, 255, (HEIGHT // 10, WIDTH // 10), dtype=np.uint8)
        Image.fromarray(noise).resize((WIDTH, HEIGHT)).save(scan, quality=60)
        page = Page(1, "scan.jpg", Picture(scan), WIDTH, HEIGHT)
        text.write_bytes(FORMATS[arguments.format](RecognizedPage(page, newspaper())))
        kilobytes = [round(path.stat().st_size / 1024) for path in (text, scan)]
        print(f"{WORDS} words, {arguments.format} of {kilobytes[0]} KB, picture of {kilobytes[1]} KB")
        stages(text, scan)
        for pages in map(int, arguments.pages.split(",")):
            seconds, memory = run(text, scan, pages)
            print(f"  {pages} pages: {pages / seconds:.1f} pages a second, peak memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
