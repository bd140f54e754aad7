"""Properties of scripts that the text layer needs: direction, spaces between words, widths of characters."""

from __future__ import annotations

import functools
import re
import unicodedata

NARROW, WIDE, BLANK, MARK = 500, 1000, 278, 1
"""Advance widths in thousandths of the type size: of most characters, East Asian characters, the space, and
combining marks (pdfminer loses characters without a width)."""

# Helvetica's advances for the most frequent characters (Adobe's core metrics), so that a part of a word can
# be selected about where it is. The word as a whole is stretched to its quad in any case.
_ADVANCES = {
    191: "'",
    222: "ijl",
    260: "|",
    278: " !,./:;I[\\]ft\xa0",
    333: "()-`r\xad",
    334: "{}",
    355: '"',
    389: "*",
    469: "^",
    500: "Jckxsvyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_ADVANCE_OF = {character: advance for advance, characters in _ADVANCES.items() for character in characters}

FIRST_HEBREW = "\u0590"

_NOT_WRITTEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, direction marks, byte order marks and lone surrogates."""

_PLAIN = re.compile("[\x00-\u058f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\ufb00-\ufb06]+")
"""Latin, Greek, Cyrillic and Armenian, with their punctuation, currency signs and ligatures."""

_CJK = re.compile(
    "[\u2e80-\u2fdf\u3000-\u303f\u3040-\u30ff\u3100-\u312f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff]+"
)
"""Chinese and Japanese, which have no spaces and can run downwards. Korean has spaces."""

_UNSPACED = re.compile(f"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]|{_CJK.pattern}")
"""Thai, Lao, Tibetan, Burmese and Khmer have no spaces between words either."""

_LEFT_TO_RIGHT_RUN = re.compile(
    r"[0-9A-Za-z\u0660-\u0669](?:[0-9A-Za-z\u0660-\u0669.,:/-]*[0-9A-Za-z\u0660-\u0669])?"
)


@functools.lru_cache(maxsize=8192)
def written(text: str) -> str:
    """Return a text in NFC without control characters and surrounding spaces, with single spaces inside."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return " ".join(_NOT_WRITTEN.sub("", unicodedata.normalize("NFC", text)).split())


def is_plain(text: str) -> bool:
    """Return whether all characters are of scripts like Latin: left to right, with spaces between words."""
    return text.isascii() or max(text) < FIRST_HEBREW or _PLAIN.fullmatch(text) is not None


def is_cjk(text: str) -> bool:
    """Return whether all characters are Chinese, kana or their punctuation."""
    return not text.isascii() and _CJK.fullmatch(text) is not None


def is_unspaced(text: str) -> bool:
    """Return whether any character is of a script without spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def is_right_to_left(text: str) -> bool:
    """Return whether the first letter is of a script that runs from right to left."""
    if text.isascii():
        return False
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def in_visual_order(word: str) -> str:
    """Return a word's characters in the order in which they appear from left to right.

    PDF readers put them back into reading order; they expect brackets unmirrored. Numbers and Latin letters
    within a right-to-left word keep their own order.
    """
    if word.isascii() or not is_right_to_left(word):
        return word
    return _LEFT_TO_RIGHT_RUN.sub(lambda run: run.group()[::-1], word[::-1])


def has_marks(text: str) -> bool:
    """Return whether any character is a combining mark."""
    return not text.isascii() and any(advance(character) == MARK for character in text)


@functools.lru_cache(maxsize=8192)
def advance(character: str) -> int:
    """Return a character's width in the invisible font, in thousandths of the type size."""
    if character in _ADVANCE_OF:
        return _ADVANCE_OF[character]
    category = unicodedata.category(character)
    if category.startswith("M") or category == "Cf":
        return MARK
    if unicodedata.east_asian_width(character) in "WF":
        return WIDE
    base = unicodedata.normalize("NFD", character)[0]
    return _ADVANCE_OF.get(base, NARROW)


@functools.lru_cache(maxsize=8192)
def natural_width(text: str) -> float:
    """Return a text's width in the invisible font, in ems; combining marks alone count as half a space."""
    return max(sum(map(advance, text)), BLANK / 2) / 1000
