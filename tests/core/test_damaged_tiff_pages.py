"""A damaged page of a TIFF fails alone; the pages behind it are read."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from penstock.errors import PictureError
from penstock.images import look_into
from penstock.images.tiff_directories import Directory, walk_directories
from penstock.model import Page, Problem

WIDTH = 256


def set_width(value: int, kind: int = 4) -> Callable[[bytearray, Directory], None]:
    def change(whole: bytearray, directory: Directory) -> None:
        for place in range(directory.entries, directory.entries + 12 * directory.entry_count, 12):
            if struct.unpack_from("<H", whole, place)[0] == WIDTH:
                struct.pack_into("<HHII", whole, place, WIDTH, kind, 1, value)

    return change


DAMAGE = {
    "no width": (set_width(0), "damaged"),
    "width of no known type": (set_width(60, kind=77), "damaged"),
    "huge": (set_width(40_000_000), "million pixels"),
}


def damaged(path: Path, page: int, change: Callable[[bytearray, Directory], None], pages: int = 3) -> Path:
    pictures = [Image.new("L", (60 + index, 80), 255) for index in range(pages)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:])
    with path.open("rb") as file:
        directory = list(walk_directories(file))[page]
    whole = bytearray(path.read_bytes())
    change(whole, directory)
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(("change", "why"), DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("page", [1, 2])
def test_a_damaged_page_fails_alone(tmp_path, change, why, page):
    found = list(look_into(damaged(tmp_path / "a.tif", page, change), "a.tif"))
    assert len(found) == 3
    (problem,) = [item for item in found if isinstance(item, Problem)]
    assert found.index(problem) == page
    assert problem.what == f"a.tif, page {page + 1}"
    assert why in problem.why
    assert [item.number for item in found if isinstance(item, Page)] == [
        number for number in (1, 2, 3) if number != page + 1
    ]


def test_a_tiff_of_one_damaged_page_is_refused(tmp_path):
    path = damaged(tmp_path / "a.tif", 0, DAMAGE["no width"][0], pages=1)
    with pytest.raises(PictureError, match=r"^a\.tif: "):
        list(look_into(path, "a.tif"))
