"""The lines of an edit as they are stored: checked, and with text and words in agreement."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from penstock.engine.corrected_lines import text_of_words
from penstock.model import Line, Quad, Word
from penstock.review.errors import EditRefused
from penstock.transcriptions.word_places import split_words

MOST_WORDS = 2_000
"""Words that a line may have."""
MOST_LETTERS = 1_000
"""Letters that a word may have."""
FAR = 1.0
"""How far a corner may be outside of the page, in widths or heights of the page."""
LEAST_SIDE = 1.0
"""Pixels that the sides of a word's or line's box have at least."""
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,35}")
_TRY_AGAIN = "correct this, and save again"


class EditedLines:
    """Makes the lines after an edit, given those ``before`` it.

    ``size`` is that of the page, and ``restores`` if the lines come back as they were.
    """

    def __init__(self, before: Sequence[Line], size: tuple[int, int], *, restores: bool) -> None:
        self._lines, self._size, self._restores = before, size, restores
        words = [word for line in before for word in line.words]
        places: list[Line | Word] = [*before, *words]
        self._words = {(word.text, word.quad): word for word in words}
        self._texts = {line.text for line in before}
        self._letters = set().union(*self._texts)
        self._quads = {place.quad for place in places}
        self._polygons = {place.polygon for place in places}
        self._languages = {place.language for place in places}

    def line(self, line: Line) -> Line:
        """Return a line as it is stored. Its text is empty if nothing is left of it. Raises EditRefused."""
        if line in self._lines:
            return line
        self._check(line)
        if self._restores:
            return line
        words = tuple(self._all_words(line))
        text = _normal(line.text) if not line.words else self._text(line, words)
        if text not in self._texts:
            line = replace(line, confidence=None, alternatives=())
        return replace(line, text=text, words=words, polygon=self._polygon(line))

    def _text(self, line: Line, words: Sequence[Word]) -> str:
        """Return the text of a line with these words: that of the edit if it says the same."""
        texts, text = [word.text for word in words], _normal(line.text)
        was = next((each for each in self._lines if each.quad == line.quad), self._only())
        # Words may be glued together in the text. A text that stayed while a word was split is no such text.
        is_old = was is not None and line.text == was.text and len(words) > len(was.words)
        if not is_old and _says(text, texts):
            return text
        return text_of_words(texts, was or replace(line, text=texts[0] if texts else "", words=()))

    def _only(self) -> Line | None:
        return self._lines[0] if len(self._lines) == 1 else None

    def _all_words(self, line: Line) -> Iterator[Word]:
        for word in line.words:
            known = self._words.get((word.text, word.quad))
            if known is not None and (known.corrected or not word.corrected):
                yield known
            else:
                yield from self._corrected(word, line)

    def _corrected(self, word: Word, line: Line) -> Iterator[Word]:
        """Yield the words that a corrected word consists of; its spaces divide it."""
        text = _normal(word.text)
        parts = split_words(Line(text, word.quad, direction=line.direction)) if " " in text else ()
        for part in parts or ((Word(text, word.quad),) if text else ()):
            yield replace(
                word,
                text=part.text,
                quad=part.quad,
                confidence=None,
                low_confidence=False,
                corrected=True,
                alternatives=(),
                polygon=() if parts else self._polygon(word),
            )

    def _polygon(self, place: Line | Word) -> tuple[tuple[float, float], ...]:
        """Return the outline of a line or word; none if it is the one of another place."""
        is_moved = place.quad not in self._quads and place.polygon in self._polygons
        return () if is_moved else place.polygon

    def _check(self, line: Line) -> None:
        if len(line.words) > MOST_WORDS:
            raise EditRefused(
                f"a line can have at most {MOST_WORDS} words, got {len(line.words)}", _TRY_AGAIN
            )
        if isinstance(line.region, bool) or not isinstance(line.region, int | None):
            raise EditRefused(f"region must be the index of a region, got {line.region!r}", _TRY_AGAIN)
        self._check_text(line.text, MOST_WORDS * 10)
        places: tuple[Line | Word, ...] = (line, *line.words)
        for each in places:
            if (each.text, each.quad) in self._words:
                continue
            if not self._is_language(each.language):
                raise EditRefused(f"language must be a BCP 47 tag, got {each.language!r}", _TRY_AGAIN)
            if each.quad not in self._quads:
                self._check_place(each.quad)
            self._check_points((*each.polygon, *(each.baseline if isinstance(each, Line) else ())))
        for word in line.words:
            self._check_text(word.text, MOST_LETTERS)

    def _check_text(self, text: str, most: int) -> None:
        if len(text) > most:
            raise EditRefused(f"a text can have at most {most} characters, got {len(text)}", _TRY_AGAIN)
        # Cs are halves of characters, which no encoding can write. The recognizer may have returned some.
        odd = {each for each in text if unicodedata.category(each) in ("Cc", "Cs")} - {"\t", "\n"}
        if odd - self._letters:
            raise EditRefused(f"a text must have no control characters, got {text[:80]!r}", _TRY_AGAIN)

    def _is_language(self, tag: object) -> bool:
        if not isinstance(tag, str):
            return tag is None
        return tag in self._languages or _LANGUAGE.fullmatch(tag) is not None

    def _check_place(self, quad: Quad) -> None:
        self._check_points(quad.corners)
        if not self._restores and min(quad.width, quad.height) < LEAST_SIDE:
            raise EditRefused("the box of a word must be at least 1 pixel wide and high", "draw it larger")

    def _check_points(self, points: Sequence[tuple[float, float]]) -> None:
        width, height = self._size
        for x, y in points:
            if not (-FAR * width <= x <= (1 + FAR) * width and -FAR * height <= y <= (1 + FAR) * height):
                why = f"a place must be on the page of {width} x {height} pixels, got ({x:g}, {y:g})"
                raise EditRefused(why, "draw the box on the page")


def _says(text: str, words: Iterable[str]) -> bool:
    """Return whether a text consists of these words, with or without spaces between them."""
    for word in words:
        text = text.lstrip()
        if not text.startswith(word):
            return False
        text = text.removeprefix(word)
    return not text.strip()


def _normal(text: str) -> str:
    """Return a text in NFC, without spaces around it and with single ones in it."""
    return " ".join(unicodedata.normalize("NFC", text).split())
