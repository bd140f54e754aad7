"""Every supported format is decoded upright, in 8 bits, with the right number of pages."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile
from PIL.TiffImagePlugin import AppendingTiffWriter

import odd_pictures
from odd_pictures import is_marked, marked, stored_turned
from penstock.errors import PictureChanged, PictureError, PictureTooLarge
from penstock.images import EXTENSIONS, READABLE, find_pages, open_upright
from penstock.images import opening as opening_module
from penstock.model import Page, Picture

SIZE = (120, 80)


def saved(name: str, picture: Image.Image, kind: str | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind or Image.registered_extensions()[Path(name).suffix], **options)
    return buffer.getvalue()


def pages_of(folder: Path, name: str, content: bytes) -> list[Page]:
    (folder / name).write_bytes(content)
    return list(find_pages(folder / name, name))


@pytest.mark.parametrize("orientation", odd_pictures.STORED)
@pytest.mark.parametrize("kind", ["heic", "avif", "mpo"])
def test_pictures_of_phones_are_decoded_upright(tmp_path, kind, orientation):
    stored, exif = stored_turned(orientation)
    path = tmp_path / f"a.{kind}"
    if kind == "heic":
        odd_pictures.save_heic(path, stored, exif)
    elif kind == "avif":
        stored.save(path, exif=exif, quality=90)
    else:
        stored.save(path, "MPO", exif=exif.tobytes(), save_all=True, append_images=[stored.rotate(90)])
    (page,) = find_pages(path, "a")
    assert (page.width, page.height) == SIZE
    opened = open_upright(page)
    assert opened.size == SIZE
    assert is_marked(opened)
    assert page.origin == "a"


@pytest.mark.parametrize(
    ("name", "mode", "space", "kept"),
    [
        ("a.jpg", "RGB", b"RGB ", True),
        ("a.png", "P", b"RGB ", True),
        ("a.png", "1", b"RGB ", False),
        ("a.jpg", "L", b"GRAY", False),
        ("a.jpg", "CMYK", b"CMYK", False),
    ],
)
def test_only_rgb_profiles_are_kept_with_rgb_pixels(tmp_path, name, mode, space, kept):
    profile = odd_pictures.wide_profile()
    profile = profile[:16] + space + profile[20:]
    picture = marked().quantize(8) if mode == "P" else marked().convert(mode)
    (page,) = pages_of(tmp_path, name, saved(name, picture, icc_profile=profile))
    packed = io.BytesIO()
    open_upright(page).save(packed, "PNG")
    with Image.open(packed) as again:
        assert ("icc_profile" in again.info) is kept


LIT = np.tile(np.linspace(0, 4095, 64), (32, 1))

PICTURES = {
    "old-jpeg.tif": lambda: odd_pictures.old_jpeg_tiff(marked()),
    "big.tif": lambda: saved("a.tif", marked(), big_tiff=True, compression="tiff_lzw"),
    "lab.tif": lambda: saved("a.tif", odd_pictures.in_lab(marked())),
    "cmyk.tif": lambda: saved("a.tif", marked().convert("CMYK"), compression="tiff_lzw"),
    "cmyk-adobe.jpg": lambda: saved("a.jpg", marked().convert("CMYK"), quality=95),
    "deep.png": lambda: odd_pictures.deep_png(marked()),
    "palette.png": lambda: saved("a.png", marked().quantize(8)),
    "alpha.png": lambda: saved("a.png", marked().convert("RGBA")),
    "a.jp2": lambda: saved("a.jp2", marked()),
    "a.jpf": lambda: saved("a.jp2", marked()),
    "alpha.jp2": lambda: saved("a.jp2", marked().convert("RGBA")),
    "codestream.j2k": lambda: saved("a.jp2", marked(), no_jp2=True),
    "alpha.webp": lambda: saved("a.webp", marked().convert("RGBA"), lossless=True),
}


@pytest.mark.parametrize("name", PICTURES)
def test_an_uncommon_format_is_decoded_with_its_colours(tmp_path, name):
    (page,) = pages_of(tmp_path, name, PICTURES[name]())
    assert (page.width, page.height) == SIZE
    opened = open_upright(page)
    assert opened.mode in ("L", "RGB")
    assert is_marked(opened)
    assert Path(name).suffix in EXTENSIONS


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("16.tif", odd_pictures.gray_tiff(LIT * 16)),
        ("16.jp2", saved("a.jp2", Image.fromarray((LIT * 16).astype("u2")))),
        ("12.tif", odd_pictures.gray_tiff(LIT)),
        ("white-is-zero.tif", odd_pictures.gray_tiff(65535 - LIT * 16, white_is_zero=True)),
    ],
)
def test_gray_of_16_bits_is_scaled_from_black_to_white(tmp_path, name, content):
    (page,) = pages_of(tmp_path, name, content)
    gray = np.asarray(open_upright(page)).astype(int)
    assert gray[:, 0].max() < 4
    assert gray[:, -1].min() > 250
    assert (np.diff(gray.mean(axis=0)) > 0).all()


FRAMES = [marked(), Image.new("RGB", SIZE, "green"), Image.new("RGB", SIZE, "gray")]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.apng", "a.avif"])
def test_the_page_of_an_animation_is_its_first_picture_and_the_origin_says_so(tmp_path, name):
    kind = {"a.apng": "PNG"}.get(name)
    (page,) = pages_of(tmp_path, name, saved(name, FRAMES[0], kind, save_all=True, append_images=FRAMES[1:]))
    assert page.origin == f"{name}, the first of 3 pictures"
    assert is_marked(open_upright(page))


def test_the_page_of_a_heic_album_is_its_main_picture_and_the_origin_says_so(tmp_path):
    path = tmp_path / "a.heic"
    odd_pictures.save_heic_album(path, [FRAMES[1], FRAMES[0], FRAMES[2]], main=1)
    (page,) = find_pages(path, "a.heic")
    assert page.origin == "a.heic, the main of 3 pictures"
    assert is_marked(open_upright(page))


def test_an_animation_truncated_after_its_first_picture_is_decoded(tmp_path):
    content = saved("a.gif", FRAMES[0], save_all=True, append_images=FRAMES[1:])
    (page,) = pages_of(tmp_path, "a.gif", content[: -len(content) // 4])
    assert is_marked(open_upright(page))


# Pillow's writer fails when it is closed again by the garbage collector; Python 3.13 warns about that.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_thumbnail_in_a_tiff_is_not_a_page(tmp_path):
    with AppendingTiffWriter(tmp_path / "a.tif", True) as writer:
        for size, subfile in ((SIZE, 0), ((12, 8), 1), (SIZE, 2)):
            marked(size).save(writer, format="TIFF", tiffinfo={254: subfile})
            writer.newFrame()
    pages = list(find_pages(tmp_path / "a.tif", "a"))
    assert [(page.origin, page.picture.page_index, page.width) for page in pages] == [
        ("a, page 1", 0, 120),
        ("a, page 2", 2, 120),
    ]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pages_of_a_tiff_before_the_damaged_one_are_yielded(tmp_path):
    (tmp_path / "a.tif").write_bytes(odd_pictures.gray_tiff(LIT * 16, following=1_000_000))
    pages = find_pages(tmp_path / "a.tif", "a")
    assert next(pages).origin == "a, page 1"
    with pytest.raises(PictureError, match="damaged or cut off"):
        next(pages)


def test_a_tiff_with_circular_links_ends(tmp_path):
    content = odd_pictures.gray_tiff(LIT * 16)
    first = struct.unpack("<I", content[4:8])[0]
    assert len(pages_of(tmp_path, "a.tif", odd_pictures.gray_tiff(LIT * 16, following=first))) == 1


def resident() -> int:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") >> 20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_five_hundred_pages_of_a_tiff_take_no_more_memory_than_fifty(tmp_path):
    (tmp_path / "a.tif").write_bytes(odd_pictures.long_tiff(marked((1240, 1754)), 500))
    early, seen = 0, 0
    for found in find_pages(tmp_path / "a.tif", "a"):
        if found.number <= 50 or found.number % 5 == 0:
            assert open_upright(found).size == (1240, 1754)
        early = resident() if found.number == 50 else early
        seen = found.number
    assert seen == 500
    assert resident() - early < 40  # 2 MB per page: the 90 opened pages would take 180 MB


HUGE = (60_000, 60_000)
BOMBS = {
    "a.heic": lambda: odd_pictures.claiming(saved("a.heic", marked(), "HEIF"), SIZE, HUGE),
    "a.avif": lambda: odd_pictures.claiming(saved("a.avif", marked()), SIZE, (15_000, 15_000)),
    "a.jp2": lambda: odd_pictures.claiming(saved("a.jp2", marked()), SIZE[::-1], HUGE),
    "a.j2k": lambda: odd_pictures.claiming(saved("a.jp2", marked(), no_jp2=True), SIZE, HUGE),
    "a.png": lambda: odd_pictures.deep_png(marked(), claimed=HUGE),
    "a.tif": lambda: odd_pictures.tiff(
        {256: ("I", [60_000]), 257: ("I", [60_000]), 258: ("H", [1]), 259: ("H", [4]), 262: ("H", [0])}
        | {277: ("H", [1]), 278: ("I", [60_000]), 279: ("I", [4])},
        b"\0\0\0\0",
    ),
    "a.gif": lambda: (
        b"GIF89a"
        + struct.pack("<HHBBB", *HUGE, 0, 0, 0)
        + b",\0\0\0\0"
        + struct.pack("<HHB", *HUGE, 0)
        + b"\2\0;"
    ),
    "a.bmp": lambda: saved("a.bmp", marked()).replace(struct.pack("<ii", *SIZE), struct.pack("<ii", *HUGE)),
    "a.webp": lambda: (
        b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + struct.pack("<I", 16_382)[:3] * 2 + b"VP8 \0\0\0\0"
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_of_any_format_is_refused_before_it_is_decoded(tmp_path, monkeypatch, name):
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *_: pytest.fail("the picture was decoded"))
    path = tmp_path / name
    path.write_bytes(BOMBS[name]())
    with pytest.raises(PictureTooLarge, match="million"):
        list(find_pages(path, name))
    with pytest.raises(PictureTooLarge):
        open_upright(Page(1, name, Picture(path), *SIZE))


def test_a_bomb_on_a_later_page_of_a_tiff_is_refused(tmp_path):
    content = odd_pictures.gray_tiff(LIT * 16)
    second = BOMBS["a.tif"]()
    place = len(content) + len(content) % 2
    shifted = bytearray(second)
    ifd = struct.unpack("<I", second[4:8])[0]
    first = odd_pictures.gray_tiff(LIT * 16, following=place + ifd)
    (tmp_path / "a.tif").write_bytes(first.ljust(place, b"\0") + shifted)
    pages = find_pages(tmp_path / "a.tif", "a")
    assert next(pages).width == 64
    with pytest.raises(PictureError, match="million pixels"):
        next(pages)


@pytest.mark.parametrize("name", ["a.heic", "a.avif", "a.webp"])
def test_files_of_formats_that_are_loaded_whole_have_a_size_limit(tmp_path, monkeypatch, name):
    content = saved(name, marked(), "HEIF" if name == "a.heic" else None)
    monkeypatch.setattr("penstock.images.formats.MAX_BYTES_IN_MEMORY", len(content) - 1)
    with pytest.raises(PictureTooLarge, match="must not be larger than"):
        pages_of(tmp_path, name, content)


def test_a_picture_that_changes_while_it_is_decoded_is_refused(tmp_path, monkeypatch):
    (page,) = pages_of(tmp_path, "a.png", saved("a.png", marked()))

    def changing(image: Image.Image) -> Image.Image:
        marked((60, 40)).save(tmp_path / "a.png")
        return image

    monkeypatch.setattr(opening_module, "flattened", changing)
    with pytest.raises(PictureChanged, match="has changed"):
        open_upright(page)


def test_pillow_heif_is_imported_only_for_heic(tmp_path):
    marked().save(tmp_path / "a.png")
    odd_pictures.save_heic(tmp_path / "a.heic", marked())
    code = (
        "import sys; from pathlib import Path; from penstock.images import find_pages\n"
        "for name in ('a.png', 'a.heic'):\n"
        "    list(find_pages(Path(name), name)); print('pillow_heif' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert ended.stdout.split() == ["False", "True"], ended.stderr


def test_the_list_of_readable_formats_names_heic_and_jpeg_2000():
    assert "HEIC" in READABLE
    assert "JPEG 2000" in READABLE


DAMAGED = {
    **{f"a.{kind}": None for kind in ("jpg", "png", "gif", "webp", "avif", "jp2", "bmp", "tif")},
    "a.heic": "HEIF",
    "a.mpo": "MPO",
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_raises_an_error_with_a_hint_or_keeps_its_size(tmp_path, name):
    content = saved(name, marked(), DAMAGED[name])
    chance, hints = random.Random(name), set()
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 2, 8))):
            damaged[chance.randrange(len(damaged))] = chance.choice((0, 255, chance.randrange(256)))
        if chance.random() < 0.2:
            damaged = damaged[: chance.randrange(1, len(damaged))]
        try:
            for page in pages_of(tmp_path, name, bytes(damaged)):
                assert open_upright(page).size == (page.width, page.height)
        except PictureError as error:
            hints.add(error.hint)
    assert all(hints)
