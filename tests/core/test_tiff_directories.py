"""No page of a truncated TIFF is lost without an error, wherever the file is cut."""

from __future__ import annotations

import struct
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

import odd_pictures
from odd_pictures import marked
from penstock.errors import PictureError
from penstock.images import find_pages, open_upright
from penstock.images.tiff_directories import first_truncated_directory

SHARED = Path(__file__).parents[3] / "shared" / "scans"
PAGES = 5
KINDS: dict[str, dict[str, object]] = {
    "group4": {"compression": "group4"},
    "raw": {},
    "bigtiff": {"compression": "tiff_lzw", "big_tiff": True},
}

# Pillow warns about tags that it skips; penstock hides that from users.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def saved(path: Path, kind: str) -> bytes:
    pages = [Image.effect_noise((64, 40), 90).convert("1") for _ in range(PAGES)]
    pages[0].save(path, save_all=True, append_images=pages[1:], **KINDS[kind])
    return path.read_bytes()


def decoded(path: Path) -> tuple[list[bytes], bool]:
    """Return the pixels of the pages that can be decoded, and whether an error reported a missing one."""
    good, missing = [], False
    try:
        for page in find_pages(path, "a"):
            try:
                good.append(open_upright(page).tobytes())
            except PictureError:
                missing = True
    except PictureError:
        missing = True
    return good, missing


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiff_cut_anywhere_has_all_pages_or_an_error(tmp_path, kind):
    path = tmp_path / "a.tif"
    whole = saved(path, kind)
    pages, missing = decoded(path)
    assert not missing
    assert len(pages) == PAGES
    errors = []
    for cut in range(1, len(whole), 7):
        path.write_bytes(whole[:cut])
        found, missing = decoded(path)
        assert found == pages[: len(found)]
        assert missing or found == pages, cut
        errors.append(missing)
    assert sum(errors) > len(errors) - 5  # data that is not needed may follow the last directory


@pytest.mark.parametrize("order", ["<", ">"])
def test_directories_are_counted_in_both_byte_orders(tmp_path, order):
    path = tmp_path / "a.tif"
    places = [8, 20, 40, 0]
    content = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, 8)).ljust(
        46, b"\0"
    )
    for place, following in pairwise(places):
        struct.pack_into(order + "HL", content, place, 0, following)
    path.write_bytes(content)
    assert first_truncated_directory(path) is None
    for cut, index in ((45, 2), (41, 2), (40, 2), (25, 1), (13, 0), (8, 0)):
        path.write_bytes(content[:cut])
        assert first_truncated_directory(path) == index


def test_circular_links_end_the_walk(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II" + struct.pack("<HLHL", 42, 8, 0, 8))
    assert first_truncated_directory(path) is None


def test_pages_before_the_cut_are_yielded(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(odd_pictures.long_tiff(marked((64, 40)), 300))
    whole = path.read_bytes()
    assert len(list(find_pages(path, "a"))) == 300
    path.write_bytes(whole[: len(whole) // 3])
    found = find_pages(path, "a")
    assert [next(found).number for _ in range(95)] == [*range(1, 96)]
    with pytest.raises(PictureError, match="damaged or cut off"):
        list(found)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared scans")
@pytest.mark.parametrize(
    "name",
    [
        "derived_letter_2page.tif",
        "tiff_1bit_g4_form.tif",
        "tiff_multipage_fax_g3.tif",
        "tiff_orientation_6_g4.tif",
    ],
)
def test_real_tiffs_have_all_their_directories(tmp_path, name):
    whole = (SHARED / name).read_bytes()
    assert first_truncated_directory(SHARED / name) is None
    for cut in (len(whole) // 4, len(whole) // 3, len(whole) // 2):
        (tmp_path / "a.tif").write_bytes(whole[:cut])
        assert decoded(tmp_path / "a.tif")[1]
