"""A recognizer that takes the words of a picture from a text file beside it."""

from __future__ import annotations

from dataclasses import dataclass

from penstock.hookspecs import hookimpl
from penstock.model import Limits, Line, Page, Quad, Recognition, Word

LOW = 0.3


@dataclass(eq=False)
class Typed:
    """Takes the text from ``NAME.words``, whose pages are divided by form feeds.

    A word that ends with a question mark has a low confidence, and is recognized without the mark. Each word
    is 50 pixels wide and 20 high: word c of line r has its top left corner at (10 + 60 c, 10 + 30 r).
    """

    @hookimpl
    def limits(self) -> Limits:
        return Limits(remote=False)

    @hookimpl
    def cache_key(self) -> dict[str, str]:
        return {}

    @hookimpl
    def submit(self, page: Page) -> Recognition:
        text = page.picture.path.with_suffix(".words").read_text(encoding="utf-8")
        lines = text.split("\f")[page.picture.page_index].splitlines()
        return Recognition(tuple(line_of(row, line) for row, line in enumerate(lines)), 0.0, "typed 1")


def line_of(row: int, text: str) -> Line:
    words = tuple(word_of(row, column, word) for column, word in enumerate(text.split()))
    return Line(" ".join(word.text for word in words), Quad.around(word.quad for word in words), words)


def word_of(row: int, column: int, text: str) -> Word:
    left, top = 10.0 + 60 * column, 10.0 + 30 * row
    quad = Quad.from_box(left, top, left + 50, top + 20)
    return Word(text.removesuffix("?"), quad, LOW if text.endswith("?") else 0.9)
