"""PNG files chunk by chunk: what one says behind its pixels, which Pillow decodes all to come to it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import IO

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

_START = b"\x89PNG\r\n\x1a\n"
_TELLING = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"pHYs"})
"""Chunks that can say an orientation or a resolution; text, as ImageMagick and Adobe write EXIF and XMP."""
_DOT = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
"""The header of a picture of one gray pixel (PNG specification, 11.2.1)."""
_MOST_SAID = 1 << 26

Chunk = tuple[bytes, bytes]
"""Kind and content."""


def hear_out(image: Image.Image, path: Path) -> None:
    """Let an opened PNG's ``info`` say also what stands behind its pixels.

    They are decoded only where the file has no end: to tell whether anything of the picture is missing.

    Raises
    ------
    ValueError, OSError, SyntaxError
        What Pillow raises on such chunks, and on a picture that is cut off.
    """
    with path.open("rb", buffering=0) as file:
        chunks = _behind_pixels(file, animated=bool(getattr(image, "is_animated", False)))
    if chunks is None:
        image.load()
    elif chunks:
        image.info.update(_info(chunks))


def _behind_pixels(file: IO[bytes], *, animated: bool) -> list[Chunk] | None:
    """The telling chunks between the first picture and the next one, or the end; None if that never comes."""
    ends = (b"IEND", b"fcTL") if animated else (b"IEND",)
    found: list[Chunk] = []
    behind, room = False, _MOST_SAID
    file.seek(len(_START))
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if behind and kind in ends:
            return found
        if behind and kind in _TELLING:
            room -= length
            if room < 0:
                return None
            found.append((kind, file.read(length)))
        else:
            file.seek(length, io.SEEK_CUR)
        file.seek(4, io.SEEK_CUR)
        behind = behind or kind == b"IDAT"
    return None


def _info(chunks: list[Chunk]) -> dict[str | tuple[int, int], object]:
    """What Pillow understands of chunks: it reads them in front of the pixels of a picture without any."""
    parts = [(b"IHDR", _DOT), *chunks, (b"IDAT", b"")]
    file = _START + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    with PngImageFile(io.BytesIO(file)) as image:
        return image.info


def is_sound_png(content: bytes) -> bool:
    """Whether a whole PNG's every checksum holds, to its end: nothing of its pixels is lost or changed."""
    place = len(_START)
    while len(head := content[place : place + 8]) == 8:
        length, kind = struct.unpack(">I4s", head)
        end = place + 8 + length
        if content[end : end + 4] != zlib.crc32(memoryview(content)[place + 4 : end]).to_bytes(4, "big"):
            return False
        if kind == b"IEND":
            return True
        place = end + 4
    return False


__all__ = ["hear_out", "is_sound_png"]
