"""Refuse valid pictures of kinds that Pillow cannot decode, or decodes wrongly.

Without this, they would be called damaged, or would become black, white or half a page.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import IO

from penstock.errors import PictureError
from penstock.images.jpeg_segments import walk_segments
from penstock.images.tiff_directories import read_tags, walk_directories
from penstock.images.tiff_layouts import NOT_A_PAGE, STARTS, SUBFILE, shown_layout, unread_layout

JPEG_START = b"\xff\xd8\xff"
_ARITHMETIC = (0xC9, 0xCA)
_READ_FRAMES = (0xC0, 0xC1, 0xC2, *_ARITHMETIC)
"""Baseline, extended and progressive JPEG, with Huffman or arithmetic coding (ITU-T T.81, table B.1)."""
_OTHER_FRAMES = {
    **dict.fromkeys((0xC3, 0xCB), "lossless JPEG"),
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE), "hierarchical JPEG"),
    0xF7: "JPEG-LS",
}
_SCAN = 0xDA
_COMPONENTS = (1, 3, 4)


def unread_kind(origin: str, what: str) -> PictureError:
    """Return the error for a picture of a kind that is not read."""
    return PictureError(
        f"{origin}: is of a kind that is not read ({what})",
        "save it as PNG, or as JPEG or TIFF with 8 bits per channel",
    )


def refuse_unread_kind(file: IO[bytes], head: bytes, origin: str) -> None:
    """Raise PictureError if the picture is valid, but cannot be decoded rightly. Nothing is decoded.

    Of a TIFF, the first frame is checked. The file's position is moved to the start.
    """
    what = None
    if head.startswith(JPEG_START):
        what = _unread_jpeg(file)
    elif head.startswith(STARTS):
        what = _unread_tiff(file)
    file.seek(0)
    if what:
        raise unread_kind(origin, what)


def _unread_tiff(file: IO[bytes], frame: int = 0) -> str | None:
    directory = next(itertools.islice(walk_directories(file), frame, None), None)
    return unread_layout(read_tags(file, directory), directory.order) if directory else None


def refuse_unread_frame(path: Path, frame: int, origin: str) -> None:
    """Raise PictureError if a frame of a TIFF is valid, but cannot be decoded rightly."""
    with path.open("rb") as file:
        what = _unread_tiff(file, frame)
    if what:
        raise unread_kind(origin, what)


def unread_frames(path: Path) -> dict[int, str]:
    """Return what is not read of each frame of a TIFF that cannot be decoded rightly.

    Thumbnails and masks of other frames are left out.
    """
    found = {}
    with path.open("rb") as file:
        for frame, directory in enumerate(walk_directories(file)):
            tags = read_tags(file, directory)
            what = unread_layout(tags, directory.order)
            if what and not (tags.get(SUBFILE) or (0,))[0] & NOT_A_PAGE:
                found[frame] = what
    return found


def refused_tiff(file: IO[bytes]) -> str | None:
    """Return the kind of a TIFF that Pillow does not open, by its first frame; None if it is damaged."""
    directory = next(walk_directories(file), None)
    return shown_layout(read_tags(file, directory)) if directory else None


def is_arithmetic(file: IO[bytes]) -> bool:
    """Return whether a JPEG's pixels are coded arithmetically (ITU-T T.81, annex D)."""
    codes = (segment.kind[1] for segment in walk_segments(file))
    return next((code for code in codes if code in (*_READ_FRAMES, _SCAN)), 0) in _ARITHMETIC


def _unread_jpeg(file: IO[bytes]) -> str | None:
    """Return what is not read of a JPEG, by its frame header (ITU-T T.81, B.2.2); None if all is."""
    for segment in walk_segments(file):
        code = segment.kind[1]
        if code in _OTHER_FRAMES:
            return _OTHER_FRAMES[code]
        if code in _READ_FRAMES:
            frame = segment.read(file)
            if len(frame) < 6:
                return None
            if frame[0] != 8:
                return f"JPEG with {frame[0]} bits per channel"
            return None if frame[5] in _COMPONENTS else f"JPEG with {frame[5]} channels"
        if code == _SCAN:
            return None
    return None
