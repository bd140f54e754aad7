"""Tell characters of a PDF's text that stand for letters from those that only select glyphs of a font.

A font without a Unicode map, or with a wrong one, yields control codes, private codes or bare glyph numbers.
"""

from __future__ import annotations

import ctypes
import unicodedata
from collections import defaultdict

import pypdfium2
from pypdfium2 import raw

from penstock.pdf.painting import objects_of

LINE_END_HYPHENS = frozenset({0x02, 0xFFFE})
"""Characters that PDFium gives for a hyphen at the end of a line."""
REPLACEMENT = "\ufffd"
_NO_TEXT = frozenset({"Cc", "Cn", "Co"})
"""Categories of control codes, unassigned and private codes."""
MIN_EXTENT = 0.01
"""Points. PDFium finds no characters in text whose bounds are smaller."""

WORD_LENGTH = 3
"""Characters of the shortest text object that shows a word."""
WORD_WIDTH, WORD_RATIO = 18.0, 2.0
"""Points, and the ratio of width to height, of the smallest text object that shows a word in one glyph."""
MUCH = 0.25
"""Share of a page's characters."""


def character(text: pypdfium2.PdfTextPage, index: int) -> str:
    """Return one UTF-16 code of a page's text as a character, or `REPLACEMENT` if it stands for no letter."""
    code = raw.FPDFText_GetUnicode(text, index)
    if code in LINE_END_HYPHENS:
        # A font's own code may have the same value, but then PDFium finds no Unicode for it.
        return REPLACEMENT if raw.FPDFText_HasUnicodeMapError(text, index) == 1 else "-"
    if code > 0x10FFFF:
        return REPLACEMENT
    found = chr(code)
    if found.isspace() or (not code and raw.FPDFText_IsGenerated(text, index) == 1):
        return " " if not code else found
    if raw.FPDFText_HasUnicodeMapError(text, index) == 1 or unicodedata.category(found) in _NO_TEXT:
        return REPLACEMENT
    return found


def joined(characters: str) -> str:
    """Return a word of UTF-16 codes with its surrogate pairs joined, and lone surrogates replaced."""
    text = characters.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(REPLACEMENT if unicodedata.category(each) in _NO_TEXT else each for each in text)


def is_readable(text: str) -> bool:
    """Return whether at least half of a text's characters stand for letters."""
    return 2 * text.count(REPLACEMENT) <= len(text)


def legible_text_objects(page: pypdfium2.PdfPage) -> list[pypdfium2.PdfObject]:
    """Return the text objects of a page without those that show words in a font that says no letters.

    A single symbol, as in a formula, is no word unless much of the page is made of them.
    """
    shown = _characters_by_object(page)
    illegible = {address: text for address, text in shown.items() if not is_readable(text)}
    is_much = sum(map(len, illegible.values())) >= MUCH * sum(map(len, shown.values()))
    return [
        drawn
        for drawn in objects_of(page, [raw.FPDF_PAGEOBJ_TEXT])
        if not _shows_words(drawn, illegible.get(_address(drawn.raw), ""), any_size=is_much)
    ]


def _characters_by_object(page: pypdfium2.PdfPage) -> dict[int, str]:
    """Return the characters of each text object of a page, without spaces, by the object's address."""
    shown: dict[int, str] = defaultdict(str)
    text = page.get_textpage()
    try:
        for index in range(text.count_chars()):
            found = character(text, index)
            if not found.isspace():
                shown[_address(raw.FPDFText_GetTextObject(text, index))] += found
    finally:
        text.close()
    return {address: joined(characters) for address, characters in shown.items()}


def _shows_words(drawn: pypdfium2.PdfObject, illegible: str, *, any_size: bool) -> bool:
    """Return whether a text object shows words, judging by its illegible characters and its extent."""
    left, bottom, right, top = drawn.get_bounds()
    wide, high = right - left, top - bottom
    if min(wide, high) < MIN_EXTENT:
        return True  # PDFium gives no characters of it
    is_wide = wide >= WORD_WIDTH and wide >= WORD_RATIO * high  # one glyph may be a picture of a word
    return bool(illegible) and (any_size or is_wide or len(illegible) >= WORD_LENGTH)


def _address(drawn: object) -> int:
    return ctypes.cast(drawn, ctypes.c_void_p).value or 0  # type: ignore[arg-type]
