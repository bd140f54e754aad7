"""The invisible font of text layers, which covers all of Unicode.

It is a Type 0 font (ISO 32000-1, 9.7) over a TrueType program with one glyph per advance width. The glyphs
are not empty but have one contour without area: PDFium drops short words of a font with empty glyphs, and
pdf.js the whole font. No code is mapped to glyph 0, which PDF/A forbids. ToUnicode lists exactly the codes
that are used: fewer readers understand ranges, and Ghostscript loses them.
"""

from __future__ import annotations

import logging
import re
import struct
from collections.abc import Iterator

from penstock.render.pdf_writer import PdfWriter
from penstock.render.scripts import NARROW, advance
from penstock.render.to_unicode import to_unicode
from penstock.render.truetype import ASCENT, DESCENT, MAX_WIDTH, invisible_truetype

NAME = b"PenstockInvisible"
FIRST_FREE = "\u0300"
"""Characters before this one have their code point as code. Others get the next free code."""
FIRST_FREE_CODE, LAST_CODE = ord(FIRST_FREE), 0xFFFF
MIN_FREE_CODES = 20_000
"""A page starts a new font if the current one has fewer free codes."""
MAX_CACHED = 20_000
"""Encoded words that are cached: a few thousand words make up most of a text."""

_logger = logging.getLogger(__name__)

_SPECIAL = re.compile(rb"[\\()\r]")


class GlyphlessFont:
    """Assigns codes to texts, and keeps the codes in use for writing the font at the end.

    Its object number, `number`, is reserved at once.

    Parameters
    ----------
    visible
        Draw a box for each glyph, to make the text layer visible.
    """

    def __init__(self, writer: PdfWriter, *, visible: bool = False) -> None:
        self.number = writer.reserve()
        self._writer = writer
        self._visible = visible
        self._plain: set[str] = set()
        self._codes: dict[tuple[str, int], int] = {}
        self._glyphs: dict[tuple[str, int], str] = {}  # the encoded codes
        self._literals: dict[str, str] = {}

    @property
    def _free_codes(self) -> int:
        return LAST_CODE + 1 - FIRST_FREE_CODE - len(self._codes)

    def or_next(self) -> GlyphlessFont:
        """Return this font if it has enough codes for another page; else write it and return a new one."""
        if self._free_codes >= MIN_FREE_CODES:
            return self
        _logger.debug("a further font is started: the last one has %d codes left", self._free_codes)
        self.write()
        return GlyphlessFont(self._writer, visible=self._visible)

    def encoded(self, text: str) -> str:
        """Return a text as the inside of a literal string (ISO 32000-1, 7.3.4.2), two bytes per character.

        When no codes are free, a question mark replaces each character that would need one.
        """
        if text in self._literals:
            return self._literals[text]
        if len(self._literals) > MAX_CACHED:
            self._literals.clear()
        if text.isascii() or max(text) < FIRST_FREE:
            self._plain.update(text)
            literal = _literal(text.encode("utf-16-be"))
        else:
            literal = self.fitted(text, 1.0)
        self._literals[text] = literal
        return literal

    def fitted(self, text: str, stretch: float) -> str:
        """Encode a text with characters of `stretch` times their natural widths."""
        widths = (min(MAX_WIDTH, max(1, round(advance(character) * stretch))) for character in text)
        return "".join(self.glyph(*pair) or self.encoded("?") for pair in zip(text, widths, strict=True))

    def glyph(self, text: str, width: int) -> str | None:
        """Encode a text as one glyph, `width` thousandths of the type size wide; None if no code is free."""
        key = (text, width)
        if key in self._glyphs:
            return self._glyphs[key]
        if len(text) == 1 and text < FIRST_FREE and width == advance(text):
            self._plain.add(text)
            code = ord(text)
        elif not self._free_codes:
            return None
        else:
            code = self._codes[key] = FIRST_FREE_CODE + len(self._codes)
        literal = self._glyphs[key] = _literal(code.to_bytes(2, "big"))
        return literal

    def write(self) -> None:
        """Write the font's objects."""
        writer = self._writer
        glyphs = {ord(character): (character, advance(character)) for character in sorted(self._plain)}
        glyphs |= {code: key for key, code in self._codes.items()}
        widths = sorted({NARROW, *(width for _, width in glyphs.values())})
        program = invisible_truetype(widths, visible=self._visible)
        file = writer.add_stream(b"/Length1 %d" % len(program), program)
        descriptor = writer.add(_descriptor(file, max(widths)))
        glyph_map = writer.add_stream(b"", _glyph_map(glyphs, widths))
        characters = {code: character for code, (character, _) in glyphs.items()}
        unicode = writer.add_stream(b"", to_unicode(characters, code_size=2))
        descendant = writer.add(
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%b/CIDSystemInfo"
            b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW %d/W[%b]"
            b"/FontDescriptor %d 0 R/CIDToGIDMap %d 0 R>>"
            % (NAME, NARROW, b"".join(_widths(glyphs)), descriptor, glyph_map)
        )
        writer.add(
            b"<</Type/Font/Subtype/Type0/BaseFont/%b/Encoding/Identity-H"
            b"/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (NAME, descendant, unicode),
            self.number,
        )


def _literal(data: bytes) -> str:
    """Return any bytes as the inside of a literal string (ISO 32000-1, 7.3.4.2)."""
    if _SPECIAL.search(data):
        data = _SPECIAL.sub(_escaped, data)
    return data.decode("latin-1")


def _escaped(match: re.Match[bytes]) -> bytes:
    return b"\\r" if match.group() == b"\r" else b"\\" + match.group()


def _descriptor(file: int, widest: int) -> bytes:
    return (
        b"<</Type/FontDescriptor/FontName/%b/Flags 4/FontBBox[0 %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
        b"/CapHeight 700/StemV 80/FontFile2 %d 0 R>>"
    ) % (NAME, DESCENT, widest, ASCENT, ASCENT, DESCENT, file)


def _widths(glyphs: dict[int, tuple[str, int]]) -> Iterator[bytes]:
    """Yield the entries of /W (ISO 32000-1, 9.7.4.3): codes whose width is not the default, in runs."""
    previous = None
    for code, (_, width) in sorted(glyphs.items()):
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


def _glyph_map(glyphs: dict[int, tuple[str, int]], widths: list[int]) -> bytes:
    """Return the CIDToGIDMap: two bytes for each code, its glyph, or 0 for unused codes."""
    table = bytearray(2 * (max(glyphs, default=0) + 1))
    glyph_of = {width: glyph for glyph, width in enumerate(widths, start=1)}
    for code, (_, width) in glyphs.items():
        struct.pack_into(">H", table, 2 * code, glyph_of[width])
    return bytes(table)
