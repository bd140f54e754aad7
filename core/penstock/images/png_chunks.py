"""PNG files: walk their chunks, check their checksums, and find metadata that follows the pixels.

Pillow sees metadata behind the pixels only after it has decoded all of them. Reading the chunks is faster.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from penstock.images.part import Part

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_METADATA = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"pHYs"})
"""Chunks that can hold an orientation or a resolution. ImageMagick and Adobe write EXIF and XMP into text."""
_GRAY_PIXEL = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
"""The header of a picture of one gray pixel (PNG specification, 11.2.1)."""
_MAX_METADATA = 1 << 26
_BLOCK = 1 << 20


def walk_chunks(file: IO[bytes]) -> Iterator[Part]:
    """Yield every chunk up to the end of the file (PNG specification, 5.3).

    Chunks behind IEND are included. The caller may move the file's position.
    """
    place = len(SIGNATURE)
    while True:
        file.seek(place)
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        yield Part(kind, place + 8, place + 8 + length)
        place += length + 12


def has_valid_checksum(file: IO[bytes], chunk: Part) -> bool:
    """Return whether the chunk is complete and its CRC matches (PNG specification, 5.4)."""
    checksum, left = zlib.crc32(chunk.kind), chunk.end - chunk.start
    file.seek(chunk.start)
    while left:
        block = file.read(min(_BLOCK, left))
        if not block:
            return False
        checksum = zlib.crc32(block, checksum)
        left -= len(block)
    return file.read(4) == checksum.to_bytes(4, "big")


def is_sound_png(content: bytes) -> bool:
    """Return whether every checksum of a PNG matches, up to and including its IEND chunk."""
    file = io.BytesIO(content)
    for chunk in walk_chunks(file):
        if not has_valid_checksum(file, chunk):
            return False
        if chunk.kind == b"IEND":
            return True
    return False


def add_trailing_metadata(image: Image.Image, path: Path) -> None:
    """Add the metadata behind the pixels of an opened PNG to its ``info``.

    The pixels are decoded only if the file has no IEND chunk, to find out whether any of them are missing.

    Raises
    ------
    ValueError, OSError, SyntaxError
        From Pillow: the metadata is damaged, or the pixels are truncated.
    """
    with path.open("rb", buffering=0) as file:
        chunks = _trailing_metadata(file, animated=bool(getattr(image, "is_animated", False)))
    if chunks is None:
        image.load()
    elif chunks:
        image.info.update(_parsed(chunks))


def _trailing_metadata(file: IO[bytes], *, animated: bool) -> list[tuple[bytes, bytes]] | None:
    """Return kind and content of the metadata chunks behind the first picture's pixels.

    None if the file has no end, or more metadata than `_MAX_METADATA`.
    """
    ends = (b"IEND", b"fcTL") if animated else (b"IEND",)
    found: list[tuple[bytes, bytes]] = []
    behind_pixels, room = False, _MAX_METADATA
    for chunk in walk_chunks(file):
        if behind_pixels and chunk.kind in ends:
            return found
        if behind_pixels and chunk.kind in _METADATA:
            room -= chunk.end - chunk.start
            if room < 0:
                return None
            found.append((chunk.kind, chunk.read(file)))
        behind_pixels = behind_pixels or chunk.kind == b"IDAT"
    return None


def _parsed(chunks: list[tuple[bytes, bytes]]) -> dict[str | tuple[int, int], object]:
    """Return what Pillow finds in the chunks if they stand before the pixels of a tiny picture."""
    parts = [(b"IHDR", _GRAY_PIXEL), *chunks, (b"IDAT", b"")]
    file = SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    with PngImageFile(io.BytesIO(file)) as image:
        return image.info
