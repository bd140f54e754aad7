"""The invisible font: every character of Unicode, a place for each, and no ink.

A Type 0 font over a TrueType program of one glyph per advance width (ISO 32000-1, 9.7). Its glyphs are not
empty but have one contour without area: PDFium drops short words of a font whose glyphs have none, and pdf.js
the whole font. No code is ever mapped to glyph 0, which PDF/A forbids. ToUnicode names exactly the codes
that were used: ranges would survive fewer readers and no rewriting by Ghostscript.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator

from penstock.render.pdf_writer import PdfWriter
from penstock.render.scripts import NARROW, advance

ASCENT, DESCENT = 800, -200
"""In thousandths of the type size; together one em, so that the type size is the height of a word's box."""

GLYPH_TOP = round(ASCENT * 64 / 65)
"""PDFium adds a 64th to what a glyph rises over the baseline."""

NAME = b"PenstockInvisible"
UNITS_PER_EM = 1000
REPLACEMENT = "\ufffd"

_SPECIAL = re.compile(rb"[\\()\r]")
_FREE_CODES = (range(0xD800, 0xF900), range(0x0001, 0x0020))
"""Codes that no character has, then some that hardly a text uses: for what lies outside the basic plane."""


class GlyphlessFont:
    """Gives codes to characters, and remembers which were used.

    Parameters
    ----------
    visible
        Draw each character's box: to see the text layer.
    """

    def __init__(self, *, visible: bool = False) -> None:
        self._visible = visible
        self._used: set[str] = set()
        self._codes: dict[tuple[str, int], int] = {}
        self._free = iter([code for codes in _FREE_CODES for code in codes])

    def encoded(self, text: str) -> bytes:
        """Encode a text, two bytes a character, each as wide as `advance` says."""
        self._used.update(text)
        if max(text) < "\ud800":
            return text.encode("utf-16-be")
        return b"".join(self._two_bytes(character, advance(character)) for character in text)

    def fitted(self, text: str, advances: Iterable[int]) -> bytes:
        """Encode a text whose characters have widths of their own, in thousandths of the type size."""
        return b"".join(map(self._two_bytes, text, advances))

    def _two_bytes(self, character: str, width: int) -> bytes:
        return struct.pack(">H", self._code(character, width))

    def _code(self, character: str, width: int) -> int:
        if len(character)==1 and character < "\ud800" and width == advance(character):
            self._used.add(character)
            return ord(character)
        key = (character, width)
        if key not in self._codes:
            # Whoever uses thousands of characters outside the basic plane gets the last of them as signs
            # that something stood there.
            self._codes[key] = next(self._free, None) or self._code(REPLACEMENT, NARROW)
        return self._codes[key]

    def _glyphs(self) -> dict[int, tuple[str, int]]:
        """Code to character and width, for all that were used."""
        plain = {ord(character): (character, advance(character)) for character in self._used if character < "\ud800"}
        return plain | {code: key for key, code in self._codes.items()}

    def write(self, writer: PdfWriter, number: int) -> None:
        """Write the font's objects, its dictionary under the given number."""
        characters = self._glyphs()
        advances = sorted({NARROW, *(width for _, width in characters.values())})
        program = _true_type(advances, visible=self._visible)
        file = writer.add_stream(b"/Length1 %d" % len(program), program)
        descriptor = writer.add(_descriptor(file, max(advances)))
        glyphs = writer.add_stream(b"", _glyph_map(characters, advances))
        unicode = writer.add_stream(b"", _to_unicode(characters))
        descendant = writer.add(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo"
            b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW %d/W[%b]"
            b"/FontDescriptor %d 0 R/CIDToGIDMap %d 0 R>>"
            % (NAME, NARROW, b"".join(_widths(characters)), descriptor, glyphs)
        )
        writer.add(
            b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H"
            b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (NAME, descendant, unicode),
            number,
        )


def literal(data: bytes) -> str:
    """A literal string (ISO 32000-1, 7.3.4.2) of any bytes."""
    return f"({_SPECIAL.sub(_escaped, data).decode('latin-1')})"


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"\\r" if match.group() == b"\r" else b"\\" + match.group()


def _descriptor(file: int, widest: int) -> bytes:
    return (
        b"<</Type/FontDescriptor/FontName/%b/Flags 4/FontBBox[0 %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight 700/StemV 80/FontFile2 %d 0 R>>"
    ) % (NAME, DESCENT, widest, ASCENT, ASCENT, DESCENT, file)


def _widths(characters: dict[int, tuple[str, int]]) -> Iterator[bytes]:
    """The entries of /W for what is not as wide as most: runs of codes with their widths."""
    previous = None
    for code, (_, width) in sorted(characters.items()):
        if width == NARROW:
            continue
        if previous is None or code != previous + 1:
            yield b"%b%d[" % (b"" if previous is None else b"]", code)
        else:
            yield b" "
        yield b"%d" % width
        previous = code
    if previous is not None:
        yield b"]"


def _glyph_map(characters: dict[int, tuple[str, int]], advances: list[int]) -> bytes:
    """CIDToGIDMap: the glyph of each code, two bytes each; that of codes never used is 0."""
    table = bytearray(2 * (max(characters, default=0) + 1))
    glyph_of = {width: glyph for glyph, width in enumerate(advances, start=1)}
    for code, (_, width) in characters.items():
        struct.pack_into(">H", table, 2 * code, glyph_of[width])
    return bytes(table)


def _to_unicode(characters: dict[int, tuple[str, int]]) -> bytes:
    rows = [
        b"<%04X> <%b>\n" % (code, character.encode("utf-16-be").hex().upper().encode())
        for code, (character, _) in sorted(characters.items())
    ]
    blocks = (rows[start : start + 100] for start in range(0, len(rows), 100))
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        b"/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        b"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(block), b"".join(block)) for block in blocks)
        + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )


def _true_type(advances: list[int], *, visible: bool) -> bytes:
    """A TrueType program with one glyph for each advance, and one more before them (OpenType 1.9, "otff")."""
    widths = [NARROW, *advances]
    glyphs = [_glyph(width, visible=visible) for width in widths]
    count, widest = len(glyphs), max(widths)
    places = [sum(map(len, glyphs[:index])) for index in range(count + 1)]
    points, contours = (8, 2) if visible else (2, 1)
    return _font_file(
        {
            b"glyf": b"".join(glyphs),
            b"head": struct.pack(
                ">IIIIHHqqhhhhHHhhh",
                0x10000, 0x10000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, 0, 0,
                0, DESCENT, widest, GLYPH_TOP, 0, 8, 2, 1, 0,
            ),
            b"hhea": struct.pack(
                ">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT, DESCENT, 0, widest, 0, 0, widest, 1, *[0] * 7, count
            ),
            b"hmtx": b"".join(struct.pack(">Hh", width, 0) for width in widths),
            b"loca": struct.pack(f">{count + 1}I", *places),
            b"maxp": struct.pack(">I14H", 0x10000, count, points, contours, 0, 0, 2, *[0] * 8),
            b"post": struct.pack(">IIhhIIIII", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
        }
    )  # fmt: skip


def _glyph(width: int, *, visible: bool) -> bytes:
    """A glyph from (0, descent) to (width, ascent): a line there and back, or a frame."""
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
    # checkSumAdjustment, 8 bytes into "head", makes the whole file's sum a fixed number.
    place = font.index(tables[b"head"]) + 8
    return font[:place] + struct.pack(">I", (0xB1B0AFBA - _checksum(font)) & 0xFFFFFFFF) + font[place + 4 :]


def _checksum(data: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(data) // 4}I", data)
    return sum(words) & 0xFFFFFFFF
