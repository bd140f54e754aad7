"""A comparison as text: the words that differ, in their lines, as ``wdiff`` marks them."""

from __future__ import annotations

import click

from penstock.comparison.differences import LineComparison, PageComparison, Passage, Score
from penstock.report import counted, printable

NO_PAGE = "there is no page that both have"
CONTEXT = 3
"""Words before and after a difference that are printed."""


class TextComparison:
    """Prints pages that differ, with colors if stdout is a terminal."""

    def __init__(self, names: tuple[str, str]) -> None:
        self._print(f"{_first(names[0])} in the first, {_second(names[1])} in the second")

    def show_page(self, document: str, number: int, page: PageComparison) -> None:
        self._print(f"{printable(document)}, page {number}: {agreement(page.score)}")
        for line in page.lines:
            if not line.agrees:
                self._print(f"  {_line(line)}")

    def show_total(self, total: Score, pages: int) -> None:
        if pages:
            self._print(f"{counted(pages, 'page')}: {agreement(total)}")
        else:
            self._print(NO_PAGE)

    def _print(self, text: str) -> None:
        click.echo(text)  # removes colors if stdout is no terminal


def agreement(score: Score) -> str:
    """Return ``96.2% of the words agree (204 and 206 words), CER 2.1%``."""
    cer = "unknown" if score.cer is None else f"{score.cer:.1%}"
    first, second = score.words
    return f"{score.agreement:.1%} of the words agree ({first} and {second} words), CER {cer}"


def _line(line: LineComparison) -> str:
    last = len(line.passages) - 1
    parts = []
    for index, passage in enumerate(line.passages):
        if passage.agrees:
            parts.append(_context(passage, at_start=index == 0, at_end=index == last))
        else:
            parts.append(_difference(passage))
    return " ".join(parts)


def _difference(passage: Passage) -> str:
    parts = [_first(passage.first)] if passage.first else []
    return " ".join(parts + ([_second(passage.second)] if passage.second else []))


def _first(text: str) -> str:
    return click.style(f"[-{printable(text)}-]", fg="red")


def _second(text: str) -> str:
    return click.style(f"{{+{printable(text)}+}}", fg="green")


def _context(passage: Passage, *, at_start: bool, at_end: bool) -> str:
    """Return the words of a passage that are near to a difference."""
    words = printable(passage.first).split(" ")
    before, after = (0 if at_start else CONTEXT), (0 if at_end else CONTEXT)
    if len(words) <= before + after:
        return " ".join(words)
    return " ".join([*words[:before], "…", *words[len(words) - after :]])
