"""JPEG files: walk their segments, and find the end of the first picture in a file that holds more.

Phones append a gain map or a short film, and stereo cameras the picture for the other eye.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from penstock.images.part import Part

_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
MULTI_PICTURE = b"MPF\0"
"""Begins the APP2 segment that lists the pictures in a file (CIPA DC-007, 5.1)."""

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""Within compressed pixels 0xFF stands only before 0x00 or a restart marker (ITU-T T.81, B.1.1.5)."""
_BLOCK = 1 << 16


def walk_segments(file: IO[bytes]) -> Iterator[Part]:
    """Yield the segments behind the first start of image, with their markers as kinds (ITU-T T.81, B.1.1).

    Compressed pixels, restart markers and stray bytes between segments are skipped. The walk goes on to the
    end of the file, through pictures that follow the first. The caller may move the file's position.
    """
    place = origin = 2
    block = b""  # the bytes at `origin`
    while True:
        found = _NEXT_MARKER.search(block, max(0, place - origin))
        # The length stands in the two bytes behind the marker. Read on if the block ends before them.
        if found is None or (found.end() + 2 > len(block) and found.start()):
            origin = origin + found.start() if found else max(place, origin + len(block) - 1)
            file.seek(origin)
            block = file.read(_BLOCK)
            if len(block) < 2:
                return
            continue
        start = place = origin + found.end()
        if found.group() not in (_START_OF_IMAGE, _END_OF_IMAGE):
            place += max(2, int.from_bytes(block[found.end() : found.end() + 2], "big"))
            start += 2
        yield Part(found.group(), start, place)


def end_of_first_picture(file: IO[bytes]) -> int | None:
    """Return the file offset behind the first picture; None if the picture is truncated."""
    for segment in walk_segments(file):
        if segment.kind in (_END_OF_IMAGE, _START_OF_IMAGE):
            return segment.end if segment.kind == _END_OF_IMAGE else None
    return None
