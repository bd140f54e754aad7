"""The order of files that become the pages of one document."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from penstock_plugins.sources.files.walking import natural_key

SHOWN = 3
"""File names at the beginning of a list that are shown to people."""

_NUMBER = re.compile(r"\d")


def in_page_order(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return paths in natural order where they come in the order of a shell, which sorts names as text.

    Shells replace ``page*.jpg`` by ``page1.jpg page10.jpg page2.jpg``. Consecutive paths that are equal up to
    their first digit, and sorted as text, are such a list. All other paths keep their order.
    """
    ordered: list[Path] = []
    for _, group in groupby(zip(_before_numbers(paths), paths, strict=True), lambda pair: pair[0]):
        alike = [path for _, path in group]
        ordered += sorted(alike, key=natural_key) if _is_sorted_as_text(alike) else alike
    return tuple(ordered)


def order_shown(names: Sequence[str], *, by_number: bool) -> str:
    """Return a text that tells people the order of a document's files."""
    how = "ordered by number" if by_number else "in this order"
    shown = ", ".join(names)
    if len(names) > SHOWN + 1:
        shown = f"{', '.join(names[:SHOWN])} … {names[-1]}"
    return f"{len(names)} files, {how}: {shown}"


def _before_numbers(paths: Sequence[Path]) -> list[str]:
    """Return for each path its text up to the first digit, below the folder that all paths share."""
    parents = {str(path.parent) for path in paths}
    try:
        shared = os.path.commonpath(parents)
    except ValueError:  # no paths, or several disks
        shared = ""
    below = [os.path.relpath(path, shared) if shared else str(path) for path in paths]
    return [_NUMBER.split(text, maxsplit=1)[0].casefold() for text in below]


def _is_sorted_as_text(paths: Sequence[Path]) -> bool:
    """Return whether paths are sorted by the rules of any shell and language.

    Some sort by code points, some regardless of case, and some by letters and digits alone.
    """
    rules: tuple[Callable[[str], str], ...] = (str, str.casefold, _letters_and_digits)
    texts = [str(path) for path in paths]
    return any(texts == sorted(texts, key=rule) for rule in rules)


def _letters_and_digits(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
