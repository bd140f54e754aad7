"""Small picture files of kinds that drawing libraries do not write."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms
from pillow_heif import from_pillow, register_heif_opener

# Only the tests write HEIC; the tested code reads it without this.
register_heif_opener()

ORIENTATION = 0x0112
Size = tuple[int, int]
Tags = dict[int, tuple[str, list[int]]]

STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How an upright picture is transposed for each EXIF orientation."""


def marked(size: Size = (120, 80)) -> Image.Image:
    """Draw a white picture with a red corner at the top left and a blue one at the top right."""
    picture = Image.new("RGB", size, "white")
    picture.paste("red", (0, 0, size[0] // 4, size[1] // 4))
    picture.paste("blue", (size[0] - size[0] // 4, 0, size[0], size[1] // 4))
    return picture


def is_marked(picture: Image.Image) -> bool:
    """Whether a picture has its red corner at the top left and its blue one at the top right."""
    colours = [picture.convert("RGB").getpixel((picture.width * share // 10, 4)) for share in (1, 9)]
    (red, _, other), (another, _, blue) = colours  # type: ignore[misc]
    return bool(red > 180 > 90 > other and blue > 180 > 90 > another)


def stored_turned(orientation: int, size: Size = (120, 80)) -> tuple[Image.Image, Image.Exif]:
    """Return the marked picture as a file of this orientation stores it, and its EXIF data."""
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return marked(size) if turn is None else marked(size).transpose(turn), exif


def save_heic(path: Path, picture: Image.Image, exif: Image.Exif | None = None) -> None:
    """Write a HEIC file, with the orientation in the container as well as in EXIF."""
    picture.save(path, "HEIF", quality=90, **({"exif": exif.tobytes()} if exif else {}))


def save_heic_album(path: Path, pictures: list[Image.Image], main: int) -> None:
    """Write a HEIC file of several pictures, one of which is the primary one."""
    album = from_pillow(pictures[0])
    for picture in pictures[1:]:
        album.add_from_pillow(picture)
    album.save(path, primary_index=main, quality=90)


def tiff(tags: Tags, data: bytes, following: int = 0) -> bytes:
    """Return a TIFF of one directory, with its pixels in one strip.

    Parameters
    ----------
    tags
        The type (H or I) and the values of each tag, without the strip's offset.
    following
        Offset of the next directory.
    """
    data += b"\0" * (len(data) % 2)
    tags = tags | {273: ("I", [8])}
    after = 8 + len(data) + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for tag in sorted(tags):
        kind, values = tags[tag]
        packed = struct.pack(f"<{len(values)}{kind}", *values)
        if len(packed) > 4:
            packed, extra = struct.pack("<I", after + len(extra)), extra + packed
        entries += struct.pack("<HHI", tag, {"H": 3, "I": 4}[kind], len(values)) + packed.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<I", 8 + len(data))
    return head + data + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + extra


def old_jpeg_tiff(picture: Image.Image) -> bytes:
    """Return a TIFF with an old-style JPEG, as in TIFF 6.0 (compression 6)."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95, subsampling=2)
    data = buffer.getvalue()
    tags: Tags = {256: ("H", [picture.width]), 257: ("H", [picture.height]), 258: ("H", [8, 8, 8])}
    tags |= {259: ("H", [6]), 262: ("H", [6]), 277: ("H", [3]), 278: ("H", [picture.height])}
    tags |= {279: ("I", [len(data)]), 512: ("H", [1]), 513: ("I", [8]), 514: ("I", [len(data)])}
    return tiff(tags | {530: ("H", [2, 2])}, data)


def gray_tiff(levels: np.ndarray[Any, Any], *, white_is_zero: bool = False, following: int = 0) -> bytes:
    """Return a TIFF of 16 bits per pixel."""
    height, width = levels.shape
    data = levels.astype("<u2").tobytes()
    tags: Tags = {256: ("H", [width]), 257: ("H", [height]), 258: ("H", [16]), 259: ("H", [1])}
    tags |= {262: ("H", [0 if white_is_zero else 1]), 277: ("H", [1]), 278: ("H", [height])}
    return tiff(tags | {279: ("I", [len(data)])}, data, following)


def long_tiff(page: Image.Image, pages: int) -> bytes:
    """Return a TIFF of many pages that share one strip."""
    buffer = io.BytesIO()
    page.convert("1").save(buffer, "TIFF", compression="group4", tiffinfo={278: page.height})
    one = buffer.getvalue()
    start = struct.unpack("<I", one[4:8])[0]
    end = start + 2 + 12 * struct.unpack("<H", one[start : start + 2])[0]
    offsets = [len(one) + number * (end - start + 4) for number in range(pages)]
    directories = b"".join(one[start:end] + struct.pack("<I", offset) for offset in [*offsets[1:], 0])
    return one[:4] + struct.pack("<I", offsets[0]) + one[8:] + directories


def deep_png(picture: Image.Image, claimed: Size | None = None) -> bytes:
    """Return a PNG of 16 bits per channel; its header may claim another size."""
    rows = np.asarray(picture.convert("RGB")).astype(">u2") * 257
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">IIBBBBB", *(claimed or picture.size), 16, 2, 0, 0, 0)
    return _png((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))


def palette_png(side: int, colours: int) -> bytes:
    """Return a black PNG with a palette of so many colours, which may be too many."""
    header = struct.pack(">IIBBBBB", side, side, 8, 3, 0, 0, 0)
    rows = zlib.compress(bytes((side + 1) * side))
    return _png((b"IHDR", header), (b"PLTE", bytes(3 * colours)), (b"IDAT", rows), (b"IEND", b""))


def _png(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def in_lab(picture: Image.Image) -> Image.Image:
    """Convert a picture to Lab, as some scanner software does."""
    return ImageCms.profileToProfile(  # type: ignore[return-value]
        picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )


def wide_profile() -> bytes:
    """Return a Display P3 profile, as in photos of phones: sRGB with the primaries of SMPTE EG 432-1."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for entry in range(132, 132 + 12 * struct.unpack_from(">I", profile, 128)[0], 12):
        name, start, _ = struct.unpack_from(">4sII", profile, entry)
        if name in primaries:
            numbers = (round(number * 65536) for number in primaries[name])
            struct.pack_into(">3i", profile, start + 8, *numbers)
    return bytes(profile)


def claiming(content: bytes, size: Size, claimed: Size) -> bytes:
    """Change the size in a file's header, where it is two numbers of four bytes."""
    before, after = struct.pack(">II", *size), struct.pack(">II", *claimed)
    assert before in content
    return content.replace(before, after)
