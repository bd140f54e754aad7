"""Edits of the text of pages by hand, and their history.

The edited text is the page's correction, an answer like those of ``--corrections``. Edits need no run: each
is one transaction, which also makes sure that the text is still the one that was edited.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from penstock.engine.journal.answers import put_correction
from penstock.engine.journal.database import Database
from penstock.engine.keys import CORRECTION, ContentKey, RecognizerKey
from penstock.json_form import line_to_json
from penstock.model import Line, Recognition


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a page's text: the lines from index ``start`` on that equal ``before`` become ``after``."""

    kind: str
    start: int
    before: tuple[Line, ...]
    after: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class PastEdit:
    """An edit that was stored: when (in seconds since 1970), by whom, and the texts of the lines."""

    at: float
    who: str  # may be empty
    kind: str
    before: str
    after: str


def store_edit(
    connection: sqlite3.Connection,
    content_key: ContentKey,
    recognizer_key: RecognizerKey | None,
    recognition: Recognition,
    edit: Edit,
    *,
    who: str,
    at: float,
) -> bytes:
    """Store the edited text of a page in a transaction of the caller, and return its digest.

    A text that is again what the recognizer, with ``recognizer_key``, has read is no correction any more.
    """
    digest, statements = put_correction(content_key, recognition, at)
    read = connection.execute(
        "SELECT digest FROM answers WHERE content = ? AND reading = ? AND kind = 'read'",
        (content_key, recognizer_key),
    ).fetchone()
    if recognizer_key != CORRECTION and read and read[0] == digest:
        statements = [
            (f"DELETE FROM {table} WHERE content = ? AND reading = ?", content_key, CORRECTION)  # noqa: S608
            for table in ("answers", "counts")
        ]
    for statement, *values in statements:
        connection.execute(statement, values)
    connection.execute(
        "INSERT INTO edits (content, at, who, kind, start, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (content_key, at, who, edit.kind, edit.start, _compressed(edit.before), _compressed(edit.after)),
    )
    return digest


def mark_read(connection: sqlite3.Connection, document: int, number: int) -> None:
    """Note, in a transaction of the caller, that a failed page has the text that a person has written."""
    connection.execute(
        "UPDATE pages SET state = 'read', reading = ?, why = NULL, hint = NULL"
        " WHERE document = ? AND number = ?",
        (CORRECTION, document, number),
    )


def edits_of(database: Database, content_key: ContentKey, limit: int) -> list[PastEdit]:
    """Return the latest edits of a page, the newest first."""
    rows = database.look_up(
        "SELECT at, who, kind, before, after FROM edits WHERE content = ? ORDER BY id DESC LIMIT ?",
        *(content_key, limit),
    )
    return [PastEdit(at, who, kind, _text(before), _text(after)) for at, who, kind, before, after in rows]


def _compressed(lines: Iterable[Line]) -> bytes:
    return zlib.compress(json.dumps([line_to_json(line) for line in lines]).encode(), 1)


def _text(compressed: bytes) -> str:
    lines: list[dict[str, Any]] = json.loads(zlib.decompress(compressed))
    return "\n".join(line["text"] for line in lines)
