"""`penstock find`: where words stand in what was recognized."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from penstock.cli.review import require_packages, review
from penstock.cli.scopes import scopes_of
from penstock.cli.streams import print_lines
from penstock.report import Exit, counted, printable
from penstock.search import Found, Hit, Query, find

MAX_CONTEXT = 60
"""Characters of a line that are shown before and after the words that were found."""


def find_words(text: str, place: Path | None, *, limit: int, exact: bool, as_json: bool, opens: bool) -> Exit:
    """Print the places of words, and show the first one in the review page if ``opens``.

    Raises PenstockError if a pipeline file cannot be used, if no journal can, or if a package for the page is
    missing.
    """
    if opens and as_json:
        raise click.UsageError("--open cannot be used with --json")
    if opens:
        require_packages()
    try:
        query = Query.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="WORDS") from None
    scopes = scopes_of(place)
    with _progress() as on_progress:
        found = find(query, scopes, limit=limit, exact=exact, on_progress=on_progress)
    for problem in found.problems:
        print_lines(f"warning: {problem}")
    for hit in found.hits:
        click.echo(json.dumps(_form(hit)) if as_json else _line(hit))
    _print_summary(found, text, place, exact=exact)
    if found.hits and opens:
        return review(place, path=_address(found.hits[0]))
    return Exit.DONE if found.hits else Exit.SOMETHING_FAILED


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many pages were added to the index."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("searching") as status:
        yield lambda pages: status.update(f"searching; {counted(pages, 'new page')} indexed")


def _form(hit: Hit) -> dict[str, object]:
    form = dataclasses.asdict(hit)
    for name in ("scope", "number", "word"):  # they are of use only for the review page
        del form[name]
    return {**form, "path": str(hit.path)}


def _address(hit: Hit) -> str:
    """Return the path of the review page that shows a hit."""
    place = f"/documents/{hit.scope}-{hit.number}/pages/{hit.page}?line={hit.line}"
    return place + (f"&word={hit.word}" if hit.word else "")


def _line(hit: Hit) -> str:
    """Return ``letters/a.jpg, page 1, line 4: my dear [Stanferd], I``."""
    where = f"{_shown(hit)}, page {hit.page}, line {hit.line}: "
    return click.style(printable(where), dim=True) + _context(hit)


def _shown(hit: Hit) -> str:
    """Return the path of a picture from the current folder; what a source names it if it has none."""
    if not hit.path.name.startswith(hit.origin.rsplit("/", 1)[-1]):
        return hit.origin
    path = os.path.relpath(hit.path)
    return str(hit.path) if path.startswith("..") else path


def _context(hit: Hit) -> str:
    """Return the line with the found words marked, cut to their surroundings."""
    text, parts = hit.text.replace("\n", " / "), []
    positions = (_start(text, hit.word), 0)
    spans = max((list(_spans(text, hit.words, position)) for position in positions), key=len)
    start = max(0, spans[0][0] - MAX_CONTEXT) if spans else 0
    end = spans[-1][1] + MAX_CONTEXT if spans else 2 * MAX_CONTEXT
    position = start
    for first, last in spans:
        parts += [printable(text[position:first]), _marked(printable(text[first:last]))]
        position = last
    parts.append(printable(text[position:end]))
    return ("… " if start else "") + "".join(parts) + (" …" if end < len(text) else "")


def _start(text: str, word: int) -> int:
    """Return where a word of a line begins, given its number from 1. Other words may have the same text.

    It is a guess: words that are not divided by spaces are counted as one.
    """
    starts = [match.start() for match in re.finditer(r"\S+", text)]
    return starts[word - 1] if 0 < word <= len(starts) else 0


def _spans(text: str, words: Sequence[str], position: int) -> Iterator[tuple[int, int]]:
    """Yield where the words stand in the text, from a position on."""
    for word in words:
        if (first := text.find(word, position)) >= 0:
            position = first + len(word)
            yield first, position


def _marked(text: str) -> str:
    return click.style(text, bold=True) if sys.stdout.isatty() else f"[{text}]"


def _print_summary(found: Found, text: str, place: Path | None, *, exact: bool) -> None:
    where = f" in {place}" if place else ""
    if not found.pages:
        print_lines(f"nothing was recognized{where} yet; `penstock read` or `penstock run` does that")
    elif not found.hits:
        hint = "; without --exact, misread words are found, too" if exact else ""
        print_lines(f"{text!r} was not found{where} ({counted(found.pages, 'page')} searched){hint}")
    elif not found.are_all:
        print_lines("there are more; --limit shows more of them")
