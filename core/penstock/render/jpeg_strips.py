"""Join the JPEG strips of a TIFF into one JPEG without decoding them.

A restart marker resets the decoder as the start of a strip does. So the compressed pixels of the strips can
follow each other as they are, if one strip is as long as one restart interval (ITU-T T.81, F.1.2.3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

from penstock.render.stored_image import Parts

_HEAD_BYTES = 4096
_BASELINE, _EXTENDED = 0xC0, 0xC1
_HUFFMAN_TABLES, _START_OF_SCAN, _QUANTIZATION, _RESTART_INTERVAL = 0xC4, 0xDA, 0xDB, 0xDD
_START_OF_IMAGE, _END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"
_MAX_INTERVAL = 65535


class _Strip(NamedTuple):
    """A strip: its tables, the contents of its frame and scan headers, and its compressed pixels."""

    tables: bytes
    frame_code: int
    frame: bytes
    scan: bytes
    data: tuple[int, int]

    @property
    def height(self) -> int:
        return int.from_bytes(self.frame[1:3], "big")

    def is_like(self, other: _Strip) -> bool:
        """Return whether both differ in their heights and pixels only."""
        return (self.tables, self.frame_code, self.scan, self.frame[:1], self.frame[3:]) == (
            *(other.tables, other.frame_code, other.scan, other.frame[:1], other.frame[3:]),
        )


def joined_strips(
    file: IO[bytes], tables: bytes, spans: Sequence[tuple[int, int]], width: int, height: int
) -> Parts | None:
    """Return one JPEG made of strips; None if they cannot be joined without decoding them.

    Parameters
    ----------
    tables
        The tables that all strips share: a JPEG without a picture, or empty.
    spans
        Offset and length in bytes of each strip, from top to bottom.
    width, height
        Size of the whole picture in pixels.
    """
    strips = [_strip(file, *span) for span in spans]
    first = strips[0]
    if first is None or len(first.frame) < 9 or int.from_bytes(first.frame[3:5], "big") != width:
        return None
    across, unit_height = _units(first.frame, width)
    rows, left = first.height, height
    interval = across * (rows // unit_height)
    if not rows or rows % unit_height or interval > _MAX_INTERVAL:
        return None
    parts: list[tuple[int, int] | bytes] = [_header(tables, first, height, interval)]
    for number, strip in enumerate(strips):
        if strip is None or not strip.is_like(first) or left <= 0:
            return None
        # Every strip but the last is one interval. The last may not hold more units than the picture has.
        if -(-strip.height // unit_height) != -(-min(rows, left) // unit_height):
            return None
        parts += [bytes((0xFF, 0xD0 + (number - 1) % 8))] if number else []
        parts.append(strip.data)
        left -= rows
    return (*parts, _END_OF_IMAGE) if left <= 0 else None


def _strip(file: IO[bytes], start: int, length: int) -> _Strip | None:
    """Take a strip apart; None if it is not one baseline scan without restart markers of its own."""
    file.seek(start)
    head = file.read(min(_HEAD_BYTES, length))
    tables, frame_code, frame = b"", 0, b""
    for code, body, end in _segments(head):
        if code in (_HUFFMAN_TABLES, _QUANTIZATION):
            tables += _segment(code, body)
        elif code in (_BASELINE, _EXTENDED):
            frame_code, frame = code, body
        elif code == _START_OF_SCAN:
            is_one_scan = frame and body[:1] == frame[5:6]
            trailing = _trailing(file, start + length)
            if not is_one_scan or trailing is None:
                return None
            return _Strip(tables, frame_code, frame, body, (start + end, length - end - trailing))
        elif (code == _RESTART_INTERVAL and any(body)) or 0xC2 <= code <= 0xCF:
            return None
    return None


def _segments(head: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield the code, the content and the end of each segment up to the scan header."""
    place = 2 if head.startswith(_START_OF_IMAGE) else len(head)
    while place + 4 <= len(head) and head[place] == 0xFF:
        code, size = head[place + 1], int.from_bytes(head[place + 2 : place + 4], "big")
        end = place + 2 + size
        if end > len(head) or size < 2:
            return
        yield code, head[place + 4 : end], end
        if code == _START_OF_SCAN:
            return
        place = end


def _trailing(file: IO[bytes], end: int) -> int | None:
    """Return how many bytes the end mark and a padding byte behind it take; None without an end mark."""
    file.seek(max(0, end - 3))
    last = file.read(3)
    if last.endswith(_END_OF_IMAGE):
        return 2
    return 3 if last == _END_OF_IMAGE + b"\0" else None


def _units(frame: bytes, width: int) -> tuple[int, int]:
    """Return how many MCUs a row has, and their height in pixels (ITU-T T.81, A.2)."""
    factors = frame[7::3]
    if len(factors) == 1:
        return -(-width // 8), 8
    return -(-width // (8 * max(factor >> 4 for factor in factors))), 8 * max(
        factor & 15 for factor in factors
    )


def _header(tables: bytes, strip: _Strip, height: int, interval: int) -> bytes:
    """Return everything before the compressed pixels of a picture of this height."""
    shared = b"".join(
        _segment(code, body)
        for code, body, _ in _segments(tables)
        if code in (_HUFFMAN_TABLES, _QUANTIZATION)
    )
    frame = strip.frame[:1] + struct.pack(">H", height) + strip.frame[3:]
    restart = _segment(_RESTART_INTERVAL, struct.pack(">H", interval))
    scan = _segment(_START_OF_SCAN, strip.scan)
    return _START_OF_IMAGE + shared + strip.tables + _segment(strip.frame_code, frame) + restart + scan


def _segment(code: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(body) + 2) + body
