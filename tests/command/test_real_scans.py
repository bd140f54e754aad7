"""Real handwriting and the real recognizer: the example, and all shared scans."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pypdfium2
import pytest
from pdfminer.high_level import extract_text
from PIL import Image, ImageChops, ImageStat

from odd_pictures import ORIENTATION, STORED
from penstock.images import find_pages, open_upright
from pipelines import double
from processes import environment, penstock

ROOT = Path(__file__).parents[2]
SCANS = ROOT.parent / "shared" / "scans"


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Path:
    """Run the example as the README says, and return the folder of its outputs."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(
        ROOT / "examples/letters", folder / "letters", ignore=shutil.ignore_patterns("out", ".penstock")
    )
    ended = penstock(folder, "run", "letters/penstock.toml", timeout=600)
    assert ended.returncode == 0, ended.stderr
    assert "2 of 2 pages recognized, 1 of 1 document written" in ended.stderr
    return folder / "letters/out"


def test_other_pdf_readers_find_words_of_the_letter(example):
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
"""Where the word is on the first page, measured by eye: left, top, right, bottom as shares of the page."""


def test_word_of_the_letter_is_on_its_ink(example):
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


def test_pdf_holds_the_bytes_of_the_scan(example):
    import pikepdf

    with pikepdf.open(example / "scans.pdf") as pdf:
        for number in (1, 2):
            (image,) = pdf.pages[number - 1].get_images().values()
            assert (
                image.read_raw_bytes()
                == (ROOT / f"examples/letters/scans/letter-page{number}.jpg").read_bytes()
            )


def test_other_sinks_wrote_their_outputs(example):
    assert (example / "scans.txt").read_text(encoding="utf-8").count("\f") == 1
    assert (example / "scans.shout.txt").read_text(encoding="utf-8").isupper()
    assert (example / "scans.001.png").stat().st_size > 10_000


LINES = (0, 820, 1280, 1252)
"""Three lines of the letter, aligned to JPEG blocks: little enough to recognize eight times."""


@pytest.fixture(scope="module")
def turned(tmp_path_factory) -> Path:
    """Store the same lines in each EXIF orientation, as a camera does, and recognize them."""
    folder = tmp_path_factory.mktemp("turned")
    with Image.open(ROOT / "examples/letters/scans/letter-page1.jpg") as letter:
        lines = letter.convert("RGB").crop(LINES)
    for orientation, turn in STORED.items():
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        stored = lines if turn is None else lines.transpose(turn)
        stored.save(folder / f"{orientation}.jpg", exif=exif, quality=95, subsampling=0)
    ended = penstock(
        folder, "read", *(f"{orientation}.jpg" for orientation in STORED), "--to", "json,pdf", timeout=600
    )
    assert ended.returncode == 0, ended.stderr
    return folder


def words_of(path: Path) -> dict[str, list[list[float]]]:
    """Return the words that occur once on a page, with their quads."""
    (page,) = json.loads(path.read_text(encoding="utf-8"))["pages"]
    words = [word for line in page["lines"] for word in line["words"]]
    texts = [word["text"] for word in words]
    return {word["text"]: word["quad"] for word in words if texts.count(word["text"]) == 1}


@pytest.mark.parametrize("orientation", STORED)
def test_each_orientation_gives_the_same_words_at_the_same_places(turned, orientation):
    pages = [next(find_pages(turned / f"{each}.jpg", "a")) for each in (1, orientation)]
    pictures = [open_upright(page) for page in pages]
    assert pages[1].orientation == orientation
    assert pictures[0].size == pictures[1].size
    assert max(ImageStat.Stat(ImageChops.difference(*pictures)).mean) < 3
    upright, words = (words_of(turned / f"{each}.json") for each in (1, orientation))
    shared = upright.keys() & words.keys()
    assert {"sincerest", "debt", "quite"} <= shared
    assert len(shared) > 0.8 * len(upright)
    for text in shared:
        for (x, y), (other_x, other_y) in zip(upright[text], words[text], strict=True):
            assert math.dist((x, y), (other_x, other_y)) < 0.02 * pages[0].width, text


@pytest.mark.parametrize("orientation", STORED)
def test_each_orientation_is_upright_in_the_pdf_with_text_on_its_ink(turned, orientation):
    with pypdfium2.PdfDocument(turned / f"{orientation}.pdf") as document:
        page = document[0]
        width, height = page.get_size()
        assert width > 2 * height
        text = page.get_textpage()
        index, count = text.search("sincerest").get_next()
        boxes = [text.get_charbox(index + offset) for offset in range(count)]
        assert min(box[0] for box in boxes) / width == pytest.approx(SINCEREST[0], abs=0.04)
        assert max(box[2] for box in boxes) / width == pytest.approx(SINCEREST[2], abs=0.04)
        text.close()
        page.close()


BROKEN = {
    "derived_will_truncated.jpg": "damaged or cut off",
    "gif_decompression_bomb.gif": "million pixels",
    "pdf_invalid_header_only.pdf": "damaged beyond repair",
    "png_truncated.png": "damaged or cut off",
    "zero_byte.jpg": "the file is empty",
}
MOST_MEGABYTES = 700
"""Of the main process. That in which the recognizer opens pictures is not counted."""


def watched(folder: Path, *arguments: str) -> tuple[int, str, int]:
    """Run the command; return its exit code, its stderr, and the peak memory of its process in megabytes."""
    with (folder / "said").open("wb") as said:
        run = subprocess.Popen(
            [sys.executable, "-m", "penstock", *arguments],
            cwd=folder,
            stderr=said,
            env=environment(folder),
        )
    megabytes = 0
    for _ in range(1200):
        with suppress(subprocess.TimeoutExpired):
            run.wait(1)
            break
        status = Path(f"/proc/{run.pid}/status").read_text() if Path("/proc").is_dir() else ""
        if peak := re.search(r"VmHWM:\s+(\d+) kB", status):
            megabytes = int(peak[1]) >> 10
    else:
        run.kill()
        pytest.fail("it hangs")
    return run.returncode, (folder / "said").read_text(encoding="utf-8"), megabytes


def linked(folder: Path, names: Iterable[str]) -> None:
    """Put these shared scans in the folder ``scans``."""
    (folder / "scans").mkdir()
    for name in names:
        (folder / "scans" / name).symlink_to(SCANS / name)


def failures(said: str) -> list[str]:
    assert "Traceback" not in said
    return [line for line in said.splitlines() if line.startswith("failed: ")]


@pytest.mark.skipif(not SCANS.is_dir(), reason="needs the shared scans")
def test_folder_with_pictures_of_all_kinds_and_broken_files(tmp_path):
    names = {path.name for path in SCANS.iterdir() if path.is_file() and path.suffix not in (".txt", ".md")}
    linked(tmp_path, names)
    opening = ("--with", double("opening:OpeningApart"))
    code, said, megabytes = watched(tmp_path, "read", "scans", "--to", "text,pdf", "--out", "out", *opening)
    assert code == 1
    failed = failures(said)
    for name, why in BROKEN.items():
        assert [why in line for line in failed if name in line] == [True], name
    assert {name for name in names if any(name in line for line in failed)} == set(BROKEN)
    readable = {Path(name).stem for name in names - set(BROKEN)}
    assert len(readable) > 40
    assert {path.stem for path in (tmp_path / "out").glob("*.pdf")} == readable
    assert {path.stem for path in (tmp_path / "out").glob("*.txt")} == readable
    with pypdfium2.PdfDocument(tmp_path / "out/heic_paper_no_text.pdf") as document:
        assert document[0].get_size()[1] > document[0].get_size()[0]
    assert megabytes < MOST_MEGABYTES


@pytest.mark.skipif(not SCANS.is_dir(), reason="needs the shared scans")
def test_recognizer_reads_pictures_of_several_kinds_and_refuses_a_broken_one(tmp_path):
    readable = {"empty_black_page.jpg", "jpeg2000_engraved_script.jpf", "jpeg_cmyk_small.jpg"}
    linked(tmp_path, {*readable, "png_truncated.png"})
    ended = penstock(tmp_path, "read", "scans", "--to", "text", "--out", "out")
    assert ended.returncode == 1
    (failed,) = failures(ended.stderr)
    assert BROKEN["png_truncated.png"] in failed
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert set(texts) == {Path(name).stem for name in readable}
    assert texts["empty_black_page"] == ""
    assert "GLOBE" in texts["jpeg2000_engraved_script"]
