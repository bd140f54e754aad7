"""Make the TrueType program of the invisible font, whose glyphs differ only in their widths.

The file has the tables that PDF readers need (OpenType 1.9, ISO/IEC 14496-22), and is the same bytes for the
same widths.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from penstock.render.scripts import NARROW

ASCENT, DESCENT = 800, -200
"""Thousandths of the type size. They span one em, so that the type size is the height of a word's box."""
GLYPH_TOP = round(ASCENT * 64 / 65)
"""PDFium adds a 64th to the height of a glyph above the baseline."""
UNITS_PER_EM = 1000
CREATED = 3_029_529_600
"""1 January 2000 in seconds since 1904: a fixed time, so that the bytes are always the same."""
MAX_WIDTH = 30_000
"""Glyph coordinates have 16 bits."""


def invisible_truetype(
    widths: list[int], *, visible: bool, glyph_of_code: Sequence[int] | None = None
) -> bytes:
    """Return a TrueType program in which glyph n has the n-th width, counted from 1.

    Glyph 0, for missing characters, is never used. Widths are thousandths of the type size, at most
    `MAX_WIDTH`. `visible` draws a frame around each glyph's area. `glyph_of_code` has the glyphs, below 256,
    of the 256 codes of a simple font.
    """
    every = [NARROW, *widths]
    glyphs = [_glyph(width, visible=visible) for width in every]
    count, widest = len(glyphs), max(every)
    places = [sum(map(len, glyphs[:index])) for index in range(count + 1)]
    points, contours = (8, 2) if visible else (2, 1)
    encoding = {} if glyph_of_code is None else {b"cmap": _code_map(glyph_of_code)}
    return _font_file(
        encoding
        | {
            b"glyf": b"".join(glyphs),
            b"head": struct.pack(
                ">IIIIHHqqhhhhHHhhh",
                0x10000, 0x10000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, CREATED, CREATED,
                0, DESCENT, widest, GLYPH_TOP, 0, 8, 2, 1, 0,
            ),
            b"hhea": struct.pack(
                ">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, widest, 0, 0, widest, 1, *[0] * 7, count
            ),
            b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in every),
            b"loca": struct.pack(f">{count + 1}I", *places),
            b"maxp": struct.pack(">I14H", 0x10000, count, points, contours, 0, 0, 2, *[0] * 8),
            b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
        }
    )  # fmt: skip


def _code_map(glyphs: Sequence[int]) -> bytes:
    """Return a character map of platform 1, encoding 0, in format 0: one byte for each of 256 codes."""
    return struct.pack(">HHHHI", 0, 1, 1, 0, 12) + struct.pack(">HHH256B", 0, 262, 0, *glyphs)


def _glyph(width: int, *, visible: bool) -> bytes:
    """Return a glyph from (0, descent) to (width, ascent): a line there and back, or a frame."""
    right, thin = max(width, 1), 20
    line = [[(0, DESCENT), (right, GLYPH_TOP)]]
    frame = [
        [(0, DESCENT), (0, GLYPH_TOP), (right, GLYPH_TOP), (right, DESCENT)],
        [
            (thin, DESCENT + thin),
            (right - thin, DESCENT + thin),
            (right - thin, GLYPH_TOP - thin),
            (thin, GLYPH_TOP - thin),
        ],
    ]
    contours = frame if visible and width > 4 * thin else line
    points = [point for contour in contours for point in contour]
    ends = [sum(map(len, contours[: index + 1])) - 1 for index in range(len(contours))]
    data = (
        struct.pack(">hhhhh", len(contours), 0, DESCENT, right, GLYPH_TOP)
        + struct.pack(f">{len(ends)}HH", *ends, 0)
        + b"\x01" * len(points)
        + _deltas(x for x, _ in points)
        + _deltas(y for _, y in points)
    )
    return data + bytes(-len(data) % 4)


def _deltas(values: Iterable[int]) -> bytes:
    previous, data = 0, b""
    for value in values:
        data += struct.pack(">h", value - previous)
        previous = value
    return data


def _font_file(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">IHHHH", 0x10000, count, 16 << power, power, (count - (1 << power)) * 16)
    directory, body = b"", b""
    start = len(head) + 16 * count
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        directory += struct.pack(">4sIII", tag, _checksum(padded), start + len(body), len(data))
        body += padded
    font = head + directory + body
    # checkSumAdjustment, 8 bytes into "head", makes the checksum of the whole file a fixed number.
    place = font.index(tables[b"head"]) + 8
    return font[:place] + struct.pack(">I", (0xB1B0AFBA - _checksum(font)) & 0xFFFFFFFF) + font[place + 4 :]


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF
