"""A truncated HEIC file is detected by the offsets that it lists; a whole one is never refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from odd_pictures import marked, save_heic
from penstock.errors import PictureError
from penstock.images import find_pages, open_upright
from penstock.images.iso_boxes import refuse_truncated_heif

SHARED = Path(__file__).parents[3] / "shared" / "scans"


def box(kind: bytes, content: bytes, *, size: int | None = None) -> bytes:
    length = 8 + len(content) if size is None else size
    return length.to_bytes(4, "big") + kind + content


def table(version: int, method: int, base: int, extents: list[tuple[int, int]]) -> bytes:
    """Return an ``iloc`` box of one item, with offsets, lengths and base of four bytes and no index."""
    wide = 4 if version == 2 else 2
    item = (1).to_bytes(wide, "big") + (method.to_bytes(2, "big") if version else b"") + bytes(2)
    item += base.to_bytes(4, "big") + len(extents).to_bytes(2, "big")
    item += b"".join(number.to_bytes(4, "big") for extent in extents for number in extent)
    return box(b"iloc", bytes([version, 0, 0, 0, 0x44, 0x40]) + (1).to_bytes(wide, "big") + item)


def refused(folder: Path, content: bytes) -> bool:
    (folder / "a.heic").write_bytes(content)
    with (folder / "a.heic").open("rb") as file:
        try:
            refuse_truncated_heif(file)
        except ValueError:
            return True
    return False


@pytest.mark.parametrize("version", [0, 1, 2])
@pytest.mark.parametrize(
    ("base", "extents", "last"), [(0, [(100, 28)], 128), (100, [(4, 4), (0, 28)], 128), (0, [], 0)]
)
def test_a_file_must_reach_the_last_listed_extent(tmp_path, version, base, extents, last):
    content = box(b"ftyp", b"heic") + box(b"meta", bytes(4) + table(version, 0, base, extents))
    assert not refused(tmp_path, content.ljust(last, b"\0"))
    if last:
        assert refused(tmp_path, content.ljust(last - 1, b"\0"))


def test_items_within_the_meta_box_are_not_looked_up_in_the_file(tmp_path):
    assert not refused(tmp_path, box(b"meta", bytes(4) + table(1, 1, 0, [(5000, 5000)])))


@pytest.mark.parametrize(
    "before",
    [
        box(b"free", b"12345678"),
        box(b"free", (20).to_bytes(8, "big") + b"1234", size=1),
    ],
)
def test_boxes_with_every_form_of_size_are_skipped(tmp_path, before):
    content = before + box(b"meta", bytes(4) + box(b"hdlr", b"pict") + table(0, 0, 0, [(0, 500)]))
    assert refused(tmp_path, content)
    assert not refused(tmp_path, content.ljust(500, b"\0"))


@pytest.mark.parametrize(
    "content", [b"", b"\0\0\0\1meta", box(b"meta", b"", size=0), box(b"free", b"", size=4)]
)
def test_a_file_without_a_location_table_passes(tmp_path, content):
    assert not refused(tmp_path, content)


def test_a_small_picture_is_refused_at_every_cut(tmp_path):
    save_heic(tmp_path / "whole.heic", marked())
    whole, cut_off = (tmp_path / "whole.heic").read_bytes(), tmp_path / "cut.heic"
    assert len(list(find_pages(tmp_path / "whole.heic", "a"))) == 1
    for cut in range(1, len(whole), 7):
        cut_off.write_bytes(whole[:cut])
        with pytest.raises(PictureError):
            list(find_pages(cut_off, "a"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
def test_a_photo_of_a_phone_is_refused_at_every_cut(tmp_path):
    """The photo has 48 tiles; libheif does not report a missing one."""
    whole = (SHARED / "heic_paper_no_text.heic").read_bytes()
    path = tmp_path / "a.heic"
    for cut in (*range(1, len(whole), len(whole) // 200), len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(PictureError):
            list(find_pages(path, "a"))
    path.write_bytes(whole + bytes(100))
    (page,) = find_pages(path, "a")
    assert open_upright(page).size == (3024, 4032)
