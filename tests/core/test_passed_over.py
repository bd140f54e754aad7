"""In a folder, content decides what a picture is; files and folders that are passed over are said once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from penstock.images import EXTENSIONS
from penstock.model import Problem
from penstock.spool import Spool
from penstock_plugins.sources.files import Files

PICTURES = {
    "scan.001": "PNG",
    "scan": "JPEG",
    "scan.dat": "TIFF",
    "scan.unknown": "BMP",
    "scan.bin": "GIF",
    "letter.scan": "WEBP",
    "page.raw2": "JPEG2000",
    "photo.pixels": "AVIF",
    "paper.document": "PDF",
    "p5": "PPM",
    "named.pbm": "PNG",
}


def found(folder: Path, **options: object) -> tuple[list[str], list[str]]:
    """Return the origins that the source yields, and the texts that it shows."""
    shown: list[str] = []
    items = list(Files([folder], **options).find_documents(shown.append, Spool("/nowhere")))
    return [item.what if isinstance(item, Problem) else Path(item.origin).name for item in items], shown


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_recognized_by_its_content(tmp_path, name):
    Image.new("RGB", (40, 30), "white").save(tmp_path / name, PICTURES[name])
    assert found(tmp_path) == ([name], [])
    (document,) = Files([tmp_path]).find_documents(print, Spool("/nowhere"))
    assert len(list(document.pages)) == 1


def test_a_text_named_like_a_picture_is_a_problem(tmp_path):
    (tmp_path / "a.jpg").write_text("no picture")
    (document,) = Files([tmp_path]).find_documents(print, Spool("/nowhere"))
    (problem,) = document.pages
    assert "is not a picture" in problem.why


@pytest.mark.parametrize("glob", ["*", "**/*", "s0?*"])
def test_a_glob_without_a_suffix_takes_pictures_as_a_folder_does(tmp_path, draw, glob):
    draw("s00.png")
    (tmp_path / "s00.txt").write_text("an output")
    (document,) = Files([tmp_path / glob]).find_documents(print, Spool("/nowhere"))
    assert document.name == "s00"


def test_a_glob_with_a_suffix_takes_what_it_matches(tmp_path):
    (tmp_path / "a.txt").write_text("no picture")
    assert len(list(Files([tmp_path / "*.txt"]).find_documents(print, Spool("/nowhere")))) == 1


def test_what_is_passed_over_is_said_once_and_named(tmp_path, draw, monkeypatch):
    monkeypatch.chdir(tmp_path)
    draw("scans/a.png")
    for name in (
        "film.mp4",
        "notes.doc",
        "BMW",
        "P5 pages",
        "%PDF",
        "half.jpg.part",
        "photo.NEF",
        "copy.png~",
    ):
        (tmp_path / "scans" / name).write_text("BM, P5, II*")
    names, shown = found(tmp_path / "scans")
    assert names == ["a.png"]
    (text,) = shown
    assert text.startswith(
        "passed over 8 files that are not pictures: scans/%PDF, scans/BMW, scans/copy.png~,"
    )
    assert text.endswith(" scans/half.jpg.part and 3 more")


def test_files_that_penstock_writes_are_not_counted(tmp_path, draw):
    draw("a.png")
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "a.json").write_text("{}")
    assert found(tmp_path) == (["a.png"], [])


SYSTEM = ["@eaDir/a.jpg/SYNOPHOTO_THUMB_M.png", "#recycle/b.png", "$RECYCLE.BIN/c.png", "__MACOSX/d.png"]
SYSTEM += [
    ".@__thumb/e.png",
    "._a.png",
    "SYNOPHOTO_THUMB_XL.png",
    "sub/@eaDir/f.png",
]


@pytest.mark.parametrize("pattern", ["", "**/*.png"])
def test_thumbnails_and_deleted_files_are_passed_over(tmp_path, draw, pattern):
    for place in ("a.png", *SYSTEM):
        draw(place)
    for name in (".DS_Store", "Thumbs.db"):
        (tmp_path / name).write_text("no picture")
    given = tmp_path / pattern if pattern else tmp_path
    names, shown = found(given)
    assert names == ["a.png"]
    assert len(shown) == 1
    assert "5 folders of thumbnails or deleted files" in shown[0]


def test_a_folder_of_a_system_that_is_named_is_read(tmp_path, draw):
    draw("#recycle/a.png")
    assert found(tmp_path / "#recycle")[0] == ["a.png"]


def test_only_files_with_an_unknown_suffix_are_opened(tmp_path, monkeypatch):
    for name in ("a.txt", "b.zip", "c.mov", "d.jpg", "e.unknown"):
        (tmp_path / name).write_text("content")
    opened: list[str] = []
    monkeypatch.setattr("penstock.images.starts_like_picture", lambda path: opened.append(path.name))
    found(tmp_path)
    assert opened == ["e.unknown"]


def test_a_named_pipe_without_a_suffix_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    names, _ = found(tmp_path)
    assert names == [str(tmp_path)]  # the problem that there are no pictures


def test_all_suffixes_are_known_by_their_names():
    assert {".pnm", ".pbm", ".pgm", ".ppm", ".pam"} <= EXTENSIONS
