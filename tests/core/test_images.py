"""Pictures are opened upright with 8 bits per channel, or refused with a reason."""

from __future__ import annotations

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from odd_pictures import ORIENTATION, STORED
from penstock.errors import PictureChanged, PictureError, PictureTooLarge
from penstock.images import believable_dpi, find_pages, open_upright


def marked(size=(60, 40)) -> Image.Image:
    """White, with a red corner at the top left and a blue one at the top right."""
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, 12, 12))
    picture.paste("blue", (size[0] - 12, 0, size[0], 12))
    return picture


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_every_orientation_is_decoded_upright(tmp_path, orientation, ending):
    turn = STORED[orientation]
    stored = marked() if turn is None else marked().transpose(turn)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / f"a.{ending}"
    lossless = {"lossless": True} if ending == "webp" else {"quality": 95} if ending == "jpg" else {}
    stored.save(path, exif=exif, dpi=(200, 100), **lossless)
    (page,) = find_pages(path, "a")
    assert (page.width, page.height, page.orientation) == (60, 40, orientation)
    upright = open_upright(page)
    assert upright.size == (60, 40)
    for place, channel in (((4, 4), 0), ((55, 4), 2)):
        color = upright.getpixel(place)
        assert color[channel] > 200
        assert sum(color) - color[channel] < 120


@pytest.mark.parametrize("orientation", [0, 9, 77])
def test_invalid_orientation_counts_as_upright(tmp_path, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    marked().save(tmp_path / "a.jpg", exif=exif)
    (page,) = find_pages(tmp_path / "a.jpg", "a")
    assert (page.orientation, page.width) == (1, 60)


def test_every_frame_of_a_tiff_is_a_page(tmp_path):
    frames = [Image.new("L", (50 + n, 40), 40 * n) for n in range(5)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    pages = list(find_pages(tmp_path / "a.tif", "a.tif", 7))
    assert [page.number for page in pages] == [7, 8, 9, 10, 11]
    assert [page.origin for page in pages][:2] == ["a.tif, page 1", "a.tif, page 2"]
    assert [page.width for page in pages] == [50, 51, 52, 53, 54]
    assert [open_upright(page).getpixel((0, 0)) for page in pages] == [0, 40, 80, 120, 160]


def test_an_animated_picture_is_one_page(tmp_path):
    frames = [Image.new("P", (50, 40), n) for n in range(5)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert len(list(find_pages(tmp_path / "a.gif", "a"))) == 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_pixel_mode_is_decoded_to_eight_bits(tmp_path, mode):
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (32, 1)))
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    else:
        picture = ramp.convert("RGB").convert(mode) if mode in ("P", "CMYK") else ramp.convert(mode)
    path = tmp_path / "a.tif"
    picture.save(path)
    (page,) = find_pages(path, "a")
    opened = open_upright(page)
    assert opened.mode in ("L", "RGB")
    gray = np.asarray(opened.convert("L")).astype(int)
    assert gray[:, :4].mean() < 40
    assert gray[:, -4:].mean() > 215


@pytest.mark.parametrize(("ink", "ground"), [((0, 0, 0), 255), ((255, 255, 255), 0)])
def test_transparency_becomes_a_ground_that_contrasts_with_the_ink(tmp_path, ink, ground):
    picture = Image.new("RGBA", (60, 40), (*ink, 0))
    picture.paste((*ink, 255), (10, 10, 30, 30))
    picture.save(tmp_path / "a.png")
    (page,) = find_pages(tmp_path / "a.png", "a")
    opened = open_upright(page).convert("L")
    assert opened.getpixel((1, 1)) == ground
    assert opened.getpixel((20, 20)) == ink[0]


def test_find_pages_accepts_a_string(tmp_path):
    marked().save(tmp_path / "a.png")
    (page,) = find_pages(str(tmp_path / "a.png"), "a")
    assert page.picture.path == tmp_path / "a.png"


@pytest.mark.parametrize("ending", ["jpg", "png"])
def test_longest_side_scales_a_picture_down(tmp_path, ending):
    marked((2000, 1000)).save(tmp_path / f"a.{ending}")
    (page,) = find_pages(tmp_path / f"a.{ending}", "a")
    assert open_upright(page, longest_side=300).size == (300, 150)
    assert open_upright(page, longest_side=9000).size == (2000, 1000)


def png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    header = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + header + data


@pytest.mark.parametrize(
    ("content", "message", "kind"),
    [
        (b"", "the file is empty", PictureError),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run `git lfs pull`", PictureError),
        (b"this is a letter, but not a picture", "is not a picture that penstock can read", PictureError),
        (b"\xff\xd8\xff\xe0", "damaged|no picture", PictureError),
        (png_header(40_000, 40_000), "million", PictureTooLarge),
        (png_header(13_000, 14_000), "million", PictureTooLarge),
    ],
)
def test_a_file_that_is_not_a_picture_is_refused_with_a_reason(tmp_path, content, message, kind):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(kind, match=message) as error:
        list(find_pages(tmp_path / "a.jpg", "a.jpg"))
    assert error.value.hint


def test_a_truncated_picture_is_refused_when_it_is_decoded(tmp_path):
    marked((800, 800)).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PictureError, match="damaged or cut off"):
        for page in find_pages(tmp_path / "a.png", "a.png"):
            open_upright(page)


def test_a_removed_or_changed_picture_is_refused(tmp_path):
    path = tmp_path / "a.png"
    marked().save(path)
    (page,) = find_pages(path, "a.png")
    os.utime(path, ns=(1, 1))
    with pytest.raises(PictureChanged, match="has changed"):
        open_upright(page)
    path.unlink()
    with pytest.raises(PictureChanged, match="is gone"):
        open_upright(page)
    with pytest.raises(PictureError, match="no such file"):
        list(find_pages(path, "a.png"))


@pytest.mark.parametrize(
    ("dpi", "size", "believed"),
    [
        ((300, 300), (2480, 3508), (300, 300)),
        ((204, 98), (1728, 1078), (204, 98)),
        ((72, 72), (4000, 3000), None),
        ((96, 96), (800, 600), (96, 96)),
        ((1, 1), (100, 100), None),
        ((0, 0), (100, 100), None),
        ((30_000, 30_000), (100, 100), None),
        ((300, 30), (100, 100), None),
        ((float("nan"), 300), (100, 100), None),
        ((50, 50), (30_000, 30_000), None),
        (300, (100, 100), None),
        (None, (100, 100), None),
    ],
)
def test_a_resolution_is_accepted_only_if_it_is_plausible(dpi, size, believed):
    assert believable_dpi(dpi, *size) == believed
