"""The main job on real handwriting with the real recognizer: the example, and every shared scan."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from pdfminer.high_level import extract_text

ROOT = Path(__file__).parents[2]
SCANS = ROOT.parent / "shared" / "scans"


def penstock(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "penstock", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / ".cache")},
    )


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Path:
    """The example, run as the README says."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(
        ROOT / "examples/letters", folder / "letters", ignore=shutil.ignore_patterns("out", ".penstock")
    )
    ended = penstock(folder, "run", "letters/penstock.toml")
    assert ended.returncode == 0, ended.stderr
    assert "2 of 2 pages read, 1 of 1 document written" in ended.stderr
    return folder / "letters/out"


def test_words_of_the_letter_are_found_in_the_pdf_by_other_peoples_readers(example):
    document = pypdfium2.PdfDocument(example / "scans.pdf")
    assert len(document) == 2
    for number, words in (
        (0, ["sincerest", "so much more"]),
        (1, ["grieve", "greatest"]),
    ):
        page = document[number].get_textpage()
        for word in words:
            assert page.search(word).get_next() is not None, word
        document[number].close()
    document.close()
    text = extract_text(example / "scans.pdf")
    assert "sincerest" in text
    assert "greatest" in text


SINCEREST = (0.19, 0.53, 0.44, 0.59)
"""Where the word is written on the first page, by eye: left, top, right, bottom as shares of the page."""


def test_a_word_of_the_letter_lies_on_its_ink(example):
    document = pypdfium2.PdfDocument(example / "scans.pdf")
    page = document[0]
    text = page.get_textpage()
    index, count = text.search("sincerest").get_next()
    boxes = [text.get_charbox(index + offset) for offset in range(count)]
    width, height = page.get_size()
    left, right = min(box[0] for box in boxes) / width, max(box[2] for box in boxes) / width
    middle = 1 - sum(box[1] + box[3] for box in boxes) / 2 / count / height
    assert left == pytest.approx(SINCEREST[0], abs=0.04)
    assert right == pytest.approx(SINCEREST[2], abs=0.04)
    assert SINCEREST[1] < middle < SINCEREST[3]
    text.close()
    page.close()
    document.close()


def test_the_scan_in_the_pdf_is_the_scan_byte_for_byte(example):
    import pikepdf

    with pikepdf.open(example / "scans.pdf") as pdf:
        for number in (1, 2):
            (image,) = pdf.pages[number - 1].get_images().values()
            assert (
                image.read_raw_bytes()
                == (ROOT / f"examples/letters/scans/letter-page{number}.jpg").read_bytes()
            )


def test_the_other_sinks_wrote_beside_it(example):
    assert (example / "scans.txt").read_text(encoding="utf-8").count("\f") == 1
    assert (example / "scans.shout.txt").read_text(encoding="utf-8").isupper()
    assert (example / "scans.001.png").stat().st_size > 10_000


BROKEN = {
    "derived_will_truncated.jpg": "damaged or cut off",
    "gif_decompression_bomb.gif": "million pixels",
    "jpeg_truncated_small.jpg": "damaged or cut off",
    "png_truncated.png": "damaged or cut off",
    "zero_byte.jpg": "the file is empty",
}
PICTURES = (".jpg", ".png", ".tif", ".webp", ".gif")


@pytest.mark.skipif(not SCANS.is_dir(), reason="the shared scans are not here")
def test_a_whole_folder_of_real_pictures_broken_ones_among_them(tmp_path):
    (tmp_path / "scans").mkdir()
    for path in SCANS.iterdir():
        if path.suffix in PICTURES:
            (tmp_path / "scans" / path.name).symlink_to(path)
    ended = penstock(tmp_path, "read", "scans", "--to", "text,pdf", "--out", "out")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    for name, why in BROKEN.items():
        (line,) = [line for line in ended.stderr.splitlines() if line.startswith("failed  ") and name in line]
        assert why in line
    readable = {path.stem for path in (tmp_path / "scans").iterdir()} - {Path(name).stem for name in BROKEN}
    assert {path.stem for path in (tmp_path / "out").glob("*.pdf")} == readable
    assert {path.stem for path in (tmp_path / "out").glob("*.txt")} == readable
    assert (tmp_path / "out/empty_black_page.txt").read_text() == ""
