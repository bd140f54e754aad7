"""JPEG files that lack only their end mark, as after a broken transfer: find out, and add the mark.

Decoders fill missing pixels with gray and do not tell. So the file is decoded with different bytes behind
it: if they change no pixel, all pixels were there.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import IO

from PIL import Image

from penstock.images.jpeg_segments import end_of_first_picture, walk_segments

END_MARK = b"\xff\xd9"
MAX_BYTES = 1 << 28
_FILLERS = (bytes(range(1, 255)), bytes(range(254, 0, -1)))
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
"""Markers that decoding can restart at, numbered modulo 8 (ITU-T T.81, B.1.1.3)."""
_SCAN, _FRAMES = 0xDA, (0xC0, 0xC1, 0xC2)


def has_end_mark(file: IO[bytes]) -> bool:
    """Return whether the first picture in a JPEG reaches its end mark."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 2))
    return file.read() == END_MARK or end_of_first_picture(file) is not None


def lacks_only_its_end_mark(file: IO[bytes], max_pixels: int) -> bool:
    """Return whether a JPEG has no end mark, but all of its pixels.

    Parameters
    ----------
    max_pixels
        Larger pictures are not decoded, and False is returned for them.
    """
    if has_end_mark(file) or file.seek(0, io.SEEK_END) > MAX_BYTES or not _has_all_scans(file):
        return False
    file.seek(0)
    content = file.read().removesuffix(END_MARK[:1])
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            if image.width * image.height > max_pixels:
                return False
        first, *others = (_decoded(content + filler + END_MARK) for filler in (b"", *_fillers(content)))
    except (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error):
        return False
    return all(other == first for other in others)


def with_end_mark(file: IO[bytes]) -> IO[bytes]:
    """Return the content of a JPEG that lacks only its end mark, with the mark."""
    file.seek(0)
    return io.BytesIO(file.read().removesuffix(END_MARK[:1]) + END_MARK)


def _fillers(content: bytes) -> Iterator[bytes]:
    """Yield bytes to put behind the pixels, also as the next part between restart markers."""
    yield from _FILLERS
    restarts = _RESTART.findall(content)
    following = (restarts[-1][1] - 0xD0 + 1) % 8 if restarts else 0
    yield from (bytes((0xFF, 0xD0 + following)) + filler for filler in _FILLERS)


def _decoded(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        image.load()
        return image


def _has_all_scans(file: IO[bytes]) -> bool:
    """Return whether scans bring every coefficient to its full precision (ITU-T T.81, G.1.1.1)."""
    missing: set[tuple[int, int]] = set()
    for kind, body in _frame_and_scans(file):
        if kind != _SCAN:
            missing = {(component, index) for component in body[6::3] for index in range(64)}
            continue
        count = body[0]
        first, last, bits = body[2 * count + 1 : 2 * count + 4]
        if not bits & 15:
            done = {(body[1 + 2 * each], index) for each in range(count) for index in range(first, last + 1)}
            missing -= done
    return not missing


def _frame_and_scans(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the code and the content of the frame header and of each scan header."""
    for segment in walk_segments(file):
        code, body = segment.kind[1], segment.read(file)
        if (code in _FRAMES and len(body) > 6) or (code == _SCAN and body and len(body) >= 2 * body[0] + 4):
            yield code, body
