"""Edits of a page's text: read from a request, checked, and applied.

A request comes from a browser, so that all of it is checked. What an edit does not change is taken from the
stored text: the server keeps what the recognizer knew about the other words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.engine.journal.edits import Edit
from penstock.json_form import line_from_json
from penstock.model import Line, Recognition
from penstock.review.edited_lines import EditedLines
from penstock.review.errors import EditRefused

KINDS = ("replace", "accept", "split", "join", "delete", "add", "move", "order", "illegible", "undo", "redo")
RESTORING = ("undo", "redo")
"""Kinds of edits that bring back lines as they were, with the confidences of their words."""
MOST_LINES = 10_000
"""Lines that a page may have."""
FORM = (
    "an edit has a kind, a start, and the lines before and after; a line has text, quad and words; a word has"
    " text and quad"
)


class Outdated(Exception):
    """The page does not have the lines any more that an edit replaces."""


def edit_from_json(form: object) -> Edit:
    """Return the edit of a request. Raises EditRefused for any other form."""
    if not isinstance(form, Mapping):
        raise EditRefused("an edit must be a JSON object", FORM)
    kind, start = form.get("kind"), form.get("start")
    if kind not in KINDS:
        raise EditRefused(f"kind must be one of {', '.join(KINDS)}, got {kind!r}", FORM)
    if not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise EditRefused(f"start must be the index of a line, got {start!r}", FORM)
    return Edit(kind, start, _lines(form, "before"), _lines(form, "after"))


def _lines(form: Mapping[str, Any], name: str) -> tuple[Line, ...]:
    lines = form.get(name)
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise EditRefused(f"{name} must be a list of at most {MOST_LINES} lines", FORM)
    try:
        return tuple(map(line_from_json, lines))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise EditRefused(
            f"{name} has a line of another form ({type(error).__name__}: {error})", FORM
        ) from error


def edited(recognition: Recognition, edit: Edit, size: tuple[int, int]) -> tuple[Recognition, Edit]:
    """Return the text of a page after an edit, and the edit with the lines as they are stored.

    Words with another text or place, new words and those that were accepted are marked as corrected, and have
    no confidence. The text of a changed line says what its words say. Words and lines without text are left
    out.

    Parameters
    ----------
    size
        Width and height of the page in pixels.

    Raises
    ------
    Outdated
        The lines from ``start`` on are not ``before`` any more.
    EditRefused
        The lines after the edit cannot be stored: a place is not on the page, a text is too long.
    """
    lines = recognition.lines
    end = edit.start + len(edit.before)
    if lines[edit.start : end] != edit.before or edit.start > len(lines):
        raise Outdated
    before = EditedLines(edit.before, size, restores=edit.kind in RESTORING)
    after = tuple(line for line in map(before.line, edit.after) if line.text.strip())
    if len(lines) - len(edit.before) + len(after) > MOST_LINES:
        raise EditRefused(f"a page can have at most {MOST_LINES} lines", "delete lines first")
    try:
        result = replace(recognition, lines=(*lines[: edit.start], *after, *lines[end:]))
    except (TypeError, ValueError) as error:
        raise EditRefused(f"the edit cannot be stored: {error}", FORM) from error
    return result, replace(edit, after=after)
