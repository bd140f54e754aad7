"""Measure the searchable PDF: what readers find in it, its size, and the time and memory for writing it.

    python benchmarks/pdf.py [--prototype invisible_layer.py] [--pages 60] [--skip memory ...]

img2pdf and the renderer of OCRmyPDF 17 are measured, too, if they are installed. Readers are pdfium and
pdfminer.six, poppler if ``pdftotext`` is installed, and pdf.js if PENSTOCK_PDFJS names a folder with
``node_modules/pdfjs-dist``.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image

from penstock.model import Picture, Recognition, RecognizedPage
from penstock.render import write_searchable_pdf

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "render"))

from known_pages import DPI, HEIGHT, WIDTH, KnownPage, blank_page, hard_page, mixed_page, straight_page
from pdf_readers import installed_readers
from pdf_scoring import Score, add_score

POINTS = 72 / DPI
READER_PAGES = {"straight": (straight_page, 4), "hard": (hard_page, 12), "mixed": (mixed_page, 20)}
Producer = Callable[[list[KnownPage], Path], None]


def noise(folder: Path, count: int) -> list[Path]:
    """Return pictures like scans: A4 at 300 dpi, some 700 kB each."""
    paths = [folder / f"scan-{number}.jpg" for number in range(count)]
    paper = Image.effect_noise((WIDTH, HEIGHT), 6)
    for number, path in enumerate(paths):
        Image.merge("RGB", [paper.rotate(90 * (number % 4), expand=False)] * 3).save(
            path, quality=70, dpi=(DPI, DPI)
        )
    return paths


def recognized_pages(pictures: list[Path], count: int) -> Iterator[RecognizedPage]:
    for number in range(count):
        picture = Picture(pictures[number % len(pictures)])
        yield straight_page(number % 60).recognized(blank_page(picture, number + 1))


def ours(pages: list[KnownPage], path: Path) -> None:
    blank = path.with_suffix(".jpg")
    Image.new("L", (WIDTH, HEIGHT), 255).save(blank, quality=30)
    known = (page.recognized(blank_page(Picture(blank), number)) for number, page in enumerate(pages, 1))
    write_searchable_pdf(known, path, pdfa=False, rotate=False)


def prototype(script: Path) -> Producer:
    spec = importlib.util.spec_from_file_location("prototype", script)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def produce(pages: list[KnownPage], path: Path) -> None:
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfgen.canvas import Canvas

        font = module.InvisibleFont(f"Invisible{time.monotonic_ns()}")
        pdfmetrics.registerFont(font)
        canvas = Canvas(str(path), pagesize=(WIDTH * POINTS, HEIGHT * POINTS))
        for page in pages:
            for line in page.lines:
                words = [
                    (word.text, [(x * POINTS, y * POINTS) for x, y in word.quad.corners])
                    for word in line.words
                ]
                module.draw_line(canvas, font, words, HEIGHT * POINTS)
            canvas.showPage()
        canvas.save()

    return produce


def ocrmypdf(pages: list[KnownPage], path: Path) -> None:
    import ocrmypdf as package
    from ocrmypdf.font import MultiFontManager
    from ocrmypdf.fpdf_renderer import Fpdf2MultiPageRenderer
    from ocrmypdf.models.ocr_element import BoundingBox, OcrClass, OcrElement

    def element(kind: str, bounds: tuple[float, float, float, float], **options: object) -> OcrElement:
        left, top, right, bottom = bounds
        return OcrElement(ocr_class=kind, bbox=BoundingBox(left, top, right, bottom), **options)

    trees = []
    for number, page in enumerate(pages, 1):
        lines = [
            element(
                OcrClass.LINE,
                line.quad.bounds,
                textangle=-line.quad.angle,
                children=[element(OcrClass.WORD, word.quad.bounds, text=word.text) for word in line.words],
            )
            for line in page.lines
        ]
        paragraph = element(OcrClass.PARAGRAPH, (0, 0, WIDTH, HEIGHT), children=lines)
        tree = element(OcrClass.PAGE, (0, 0, WIDTH, HEIGHT), dpi=DPI, children=[paragraph])
        trees.append((number, tree, DPI))
    fonts = MultiFontManager(Path(package.__file__).parent / "data")
    Fpdf2MultiPageRenderer(trees, fonts).render(path)


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def measure_readers(folder: Path, producers: dict[str, Producer]) -> None:
    print("\nReaders find: share of lines whole, share of words in place, mean overlap of word boxes")
    for kind, (make, count) in READER_PAGES.items():
        pages = [make(seed) for seed in range(count)]
        for name, produce in producers.items():
            path = folder / f"{kind}.pdf"
            produce(pages, path)
            for reader_name, reader in installed_readers().items():
                score = Score()
                for page, found in zip(pages, reader(path), strict=True):
                    add_score(score, page, found)
                rates = "  ".join(f"{rate:.3f}" for rate in score.rates)
                print(f"  {kind:9} {name:10} {reader_name:9} {rates}")


def measure_size_and_speed(folder: Path, count: int) -> None:
    pictures = noise(folder, count)
    pages = list(recognized_pages(pictures, count))
    without_text = [RecognizedPage(each.page, Recognition()) for each in pages]
    target = folder / "ours.pdf"
    write_searchable_pdf(pages, target)
    total = sum(path.stat().st_size for path in pictures)
    over = target.stat().st_size - total
    print(f"\n{count} pages of 300 words, pictures of {total / count / 1000:.0f} kB each")
    allowed = total * 0.01 + 6_000 * count + 10_000
    print(f"  size: {over / count:.0f} bytes a page over the pictures (allowed: {allowed / count:.0f})")
    works: dict[str, Callable[[], object]] = {
        "one PDF/A": lambda: write_searchable_pdf(pages, target),
        "one PDF/A without text": lambda: write_searchable_pdf(without_text, target),
        "one plain PDF": lambda: write_searchable_pdf(pages, target, pdfa=False),
        "a PDF/A for each page": lambda: [write_searchable_pdf([page], target) for page in pages],
    }
    if installed("img2pdf"):
        works = {"img2pdf": lambda: img2pdf(pictures, folder / "img2pdf.pdf")} | works
    seconds = processor_seconds(works)
    for name, spent in seconds.items():
        ratio = f", {spent / seconds['img2pdf']:.2f} times img2pdf" if "img2pdf" in seconds else ""
        print(f"  {name}: {1000 * spent / count:.2f} ms a page, {count / spent:.0f} pages a second{ratio}")


def processor_seconds(works: dict[str, Callable[[], object]], repeats: int = 15) -> dict[str, float]:
    """Return the least processor time of each, because other programs on the machine only add to it."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.process_time()
            work()
            spent[name].append(time.process_time() - start)
    return {name: min(each) for name, each in spent.items()}


def img2pdf(pictures: list[Path], target: Path) -> None:
    import img2pdf as package

    with target.open("wb") as file:
        package.convert([str(path) for path in pictures], outputstream=file)


def measure_memory(folder: Path) -> None:
    print("\nPeak memory, in a process of its own")
    noise(folder, 20)
    for count in (100, 1000):
        command = [sys.executable, __file__, "--write", str(count), str(folder)]
        peak = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
        plain, archival = (int(kilobytes) / 1024 for kilobytes in peak)
        print(f"  {count} pages: {plain:.0f} MB; as PDF/A {archival:.0f} MB")


def write_and_print_peak(count: int, folder: Path) -> None:
    pictures = sorted(folder.glob("scan-*.jpg"))[:20]
    for pdfa in (False, "auto"):
        write_searchable_pdf(recognized_pages(pictures, count), folder / "long.pdf", pdfa=pdfa)
        print(peak_kilobytes())
    (folder / "long.pdf").unlink()


def peak_kilobytes() -> int:
    """Return the peak of this process. getrusage would include the process that it was forked from."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prototype", type=Path, help="a script with InvisibleFont and draw_line")
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--skip", nargs="*", default=[], choices=["readers", "speed", "memory"])
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_and_print_peak(int(options.write[0]), Path(options.write[1]))
        return
    random.seed(0)
    producers: dict[str, Producer] = {"ours": ours}
    if options.prototype:
        producers["prototype"] = prototype(options.prototype)
    if installed("ocrmypdf"):
        producers["OCRmyPDF"] = ocrmypdf
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        if "readers" not in options.skip:
            measure_readers(folder, producers)
        if "speed" not in options.skip:
            measure_size_and_speed(folder, options.pages)
        if "memory" not in options.skip:
            measure_memory(folder)


if __name__ == "__main__":
    main()
