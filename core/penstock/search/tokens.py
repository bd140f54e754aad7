"""The words of a page as a search compares them: without case, accents and punctuation.

Words that a hyphen divides at the end of a line are found joined, too. Scripts that do not put spaces between
words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are searched by character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

HYPHENS = "-\u00ac\u00ad\u2010\u2011\u2e17=:"
"""Characters that divide a word at the end of a line. Old hands write ``=`` and ``:``."""

_ASCII_TOKEN = re.compile(r"[0-9a-z]+")
# Letters that have no decomposition, but that people and recognizers replace.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "\u0131": "i", "þ": "th"}
)
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]")
"""Marks that a search ignores: accents, Hebrew and Arabic points. Vowel signs of Indic scripts count."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a page, or a character of a script without spaces.

    ``start`` and ``end`` are positions among the tokens of the page. A word that a hyphen divides has the
    positions of both parts.
    """

    text: str
    start: int
    end: int
    line: int  # index of the line that it begins in
    words: tuple[tuple[int, int], ...]  # index of the line and of the word in it; empty without words


def folded(text: str) -> str:
    """Return a text without differences that a search ignores."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", plain))


def split(text: str) -> list[str]:
    """Return the folded words of a text; characters where the script has no spaces."""
    text = folded(text)
    if text.isascii():
        return _ASCII_TOKEN.findall(text)
    spaced = "".join(_spaced(character) for character in text)
    return spaced.split()


@lru_cache(maxsize=4096)
def _spaced(character: str) -> str:
    """Return a character that is part of a word, with spaces around one that is a token by itself."""
    if unicodedata.category(character)[0] not in "LNM":
        return " "
    return f" {character} " if _UNSPACED.match(character) else character


def is_unspaced(token: str) -> bool:
    """Return whether a token is a character of a script without spaces."""
    return len(token) == 1 and _UNSPACED.match(token) is not None


def tokens_of(lines: Iterable[Mapping[str, Any]]) -> Iterator[Token]:
    """Yield the tokens of a page's lines, given in the JSON form of a recognition."""
    position, divided = 0, None
    for index, line in enumerate(lines):
        parts = list(_parts(index, line))
        for offset, (text, words) in enumerate(parts):
            if offset == 0 and divided is not None:
                yield _joined(divided, text, words)
            token = Token(text, position, position + 1, index, words)
            position += 1
            yield token
        if parts:
            divided = token if _is_divided(line) else None


def texts_of(lines: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the texts of the tokens of a page without making tokens, which takes much longer."""
    texts: set[str] = set()
    divided = ""
    for line in lines:
        words = line.get("words") or ()
        parts = split(" ".join([word["text"] for word in words]) if words else line["text"])
        texts.update(parts)
        if parts:
            if divided:
                texts.add(divided + parts[0])
            divided = parts[-1] if _is_divided(line) else ""
    return texts


def _is_divided(line: Mapping[str, Any]) -> bool:
    """Return whether the last word of a line goes on in the next line."""
    return bool(line["text"].rstrip().endswith(tuple(HYPHENS)))


def _parts(index: int, line: Mapping[str, Any]) -> Iterator[tuple[str, tuple[tuple[int, int], ...]]]:
    """Yield the tokens of one line with their words. The text of the line is used where it has no words."""
    words = line.get("words") or ()
    for number, word in enumerate(words):
        for text in split(word["text"]):
            yield text, ((index, number),)
    if not words:
        for text in split(line["text"]):
            yield text, ()


def _joined(first: Token, text: str, words: tuple[tuple[int, int], ...]) -> Token:
    return Token(first.text + text, first.start, first.end + 1, first.line, first.words + words)
