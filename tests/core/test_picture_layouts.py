"""Every layout of PNG, BMP, PNM and JPEG is opened with the right levels, or its kind is refused."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from penstock.errors import PictureError
from penstock.images import find_pages, open_upright
from penstock.model import Recognition, RecognizedPage
from penstock.render import write_searchable_pdf

HEIGHT, WIDTH = 16, 32
RAMP = np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))
Pixels = np.ndarray[Any, Any]


def opened(path: Path, content: bytes) -> Pixels:
    path.write_bytes(content)
    (page,) = find_pages(path, path.name)
    return np.asarray(open_upright(page).convert("RGB")).astype(float)


def gray(levels: Pixels) -> Pixels:
    return np.repeat(255 * levels[..., None], 3, -1)


def packed(levels: Pixels, bits: int) -> Pixels:
    """Pack numbers below 2**bits, highest bit first, each row to whole bytes."""
    places = (levels[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(places.reshape(len(levels), -1).astype(np.uint8), axis=1)


def png(colour_type: int, bits: int, samples: Pixels, key: bytes = b"") -> bytes:
    rows = packed(samples.reshape(HEIGHT, -1).astype(int), bits)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, colour_type, 0, 0, 0)
    palette = bytes(
        level for index in range(1 << min(bits, 8)) for level in [index * 255 // ((1 << bits) - 1)] * 3
    )
    chunks = [(b"IHDR", header), *([(b"PLTE", palette)] if colour_type == 3 else [])]
    chunks += [(b"tRNS", key)] if key else []
    chunks += [(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


PNGS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8)]
PNGS += [(4, 8), (4, 16), (6, 8), (6, 16)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize(("colour_type", "bits"), PNGS)
def test_a_png_of_each_colour_type_is_read_and_written_into_a_pdf(tmp_path, colour_type, bits, keyed):
    if keyed and bits == 1:
        pytest.skip("what is left is white, and so stands on black")
    top = (1 << bits) - 1
    channels = CHANNELS[colour_type]
    samples = np.repeat((RAMP * top).round().astype(int)[..., None], channels, -1)
    expected = gray(samples[..., 0] / top)
    if colour_type in (4, 6):
        samples[..., -1] = top
    key = b""
    if keyed and colour_type in (0, 2):  # The darkest level is transparent.
        key = struct.pack(">H", 0) * channels
        expected[samples[..., 0] == 0] = 255
    elif keyed and colour_type == 3:
        key, expected[samples[..., 0] == 0] = b"\0", 255
    found = opened(tmp_path / "a.png", png(colour_type, bits, samples, key))
    assert np.abs(found - expected).max() < 2
    (page,) = find_pages(tmp_path / "a.png", "a")
    pdf = io.BytesIO()
    write_searchable_pdf([RecognizedPage(page, Recognition())], pdf)
    assert pdf.getvalue().startswith(b"%PDF")


def bmp(
    bits: int, rows: bytes, *, method: int = 0, masks: bytes = b"", colours: bytes = b"", size: int = 40
) -> bytes:
    """Return a BMP with a header of 40 (masks follow) or 124 bytes (masks in it)."""
    head = struct.pack("<IiiHHIIiiII", size, WIDTH, HEIGHT, 1, bits, method, len(rows), 0, 0, 0, 0) + masks
    if size == 124:
        head = head.ljust(56, b"\0") + b"BGRs" + bytes(64)
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + head + colours + rows


def words(*shifts: int, bits: int = 8, alpha: int = 0, kind: str = "<u4") -> bytes:
    levels = (RAMP * ((1 << bits) - 1)).round().astype(int)
    return (sum(levels << shift for shift in shifts) + alpha).astype(kind).tobytes()


GRAYS = bytes(level for index in range(256) for level in (index, index, index, 0))
MASKS = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
LEVELS = (RAMP * 255).round().astype(np.uint8)
BMPS = {
    "8 bits": bmp(8, LEVELS.tobytes(), colours=GRAYS),
    "8 bits, run length": bmp(
        8, b"".join(b"".join(bytes([1, level]) for level in row) + b"\0\0" for row in LEVELS) + b"\0\1",
        method=1, colours=GRAYS,
    ),
    "24 bits": bmp(24, np.repeat(LEVELS[..., None], 3, -1).tobytes()),
    "32 bits": bmp(32, words(16, 8, 0)),
    "32 bits, fourth byte full": bmp(32, words(16, 8, 0, alpha=0xFF000000)),
    "32 bits, masks, unused alpha": bmp(32, words(16, 8, 0), method=3, masks=MASKS, size=124),
    "32 bits, masks, full alpha": bmp(32, words(16, 8, 0, alpha=0xFF000000), method=3, masks=MASKS, size=124),
    "16 bits": bmp(16, words(10, 5, 0, bits=5, kind="<u2")),
    "16 bits, masks": bmp(
        16, words(10, 5, 0, bits=5, kind="<u2"), method=3, masks=struct.pack("<3I", 0x7C00, 0x3E0, 0x1F)
    ),
    "16 bits, odd masks": bmp(
        16, words(8, 4, 0, bits=4, alpha=0, kind="<u2"), method=3, masks=struct.pack("<3I", 0xF00, 0xF0, 0xF)
    ),
    "a JPEG in it": bmp(24, b"\xff\xd8\xff\xe0", method=4),
    "a PNG in it": bmp(24, b"\x89PNG", method=5),
}  # fmt: skip
UNREAD_BMPS = {"16 bits, odd masks", "a JPEG in it", "a PNG in it"}


@pytest.mark.parametrize("name", BMPS)
def test_a_bmp_of_each_layout_is_read_or_refused(tmp_path, name):
    if name in UNREAD_BMPS:
        with pytest.raises(PictureError, match="is of a kind that is not read"):
            opened(tmp_path / "a.bmp", BMPS[name])
        return
    found = opened(tmp_path / "a.bmp", BMPS[name])
    assert np.abs(found - gray(RAMP)).max() < 10  # 5 bits have 32 levels.


def pam(depth: int, maximum: int, kind: str, samples: Pixels) -> bytes:
    head = f"P7\n# made by hand\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {depth}\nMAXVAL {maximum}\n"
    return f"{head}TUPLTYPE {kind}\nENDHDR\n".encode() + samples.tobytes()


def plain(kind: int, samples: Pixels, maximum: str = "") -> bytes:
    numbers = "\n".join(" ".join(map(str, row)) for row in samples.reshape(HEIGHT, -1))
    return f"P{kind}\n# by hand\n{WIDTH} {HEIGHT}\n{maximum}\n{numbers}\n".encode()


BLACK = (RAMP < 0.5).astype(np.uint8)
TWELVE, SIXTEEN = ((RAMP * top).round().astype(">u2") for top in (4095, 65535))
RGB, RGB16 = (np.repeat(samples[..., None], 3, -1) for samples in (LEVELS, SIXTEEN))
SIZE = f"{WIDTH} {HEIGHT}"
NETPBM = {
    "P1.pbm": plain(1, BLACK),
    "P1 without spaces.pbm": f"P1 {SIZE}\n{''.join(map(str, BLACK.ravel()))}\n".encode(),
    "P2.pgm": plain(2, TWELVE.astype(int), "4095"),
    "P3.ppm": plain(3, RGB, "255"),
    "P4.pbm": f"P4 {SIZE}\n".encode() + packed(BLACK.astype(int), 1).tobytes(),
    "P5.pgm": f"P5\n# a comment\n{SIZE} # another\n255\n".encode() + LEVELS.tobytes(),
    "P5 12.pgm": f"P5 {SIZE} 4095\n".encode() + TWELVE.tobytes(),
    "P5 16.pnm": f"P5 {SIZE} 65535\n".encode() + SIXTEEN.tobytes(),
    "P6.ppm": f"P6 {SIZE} 255\n".encode() + RGB.tobytes(),
    "P6 16.ppm": f"P6 {SIZE} 65535\n".encode() + RGB16.tobytes(),
    "bitmap.pam": pam(1, 1, "BLACKANDWHITE", 1 - BLACK),
    "gray.pam": pam(1, 65535, "GRAYSCALE", SIXTEEN),
    "rgb.pam": pam(3, 255, "RGB", RGB),
    "alpha.pam": pam(4, 255, "RGB_ALPHA", np.dstack([RGB, np.full_like(LEVELS, 255)])),
    "gray alpha.pam": pam(2, 255, "GRAYSCALE_ALPHA", np.dstack([LEVELS, np.full_like(LEVELS, 255)])),
    "cmyk.pam": pam(4, 255, "CMYK", np.dstack([np.zeros_like(RGB), 255 - LEVELS])),
}  # fmt: skip


@pytest.mark.parametrize("name", NETPBM)
def test_a_pnm_or_pam_of_each_kind_is_read(tmp_path, name):
    is_bitmap = name.startswith(("P1", "P4", "bitmap"))
    found = opened(tmp_path / name, NETPBM[name])
    assert np.abs(found - gray(1.0 - BLACK if is_bitmap else RAMP)).max() < 2


@pytest.mark.parametrize("name", ["P2.pgm", "P3.ppm", "P4.pbm", "P5.pgm", "P6 16.ppm", "rgb.pam"])
def test_a_truncated_pnm_is_refused(tmp_path, name):
    content = NETPBM[name]
    for cut in (len(content) - 12, len(content) // 2, 9, 3):
        with pytest.raises(PictureError, match="damaged or cut off"):
            opened(tmp_path / name, content[:cut])


def test_the_page_of_a_file_of_several_pnms_is_the_first_and_the_origin_says_so(tmp_path):
    (tmp_path / "a.pnm").write_bytes(NETPBM["P5.pgm"] + NETPBM["P6.ppm"])
    (page,) = find_pages(tmp_path / "a.pnm", "a.pnm")
    assert page.origin == "a.pnm, the first of 2 pictures"


def test_a_pnm_with_a_huge_size_is_refused_before_it_is_decoded(tmp_path):
    with pytest.raises(PictureError, match="million"):
        opened(tmp_path / "a.pnm", b"P6 60000 60000 255\n")


RNG = np.random.default_rng(1)
NOISE = RNG.integers(0, 255, (96, 96, 3)).astype(np.uint8)


@pytest.mark.parametrize("space", ["gray", "rgb", "ycbcr", "cmyk", "ycck"])
def test_a_jpeg_of_each_colour_space_is_read_as_a_second_decoder_reads_it(tmp_path, space):
    smooth = np.repeat(gray(RAMP).astype(np.uint8), 2, 0)
    pixels = smooth[..., 0].copy() if space == "gray" else smooth
    if space in ("cmyk", "ycck"):
        pixels = np.dstack([smooth, np.full_like(smooth[..., :1], 255)])
    content = imagecodecs.jpeg_encode(
        pixels, level=95, colorspace=None if space == "gray" else "CMYK" if pixels.shape[-1] == 4 else "RGB",
        outcolorspace=None if space == "gray" else space.upper(),
    )  # fmt: skip
    found = opened(tmp_path / "a.jpg", content)
    second = imagecodecs.jpeg_decode(content)
    if second.ndim == 2:
        expected = np.repeat(second[..., None], 3, -1).astype(float)
    elif second.shape[-1] == 4:
        return
    else:
        expected = second.astype(float)
    assert np.abs(found - expected).mean() < 2


def jpeg(**options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(NOISE).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


JPEGS = [jpeg(), jpeg(progressive=True), jpeg(restart_marker_rows=1), jpeg(subsampling=0)]


@pytest.mark.parametrize("content", JPEGS)
@pytest.mark.parametrize("behind", [b"", b"\xff", bytes(300)])
def test_a_jpeg_that_lacks_only_its_end_mark_is_read_with_a_note(tmp_path, content, behind):
    whole = opened(tmp_path / "a.jpg", content)
    assert (opened(tmp_path / "b.jpg", content[:-2] + behind) == whole).all()
    (page,) = find_pages(tmp_path / "b.jpg", "b.jpg")
    assert page.note == "the file lacks its end mark, but none of its pixels"
    pdf = io.BytesIO()
    write_searchable_pdf([RecognizedPage(page, Recognition())], pdf)
    assert content[:-2] + behind + b"\xff\xd9" in pdf.getvalue() or behind == b"\xff"


@pytest.mark.parametrize("content", JPEGS)
@pytest.mark.parametrize("cut", [5, 20, 1000])
def test_a_jpeg_that_lacks_pixels_is_refused(tmp_path, content, cut):
    with pytest.raises(PictureError, match="damaged or cut off"):
        opened(tmp_path / "a.jpg", content[:-cut])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (imagecodecs.jpeg_encode(NOISE.astype("u2") * 16, bitspersample=12, level=90), "12 bits per channel"),
        (imagecodecs.ljpeg_encode(NOISE[..., 0].astype("u2")), "lossless JPEG|JPEG with 16 bits"),
        (imagecodecs.jpegls_encode(LEVELS), "JPEG-LS"),
    ],
)
def test_a_jpeg_of_a_kind_that_is_not_read_is_named(tmp_path, content, what):
    with pytest.raises(PictureError, match=f"of a kind that is not read .*({what})"):
        opened(tmp_path / "a.jpg", content)


def test_a_jpeg_with_arithmetic_coding_is_read_whatever_its_size(tmp_path, monkeypatch):
    # Decoders get blocks of this size. Arithmetic coding needs all of them at once.
    monkeypatch.setattr("PIL.ImageFile.MAXBLOCK", 256)
    content = (Path(__file__).parents[1] / "data" / "jpeg" / "arithmetic.jpg").read_bytes()
    assert len(content) > 1000
    found = opened(tmp_path / "a.jpg", content)
    assert found[:, 0].max() < 20 < 235 < found[:, -1].min()


def test_a_jpeg_cut_at_a_restart_marker_is_refused(tmp_path):
    content = jpeg(restart_marker_rows=1)
    with pytest.raises(PictureError, match="damaged or cut off"):
        opened(tmp_path / "a.jpg", content[: content.rindex(b"\xff\xd2")])
